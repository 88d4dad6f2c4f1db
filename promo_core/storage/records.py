"""Rows of the workspace as frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from promo_core.errors import Message
from promo_core.planning.scenario import Scenario
from promo_core.settings import TrainSettings
from promo_core.storage.files import message_from_json
from promo_core.storage.tables import ACTIVE

__all__ = ["DatasetRecord", "JobRecord", "ModelRecord", "ScenarioRecord"]


@dataclass(frozen=True, kw_only=True)
class DatasetRecord:
    """A file that was loaded; `mapping` as `Mapping.to_dict` writes it; `deleted` is when, or `None`.

    `receipt` says what was kept of it: {"rows", "bytes", "kept": headers, "dropped" and "hashed": [{"header", "kind"}]}; `None` where it was kept before there were receipts.
    """

    id: str
    name: str
    filename: str
    fingerprint: str
    sha256: str
    mapping: dict[str, Any]
    created: datetime
    deleted: datetime | None
    receipt: dict[str, Any] | None = None

    @classmethod
    def of(cls, row: sa.RowMapping) -> DatasetRecord:
        """Read a row."""
        return cls(**row)


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """A model that is kept; `summary` has what a list shows: serves, chain, horizon, frequency, origin, n_series, scores, seconds."""

    id: str
    name: str
    dataset_id: str | None
    settings: TrainSettings
    summary: dict[str, Any]
    created: datetime
    deleted: datetime | None

    @classmethod
    def of(cls, row: sa.RowMapping) -> ModelRecord:
        """Read a row."""
        return cls(**{**row, "settings": TrainSettings.from_dict(row["settings"])})


@dataclass(frozen=True, kw_only=True)
class ScenarioRecord:
    """A scenario in one of its versions (1, 2, …); `planned` is when it was put on the plan, or `None`."""

    id: str
    name: str
    scenario: Scenario
    version: int
    dataset_id: str | None
    model_id: str | None
    created: datetime
    updated: datetime
    deleted: datetime | None
    planned: datetime | None = None

    @classmethod
    def of(cls, row: sa.RowMapping) -> ScenarioRecord:
        """Read a row joined with the content of one version."""
        values = dict(row)
        return cls(scenario=Scenario.from_dict(values.pop("content")), **values)


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """Background work: `state` is queued, running, done, failed or cancelled.

    `request` is what was asked (dataset_id, settings, name); `message` says why it failed; `result_id` is the model it made;
    `host` is the machine it runs on and `heard` when its process last gave a sign of life.
    """

    id: str
    kind: str
    state: str
    request: dict[str, Any]
    stage: str
    fraction: float
    detail: str
    message: Message | None
    pid: int | None
    host: str | None
    heard: datetime | None
    cancel_asked: datetime | None
    result_id: str | None
    created: datetime
    started: datetime | None
    updated: datetime
    finished: datetime | None

    @property
    def active(self) -> bool:
        """Whether it still runs or waits."""
        return self.state in ACTIVE

    @classmethod
    def of(cls, row: sa.RowMapping) -> JobRecord:
        """Read a row."""
        return cls(**{**row, "message": message_from_json(row["message"])})
