"""Explanations: contributions sum to what they explain, for every member and with levers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promo_core.errors import ModelError
from promo_core.explain.shap_views import compute_contributions, explain_answer, explained, global_importance
from promo_core.models.naive import NaiveForecaster
from tests.planning.samples import sample_model, sample_scenario


@pytest.fixture(scope="module")
def model():
    return sample_model()


@pytest.mark.parametrize("use", ["gbm", "lstm", "blend"])
def test_features_and_levers_sum_to_the_scenarios_link(model, use):
    scenario = sample_scenario(model.panel, ad_spend=200.0)
    rows = np.flatnonzero(model.panel.match({"segment": ["vip"], "category": ["beauty"]}))
    told = explain_answer(model, rows, range(7), use=use, scenario=scenario).groupby("target")["contribution"].sum()
    plan = scenario.to_plan(model.panel, model.horizon)
    link = (model.bases[use] + model.response.effect(model.panel, plan))[rows][:, :7].mean(axis=(0, 1))
    assert told[list(model.composition.chain)].to_numpy() == pytest.approx(link, abs=1e-5)


def test_levers_are_told_beside_features(model):
    told = explain_answer(model, [0], scenario=sample_scenario(model.panel, series={}))
    assert set(told.query("kind == 'lever'")["feature"]) == {"discount_depth", "promo_type"}
    assert (told.query("kind == 'lever' and target == 'visitors'")["factor"] > 1).all()


def test_a_mask_and_positions_mean_the_same(model):
    mask = np.zeros(16, dtype=bool)
    mask[[2, 5]] = True
    assert explain_answer(model, mask, use="gbm").equals(explain_answer(model, [2, 5], use="gbm"))


def test_importance_tells_how_additive_it_is(model):
    frame = global_importance(model)
    assert set(frame["model"]) == {"gbm", "lstm", "blend"}
    assert frame["additivity_error"].max() < 1e-5
    assert "promotions" in set(frame["feature"]) and "average" not in set(frame["feature"])


def test_a_blend_with_a_member_without_features_stays_additive(model):
    half = np.full(3, 0.5)
    mixed = replace(model, weights={"gbm": half, "naive": half}, bases={**model.bases, "blend": 0.5 * (model.bases["gbm"] + model.bases["naive"])}, importance=None)
    frame = global_importance(mixed)
    blend = frame[frame["model"] == "blend"]
    assert blend["additivity_error"].max() < 1e-5 and "forecast of naive" in set(blend["feature"])


def test_a_member_without_an_explanation_says_so(model):
    with pytest.raises(ModelError, match="naive.*gbm, lstm"):
        explain_answer(model, [0], use="naive")


def test_a_forecaster_without_features_has_no_contributions(model):
    plan = model.panel.baseline_plan(7)
    assert compute_contributions(NaiveForecaster(), model.panel, plan) is None


def test_a_network_tells_groups_of_inputs_through_importance(model):
    class Network:
        def importance(self, panel, plan, effect):
            return model.bases["lstm"][..., None], ("recent_level",), 0.0

    values, names = compute_contributions(Network(), model.panel, model.panel.baseline_plan(28))
    assert names == ("recent_level",) and values.shape[-1] == 1


def test_explaining_a_model_keeps_what_its_members_tell(model):
    class Member:
        name = "gbm"

        def contributions(self, panel, plan, effect):
            return np.stack([model.bases["gbm"] - 1.0, np.ones_like(model.bases["gbm"])], axis=-1), ("level", "average")

    told = explained(replace(model, forecasters={"gbm": Member()}, importance=None))
    assert told.contribution_names == {"gbm": ("level", "average")}
    assert set(told.importance.query("model == 'gbm'")["feature"]) == {"level", "promotions"}
