"""Sweeps agree with single answers, and curves with what they are drawn from."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from promo_core.errors import ScenarioError
from promo_core.planning.optimise import decision_surface, moved_to, response_curve, sweep
from promo_core.planning.scenario import Scenario
from promo_core.planning.simulate import simulate
from tests.planning.samples import sample_model, sample_outcome, sample_panel, sample_scenario


@pytest.fixture(scope="module")
def model():
    return sample_model()


def test_a_sweep_agrees_with_the_exact_answer_within_a_few_percent(model):
    surface = sweep(model, sample_scenario(model.panel), depths=(0.0, 0.1, 0.3))
    for depth, gain in zip(surface.depths[1:], surface.gain[0, 1:], strict=True):
        assert gain == pytest.approx(sample_outcome(model, depth=depth).totals.increment["gmv"].mean, rel=0.08)


def test_depths_between_those_computed_are_interpolated_closely(model):
    depths = np.round(np.linspace(0.02, 0.3, 20), 4)
    surface = sweep(model, sample_scenario(model.panel), depths=depths)
    exact = [sweep(model, sample_scenario(model.panel), depths=(d,)).gain[0, 0] for d in depths[::5]]
    assert surface.gain[0, ::5] == pytest.approx(np.array(exact), rel=0.02)


def test_starts_that_do_not_fit_are_unknown_and_never_the_best(model):
    days = model.panel.future_periods(28)
    surface = sweep(model, sample_scenario(model.panel), depths=(0.1, 0.2), starts=list(days))
    assert surface.gain.shape == (28, 2)
    assert np.isnan(surface.gain[-6:]).all() and np.isfinite(surface.gain[:22]).all()
    start, depth, value = surface.best()
    assert value == np.nanmax(surface.gain) and start in days and depth in (0.1, 0.2)


def test_a_surface_reads_as_rows(model):
    surface = sweep(model, sample_scenario(model.panel), depths=(0.1, 0.2), starts=list(model.panel.future_periods(3)))
    frame = surface.frame()
    assert frame.pivot(index="start", columns="discount_depth", values="mean").to_numpy() == pytest.approx(surface.gain)


def test_the_best_depth_for_margin_is_no_deeper_than_for_gmv(model):
    surface = sweep(model, sample_scenario(model.panel, promo_type="threshold_off"))
    assert surface.best("margin")[1] <= surface.best("gain")[1]


def test_margin_needs_costs():
    model = sample_model(sample_panel(costs=False))
    surface = sweep(model, sample_scenario(model.panel), depths=(0.1,))
    assert surface.margin is None
    with pytest.raises(ScenarioError, match="unit_cost"):
        surface.best("margin")


def test_a_sweep_needs_a_campaign(model):
    with pytest.raises(ScenarioError, match="add a campaign"):
        sweep(model, Scenario(name="nothing"))


def test_a_curve_begins_at_its_type_and_marks_what_was_never_seen(model):
    curve, points = response_curve(model, sample_scenario(model.panel))
    assert (curve["p10"] <= curve["mean"]).all() and (curve["mean"] <= curve["p90"]).all()
    assert curve["mean"].is_monotonic_increasing
    assert curve.loc[curve["discount_depth"] <= 0.3, "seen"].all() and not curve.loc[curve["discount_depth"] > 0.3, "seen"].any()
    assert set(points["discount_depth"]) <= {0.1, 0.2, 0.3} and len(points) >= 3


def test_sweeping_one_of_two_campaigns_leaves_the_other(model):
    first = sample_scenario(model.panel).campaigns[0]
    second = type(first)(start=first.start + timedelta(days=14), end=first.end + timedelta(days=14), discount_depth=0.1, series={"segment": ["new"]})
    surface = sweep(model, Scenario(name="two", campaigns=(first, second)), depths=(0.2,), starts=[pd.Timestamp(first.start)])
    alone = sweep(model, Scenario(name="one", campaigns=(first,)), depths=(0.2,))
    assert surface.gain[0, 0] > alone.gain[0, 0]


def test_a_surface_over_segments_tells_what_each_would_bring(model) -> None:
    scenario = sample_scenario(model.panel)
    surface = decision_surface(model, scenario, across="segment", depths=(0.1, 0.2, 0.3))
    assert surface.rows == ("lapsed", "new", "regular", "vip") and surface.gain.shape == (4, 3)
    own = sweep(model, scenario, depths=(0.2,))
    assert surface.values["gmv"][3, 1] == pytest.approx(own.gain[0, 0])
    assert {"orders", "visitors", "gmv", "margin", "roi"} <= set(surface.values)


def test_a_longer_campaign_brings_more_on_a_surface_over_lengths(model) -> None:
    surface = decision_surface(model, sample_scenario(model.panel), across="length", depths=(0.2,))
    assert surface.rows == tuple(range(1, 29)) and surface.gain[6, 0] > surface.gain[0, 0] > 0


def test_the_return_on_a_surface_is_margin_over_what_was_given_and_spent(model) -> None:
    scenario = sample_scenario(model.panel, ad_spend=500.0)
    surface, told = decision_surface(model, scenario, across="length", rows=(7,), depths=(0.2,)), simulate(model, scenario)
    assert surface.values["roi"][0, 0] == pytest.approx(told.economics.roi.mean, rel=0.1)


def test_a_campaign_moves_to_where_a_cell_of_the_surface_stands(model) -> None:
    campaign = sample_scenario(model.panel).campaigns[0]
    assert moved_to(campaign, "length", 3, model.panel, 28).end == campaign.start + timedelta(days=2)
    assert moved_to(campaign, "start", model.panel.future_periods(28)[-1], model.panel, 28) is None
    assert moved_to(campaign, "segment", "new", model.panel, 28).series["segment"] == ["new"]
