"""House rules: each is broken by what breaks it, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from promo_core.errors import ScenarioError
from promo_core.planning.guardrails import Blackout, Breach, Guardrails, allowed_depths, breaches_of
from promo_core.planning.scenario import Campaign, Scenario
from tests.planning.samples import sample_panel, sample_scenario

OFF = Guardrails(prior_price_days=None, most_promoted_days=None)
PANEL = sample_panel()
FIRST = PANEL.future_periods(1)[0].date()


def broken(scenario: Scenario, rules: Guardrails, panel=PANEL, horizon: int = 28) -> dict[str, Breach]:
    return {breach.rule: breach for breach in breaches_of(scenario, panel, rules, horizon)}


def two(gap: int, depths: tuple[float, float] = (0.3, 0.2), **second: object) -> Scenario:
    """Two weeks of campaigns on vip beauty, the second beginning `gap` days after the first ends."""
    one = replace(sample_scenario(PANEL, depth=depths[0]).campaigns[0])
    start = one.end + timedelta(days=1 + gap)
    return Scenario(name="two", campaigns=(one, replace(one, start=start, end=start + timedelta(days=6), discount_depth=depths[1], **second)))


def test_nothing_is_broken_where_every_rule_is_off() -> None:
    assert broken(two(0), OFF) == {}


def test_a_cut_deeper_than_allowed_is_told_with_both_depths() -> None:
    found = broken(sample_scenario(PANEL, depth=0.3), replace(OFF, deepest_discount=0.25))
    assert set(found) == {"deepest_discount"} and found["deepest_discount"].forbids and "30%" in str(found["deepest_discount"].message) and "25%" in str(found["deepest_discount"].message)
    assert not broken(sample_scenario(PANEL, depth=0.25), replace(OFF, deepest_discount=0.25))


def test_only_the_days_on_which_a_campaign_meets_a_blackout_are_marked() -> None:
    scenario = sample_scenario(PANEL)
    third = FIRST + timedelta(days=2)
    rules = replace(OFF, blackouts=(Blackout(start=third, end=third + timedelta(days=30), reason="stocktaking {x}"),))
    breach = broken(scenario, rules)["blackout"]
    assert (breach.start, breach.end) == (third, scenario.campaigns[0].end) and "stocktaking" in str(breach.message)
    assert not broken(scenario, replace(OFF, blackouts=(Blackout(start=scenario.campaigns[0].end + timedelta(days=1), end=date(2027, 1, 1)),)))


def test_the_margin_left_after_the_cut_is_held_against_the_least() -> None:
    # A unit costs 30 and lists at 70: at 40 % off, 12 of 42 remain.
    assert broken(sample_scenario(PANEL, depth=0.4), replace(OFF, least_margin=0.29))["minimum_margin"].forbids
    assert not broken(sample_scenario(PANEL, depth=0.4), replace(OFF, least_margin=0.28))


def test_a_margin_that_cannot_be_told_is_said_and_forbids_nothing() -> None:
    panel = sample_panel(costs=False)
    breach = broken(sample_scenario(panel, depth=0.4), replace(OFF, least_margin=0.9), panel)["minimum_margin"]
    assert not breach.forbids and breach.campaigns == ()


def test_a_second_cut_no_deeper_than_the_first_is_no_price_cut_within_thirty_days() -> None:
    rules = replace(OFF, prior_price_days=30)
    assert broken(two(5), rules)["prior_price"].campaigns == (1,)
    assert broken(two(5, (0.2, 0.2)), rules)["prior_price"].forbids
    assert not broken(two(8, (0.3, 0.2)), replace(OFF, prior_price_days=7))


def test_a_deeper_second_cut_counts_against_the_lowest_price_before_it() -> None:
    breach = broken(two(5, (0.2, 0.4)), replace(OFF, prior_price_days=30))["prior_price"]
    assert not breach.forbids and "25% off only" in str(breach.message)


def test_the_prior_price_looks_at_the_past_too() -> None:
    busy = sample_panel()
    busy.plan.levers["discount_depth"][:, -3:] = 0.25
    assert broken(sample_scenario(busy, depth=0.2), replace(OFF, prior_price_days=30), busy)["prior_price"].forbids
    assert not broken(sample_scenario(busy, depth=0.2, series={}), replace(OFF, prior_price_days=30))


def test_other_series_are_no_prior_price() -> None:
    assert not broken(two(5, series={"segment": ["new"]}), replace(OFF, prior_price_days=30))


def test_a_series_promoted_too_long_is_tired() -> None:
    rules = replace(OFF, most_promoted_days=10, fatigue_window=28)
    found = broken(two(3), rules)["fatigue"]
    assert found.forbids and "14 of 28 days" in str(found.message)
    assert not broken(two(3), replace(rules, most_promoted_days=14))
    assert not broken(two(3, series={"segment": ["new"]}), rules)


def test_two_campaigns_on_the_same_series_and_days_overlap() -> None:
    one = sample_scenario(PANEL).campaigns[0]
    late = replace(one, start=one.start + timedelta(days=3), end=one.end + timedelta(days=3))
    breach = broken(Scenario(name="both", campaigns=(one, late)), OFF)["overlap"]
    assert (breach.start, breach.end, breach.campaigns, breach.forbids) == (late.start, one.end, (0, 1), False)
    assert not broken(Scenario(name="apart", campaigns=(one, replace(late, series={"segment": ["new"]}))), OFF)


def test_weekly_data_counts_weeks_as_seven_days() -> None:
    panel = sample_panel(frequency="W")
    first = panel.future_periods(1)[0].date() - timedelta(days=6)
    long = Campaign(start=first, end=first + timedelta(days=27), series={"segment": ["vip"]}, promo_type="percent_off", discount_depth=0.2)
    assert "28 of 56 days" in str(broken(Scenario(name="long", campaigns=(long,)), replace(OFF, most_promoted_days=21, fatigue_window=56), panel, 8)["fatigue"].message)


def test_the_depths_allowed_are_those_that_break_nothing() -> None:
    rules = replace(OFF, prior_price_days=30, deepest_discount=0.5, least_margin=0.3)
    low, high = allowed_depths(two(5, (0.2, 0.3)), 1, PANEL, rules, 28)
    assert low == pytest.approx(0.2) and high == pytest.approx(1 - (30 / 70) / 0.7)
    for depth, fine in ((low, False), (low + 0.01, True), (high, True), (high + 0.01, False)):
        found = breaches_of(two(5, (0.2, depth)), PANEL, rules, 28)
        assert fine is not any(b.forbids and 1 in b.campaigns for b in found), depth


def test_no_depth_is_allowed_on_blackout_days() -> None:
    rules = replace(OFF, blackouts=(Blackout(start=FIRST, end=FIRST),))
    assert allowed_depths(sample_scenario(PANEL), 0, PANEL, rules, 28) is None


def test_rules_read_back_as_they_were_written() -> None:
    rules = Guardrails(deepest_discount=0.4, blackouts=(Blackout(start=FIRST, end=FIRST, reason="audit"),), most_promoted_days=None)
    assert Guardrails.from_dict(rules.to_dict()) == rules
    assert Guardrails.from_dict({}) == Guardrails()


@pytest.mark.parametrize("wrong", [{"deepest_discount": 20}, {"least_margin": -0.1}, {"prior_price_days": 0}, {"most_promoted_days": 40, "fatigue_window": 28}])
def test_rules_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ScenarioError):
        Guardrails(**wrong)
