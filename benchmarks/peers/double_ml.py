"""EconML's double machine learning as a peer: the depth's effect after both depth and sales are freed of what controls foretell."""

from __future__ import annotations

import importlib.util
from typing import Any, Self

import numpy as np
import pandas as pd

from benchmarks.peers.learners import SLearner, feature_frame
from promo_core.data.demo_truth import measures_of_links
from promo_core.data.panel import Panel, Plan, default_horizon
from promo_core.evaluation.arena import Answer
from promo_core.models.base import Composition

__all__ = ["DoubleML", "missing_parts"]


def missing_parts() -> str:
    """Return what this peer lacks to run, in words; empty when it can."""
    lacking = [name for name in ("econml", "sklearn") if importlib.util.find_spec(name) is None]
    return f"{' and '.join(lacking)} not installed" if lacking else ""


class DoubleML:
    """`LinearDML` per link: linear in depth, with a slope per dimension value; level from the plain S-learner at zero.

    The best of eight ways on building shops: a quadratic in depth was no better there and went astray elsewhere, and early rows, whose
    lags are missing, serve filled with means better than left out.
    """

    name = "double ML"

    def __init__(self, *, threads: int = 2, seed: int = 7) -> None:
        self.threads, self.seed = threads, seed

    def fit(self, panel: Panel) -> Self:
        """Estimate one effect per link, and the level."""
        self.panel_ = panel
        self.level_ = SLearner(threads=self.threads, seed=self.seed).fit(panel)
        links = Composition(("visitors", "conversion", "value_per_order")).links(panel)[:, : panel.n_observed]
        self._static = pd.get_dummies(panel.series, drop_first=True).to_numpy(dtype=float)
        past = panel.past_plan()
        self.effects_ = [self._effect(panel, past, links[..., k]) for k in range(3)]
        return self

    def _effect(self, panel: Panel, past: Plan, link: np.ndarray) -> Any:
        from econml.dml import LinearDML

        frame = feature_frame(panel, past, link, default_horizon(panel.frequency), 0)
        controls = frame.drop(columns=["discount_depth", "code_type"])
        controls = controls.fillna(controls.mean()).fillna(0.0)
        known = np.isfinite(link.ravel())
        estimator = LinearDML(model_y=self._learner(), model_t=self._learner(), cv=3, random_state=self.seed)
        groups = np.repeat(self._static, past.shape[1], axis=0)
        return estimator.fit(link.ravel()[known], past.levers["discount_depth"].ravel()[known], X=groups[known], W=controls.to_numpy()[known])

    def _learner(self) -> Any:
        from lightgbm import LGBMRegressor

        return LGBMRegressor(n_estimators=150, learning_rate=0.07, num_leaves=31, n_jobs=self.threads, random_state=self.seed, verbosity=-1)

    def effect(self, panel: Panel, plan: Plan) -> np.ndarray:
        """Return the effect of the plan's depths, (n_series, H, 3)."""
        depth = plan.levers["discount_depth"]
        rows, columns = np.nonzero(depth)
        out = np.zeros((*depth.shape, 3))
        if len(rows):
            for k, estimator in enumerate(self.effects_):
                out[rows, columns, k] = estimator.effect(self._static[rows], T0=np.zeros(len(rows)), T1=depth[rows, columns]).ravel()
        return out

    def outcomes(self, plan: Plan, *, samples: bool = False) -> Answer:
        """Answer with points; the level is the S-learner's with levers at zero."""
        base = self.level_.links(plan.without_promotions())
        return Answer(plan=measures_of_links(base + self.effect(self.panel_, plan)), baseline=measures_of_links(base))
