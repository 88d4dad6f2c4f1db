"""Sentences: every number stands in the outcome, in either language, and doubt is told as doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from promo_core.errors import Message
from promo_core.explain.narrative import narrate, narrate_difference
from promo_core.locale import Count, Day, Money, Percent, reader
from promo_core.planning.compare import explain_difference
from promo_core.planning.outcome import Quantity
from promo_core.planning.scenario import Scenario
from promo_core.planning.simulate import simulate
from tests.planning.samples import sample_model, sample_outcome, sample_panel, sample_scenario


@pytest.fixture(scope="module")
def outcome():
    return sample_outcome()


def test_the_first_sentence_tells_the_increment_with_its_band(outcome):
    gain, told = outcome.totals.increment["gmv"], str(outcome.sentences[0])
    for value in (gain.mean, gain.p10, gain.p90):
        assert reader("en").money(value, "CNY") in told
    assert "618 beauty" in told and "28 periods" in told


def test_the_dip_afterwards_is_told(outcome):
    assert any(reader("en").money(-outcome.after.increment["gmv"].mean, "CNY") in str(s) and "brought forward" in str(s) for s in outcome.sentences)


def test_conversion_and_the_biggest_lever_are_told(outcome):
    told = " ".join(map(str, outcome.sentences))
    assert "the discount depth" in told and reader("en").money(outcome.attribution[0].gmv, "CNY") in told
    assert reader("en").percent(outcome.promoted.scenario["conversion"].mean, 2) in told


def test_a_band_over_zero_is_no_gain(outcome):
    unsure = Quantity(mean=5.0, p10=-10.0, p50=5.0, p90=20.0)
    totals = replace(outcome.totals, increment={**outcome.totals.increment, "gmv": unsure})
    assert "can't tell a gain from a loss" in str(narrate(replace(outcome, totals=totals))[0])


def test_a_loss_is_called_a_loss(outcome):
    loss = Quantity(mean=-50.0, p10=-80.0, p50=-50.0, p90=-20.0)
    totals = replace(outcome.totals, increment={**outcome.totals.increment, "gmv": loss})
    assert "loses" in str(narrate(replace(outcome, totals=totals))[0])


def test_what_other_series_lose_is_told():
    assert any("not promoted lose" in str(s) for s in sample_outcome(sample_model(cross=-0.3)).sentences)


def test_without_campaigns_the_forecast_is_told():
    told = [str(s) for s in simulate(sample_model(), Scenario(name="x")).sentences]
    assert len(told) == 1 and told[0].startswith("Without a promotion")


@pytest.mark.parametrize("measures", [("gmv",), ("orders",), ("visitors", "orders"), ("units", "gmv"), ("visitors", "gmv")])
def test_every_file_gets_sentences_whose_facts_are_all_filled(measures):
    for sentence in sample_outcome(sample_model(sample_panel(measures=measures))).sentences:
        for lang in ("en", "zh"):
            told = reader(lang).say(sentence)
            assert "{" not in told and "None" not in told and "nan" not in told


def test_each_reader_writes_facts_in_its_own_form():
    message = Message("{a} {b} {c} {d}", {"a": Money(1_234_567.0, "CNY"), "b": Percent(0.123), "c": Count(1234), "d": Day(date(2026, 6, 1))})
    assert str(message) == "¥1.23M 12.3% 1,234 Jun 1, 2026"
    assert reader("zh").say(message) == "¥123万 12.3% 1,234 2026年6月1日"


def test_an_unknown_fact_is_a_dash():
    assert str(Message("{a}{b}{c}", {"a": Money(None), "b": Percent(None), "c": Count(None)})) == "———"


def test_the_difference_of_two_scenarios_is_told_with_its_largest_change():
    model = sample_model()
    first, second = sample_scenario(model.panel, name="light"), sample_scenario(model.panel, name="deep", depth=0.3)
    outcomes = [simulate(model, s) for s in (first, second)]
    told = str(narrate_difference(*outcomes, explain_difference(model, first, second)))
    assert told.startswith("“deep” brings") and "more than “light”" in told and "the discount depth" in told
    assert "less than" in str(narrate_difference(*reversed(outcomes), explain_difference(model, second, first)))
    assert "the same" in str(narrate_difference(outcomes[0], outcomes[0], ()))
