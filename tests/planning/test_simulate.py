"""What-ifs: the identity to the cent, scopes that add up, shared draws, and files that are valid JSON."""

from __future__ import annotations

import gc
import json
import weakref
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from promo_core.errors import ModelError, ScenarioError
from promo_core.planning.outcome import Comparison, Outcome, Quantity
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.serving import serving
from promo_core.planning.simulate import forecast, simulate
from tests.planning.samples import SampleNoise, sample_model, sample_outcome, sample_panel, sample_scenario


@pytest.fixture(scope="module")
def model():
    return sample_model()


@pytest.fixture(scope="module")
def outcome(model) -> Outcome:
    return sample_outcome(model)


def _scopes(outcome: Outcome) -> dict[str, Comparison]:
    return {name: scope for name in ("totals", "promoted", "series", "after", "others") if (scope := getattr(outcome, name)) is not None}


def _quantities(outcome: Outcome):
    for name, scope in _scopes(outcome).items():
        for side in ("scenario", "baseline", "increment"):
            for measure, told in getattr(scope, side).items():
                yield f"{name}.{side}.{measure}", told


def test_gmv_is_visitors_times_conversion_times_value_per_order_to_the_cent(outcome):
    for scope in _scopes(outcome).values():
        for side in (scope.scenario, scope.baseline):
            product = side["visitors"].mean * side["conversion"].mean * side["value_per_order"].mean
            assert product == pytest.approx(side["gmv"].mean, abs=0.005)
            assert side["visitors"].mean * side["conversion"].mean == pytest.approx(side["orders"].mean, abs=1e-6)


def test_daily_rows_keep_the_identity(outcome):
    daily = outcome.daily
    assert np.allclose(daily["visitors"] * daily["conversion"], daily["orders"], rtol=1e-12)


def test_increment_is_scenario_minus_baseline_in_every_scope(outcome):
    for scope in _scopes(outcome).values():
        for measure in ("visitors", "orders", "gmv", "conversion", "value_per_order"):
            assert scope.increment[measure].mean == pytest.approx(scope.scenario[measure].mean - scope.baseline[measure].mean, rel=1e-9, abs=1e-9)


def test_promoted_series_and_others_add_up_to_the_total():
    outcome = sample_outcome(sample_model(cross=-0.05))
    for side in ("scenario", "baseline", "increment"):
        for measure in ("visitors", "orders", "gmv"):
            parts = getattr(outcome.series, side)[measure].mean + getattr(outcome.others, side)[measure].mean
            assert parts == pytest.approx(getattr(outcome.totals, side)[measure].mean, rel=1e-9, abs=0.005)
    assert outcome.others.increment["gmv"].mean < 0


def test_campaign_days_and_the_days_after_add_up_when_the_campaign_starts_first(outcome):
    for measure in ("visitors", "orders", "gmv"):
        parts = outcome.promoted.increment[measure].mean + outcome.after.increment[measure].mean
        assert parts == pytest.approx(outcome.series.increment[measure].mean, rel=1e-9, abs=0.005)


def test_demand_pulled_forward_shows_as_a_dip_after_the_campaign(outcome):
    assert outcome.promoted.increment["gmv"].mean > 0
    assert outcome.after.increment["gmv"].mean < 0


def test_days_path_and_groups_agree_with_the_summaries(outcome):
    total = outcome.series.scenario["gmv"].mean
    assert outcome.daily["gmv"].sum() == pytest.approx(total, rel=1e-9)
    path = outcome.path.query("measure == 'gmv' and side == 'scenario'")
    assert path["mean"].sum() == pytest.approx(total, rel=1e-9)
    for frame in outcome.groups.values():
        gmv = frame[frame["measure"] == "gmv"]
        assert gmv["scenario"].sum() == pytest.approx(outcome.totals.scenario["gmv"].mean, rel=1e-9)
        assert gmv["increment"].sum() == pytest.approx(outcome.totals.increment["gmv"].mean, rel=1e-9, abs=0.005)


def test_days_before_a_campaign_are_exactly_the_baseline(model):
    start = model.panel.future_periods(11)[-1].date()
    outcome = sample_outcome(model, start=start, end=start + timedelta(days=3))
    before = outcome.path.query("measure == 'gmv' and side == 'increment'").head(10)
    assert (before[["mean", "p10", "p50", "p90"]] == 0).all(axis=None)


def test_without_campaigns_every_increment_is_exactly_zero(model):
    outcome = simulate(model, Scenario(name="nothing"))
    for name, told in _quantities(outcome):
        if ".increment." in name:
            assert told == Quantity(mean=0.0, p10=0.0, p50=0.0, p90=0.0), name
    assert outcome.attribution == ()
    assert outcome.totals.baseline["gmv"].mean > 0


def test_a_campaign_that_does_nothing_changes_nothing(model):
    outcome = sample_outcome(model, discount_depth=0.0, promo_type=None)
    assert outcome.totals.increment["gmv"] == Quantity(mean=0.0, p10=0.0, p50=0.0, p90=0.0)


def test_bands_are_ordered_everywhere(outcome):
    for name, told in _quantities(outcome):
        if told is not None:
            assert told.p10 <= told.p50 <= told.p90, name
    assert (outcome.daily["gmv_p10"] <= outcome.daily["gmv_p90"]).all()
    assert (outcome.path["p10"] <= outcome.path["p90"]).all()


def test_shared_draws_make_the_increment_surer_than_a_difference_of_bands(outcome):
    gain = outcome.series.increment["gmv"]
    apart = (outcome.series.scenario["gmv"].p90 - outcome.series.scenario["gmv"].p10) + (outcome.series.baseline["gmv"].p90 - outcome.series.baseline["gmv"].p10)
    assert gain.p90 - gain.p10 < 0.5 * apart


def test_the_same_question_has_the_same_answer(model, outcome):
    again = sample_outcome(sample_model())
    assert json.dumps(again.to_dict()) == json.dumps(outcome.to_dict())


def test_a_deeper_cut_sells_more(model):
    orders = [sample_outcome(model, depth=depth).promoted.scenario["orders"].mean for depth in (0.05, 0.15, 0.25)]
    assert orders == sorted(orders)


def test_a_total_band_uses_the_width_of_its_level(model):
    wide = replace(SampleNoise(16, 28, 3))
    doubled = type("Doubled", (), {"draw": staticmethod(wide.draw), "width": staticmethod(lambda n, h: 2.0)})()
    plain = type("Plain", (), {"draw": staticmethod(wide.draw), "width": staticmethod(lambda n, h: 1.0)})()
    one, two = (sample_outcome(replace(model, noises=dict.fromkeys(model.bases, noise))).totals.scenario["gmv"] for noise in (plain, doubled))
    assert two.p90 - two.p50 == pytest.approx(2 * (one.p90 - one.p50), rel=1e-9)
    assert two.mean == one.mean


@pytest.mark.parametrize("measures", [("visitors", "orders", "gmv"), ("gmv",), ("orders", "gmv"), ("visitors", "orders"), ("units", "gmv"), ("visitors", "gmv"),
                                      ("orders",), ("units",), ("visitors",), ("visitors", "orders", "units", "gmv")])
@pytest.mark.parametrize("frequency", ["D", "W"])
def test_every_file_gets_an_answer_in_valid_json(measures, frequency):
    model = sample_model(sample_panel(measures=measures, frequency=frequency, n_periods=120))
    told = json.loads(json.dumps(sample_outcome(model).to_dict(), allow_nan=False))
    for scope in ("totals", "promoted", "series"):
        for side in ("scenario", "baseline", "increment"):
            summary = told[scope][side]
            assert {"visitors", "conversion", "orders", "gmv"} <= set(summary)
            assert (summary["conversion"] is None) == (not {"visitors", "orders"} <= set(measures))
            assert (summary["gmv"] is None) == ("gmv" not in measures)
    row = told["daily"][0]
    assert {"date", "segment", "category", "visitors", "conversion", "orders", "gmv", "gmv_p10", "gmv_p90", "baseline_gmv"} <= set(row)
    assert (row["gmv"] is None) == ("gmv" not in measures)
    assert abs(sum(share["gmv"] for share in told["attribution"])) > 0
    assert told["sentences"]


def test_missing_columns_are_named_in_a_warning():
    told = [str(w) for w in sample_outcome(sample_model(sample_panel(measures=("orders",)))).warnings]
    assert any("`visitors`" in w and "never invented" in w for w in told)
    assert any("no money" in w for w in told)


def test_a_shorter_horizon_is_cut_and_a_longer_one_refused(model):
    scenario = replace(sample_scenario(model.panel), horizon=10)
    short, full = simulate(model, scenario), sample_outcome(model)
    assert short.horizon == 10 and len(short.path["period"].unique()) == 10
    assert short.promoted.scenario["gmv"] == full.promoted.scenario["gmv"]
    with pytest.raises(ScenarioError, match="train with a longer horizon"):
        simulate(model, replace(scenario, horizon=29))


def test_a_campaign_to_the_end_has_no_after(model):
    assert sample_outcome(model, length=28).after is None


def test_promoting_everything_leaves_no_others(model):
    outcome = sample_outcome(model, series={})
    assert outcome.others is None
    assert outcome.series.scenario["gmv"] == outcome.totals.scenario["gmv"]


def test_two_campaigns_meet_in_one_scenario(model):
    first = sample_scenario(model.panel).campaigns[0]
    second = replace(first, series={"segment": ["new"]}, start=first.start + timedelta(days=10), end=first.end + timedelta(days=10), discount_depth=0.1)
    both = simulate(model, Scenario(name="two", campaigns=(first, second)))
    alone = [simulate(model, Scenario(name="one", campaigns=(c,))).totals.increment["gmv"].mean for c in (first, second)]
    assert both.totals.increment["gmv"].mean == pytest.approx(sum(alone), rel=1e-6)
    assert len(both.daily) == 28 * (1 + 4)


def test_large_panels_are_summed_in_pieces_to_the_same_numbers(model, monkeypatch):
    whole = sample_outcome(sample_model(cross=-0.05), series={"segment": ["vip", "new"]})
    monkeypatch.setattr("promo_core.planning.serving._NUMBERS_AT_ONCE", 28 * 200 * 3)
    pieces = sample_outcome(sample_model(cross=-0.05), series={"segment": ["vip", "new"]})
    assert pieces.totals.scenario["gmv"].mean == pytest.approx(whole.totals.scenario["gmv"].mean, rel=1e-12)
    assert pieces.promoted.increment["gmv"].p90 == pytest.approx(whole.promoted.increment["gmv"].p90, rel=1e-9)


def test_draws_are_fewer_when_a_panel_would_not_fit_in_memory(monkeypatch):
    model = sample_model()
    monkeypatch.setattr("promo_core.planning.serving._NUMBERS_HELD", model.bases["blend"].size * 50)
    assert serving(model).n_draws == 50


def test_serving_keeps_two_members_and_no_model_that_is_gone():
    model = sample_model()
    first = serving(model, "gbm")
    assert serving(model, "gbm") is first
    for use in ("lstm", "blend"):
        serving(model, use)
    assert serving(model, "gbm") is not first
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_an_unknown_member_is_named_with_the_known_ones(model):
    with pytest.raises(ModelError, match="prophet.*naive, gbm, lstm, blend"):
        simulate(model, sample_scenario(model.panel), use="prophet")


def test_every_member_answers(model):
    gains = {use: simulate(model, sample_scenario(model.panel), use=use).totals.increment["gmv"].mean for use in model.bases}
    assert all(g > 0 for g in gains.values())


def test_a_cut_twice_as_deep_as_any_is_refused_and_a_deeper_one_warned_of(model):
    with pytest.raises(ScenarioError, match="more than twice the deepest"):
        sample_outcome(model, depth=0.7)
    assert any("deeper than any in the data (30%)" in str(w) for w in sample_outcome(model, depth=0.4).warnings)
    assert not sample_outcome(model, depth=0.2).warnings


def test_a_campaign_partly_outside_is_counted_inside_and_says_so(model):
    outcome = sample_outcome(model, start=date(2026, 5, 28))
    assert any("only its part" in str(w) for w in outcome.warnings)
    assert outcome.promoted.scenario["gmv"].mean == pytest.approx(sample_outcome(model).promoted.scenario["gmv"].mean)


def test_the_forecast_composes_and_cuts_like_the_answer(model):
    plan = sample_scenario(model.panel).to_plan(model.panel, 28)
    told = forecast(model, plan)
    outcome = sample_outcome(model)
    assert told.samples["gmv"].sum(axis=(1, 2)).mean() == pytest.approx(outcome.totals.scenario["gmv"].mean, rel=1e-5)
    assert forecast(model).samples["gmv"].sum(axis=(1, 2)).mean() == pytest.approx(outcome.totals.baseline["gmv"].mean, rel=1e-5)


def test_campaigns_that_end_before_the_origin_still_echo_in_the_baseline():
    panel = sample_panel()
    panel.plan.levers["discount_depth"][0, -5:] = 0.3
    model = sample_model(panel)
    outcome = simulate(model, Scenario(name="x", campaigns=(Campaign(start=date(2026, 6, 1), end=date(2026, 6, 3), discount_depth=0.2),)))
    assert outcome.totals.increment["gmv"].mean == pytest.approx(outcome.totals.scenario["gmv"].mean - outcome.totals.baseline["gmv"].mean, rel=1e-9)


def test_an_answer_without_tables_tells_the_same_numbers(model, outcome):
    short = simulate(model, outcome.scenario, attribution=False, tables=False)
    assert short.daily.empty and not short.groups and not short.support.alike and short.support.grade == outcome.support.grade
    assert short.totals == outcome.totals and short.promoted == outcome.promoted and short.path.equals(outcome.path)
