"""Liftboard's own answer in the arena: trained and served as the app does it, without the network."""

from __future__ import annotations

from typing import Self

import numpy as np

from promo_core.data.panel import Panel, Plan
from promo_core.evaluation.arena import Answer
from promo_core.evaluation.training import train
from promo_core.planning.serving import change_of, serving
from promo_core.settings import TrainSettings

__all__ = ["Ours"]


class Ours:
    """Response, LightGBM, blend and bands; the answer is the mean over draws, as the app tells it."""

    name = "ours"

    def __init__(self, *, threads: int = 2, models: tuple[str, ...] = ("gbm",), quick: bool = False) -> None:
        self.settings = TrainSettings(models=models, threads=threads, quick=quick)

    def fit(self, panel: Panel) -> Self:
        """Train as the app does."""
        self.model_ = train(panel, self.settings)
        return self

    def outcomes(self, plan: Plan, *, samples: bool = False) -> Answer:
        """Answer by the member that serves."""
        served = serving(self.model_)
        rows, horizon = np.arange(plan.shape[0]), plan.shape[1]
        draws = served.scenario(rows, change_of(self.model_, plan, served)), served.baseline(rows, horizon)
        means = [{m: side[m].mean(axis=-1, dtype=np.float64) for m in ("visitors", "orders", "gmv")} for side in draws]
        gmv = [np.moveaxis(side["gmv"], -1, 0) if samples else None for side in draws]
        return Answer(plan=means[0], baseline=means[1], plan_samples=gmv[0], baseline_samples=gmv[1], width=self.model_.noises[self.model_.serves].width)
