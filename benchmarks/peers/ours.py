"""Liftboard's own answer in the arena: the response, on the LightGBM forecaster's base."""

from __future__ import annotations

from typing import Self

import numpy as np

from promo_core.data.panel import Panel, Plan
from promo_core.data.truth import measures_of_links
from promo_core.evaluation.arena import Answer
from promo_core.models.gbm import GBMConfig, GBMForecaster
from promo_core.models.response import Response, ResponseConfig

__all__ = ["Ours"]


class Ours:
    """Response and LightGBM base, put together as training does."""

    name = "ours"

    def __init__(self, *, threads: int = 2, quick: bool = True) -> None:
        self.threads, self.quick = threads, quick

    def fit(self, panel: Panel) -> Self:
        """Estimate the response, then learn the base on what it leaves."""
        self.panel_ = panel
        self.response_ = Response(ResponseConfig(threads=self.threads)).fit(panel)
        self._past = self.response_.past_effect(panel)
        self.base_ = GBMForecaster(GBMConfig(threads=self.threads, quick=self.quick)).fit(panel, self._past)
        self._levels: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        return self

    def outcomes(self, plan: Plan, *, samples: bool = False) -> Answer:
        """Answer with points: base plus the plan's effect, beside base plus what the past still echoes."""
        base, silent = self._level(plan)
        return Answer(plan=measures_of_links(base + self.response_.effect(self.panel_, plan)), baseline=measures_of_links(base + silent))

    def _level(self, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
        horizon = plan.shape[1]
        if horizon not in self._levels:
            silent = plan.without_promotions()
            self._levels[horizon] = self.base_.base(self.panel_, silent, self._past), self.response_.effect(self.panel_, silent)
        return self._levels[horizon]
