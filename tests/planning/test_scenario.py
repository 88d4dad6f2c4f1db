"""Campaigns laid on a plan: types, overlaps, weeks, spend, and refusals that say what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from promo_core.errors import ScenarioError
from promo_core.planning.scenario import Campaign, Scenario, day_share, usual_type
from tests.planning.samples import sample_panel

FIRST = date(2026, 6, 1)


@pytest.fixture(scope="module")
def panel():
    return sample_panel()


def _plan(panel, *campaigns: Campaign, horizon: int = 28):
    return Scenario(name="x", campaigns=campaigns).to_plan(panel, horizon)


def _campaign(days: int = 7, **values) -> Campaign:
    return Campaign(**{"start": FIRST, "end": FIRST + timedelta(days=days - 1), **values})


def _type(plan, row: int, period: int) -> str:
    return plan.promo_types[int(plan.levers["promo_type"][row, period])]


def test_a_depth_without_a_type_is_percent_off(panel):
    assert _type(_plan(panel, _campaign(discount_depth=0.2)), 0, 0) == "percent_off"


def test_a_depth_without_a_type_takes_the_usual_type_where_percent_off_is_unknown(panel):
    words = ("none", "coupon", "rebate", "gift")
    other = replace(panel, plan=replace(panel.plan, promo_types=words))
    codes = other.past_plan().levers["promo_type"]
    usual = words[1 + int(np.argmax([(codes == c).sum() for c in (1, 2, 3)]))]
    assert usual_type(other) == usual
    assert _type(_plan(other, _campaign(discount_depth=0.2)), 0, 0) == usual


def test_a_type_alone_runs_without_a_depth(panel):
    plan = _plan(panel, _campaign(promo_type="gift"))
    assert _type(plan, 0, 0) == "gift" and not plan.levers["discount_depth"].any()


def test_data_that_knows_types_only_runs_its_usual_type():
    plan = _plan(sample_panel(levers=("promo_type",)), _campaign())
    assert (plan.levers["promo_type"][:, :7] > 0).all()


def test_spend_alone_is_no_promotion_type(panel):
    plan = _plan(panel, _campaign(ad_spend=700))
    assert not plan.levers["promo_type"].any() and plan.levers["ad_spend"].sum() == pytest.approx(700)


def test_where_campaigns_overlap_the_deepest_discount_and_its_type_hold(panel):
    deep, flat = _campaign(discount_depth=0.3, promo_type="threshold_off"), _campaign(days=10, discount_depth=0.1, promo_type="percent_off")
    for order in ((deep, flat), (flat, deep)):
        plan = _plan(panel, *order)
        assert plan.levers["discount_depth"][0, 0] == 0.3 and _type(plan, 0, 0) == "threshold_off"
        assert plan.levers["discount_depth"][0, 8] == 0.1 and _type(plan, 0, 8) == "percent_off"


def test_spends_add_up_and_visibility_takes_the_larger(panel):
    plan = _plan(panel, _campaign(ad_spend=100, feature=0.5), _campaign(ad_spend=300, feature=0.2))
    assert plan.levers["ad_spend"].sum() == pytest.approx(400) and plan.levers["feature"][0, 0] == 0.5


def test_spend_over_a_gift_leaves_the_gift(panel):
    for order in ((0, 1), (1, 0)):
        pair = (_campaign(promo_type="gift"), _campaign(ad_spend=100))
        assert _type(_plan(panel, *(pair[i] for i in order)), 0, 0) == "gift"


def test_spend_on_days_outside_the_horizon_stays_there(panel):
    assert _plan(panel, _campaign(days=14, ad_spend=1400), horizon=7).levers["ad_spend"].sum() == pytest.approx(700)


def test_a_week_takes_a_campaign_in_proportion_to_its_days():
    weekly = sample_panel(frequency="W", n_periods=120)
    plan = _plan(weekly, Campaign(start=date(2026, 6, 1), end=date(2026, 6, 10), discount_depth=0.2, ad_spend=100), horizon=4)
    assert plan.levers["discount_depth"][0] == pytest.approx([0.2, 0.2 * 3 / 7, 0, 0])
    assert plan.levers["ad_spend"].sum() == pytest.approx(100)


def test_day_shares_of_a_daily_plan_are_zero_or_one(panel):
    assert day_share(_campaign(days=3), panel.baseline_plan(5)).tolist() == [1, 1, 1, 0, 0]


def test_a_plan_leaves_the_panel_as_it_was(panel):
    before = panel.content_hash()
    _plan(panel, _campaign(discount_depth=0.2, ad_spend=10))
    assert panel.content_hash() == before


@pytest.mark.parametrize(("campaign", "words"), [
    ({"series": {"segment": ["nobody"]}}, "`segment` has no value nobody"),
    ({"series": {"planet": ["mars"]}}, "`planet` is no dimension"),
    ({"promo_type": "lottery"}, "never seen promotion type lottery"),
    ({"mailer": 0.5}, "no `mailer`"),
    ({"start": date(2027, 1, 1), "end": date(2027, 1, 2)}, "outside the forecast"),
])
def test_what_does_not_fit_the_data_is_refused_with_a_remedy(panel, campaign, words):
    with pytest.raises(ScenarioError, match=words):
        _plan(panel, _campaign(**campaign))


@pytest.mark.parametrize(("values", "words"), [
    ({"end": "2026-05-01"}, "ends on or after"), ({"discount_depth": 20}, "Write 20 % as 0.2"), ({"discount_depth": float("nan")}, "is a number"),
    ({"ad_spend": float("inf")}, "is a number"), ({"ad_spend": -1}, "zero or more"), ({"feature": 2}, "from 0 to 1"), ({"start": "June"}, "is a date"),
    ({"budget": 5}, "Unknown campaign field: budget"), ({"discount_depth": True}, "is a number"), ({"ad_spend": 10**400}, "is a number"), ({"series": ["vip"]}, "`series` maps"),
])
def test_a_bad_campaign_in_a_file_says_what_is_wrong(values, words):
    with pytest.raises(ScenarioError, match=words):
        Scenario.from_dict({"name": "x", "campaigns": [{"start": "2026-06-01", "end": "2026-06-07", **values}]})


@pytest.mark.parametrize("horizon", [0, 401, 2.5, float("inf"), "28"])
def test_a_bad_horizon_in_a_file_is_refused(horizon):
    with pytest.raises(ScenarioError, match="`horizon`"):
        Scenario.from_dict({"name": "x", "horizon": horizon, "campaigns": []})


def test_a_scenario_survives_its_file():
    scenario = Scenario(name="618", horizon=14, campaigns=(_campaign(series={"segment": ["vip"]}, promo_type="gift", discount_depth=0.25, ad_spend=9.5, feature=0.5, name="a"),))
    assert Scenario.from_dict(scenario.to_dict()) == scenario


def test_a_timestamp_is_read_as_its_day():
    assert Campaign(start=pd.Timestamp("2026-06-01 10:00"), end=date(2026, 6, 2)).start == date(2026, 6, 1)
