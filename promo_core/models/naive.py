"""Seasonal naive: the mean of the last four values of the same season, the promotions' effect taken off."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from promo_core.data.panel import Panel, Plan, season_length
from promo_core.features.history import History, fill_from_relatives
from promo_core.models.base import Composition, Forecaster

__all__ = ["NaiveConfig", "NaiveForecaster"]

_FILE = "naive.json"


@dataclass(frozen=True, kw_only=True)
class NaiveConfig:
    """How the naive forecast looks back.

    Attributes:
        seasons: how many same-season values are averaged.
        seed: unused; there, so that every forecaster is made alike.
    """

    seasons: int = 4
    seed: int = 7


class NaiveForecaster(Forecaster):
    """The forecast to beat: same weekday of the last four weeks, or same week of the last four years.

    Where a series has no such value its recent mean stands in, then its relatives' mean.
    """

    name = "naive"

    def __init__(self, config: NaiveConfig = NaiveConfig()) -> None:  # noqa: B008 - the config is frozen
        self.config = config

    def fit(self, panel: Panel, effect: np.ndarray | None = None) -> Self:
        """Keep which targets are forecast; a naive forecast learns nothing else."""
        self.composition_ = Composition.of(panel.until(panel.n_observed))
        return self

    def base(self, panel: Panel, plan: Plan, effect: np.ndarray | None = None) -> np.ndarray:
        """See `Forecaster.base`."""
        self._require_fitted("composition_")
        clean = self.composition_.clean_links(panel, effect)
        horizon = len(plan.periods)
        return np.stack([self._one_link(clean[..., k], horizon, panel) for k in range(clean.shape[-1])], axis=-1)

    def _one_link(self, values: np.ndarray, horizon: int, panel: Panel) -> np.ndarray:
        season = season_length(panel.frequency)
        history = History(values, season)
        rows, steps = np.arange(len(values))[:, None], np.arange(1, horizon + 1)[None]
        same_season = history.phase_mean(rows, panel.n_observed - 1 - (-steps % season), self.config.seasons)
        windows = (28, 112, 364) if panel.frequency == "D" else (6, 16, 52)
        level = fill_from_relatives(history.level(rows[:, 0], np.full(len(values), panel.n_observed), windows), panel.series)
        return np.where(np.isfinite(same_season), same_season, level[:, None])

    def save(self, folder: Path) -> None:
        """See `Forecaster.save`."""
        self._require_fitted("composition_")
        folder.mkdir(parents=True, exist_ok=True)
        told = {"seasons": self.config.seasons, "seed": self.config.seed, "chain": list(self.composition_.chain)}
        (folder / _FILE).write_text(json.dumps(told), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See `Forecaster.load`."""
        told = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        model = cls(NaiveConfig(seasons=told["seasons"], seed=told["seed"]))
        model.composition_ = Composition(tuple(told["chain"]))
        return model
