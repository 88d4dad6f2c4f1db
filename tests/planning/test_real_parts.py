"""What-ifs on the estimated response and on residual bands, as training leaves them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.explain.shap_views import explain_answer
from promo_core.models.intervals import Intervals, Level
from promo_core.models.response import Response, ResponseConfig
from promo_core.planning.optimise import response_curve
from promo_core.planning.outlook import outlook
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.simulate import simulate
from tests.planning.samples import sample_model


@pytest.fixture(scope="module")
def model():
    panel = demo_shop(DemoConfig(n_segments=2, n_categories=2, n_channels=1, n_periods=400)).panel
    base = sample_model(panel, n_samples=120)
    residuals = np.random.default_rng(3).normal(0.0, 0.2, (12, panel.n_series, 28, 3))
    bands = replace(Intervals.of(residuals, {"segment": np.array([0, 0, 1, 1])}), levels=(Level("cell", 1, 1.2), Level("total", 112, 0.9)))
    response = Response(ResponseConfig(quick=True, threads=1)).fit(panel, base.composition)
    return replace(base, response=response, noises=dict.fromkeys(base.bases, bands))


def _scenario(model, depth: float = 0.25, **values) -> Scenario:
    first = model.panel.future_periods(4)[-1].date()
    segment = str(model.panel.series["segment"].iloc[0])
    return Scenario(name="real", campaigns=(Campaign(start=first, end=first + timedelta(days=6), discount_depth=depth, series={"segment": [segment]}, **values),))


def test_the_answer_is_whole(model):
    outcome = simulate(model, _scenario(model, ad_spend=500.0))
    assert outcome.promoted.increment["gmv"].mean > 0
    scenario = outcome.totals.scenario
    assert scenario["visitors"].mean * scenario["conversion"].mean * scenario["value_per_order"].mean == pytest.approx(scenario["gmv"].mean, abs=0.005)
    assert sum(s.gmv for s in outcome.attribution) == pytest.approx(outcome.totals.increment["gmv"].mean, abs=0.006)
    assert json.dumps(outcome.to_dict(), allow_nan=False)


def test_series_and_others_still_add_up(model):
    outcome = simulate(model, _scenario(model))
    parts = outcome.series.increment["gmv"].mean + outcome.others.increment["gmv"].mean
    assert parts == pytest.approx(outcome.totals.increment["gmv"].mean, rel=1e-9, abs=0.005)


def test_no_campaign_is_exactly_the_baseline(model):
    outcome = simulate(model, Scenario(name="nothing"))
    assert all(told.mean == told.p10 == told.p90 == 0.0 for told in outcome.totals.increment.values())


def test_days_before_the_campaign_do_not_move(model):
    path = simulate(model, _scenario(model)).path.query("measure == 'gmv' and side == 'increment'")
    assert (path["mean"].to_numpy()[:3] == 0.0).all()


def test_explanations_reach_the_scenarios_link(model):
    told = explain_answer(model, [0, 1], use="gbm", scenario=_scenario(model)).groupby("target")["contribution"].sum()
    plan = _scenario(model).to_plan(model.panel, 28)
    link = (model.bases["gbm"] + model.response.effect(model.panel, plan))[:2].mean(axis=(0, 1))
    assert told[list(model.composition.chain)].to_numpy() == pytest.approx(link, abs=1e-5)


def test_curves_and_outlooks_are_finite(model):
    curve, points = response_curve(model, _scenario(model), depths=(0.0, 0.1, 0.3))
    assert np.isfinite(curve[["mean", "p10", "p90"]].to_numpy()).all() and len(points)
    assert np.isfinite(outlook(model, by="segment")[0][["mean", "p10", "p90"]].to_numpy()).all()
