"""Rolling origins and training, on a small shop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.errors import JobError, ModelError
from promo_core.evaluation.backtest import run_backtest
from promo_core.evaluation.training import train
from promo_core.settings import TrainSettings

SETTINGS = TrainSettings(models=("gbm",), horizon=14, folds=2, quick=True, n_samples=40)


@pytest.fixture(scope="module")
def panel():
    return demo_shop(DemoConfig(n_segments=2, n_categories=2, n_channels=2, n_periods=300)).panel


@pytest.fixture(scope="module")
def model(panel):
    return train(panel, SETTINGS)


def test_every_member_has_a_base_weights_and_bands(model) -> None:
    assert set(model.bases) == set(model.noises) == {"naive", "gbm", "blend"}
    assert all(base.shape == (8, 14, 3) and np.isfinite(base).all() for base in model.bases.values())
    assert np.allclose(sum(model.weights.values()), 1.0)
    assert model.serves in model.bases


def test_scores_hold_a_row_per_step_and_a_total(model) -> None:
    scores = model.scores
    assert set(scores.columns) >= {"model", "target", "fold", "step", "wape", "mape", "rmse", "mae", "bias", "rmspe", "pinball", "coverage_80"}
    gmv = scores[(scores["model"] == "gbm") & (scores["target"] == "gmv")]
    assert (gmv["fold"] == "all").sum() == 1 and len(gmv) == 2 * 14 + 1
    total = gmv[gmv["fold"] == "all"].iloc[0]
    assert 0 < total["wape"] < 0.6 and 0.5 < total["coverage_80"] < 1.0


def test_trees_beat_the_naive_forecast_on_the_demo_shop(model) -> None:
    totals = model.scores[(model.scores["fold"] == "all") & (model.scores["target"] == "gmv")].set_index("model")["wape"]
    assert totals["gbm"] < totals["naive"]


def test_every_lever_of_the_demo_shop_is_certified(model) -> None:
    assert set(model.certificate["status"]) <= {"sound", "dead"} and set(model.certificate["model"]) == set(model.bases)
    assert model.placebo["passed"].all() and set(model.evidence["label"]) <= {"experiment", "adjusted", "predictive"}
    depth = model.certificate[(model.certificate["lever"] == "discount_depth") & (model.certificate["target"] == "conversion")].iloc[0]
    assert depth["status"] == "sound" and depth["effect"] > 0 and depth["steps_dead"] == 0


def test_the_same_settings_give_the_same_numbers(panel, model) -> None:
    again = train(panel, SETTINGS)
    assert again.key == model.key
    assert np.array_equal(again.bases["blend"], model.bases["blend"])
    assert np.array_equal(again.scores["wape"], model.scores["wape"], equal_nan=True)


def test_what_was_learned_before_an_origin_knows_nothing_of_what_followed(panel) -> None:
    first = run_backtest(panel, replace(SETTINGS, folds=1))
    changed = replace(panel, targets={k: np.where(np.arange(v.shape[1]) >= first.origins[0], v * 2 + 1, v) for k, v in panel.targets.items()})
    second = run_backtest(changed, replace(SETTINGS, folds=1))
    assert np.array_equal(first.links["gbm"][0], second.links["gbm"][0])


def test_too_short_a_past_is_refused_with_the_remedy(panel) -> None:
    with pytest.raises(ModelError, match="too short"):
        train(panel.until(20), SETTINGS)


def test_what_progress_raises_ends_the_training(panel) -> None:
    def stop(stage: str, fraction: float, detail: str) -> None:
        raise JobError("cancelled")

    with pytest.raises(JobError):
        train(panel, SETTINGS, progress=stop)


def test_settings_know_the_points_there_are():
    assert TrainSettings.from_dict({**TrainSettings(percentage=2).to_dict()}).percentage == 2
    with pytest.raises(ModelError, match="0, 1 or 2"):
        TrainSettings(percentage=3)
