"""What the shared battery runs on: small panels of known make, and every forecaster there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.models.base import Forecaster
from promo_core.models.gbm import GBMConfig, GBMForecaster
from promo_core.models.lstm import LSTMConfig, LSTMForecaster
from promo_core.models.naive import NaiveConfig, NaiveForecaster

__all__ = ["FORECASTERS", "HORIZON", "future", "shop", "with_target", "without_future"]

HORIZON = 14


def _gbm(seed: int = 7) -> Forecaster:
    return GBMForecaster(GBMConfig(seed=seed, quick=True, threads=1, horizon=HORIZON, rows=4_000, trees=40))


def _lstm(seed: int = 7) -> Forecaster:
    return LSTMForecaster(LSTMConfig(seed=seed, units=8, ensemble=1, encoder=28, horizon=HORIZON, epochs=3, refit_epochs=1, batch=128, per_epoch=1024))


FORECASTERS: dict[str, Callable[..., Forecaster]] = {
    "naive": lambda seed=7: NaiveForecaster(NaiveConfig(seed=seed)),
    "gbm": _gbm,
    "lstm": _lstm,
}


def shop(n_series: int = 4, n_observed: int = 200, n_future: int = 28, frequency: str = "D", seed: int = 3) -> Panel:
    """Return a shop of visitors, orders and GMV with a weekday (or yearly) wave, promotions and a covariate.

    Targets after the origin are filled too: a forecaster must not read them.
    """
    rng = np.random.default_rng(seed)
    n_periods = n_observed + n_future
    periods = pd.date_range("2024-01-07", periods=n_periods, freq=frequency)
    wave = np.sin(2 * np.pi * np.arange(n_periods) / (7 if frequency == "D" else 52))
    depth = np.where(rng.random((n_series, n_periods)) < 0.15, 0.3, 0.0)
    scale = 10.0 ** rng.uniform(2, 4, (n_series, 1))
    visitors = np.round(scale * np.exp(0.3 * wave + depth + 0.1 * rng.normal(size=(n_series, n_periods))))
    orders = rng.binomial(visitors.astype(int), 0.05).astype(float)
    gmv = orders * 80.0 * np.exp(0.05 * rng.normal(size=orders.shape))
    series = pd.DataFrame({"segment": [f"s{i % 2}" for i in range(n_series)], "category": [f"c{i // 2}" for i in range(n_series)]})
    plan = Plan(periods=periods, frequency=frequency, promo_types=("none", "percent_off"),
                levers={"discount_depth": depth, "promo_type": (depth > 0).astype(float)},
                covariates={"list_price": 100.0 + np.cumsum(rng.normal(size=depth.shape), axis=1)})
    return Panel(series=series, periods=periods, n_observed=n_observed, targets={"visitors": visitors, "orders": orders, "gmv": gmv}, plan=plan,
                 frequency=frequency, currency="CNY")


def future(panel: Panel, horizon: int = HORIZON) -> Plan:
    """Return the panel's own plan of the next periods."""
    return panel.future_plan(horizon)


def with_target(panel: Panel, rows: slice, columns: slice, value: float) -> Panel:
    """Return the panel with every target of some cells set to `value`."""
    targets = {name: values.copy() for name, values in panel.targets.items()}
    for values in targets.values():
        values[rows, columns] = value
    return replace(panel, targets=targets)


def without_future(panel: Panel) -> Panel:
    """Return the panel cut at its origin: no known future at all."""
    stop = panel.n_observed
    return replace(panel, periods=panel.periods[:stop], targets={k: v[:, :stop] for k, v in panel.targets.items()}, plan=panel.plan.window(0, stop))
