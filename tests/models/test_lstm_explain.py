"""The network's base forecast, told in shares that add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promo_core.models.lstm import LSTMConfig, LSTMForecaster
from promo_core.models.lstm_explain import GROUPS, gradient_shap
from tests.models.battery import HORIZON, future, shop


@pytest.fixture(scope="module")
def panel():
    return shop()


@pytest.fixture(scope="module")
def fitted(panel):
    return LSTMForecaster(LSTMConfig(seed=7, units=8, ensemble=1, encoder=28, horizon=HORIZON, epochs=2, refit_epochs=1, batch=128, per_epoch=512)).fit(panel)


@pytest.fixture(scope="module")
def told(fitted, panel):
    return fitted.importance(panel, future(panel))


def test_shares_of_groups_add_up_to_the_base(told, fitted, panel):
    shares, names, error = told
    base = fitted.base(panel, future(panel))
    assert shares.shape == (*base.shape, len(names))
    np.testing.assert_allclose(shares.sum(axis=-1), base, rtol=0, atol=1e-5)
    assert error < 1e-5


def test_every_group_with_inputs_is_named_and_average_comes_last(told):
    _, names, _ = told
    assert names[0] == "recent_level" and names[-1] == "average"
    assert set(names[1:-1]) <= set(GROUPS) and {"recent_pattern", "weekday", "identity", "covariates", "step"} <= set(names)


def test_the_average_is_the_same_for_every_series(told):
    shares, names, _ = told
    np.testing.assert_allclose(np.ptp(shares[..., names.index("average")], axis=0), 0.0, atol=1e-5)


def test_a_covariate_that_is_alike_everywhere_gets_no_share(fitted, panel):
    flat = replace(panel, plan=replace(panel.plan, covariates={"list_price": np.full(panel.plan.shape, 100.0)}))
    shares, names, _ = fitted.importance(flat, future(flat))
    assert np.abs(shares[..., names.index("covariates")]).max() < 1e-6


def test_expected_gradients_name_every_input_and_tell_how_far_they_miss(fitted, panel):
    shares, names, error = gradient_shap(fitted, panel, future(panel), draws=8)
    assert shares.shape == (panel.n_series, 3, len(names)) and np.isfinite(shares).all()
    assert names[-1] == "identity" and len(set(names[: len(fitted.spec_.past_names)])) == len(fitted.spec_.past_names)
    assert error > 0
