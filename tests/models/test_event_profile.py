"""What great events add: found in the past, told ahead, and part of every forecast of the trees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from promo_core.data.panel import Panel, Plan
from promo_core.models.base import Composition
from promo_core.models.event_profile import EventProfile
from promo_core.models.gbm import GBMConfig, GBMForecaster

AHEAD = 28


def panel_with(peak: float, n_series: int = 6) -> Panel:
    """Return orders from March 2025 to May 2026 that rise by `peak` (logs) on 18 June, half of it on the ten days before."""
    periods = pd.date_range("2025-03-01", "2026-05-31")
    rng = np.random.default_rng(7)
    june = (periods.month == 6).astype(float)
    rise = peak * (june * (periods.day == 18) + 0.5 * june * ((periods.day >= 8) & (periods.day < 18)))
    orders = np.round(200 * np.exp(rise + rng.normal(0.0, 0.05, (n_series, len(periods))) + rng.normal(0.0, 0.02, len(periods))))
    plan = Plan(periods=periods, levers={"promo_type": np.zeros(orders.shape)})
    series = pd.DataFrame({"product": [f"p{i}" for i in range(n_series)]}, dtype="str")
    return Panel(series=series, periods=periods, n_observed=len(periods), targets={"orders": orders}, plan=plan, currency="CNY")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_with(0.8)


@pytest.fixture(scope="module")
def profile(panel) -> EventProfile:
    return EventProfile.of(panel, Composition.of(panel).clean_links(panel))


def test_a_peak_seen_once_is_told_for_the_next_year(panel, profile) -> None:
    told = pd.Series(profile.level(panel.future_periods(AHEAD))[:, 0], index=panel.future_periods(AHEAD))
    assert 0.65 < told["2026-06-18"] < 0.85 and told["2026-06-12"] == pytest.approx(0.4, abs=0.1)
    assert abs(told["2026-06-02"]) < 0.1 and told["2026-06-28"] == 0.0


def test_trees_forecast_the_peak_and_a_year_without_it_has_none(panel) -> None:
    for peak, least, most in ((0.8, 0.6, 0.95), (0.0, -0.1, 0.1)):
        shop = panel_with(peak)
        base = GBMForecaster(GBMConfig(quick=True, threads=1)).fit(shop).base(shop, shop.baseline_plan(AHEAD))[..., 0].mean(axis=0)
        assert least < base[17] - base[26] < most


def test_contributions_of_an_event_are_its_own_feature_s(panel) -> None:
    forecaster = GBMForecaster(GBMConfig(quick=True, threads=1)).fit(panel)
    plan = panel.baseline_plan(AHEAD)
    told, names = forecaster.contributions(panel, plan)
    assert told.sum(axis=-1) == pytest.approx(forecaster.base(panel, plan), abs=1e-4)
    assert told[:, 17, 0, names.index("event_june_18")].mean() > 0.5


def test_saved_and_read_it_says_the_same(panel, profile) -> None:
    again = EventProfile.from_dict(profile.to_dict())
    assert np.array_equal(again.level(panel.periods), profile.level(panel.periods))


def test_weeks_and_a_past_of_events_alone_have_no_profile(panel) -> None:
    links = Composition.of(panel).clean_links(panel)
    assert not EventProfile.of(replace(panel, frequency="W-SUN"), links).table
    june = np.flatnonzero((panel.periods >= "2025-06-05") & (panel.periods <= "2025-06-20"))
    short = replace(panel, periods=panel.periods[june], n_observed=len(june), targets={"orders": panel.targets["orders"][:, june]}, plan=panel.plan.window(june[0], june[-1] + 1))
    assert not EventProfile.of(short, Composition.of(short).clean_links(short)).level(short.periods).any()
