"""The sample behind beeswarm and dependence: real contributions beside the values they stand at, for both members."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promo_core.explain.shap_points import FEATURES, shap_points
from tests.planning.samples import sample_model


class Trees:
    """A stand-in for LightGBM that tells its inputs."""

    def inputs(self, panel, plan, effect):
        grids = {name: np.full(plan.shape, float(i)) for i, name in enumerate(("month", "weekday", "recent_level"))}
        return [grids] * effect.shape[-1]


@pytest.fixture(scope="module")
def points():
    model = sample_model()
    model = replace(model, forecasters={"gbm": Trees(), "lstm": object()})
    return model, shap_points(model, model.response.past_effect(model.panel), model.panel.baseline_plan(model.horizon))


def test_every_point_is_a_contribution_the_model_keeps(points):
    model, frame = points
    kept = model.contributions["gbm"][:, :, 0, model.contribution_names["gbm"].index("month")]
    mine = frame.query("model == 'gbm' and target == 'visitors' and feature == 'month'")["contribution"]
    assert len(mine) and np.isin(mine.to_numpy(), kept).all()
    assert "average" not in set(frame["feature"]) and frame.groupby(["model", "target"])["feature"].nunique().max() <= FEATURES


def test_trees_tell_the_feature_s_value_and_the_network_what_its_group_is_named_by(points):
    _, frame = points
    assert (frame.query("model == 'gbm' and feature == 'weekday'")["value"] == 1.0).all()
    assert frame.query("model == 'lstm' and feature == 'weekday'")["value"].isin(range(7)).all()
    assert frame.query("model == 'lstm' and feature == 'month'")["value"].isna().all()


def test_a_model_whose_members_are_not_loaded_has_no_points():
    model = sample_model()
    assert shap_points(model, model.response.past_effect(model.panel), model.panel.baseline_plan(model.horizon)).empty
