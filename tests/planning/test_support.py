"""Support: what was often done has a good grade, and the past campaigns told are real ones."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from promo_core.errors import ScenarioError
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.simulate import simulate
from promo_core.planning.support import WIDER, past_campaigns, support
from tests.planning.samples import sample_model, sample_panel, sample_scenario


@pytest.fixture(scope="module")
def panel():
    return sample_panel()


def _support(panel, **values):
    first = panel.future_periods(1)[0].date()
    return support(Scenario(name="x", campaigns=(Campaign(**{"start": first, "end": first + timedelta(days=6), "discount_depth": 0.2, **values}),)), panel)


def test_a_type_that_never_ran_has_the_worst_grade(panel):
    told = _support(panel, promo_type="gift")
    assert told.grade == "D"
    assert any("0 past campaigns" in str(r) for r in told.reasons)


def test_what_ran_often_on_these_series_has_a_better_grade_than_what_ran_rarely(panel):
    assert _support(panel).grade < _support(panel, discount_depth=0.5).grade


def test_several_campaigns_take_the_worst_grade(panel):
    good, bad = sample_scenario(panel, depth=0.2).campaigns[0], sample_scenario(panel, promo_type="gift").campaigns[0]
    assert support(Scenario(name="x", campaigns=(good, bad)), panel).grade == support(Scenario(name="x", campaigns=(bad,)), panel).grade == "D"


def test_at_most_five_campaigns_are_told_the_most_alike_first(panel):
    alike = _support(panel).alike
    assert len(alike) == 5
    distances = [a["distance"] for a in alike]
    assert distances == sorted(distances)
    assert alike[0]["promo_type"] == "percent_off" and abs(alike[0]["discount_depth"] - 0.2) <= 0.1
    assert json.dumps(alike, allow_nan=False)


def test_a_past_campaign_tells_what_really_happened(panel):
    alike = _support(panel, series={"segment": ["vip"], "category": ["beauty"]}).alike[0]
    row = int(np.flatnonzero(panel.match({"segment": ["vip"], "category": ["beauty"]}))[0])
    days = (panel.periods >= alike["start"]) & (panel.periods <= alike["end"])
    listed = panel.campaigns[(panel.campaigns["series"] == row) & (panel.campaigns["name"] == alike["name"])]
    assert len(listed) == 1
    assert alike["gmv_per_period"] == pytest.approx(panel.targets["gmv"][row, days].mean())
    assert 0.4 < alike["uplift"] < 1.6  # generated at 1.3 × 1.5 − 1, noise and season apart


def test_runs_of_promoted_days_stand_in_for_a_list_of_campaigns(panel):
    derived = past_campaigns(replace(panel, campaigns=None))
    listed = past_campaigns(panel)
    columns = ["start", "end", "promo_type", "discount_depth"]
    assert sum(map(len, derived["rows"])) == len(panel.campaigns)
    assert set(map(tuple, derived[columns].to_numpy())) == set(map(tuple, listed[columns].to_numpy()))


def test_a_past_without_promotions_supports_nothing():
    quiet = sample_panel()
    for values in quiet.plan.levers.values():
        values[:] = 0.0
    told = _support(replace(quiet, campaigns=None))
    assert told.grade == "D" and told.alike == ()


def test_nothing_promoted_needs_no_support(panel):
    assert support(Scenario(name="x"), panel).grade == "A"


def test_thin_support_widens_the_increment_s_band_and_the_scenario_s_but_moves_no_mean(panel):
    model = sample_model(panel)
    scenario = sample_scenario(panel, promo_type="gift")
    thin = simulate(model, scenario)
    assert thin.support.grade == "D" and any("times as wide" in str(r) for r in thin.support.reasons)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("promo_core.planning.simulate.WIDER", dict.fromkeys("ABCD", 1.0))
        plain = simulate(model, scenario)
    for scope in ("totals", "promoted", "series"):
        for side, wider in (("increment", WIDER["D"]), ("scenario", None), ("baseline", 1.0)):
            before, after = getattr(getattr(plain, scope), side)["gmv"], getattr(getattr(thin, scope), side)["gmv"]
            assert (after.mean, after.p50) == (before.mean, before.p50)
            if wider is not None:
                assert after.p90 - after.p10 == pytest.approx(wider * (before.p90 - before.p10))
            else:
                assert after.p90 - after.p10 > before.p90 - before.p10


def test_what_was_often_done_is_not_widened(panel):
    model = sample_model(panel)
    assert simulate(model, sample_scenario(panel)).support.grade in ("A", "B") and WIDER["A"] == WIDER["B"] == 1.0


def test_twice_the_deepest_depth_is_refused_with_the_reason_and_what_is_in_range(panel):
    model = sample_model(panel)
    with pytest.raises(ScenarioError, match="more than twice the deepest ever run.*30%.*at most 60%"):
        simulate(model, sample_scenario(panel, depth=0.61))
