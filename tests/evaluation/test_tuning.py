"""Going on from a trained model on newer data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from promo_core.api import train
from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.errors import ModelError
from promo_core.evaluation.tuning import fine_tune
from promo_core.settings import TrainSettings
from promo_core.storage.artifacts import load_model, save_model

NEW = 21
SETTINGS = TrainSettings(models=("gbm",), horizon=14, folds=1, quick=True, n_samples=40, threads=1)


@pytest.fixture(scope="module")
def panel():
    return demo_shop(DemoConfig(n_segments=2, n_categories=2, n_channels=2, n_periods=240)).panel


@pytest.fixture(scope="module")
def saved(panel, tmp_path_factory) -> Path:
    return save_model(train(panel.until(panel.n_observed - NEW), SETTINGS), tmp_path_factory.mktemp("model") / "first")


@pytest.fixture(scope="module")
def first(saved):
    return load_model(saved, forecasters=True)


@pytest.fixture(scope="module")
def tuned(first, panel):
    return train(panel, SETTINGS, start=first)


def test_what_changed_is_told(tuned, first) -> None:
    told = tuned.meta["tuned"]
    assert told["new_periods"] == NEW and told["from"] == first.key
    assert 0 < told["wape"] < 1 and 0 < told["wape_naive"] < 1 and 0 < told["moved"] < 1
    depth = [row for row in told["levers"] if row["lever"] == "discount_depth" and row["target"] == "conversion"]
    assert len(depth) == 1 and depth[0]["before"] > 0 and depth[0]["after"] > 0 and depth[0]["before"] != depth[0]["after"]


def test_it_forecasts_from_the_newer_origin_with_the_first_trainings_bands(tuned, first, panel) -> None:
    assert tuned.panel.origin == panel.origin > first.panel.origin
    assert all(base.shape == (panel.n_series, 14, 3) and np.isfinite(base).all() for base in tuned.bases.values())
    assert tuned.noises is first.noises and tuned.scores is first.scores and tuned.serves == first.serves


def test_trees_grow_on_and_the_first_model_stays_as_it_was(tuned, first, saved) -> None:
    counts = [[b.num_trees() for b in boosters] for boosters in first.forecasters["gbm"].boosters_]
    assert counts == [[b.num_trees() for b in boosters] for boosters in load_model(saved, forecasters=True).forecasters["gbm"].boosters_]
    grown = [[b.num_trees() for b in boosters] for boosters in tuned.forecasters["gbm"].boosters_]
    assert all(before < after < 2 * before + 4 for link in zip(counts, grown, strict=True) for before, after in zip(*link, strict=True))


def test_it_is_kept_and_explained_as_any_model(tuned, tmp_path: Path) -> None:
    read = load_model(save_model(tuned, tmp_path / "second"))
    assert read.meta["tuned"] == tuned.meta["tuned"]
    assert "gbm" in read.contributions and np.array_equal(read.bases["blend"], tuned.bases["blend"])


def test_going_on_twice_gives_the_same_numbers(tuned, saved, panel) -> None:
    again = fine_tune(load_model(saved, forecasters=True), panel)
    assert all(np.array_equal(again.bases[name], tuned.bases[name]) for name in tuned.bases)


def test_data_it_cannot_go_on_with_is_refused_with_the_remedy(first, saved, panel) -> None:
    with pytest.raises(ModelError, match="nothing newer"):
        fine_tune(first, first.panel)
    with pytest.raises(ModelError, match="Train anew"):
        fine_tune(first, panel.take(np.arange(panel.n_series) > 0))
    with pytest.raises(ModelError, match="Train anew"):
        fine_tune(first, replace(panel, targets={"orders": panel.targets["orders"]}))
    with pytest.raises(ModelError, match="forecasters=True"):
        fine_tune(load_model(saved), panel)
