"""What LightGBM promises beyond the battery: sums that add up, intact folders, a forecast better than naive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from promo_core.data.panel import Panel, Plan
from promo_core.errors import ModelError, ModelFolderError
from promo_core.evaluation.metrics import wape
from promo_core.models.base import Composition
from promo_core.models.gbm import GBMConfig, GBMForecaster
from promo_core.models.naive import NaiveForecaster
from tests.models.battery import FORECASTERS, HORIZON, future, shop


@pytest.fixture(scope="module")
def panel():
    return shop()


@pytest.fixture(scope="module")
def fitted(panel):
    return FORECASTERS["gbm"]().fit(panel)


def test_contributions_add_up_to_the_base_forecast(fitted, panel):
    told, names = fitted.contributions(panel, future(panel))
    assert told.shape == (panel.n_series, HORIZON, 3, len(names)) and len(set(names)) == len(names)
    np.testing.assert_allclose(told.sum(axis=-1), fitted.base(panel, future(panel)), atol=1e-4)


def test_no_lever_is_among_the_features(fitted, panel):
    _, names = fitted.contributions(panel, future(panel))
    assert not set(panel.plan.levers) & set(names)


def test_the_average_is_the_same_for_every_cell_of_a_target(fitted, panel):
    told, _ = fitted.contributions(panel, future(panel))
    np.testing.assert_allclose(np.ptp(told[..., -1], axis=(0, 1)), 0.0, atol=1e-5)


def test_a_weekday_wave_is_forecast_better_than_by_its_mean(panel):
    still = replace(panel, plan=panel.plan.without_promotions())
    base = FORECASTERS["gbm"]().fit(still).base(still, future(still))
    links = Composition.of(panel).links(panel)[:, panel.n_observed : panel.n_observed + HORIZON, 0]
    flat = np.nanmean(Composition.of(panel).links(panel)[:, : panel.n_observed, 0], axis=1, keepdims=True)
    assert wape(np.exp(links), np.exp(base[..., 0])) < 0.9 * wape(np.exp(links), np.exp(np.broadcast_to(flat, links.shape)))


def test_a_level_shift_is_followed_within_a_month():
    panel = shop(n_series=6, n_observed=230)
    shifted = replace(panel, targets={name: np.where(np.arange(panel.n_observed + 28) >= 200, 4 * values, values) for name, values in panel.targets.items()})
    base = FORECASTERS["gbm"]().fit(shifted).base(shifted, future(shifted))
    after = Composition.of(shifted).links(shifted)[:, 200:230, 0].mean(axis=1)
    assert np.abs(base[..., 0].mean(axis=1) - after).max() < 0.35


@pytest.mark.parametrize("breakage", ("missing", "garbage", "no JSON"))
def test_a_broken_folder_is_refused_in_one_sentence(fitted, tmp_path, breakage):
    fitted.save(tmp_path)
    if breakage == "missing":
        next(tmp_path.glob("link0*")).unlink()
    elif breakage == "garbage":
        next(tmp_path.glob("link0*")).write_text("not a model")
    else:
        (tmp_path / "gbm.json").write_text("{")
    with pytest.raises(ModelFolderError, match="Train it again"):
        GBMForecaster.load(tmp_path)


def test_real_weeks_are_forecast_better_than_by_last_years_weeks(shared_data):
    panel = _frat(shared_data)
    scores = []
    for origin in (panel.n_observed - 24, panel.n_observed - 16, panel.n_observed - 8):
        known, effect = panel.until(origin), _simple_effect(panel, origin)
        actual, ahead = panel.targets["gmv"][:, origin : origin + 8], effect[:, origin : origin + 8]
        scores.append([wape(actual, np.exp((model.fit(known, effect[:, :origin]).base(known, known.future_plan(8), effect[:, :origin]) + ahead)[..., 0]))
                       for model in (GBMForecaster(GBMConfig(threads=1, quick=True)), NaiveForecaster())])
    gbm, naive = np.mean(scores, axis=0)
    assert gbm < 0.95 * naive


def _frat(shared_data: Path) -> Panel:
    table = pd.read_csv(shared_data / "frat" / "segment_category_week.csv", parse_dates=["date"])
    gmv, depth = (table.pivot(index=["segment", "category"], columns="date", values=name) for name in ("gmv", "discount_depth"))
    plan = Plan(periods=gmv.columns, levers={"discount_depth": depth.fillna(0.0).to_numpy()}, frequency="W-WED")
    return Panel(series=gmv.index.to_frame(index=False), periods=gmv.columns, n_observed=gmv.shape[1], targets={"gmv": gmv.to_numpy()}, plan=plan, frequency="W-WED")


def _simple_effect(panel: Panel, origin: int) -> np.ndarray:
    """Return (n, T, 1): one slope of log GMV on depth, both told relative to their series' mean of each eight weeks before the origin."""
    depth, links = panel.plan.levers["discount_depth"], Composition.of(panel).links(panel)[..., 0]
    blocks = [slice(start, start + 8) for start in range(0, origin - 8, 8)]
    x, y = (np.concatenate([(grid[:, b] - grid[:, b].mean(axis=1, keepdims=True)).ravel() for b in blocks]) for grid in (depth, links))
    return (depth * (x @ y / (x @ x)))[..., None]


def test_contributions_are_those_of_shap_s_tree_explainer(fitted, panel):
    """LightGBM's own values and `shap.TreeExplainer`'s, on rows of one forecast, within 1e-6."""
    import shap

    boosters, matrix = fitted._futures(panel, future(panel), None)[0]
    rows = matrix.values[:40]
    own = boosters[0].predict(rows, pred_contrib=True, num_threads=1)
    explainer = shap.TreeExplainer(boosters[0])
    np.testing.assert_allclose(own[:, :-1], explainer.shap_values(rows), atol=1e-6)
    np.testing.assert_allclose(own[:, -1], explainer.expected_value, atol=1e-6)


def test_inputs_are_told_beside_contributions(fitted, panel):
    told, names = fitted.contributions(panel, future(panel))
    values = fitted.inputs(panel, future(panel))[0]
    assert set(names) - {"average"} == set(values) and all(v.shape == told.shape[:2] for v in values.values())
    assert np.array_equal(values["step"][0], np.arange(1, HORIZON + 1))


def test_a_percentage_error_is_less_below_the_middle() -> None:
    panel = shop()
    noise = np.random.default_rng(7).normal(0.0, 0.6, panel.targets["orders"].shape)
    panel = replace(panel, targets={"orders": np.maximum(1.0, np.round(40.0 * np.exp(noise)))})
    known, horizon = panel.until(panel.n_observed - HORIZON), HORIZON
    actual = panel.observed("orders")[:, -horizon:]
    errors = {}
    for percentage in (False, True):
        told = np.exp(GBMForecaster(GBMConfig(quick=True, threads=1, horizon=horizon, percentage=percentage)).fit(known).base(known, known.baseline_plan(horizon))[..., 0])
        errors[percentage] = float((np.abs(told - actual) / actual).mean())
    assert errors[True] < errors[False]


def test_trees_for_a_percentage_error_are_not_grown_on_a_cluster() -> None:
    with pytest.raises(ModelError, match="one process"):
        GBMConfig(percentage=True, cluster="tcp://127.0.0.1:8786")


def test_each_power_of_a_percentage_error_has_its_own_point() -> None:
    panel = shop()
    noise = np.random.default_rng(7).normal(0.0, 0.4, panel.targets["orders"].shape)
    panel = replace(panel, targets={"orders": np.maximum(1.0, np.round(200.0 * np.exp(noise)))})
    known = panel.until(panel.n_observed - HORIZON)
    told = [GBMForecaster(GBMConfig(quick=True, threads=1, horizon=HORIZON, percentage=power)).fit(known).base(known, known.baseline_plan(HORIZON))[..., 0].mean() for power in (0, 1, 2)]
    assert told[1] - told[0] == pytest.approx(-0.16, abs=0.05) and told[2] - told[0] == pytest.approx(-0.24, abs=0.06)  # σ² and 1.5 σ² below the middle
