"""Training spread over a real cluster of two workers tells what training here tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from promo_core import DemoShop, TrainSettings
from promo_core.cluster import spread
from promo_core.data.panel import Panel
from promo_core.errors import JobError
from promo_core.evaluation import training
from promo_core.evaluation.backtest import _roll
from promo_core.models.gbm import GBMForecaster
from promo_core.models.registry import make_forecaster

HORIZON = 7


@pytest.fixture(scope="module")
def panel(small_shop: DemoShop) -> Panel:
    return small_shop.panel


def power(base: int, exponent: int) -> int:
    return base**exponent


def scores_of(panel: Panel, settings: TrainSettings) -> pd.DataFrame:
    """Stand in for a backtest: tells the seed it was given, and that it was not to spread further."""
    return pd.DataFrame({"wape": [settings.seed / 100], "series": panel.n_series, "spreads": settings.cluster is not None})


def test_work_comes_back_in_order_from_wherever_it_is_done(workers: str) -> None:
    items = [(n,) for n in range(9)]
    assert spread(power, items, workers, shared=(2,)) == spread(power, items, None, shared=(2,)) == [2**n for n in range(9)]


@pytest.mark.parametrize("name", ["naive", "gbm"])
def test_every_origin_forecast_on_a_worker_is_the_same_number(panel: Panel, workers: str, name: str) -> None:
    forecaster = make_forecaster(name, TrainSettings(quick=True), HORIZON).fit(panel.until(180))
    past, origins = np.zeros((panel.n_series, panel.n_observed, 3)), np.array([180, 186, 193])
    assert np.array_equal(_roll(forecaster, panel, past, origins, HORIZON, workers), _roll(forecaster, panel, past, origins, HORIZON, None))


def test_trees_grown_over_the_cluster_forecast_nearly_the_same(panel: Panel, workers: str) -> None:
    plan = panel.baseline_plan(HORIZON)
    here, there = (make_forecaster("gbm", TrainSettings(quick=True, cluster=place), HORIZON).fit(panel) for place in (None, workers))
    assert np.abs(there.base(panel, plan) - here.base(panel, plan)).mean() < 0.05, "each worker bins and bags its own rows"
    assert [[b.num_trees() for b in link] for link in there.boosters_] == [[b.num_trees() for b in link] for link in here.boosters_]


def test_a_model_grown_over_the_cluster_is_kept_without_its_address(panel: Panel, workers: str, tmp_path: Path) -> None:
    there = make_forecaster("gbm", TrainSettings(quick=True, cluster=workers), HORIZON).fit(panel.take(np.arange(2)))
    there.save(tmp_path)
    again = GBMForecaster.load(tmp_path)
    assert again.config.cluster is None and workers not in (tmp_path / "gbm.json").read_text()


def test_seeds_spread_over_the_cluster(panel: Panel, workers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "backtest", scores_of)
    told = training.backtest_seeds(panel, TrainSettings(cluster=workers), (8, 7, 9))
    assert told.to_dict("list") == {"wape": [0.08, 0.07, 0.09], "series": [panel.n_series] * 3, "spreads": [False] * 3, "seed": [8, 7, 9]}


def test_where_it_was_trained_is_no_part_of_what_was_trained() -> None:
    assert TrainSettings(cluster="tcp://far:8786").to_dict() == TrainSettings().to_dict()


def test_a_cluster_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promo_core.cluster._SECONDS_TO_CONNECT", 0.5)
    with pytest.raises(JobError, match="No Dask scheduler answers"):
        spread(power, [(2, 3)], "tcp://127.0.0.1:1")
