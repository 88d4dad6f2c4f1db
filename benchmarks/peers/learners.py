"""The usual what-if: one LightGBM per target with the levers among its features; the baseline is its forecast with levers at zero."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd

from promo_core.data.demo_truth import measures_of_links
from promo_core.data.panel import Panel, Plan, default_horizon
from promo_core.evaluation.arena import Answer
from promo_core.features.calendar import calendar_features
from promo_core.models.base import Composition

__all__ = ["SLearner", "feature_frame"]

_LEVERS = ("discount_depth", "ad_spend", "feature", "display", "mailer")


class SLearner:
    """Direct LightGBM on lags at least a horizon old, calendar, dimensions and levers.

    Args:
        monotone: constrain visitors and conversion to rise with every lever.
    """

    def __init__(self, *, monotone: bool = False, rounds: int = 250, seed: int = 7, threads: int = 2) -> None:
        self.monotone, self.rounds, self.seed, self.threads = monotone, rounds, seed, threads
        self.name = "S-learner, monotone" if monotone else "S-learner"

    def fit(self, panel: Panel) -> Self:
        """Learn the three links from the observed past."""
        import lightgbm as lgb

        self.panel_ = panel
        links = Composition(("visitors", "conversion", "value_per_order")).links(panel)[:, : panel.n_observed]
        horizon = default_horizon(panel.frequency)
        self._links, self._silent, self._frames = links, {}, {}
        self.boosters_ = []
        for k in range(3):
            features, y = feature_frame(panel, panel.past_plan(), links[..., k], horizon, 0), links[..., k].ravel()
            known = np.isfinite(y) & np.isfinite(features["lag_0"].to_numpy())
            signs = [int(self.monotone and k < 2 and name in _LEVERS) for name in features]
            parameters = {"objective": "regression", "learning_rate": 0.06, "num_leaves": 31, "min_data_in_leaf": 20, "feature_fraction": 0.8, "bagging_fraction": 0.8,
                          "bagging_freq": 1, "seed": self.seed, "num_threads": self.threads, "verbosity": -1, "monotone_constraints": signs,
                          "monotone_constraints_method": "advanced" if self.monotone else "basic"}
            codes = [name for name in features if name.startswith("code_")]
            data = lgb.Dataset(features[known], label=y[known], categorical_feature=codes)
            self.boosters_.append(lgb.train(parameters, data, num_boost_round=self.rounds))
        return self

    def links(self, plan: Plan) -> np.ndarray:
        """Return the forecast links of a plan, (n_series, H, 3)."""
        moved = _lever_columns(plan)
        out = [booster.predict(frame.assign(**moved).to_numpy(), num_threads=self.threads) for booster, frame in zip(self.boosters_, self._ahead(plan), strict=True)]
        return np.stack(out, axis=-1).reshape(self.panel_.n_series, plan.shape[1], 3)

    def _ahead(self, plan: Plan) -> list[pd.DataFrame]:
        """Return the features of each link over a plan's periods; kept, since only the levers differ from plan to plan."""
        key = (plan.periods[0], plan.shape[1])
        if key not in self._frames:
            start, horizon = self.panel_.n_observed, default_horizon(plan.frequency)
            self._frames[key] = [feature_frame(self.panel_, plan, self._links[..., k], horizon, start) for k in range(3)]
        return self._frames[key]

    def effect(self, panel: Panel, plan: Plan) -> np.ndarray:
        """Return the forecast less the one with levers at zero, (n_series, H, 3)."""
        return self.links(plan) - self._baseline(plan)

    def outcomes(self, plan: Plan, *, samples: bool = False) -> Answer:
        """Answer with points; it has no bands."""
        return Answer(plan=measures_of_links(self.links(plan)), baseline=measures_of_links(self._baseline(plan)))

    def _baseline(self, plan: Plan) -> np.ndarray:
        horizon = plan.shape[1]
        if horizon not in self._silent:
            self._silent[horizon] = self.links(plan.without_promotions())
        return self._silent[horizon]


def feature_frame(panel: Panel, plan: Plan, link: np.ndarray, horizon: int, start: int) -> pd.DataFrame:
    """Return one row per series and period of `plan`, whose first period stands at position `start` of the panel.

    Args:
        link: (n_series, n_observed) history; only values at least `horizon` periods older than a row are read.
    """
    n, length = plan.shape
    year = 364 if plan.frequency == "D" else 52
    week = 7 if plan.frequency == "D" else 1
    lags = {"lag_0": horizon, "lag_1": horizon + week, "lag_2": horizon + 2 * week, "year": max(year, horizon)}
    padded = np.concatenate([np.full((n, year + 2 * horizon), np.nan), link, np.full((n, length), np.nan)], axis=1)
    first = year + 2 * horizon + start
    columns = {name: padded[:, first - lag: first - lag + length] for name, lag in lags.items()}
    smooth = pd.DataFrame(padded.T).rolling(horizon, min_periods=1).mean().to_numpy().T
    columns["mean"] = smooth[:, first - horizon: first - horizon + length]
    columns |= dict.fromkeys(_lever_columns(plan))
    columns |= {f"code_{d}": np.repeat(pd.factorize(panel.series[d])[0][:, None], length, axis=1) for d in panel.dimensions}
    columns |= {"code_series": np.repeat(np.arange(n)[:, None], length, axis=1)}
    calendar = calendar_features(plan.periods, plan.frequency, panel.currency)
    columns |= {name: np.repeat(calendar[name].to_numpy()[None], n, axis=0) for name in calendar}
    columns |= {name: np.asarray(values, dtype=np.float32).ravel() for name, values in columns.items() if values is not None}
    return pd.DataFrame(columns | _lever_columns(plan))


def _lever_columns(plan: Plan) -> dict[str, np.ndarray]:
    """Return the levers among the features, flat float32."""
    named = {name: plan.levers[name] for name in _LEVERS if name in plan.levers} | {"code_type": plan.levers["promo_type"]}
    return {name: values.astype(np.float32).ravel() for name, values in named.items()}
