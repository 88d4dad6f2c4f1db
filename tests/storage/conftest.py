"""A workspace in a fresh folder, a clock that only moves when told, and stand-ins for the fitted parts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promo_core.storage.workspace import Workspace
from tests.storage import fakes


class Clock:
    """Tells a moment a second later at every look, so that order is plain."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(tmp_path: Path, clock: Clock) -> Iterator[Workspace]:
    made = Workspace(tmp_path / "shop", clock=clock)
    yield made
    made.close()


@pytest.fixture
def fake_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `load_model` meet stand-ins; undone after the test."""
    for name, module in fakes.STAND_INS.items():
        monkeypatch.setitem(sys.modules, name, module)
