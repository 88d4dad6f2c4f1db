"""The tree half of the own effect: LightGBM, monotone in the levers, zero where they are zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from promo_core.data.panel import Plan
from promo_core.models.response_design import VISIBILITY

__all__ = ["MonotoneTrees"]

MIN_ROWS = 200


@dataclass
class MonotoneTrees:
    """Effect of levers on one link: f(levers, where, when) − f(no levers, where, when).

    Attributes:
        positive: the effect may not fall with a lever, nor below zero.
    """

    positive: bool
    seed: int = 7
    threads: int = 2
    rounds: int = 120
    text_: str | None = None

    @property
    def fitted(self) -> bool:
        """Whether the past had enough promoted cells for trees."""
        return self.text_ is not None

    def fit(self, plan: Plan, static: np.ndarray, residual: np.ndarray) -> Self:
        """Learn from the promoted cells, with mirrored anchor rows at zero.

        Args:
            plan: levers that ran, (n, T).
            static: (n, n_codes) codes of series and dimension values.
            residual: (n, T) link minus its baseline and echoes; NaN is unobserved.
        """
        import lightgbm as lgb

        rows = np.nonzero(plan.promoted & np.isfinite(residual))
        if len(rows[0]) < MIN_ROWS:
            return self
        if len(rows[0]) > 200_000:
            pick = np.random.default_rng(self.seed).choice(len(rows[0]), 200_000, replace=False)
            rows = (rows[0][pick], rows[1][pick])
        features, levers = self._features(plan, static, rows), self._lever_positions(plan)
        anchors = features.copy()
        anchors[:, levers] = 0.0
        x = np.concatenate([features, anchors])
        target = np.concatenate([residual[rows], np.zeros(len(anchors))])
        ordered = [i for i in levers if i != self._type_position(plan)]
        constraints = [1 if self.positive and i in ordered else 0 for i in range(x.shape[1])]
        categorical = [*([] if self._type_position(plan) is None else [self._type_position(plan)]), *range(x.shape[1] - static.shape[1], x.shape[1])]
        parameters = {"objective": "regression", "num_leaves": 15, "learning_rate": 0.06, "min_data_in_leaf": max(20, len(features) // 400), "lambda_l2": 5.0,
                      "feature_fraction": 0.8, "monotone_constraints": constraints, "monotone_constraints_method": "advanced", "seed": self.seed,
                      "num_threads": self.threads, "verbosity": -1, "deterministic": True, "force_row_wise": True, "cat_smooth": 20.0}
        booster = lgb.train(parameters, lgb.Dataset(x, label=target, categorical_feature=categorical), num_boost_round=self.rounds)
        self.text_ = booster.model_to_string()
        return self

    def effect(self, plan: Plan, static: np.ndarray) -> np.ndarray:
        """Return (n, T) the effect of a plan; exactly zero where nothing runs."""
        out = np.zeros(plan.shape)
        rows = np.nonzero(plan.promoted)
        if not len(rows[0]) or not self.fitted:
            return out
        features = self._features(plan, static, rows)
        anchors = features.copy()
        anchors[:, self._lever_positions(plan)] = 0.0
        both = self._booster().predict(np.concatenate([features, anchors]), num_threads=self.threads)
        value = both[: len(features)] - both[len(features) :]
        out[rows] = np.maximum(value, 0.0) if self.positive else value
        return out

    def _booster(self) -> Any:
        import lightgbm as lgb

        if not hasattr(self, "_loaded"):
            self._loaded = lgb.Booster(model_str=self.text_)
        return self._loaded

    def _numeric_levers(self, plan: Plan) -> list[str]:
        return [v for v in ("discount_depth", "ad_spend", *VISIBILITY) if v in plan.levers]

    def _type_position(self, plan: Plan) -> int | None:
        return len(self._numeric_levers(plan)) if "promo_type" in plan.levers else None

    def _lever_positions(self, plan: Plan) -> list[int]:
        return list(range(len(self._numeric_levers(plan)) + ("promo_type" in plan.levers)))

    def _features(self, plan: Plan, static: np.ndarray, rows: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Return (m, ...): numeric levers, promotion type, weekday, season (sine, cosine), codes."""
        series, periods = rows
        columns = [plan.levers[v][rows] for v in self._numeric_levers(plan)]
        if "promo_type" in plan.levers:
            columns.append(plan.levers["promo_type"][rows])
        angle = 2 * np.pi * plan.periods.dayofyear.to_numpy()[periods] / 365.25
        columns += [plan.periods.dayofweek.to_numpy()[periods], np.sin(angle), np.cos(angle)]
        return np.column_stack([*columns, np.maximum(static[series], 0)]).astype(np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings, for JSON; the trees go as LightGBM's text."""
        return {"positive": self.positive, "seed": self.seed, "threads": self.threads, "rounds": self.rounds}

    def with_text(self, text: str | None) -> Self:
        """Take the trees from LightGBM's text."""
        self.text_ = text
        return self
