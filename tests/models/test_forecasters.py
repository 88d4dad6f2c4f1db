"""The battery that every forecaster passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promo_core.errors import NotFittedError
from promo_core.models.base import Composition
from tests.models.battery import FORECASTERS, HORIZON, future, shop, with_target, without_future

EVERYTHING = slice(None)


@pytest.fixture(scope="module")
def panel():
    return shop()


@pytest.fixture(scope="module", params=sorted(FORECASTERS))
def make(request):
    return FORECASTERS[request.param]


@pytest.fixture(scope="module")
def fitted(make, panel):
    return make().fit(panel)


@pytest.fixture(scope="module")
def forecast(fitted, panel):
    return fitted.base(panel, future(panel))


def test_the_forecast_is_finite_and_has_one_cell_per_series_step_and_target(forecast, panel):
    assert forecast.shape == (panel.n_series, HORIZON, 3)
    assert np.isfinite(forecast).all()


def test_the_forecast_is_of_the_size_of_what_happened(forecast, panel):
    links = Composition.of(panel).links(panel)
    happened = links[:, panel.n_observed : panel.n_observed + HORIZON]
    assert np.abs(forecast.mean(axis=1) - happened.mean(axis=1)).max() < 0.3


def test_fit_returns_the_forecaster_itself(make, panel):
    model = make()
    assert model.fit(panel) is model


def test_a_forecast_before_fit_is_refused(make, panel):
    with pytest.raises(NotFittedError):
        make().base(panel, future(panel))


def test_saving_before_fit_is_refused(make, tmp_path):
    with pytest.raises(NotFittedError):
        make().save(tmp_path)


def test_the_same_seed_gives_the_same_numbers(make, panel, forecast):
    np.testing.assert_array_equal(make().fit(panel).base(panel, future(panel)), forecast)


def test_a_saved_forecaster_gives_the_same_numbers_when_loaded(fitted, panel, forecast, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = type(fitted).load(tmp_path / "model")
    assert loaded.config == fitted.config
    np.testing.assert_allclose(loaded.base(panel, future(panel)), forecast, rtol=0, atol=1e-9)
    assert not list(tmp_path.rglob("*.pkl"))


def test_the_panel_is_as_it_was_after_fit_and_forecast(make):
    panel = shop(n_observed=120)
    before, effect = panel.content_hash(), np.full((panel.n_series, panel.n_observed, 3), 0.1)
    make().fit(panel, effect).base(panel, future(panel), effect)
    assert panel.content_hash() == before
    assert (effect == 0.1).all()


def test_changing_the_targets_after_the_origin_changes_no_forecast(make, panel, forecast):
    changed = with_target(panel, EVERYTHING, slice(panel.n_observed, None), 1e9)
    np.testing.assert_array_equal(make().fit(changed).base(changed, future(changed)), forecast)


def test_the_forecast_does_not_depend_on_the_levers_of_the_plan(fitted, panel, forecast):
    plan = future(panel)
    deep = replace(plan, levers={name: np.ones_like(values) for name, values in plan.levers.items()})
    np.testing.assert_array_equal(fitted.base(panel, deep), forecast)


def test_an_effect_that_ran_is_taken_off(make, panel):
    effect = np.where(panel.past_plan().promoted, 0.3, 0.0)[..., None] * np.array([1.0, 0.0, 0.0])
    clean = make().fit(panel, effect).base(panel, future(panel), effect)
    raw = make().fit(panel).base(panel, future(panel))
    assert clean[..., 0].mean() < raw[..., 0].mean() - 0.01


def test_a_fitted_forecaster_forecasts_from_a_later_origin(fitted, panel):
    later = replace(panel, n_observed=panel.n_observed + 10)
    base = fitted.base(later, future(later))
    assert base.shape == (panel.n_series, HORIZON, 3) and np.isfinite(base).all()


def test_a_horizon_longer_than_trained_for_gives_sensible_values(fitted, panel):
    base = fitted.base(panel, future(panel, 5 * HORIZON))
    links = Composition.of(panel).links(panel)[:, : panel.n_observed]
    assert np.isfinite(base).all()
    assert (np.abs(base - links.mean(axis=1, keepdims=True)) < 1.5).all()


def test_a_single_series_is_enough(make):
    panel = without_future(shop(n_series=1, n_observed=60))
    assert np.isfinite(make().fit(panel).base(panel, future(panel))).all()


def test_ten_periods_are_enough_for_a_number(make):
    panel = without_future(shop(n_series=2, n_observed=10))
    assert np.isfinite(make().fit(panel).base(panel, future(panel))).all()


def test_a_weekly_panel_works(make):
    panel = shop(n_observed=130, n_future=8, frequency="W-WED")
    assert np.isfinite(make().fit(panel).base(panel, future(panel, 8))).all()


def test_a_series_that_was_never_observed_gets_its_relatives_level(make, panel):
    unseen = with_target(panel, slice(0, 1), EVERYTHING, np.nan)
    base = make().fit(unseen).base(unseen, future(unseen))
    seen = Composition.of(unseen).links(unseen)[1:, : panel.n_observed]
    assert np.isfinite(base).all()
    assert seen[..., 0].min() < base[0, :, 0].mean() < seen[..., 0].max()


def test_a_panel_of_zeros_forecasts_next_to_nothing(make, panel):
    zeros = with_target(panel, EVERYTHING, EVERYTHING, 0.0)
    model = make().fit(zeros)
    base = model.base(zeros, future(zeros))
    assert np.isfinite(base).all()
    assert (model.composition_.compose(base)["gmv" if model.composition_.money else "orders"] < 1e3).all()


def test_a_panel_observed_on_few_days_works(make, panel):
    rng = np.random.default_rng(5)
    sparse = replace(panel, targets={name: np.where(rng.random(values.shape) < 0.08, values, np.nan) for name, values in panel.targets.items()})
    assert np.isfinite(make().fit(sparse).base(sparse, future(sparse))).all()


def test_unknown_covariates_and_new_series_do_not_stop_a_forecast(fitted, panel):
    plan = future(panel)
    plan = replace(plan, covariates={name: np.full_like(values, np.nan) for name, values in plan.covariates.items()})
    renamed = replace(panel, series=panel.series.assign(category="never seen"))
    assert np.isfinite(fitted.base(renamed, plan)).all()
