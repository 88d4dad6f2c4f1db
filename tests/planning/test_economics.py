"""Money beyond GMV: what is given away, spent and kept; unknown stays unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promo_core.planning.cautions import deepest
from tests.planning.samples import sample_model, sample_outcome, sample_panel


def test_the_discount_costs_list_value_less_gmv():
    outcome = sample_outcome()
    promoted = outcome.promoted.scenario["gmv"].mean
    assert outcome.economics.discount_cost.mean == pytest.approx(promoted / 0.8 - promoted, rel=1e-6)


def test_margin_is_gmv_less_the_cost_of_units_sold():
    panel = sample_panel(measures=("units", "gmv"))
    outcome = sample_outcome(sample_model(panel))
    gain = outcome.totals.increment
    assert outcome.economics.margin_increment.mean == pytest.approx(gain["gmv"].mean - 30.0 * gain["units"].mean, rel=1e-5)


def test_units_come_from_orders_where_the_past_tells_both():
    panel = sample_panel(measures=("visitors", "orders", "units", "gmv"))
    outcome = sample_outcome(sample_model(panel))
    ratio = np.nansum(panel.targets["units"], axis=1) / np.nansum(panel.targets["orders"], axis=1)
    row = int(np.flatnonzero(panel.match({"segment": ["vip"], "category": ["beauty"]}))[0])
    gain = outcome.series.increment
    assert outcome.economics.margin_increment.mean == pytest.approx(gain["gmv"].mean - 30.0 * ratio[row] * gain["orders"].mean, rel=1e-5)


def test_units_come_from_list_price_where_nothing_counts_them():
    outcome = sample_outcome()
    scenario, baseline = outcome.series.scenario["gmv"].mean, outcome.series.baseline["gmv"].mean
    given = outcome.economics.discount_cost.mean
    assert outcome.economics.margin_increment.mean == pytest.approx(scenario - baseline - 30.0 / 70.0 * (scenario + given - baseline), rel=1e-5)


def test_roi_is_margin_over_what_was_given_away_and_spent():
    money = sample_outcome(ad_spend=500.0).economics
    assert money.ad_spend == pytest.approx(500.0)
    assert money.roi.mean == pytest.approx(money.margin_increment.mean / (money.discount_cost.mean + 500.0), rel=1e-9)
    assert money.roi.p10 <= money.roi.p50 <= money.roi.p90


def test_roi_is_unknown_when_nothing_was_spent():
    money = sample_outcome(discount_depth=0.0, promo_type="gift").economics
    assert money.roi is None and money.margin_increment is not None and money.discount_cost.mean == 0.0


def test_margin_is_unknown_without_a_unit_cost_and_says_why():
    outcome = sample_outcome(sample_model(sample_panel(costs=False)))
    assert outcome.economics.margin_increment is None and outcome.economics.roi is None
    assert outcome.economics.discount_cost is not None
    assert any("unit_cost" in str(w) for w in outcome.warnings)


def test_one_promoted_series_without_a_cost_makes_the_margin_unknown():
    panel = sample_panel()
    row = int(np.flatnonzero(panel.match({"segment": ["vip"], "category": ["beauty"]}))[0])
    costs = panel.plan.covariates["unit_cost"].copy()
    costs[row] = np.nan
    panel = replace(panel, plan=replace(panel.plan, covariates={**panel.plan.covariates, "unit_cost": costs}))
    assert sample_outcome(sample_model(panel)).economics.margin_increment is None


def test_the_discount_is_unknown_where_the_data_has_no_depth():
    panel = sample_panel(levers=("promo_type",))
    outcome = sample_outcome(sample_model(panel), depth=0.0)
    assert outcome.economics.discount_cost is None
    assert any("discount depth" in str(w) for w in outcome.warnings)
    assert deepest(panel) == 0.0


def test_without_gmv_there_is_no_money():
    assert sample_outcome(sample_model(sample_panel(measures=("visitors", "orders")))).economics is None
