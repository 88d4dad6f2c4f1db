"""Scenarios side by side, and the exact reasons for their difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from promo_core.errors import ScenarioError
from promo_core.planning.compare import compare, explain_difference
from promo_core.planning.scenario import Scenario
from promo_core.planning.simulate import simulate
from tests.planning.samples import sample_model, sample_outcome, sample_panel, sample_scenario


@pytest.fixture(scope="module")
def model():
    return sample_model(cross=-0.03)


def _later(scenario: Scenario, days: int, **changes) -> Scenario:
    campaign = scenario.campaigns[0]
    moved = {"start": campaign.start + timedelta(days=days), "end": campaign.end + timedelta(days=days + 2), **changes}
    return replace(scenario, name="later", campaigns=(replace(campaign, **moved),))


def test_a_table_tells_what_each_outcome_tells(model):
    first, second = sample_outcome(model), sample_outcome(model, depth=0.3, name="deep")
    table = compare([first, second])
    row = table.measures.query("scenario == 'deep' and scope == 'totals' and side == 'increment' and measure == 'gmv'").iloc[0]
    assert row["mean"] == second.totals.increment["gmv"].mean and row["p90"] == second.totals.increment["gmv"].p90
    gains = {o.scenario.name: o.totals.increment["gmv"].mean for o in (first, second)}
    assert table.best == max(gains, key=gains.get)
    assert table.levers.query("differs")["field"].tolist() == ["discount_depth"]


def test_equal_names_are_numbered(model):
    assert compare([sample_outcome(model), sample_outcome(model, depth=0.1)]).names == ("618 beauty", "618 beauty (2)")


def test_a_scenario_with_fewer_campaigns_has_gaps(model):
    nothing = simulate(model, Scenario(name="nothing"))
    levers = compare([nothing, sample_outcome(model)]).levers
    assert levers["nothing"].isna().all() and levers["differs"].any()


def test_more_than_six_and_none_are_refused(model):
    with pytest.raises(ScenarioError, match="one to 6"):
        compare([])
    with pytest.raises(ScenarioError, match="Received: 7"):
        compare([sample_outcome(model)] * 7)


def test_other_money_does_not_compare(model):
    other = sample_outcome(sample_model(sample_panel(currency="USD")))
    with pytest.raises(ScenarioError, match="share their currency"):
        compare([sample_outcome(model), other])


def test_the_difference_of_two_scenarios_is_shared_out_to_the_cent(model):
    first = sample_scenario(model.panel)
    second = _later(first, 3, discount_depth=0.3, promo_type="threshold_off", ad_spend=300.0)
    shares = explain_difference(model, first, second)
    gap = simulate(model, second).totals.scenario["gmv"].mean - simulate(model, first).totals.scenario["gmv"].mean
    assert {s.lever for s in shares} == {"start", "length", "discount_depth", "promo_type", "ad_spend"}
    assert sum(s.gmv for s in shares) == pytest.approx(gap, abs=0.01)


def test_reasons_turn_around_when_the_scenarios_do(model):
    first = sample_scenario(model.panel)
    second = _later(first, 3, discount_depth=0.3)
    there, back = ({s.lever: s.gmv for s in explain_difference(model, *pair)} for pair in ((first, second), (second, first)))
    assert there.keys() == back.keys()
    for lever in there:
        assert there[lever] == pytest.approx(-back[lever], rel=0.02, abs=1.0)


def test_scenarios_with_different_numbers_of_campaigns_differ_by_levers(model):
    shares = explain_difference(model, Scenario(name="nothing"), sample_scenario(model.panel))
    assert {s.lever: s.gmv for s in shares} == {s.lever: s.gmv for s in sample_outcome(model).attribution}


def test_a_scenario_does_not_differ_from_itself(model):
    assert explain_difference(model, sample_scenario(model.panel), sample_scenario(model.panel)) == ()
