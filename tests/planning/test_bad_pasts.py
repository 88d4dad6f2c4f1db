"""Pasts that teach little: answers are numbers, the thin ones carry a warning, and what cannot be answered says so in one sentence."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.errors import ScenarioError
from promo_core.evaluation.training import train
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.simulate import simulate
from promo_core.settings import TrainSettings

HORIZON = 14
ZEROS, ONCE, GAP, NEVER = range(4)


def harmed(panel):
    """Return the panel with four thin series: all zeros, seen once, four months of gap, never seen."""
    targets = {name: values.copy() for name, values in panel.targets.items()}
    for values in targets.values():
        values[ZEROS] = np.where(np.isfinite(values[ZEROS]), 0.0, np.nan)
        values[ONCE, np.arange(values.shape[1]) != 200] = np.nan
        values[GAP, panel.n_observed - 120 : panel.n_observed] = np.nan
        values[NEVER] = np.nan
    return replace(panel, targets=targets)


@pytest.fixture(scope="module")
def model():
    panel = harmed(demo_shop(DemoConfig(n_segments=2, n_categories=2, n_channels=2, n_periods=300)).panel)
    return train(panel, TrainSettings(models=("gbm",), horizon=HORIZON, folds=1, quick=True, n_samples=40, threads=1))


def scenario(model, rows: list[int], horizon: int = HORIZON) -> Scenario:
    start = model.panel.future_periods(3)[-1].date()
    campaigns = tuple(Campaign(start=start, end=start + timedelta(days=4), discount_depth=0.2, promo_type="percent_off", series={d: [str(model.panel.series[d].iloc[row])] for d in model.panel.dimensions})
                      for row in rows)
    return Scenario(name="thin", campaigns=campaigns, horizon=horizon)


def numbers(value) -> list[float]:
    """Return every number in an outcome's plain form."""
    if isinstance(value, dict):
        return [n for part in value.values() for n in numbers(part)]
    if isinstance(value, list):
        return [n for part in value for n in numbers(part)]
    return [float(value)] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


@pytest.mark.parametrize("row", [ZEROS, ONCE, GAP, NEVER])
@pytest.mark.parametrize("use", ["naive", "gbm", "blend"])
def test_a_thin_series_is_answered_with_numbers(model, row: int, use: str) -> None:
    outcome = simulate(model, scenario(model, [row]), use=use)
    told = numbers(json.loads(json.dumps(outcome.to_dict(), default=str)))
    assert len(told) > 100 and all(math.isfinite(n) for n in told)


@pytest.mark.parametrize(("row", "said"), [(ONCE, "hardly a past"), (NEVER, "hardly a past"), (GAP, "not been seen since"), (4, None)])
def test_a_series_seen_once_never_or_not_of_late_is_answered_with_a_warning(model, row: int, said: str | None) -> None:
    warnings = [str(w) for w in simulate(model, scenario(model, [row])).warnings]
    assert any(said in w for w in warnings) if said else not any("past" in w or "seen since" in w for w in warnings)


def test_a_series_of_zeros_is_forecast_near_zero(model) -> None:
    base = model.composition.compose(model.bases["blend"][ZEROS])["gmv"]
    others = model.composition.compose(model.bases["blend"][4:])["gmv"]
    assert base.mean() < 0.02 * others.mean()


def test_a_horizon_longer_than_trained_is_refused_with_the_remedy(model) -> None:
    with pytest.raises(ScenarioError, match="forecasts 14. Shorten it, or train with a longer horizon"):
        simulate(model, scenario(model, [4], horizon=3 * HORIZON))
