"""Scores are right by hand, and unknown where they can't be told."""

from __future__ import annotations

import numpy as np
import pytest

from promo_core.evaluation import metrics

ACTUAL = np.array([10.0, 0.0, 20.0, np.nan])
FORECAST = np.array([12.0, 1.0, 15.0, 99.0])
POINT_SCORES = (metrics.wape, metrics.mape, metrics.rmse, metrics.mae, metrics.bias, metrics.rmspe)


def test_scores_match_a_calculation_by_hand():
    assert metrics.wape(ACTUAL, FORECAST) == pytest.approx(8 / 30)
    assert metrics.bias(ACTUAL, FORECAST) == pytest.approx(-2 / 30)
    assert metrics.mae(ACTUAL, FORECAST) == pytest.approx(8 / 3)
    assert metrics.rmse(ACTUAL, FORECAST) == pytest.approx(np.sqrt((4 + 1 + 25) / 3))
    assert metrics.mape(ACTUAL, FORECAST) == pytest.approx((0.2 + 0.25) / 2)
    assert metrics.rmspe(ACTUAL, FORECAST) == pytest.approx(np.sqrt((0.04 + 0.0625) / 2))


@pytest.mark.parametrize("score", POINT_SCORES)
def test_a_score_of_nothing_known_is_nan(score):
    assert np.isnan(score(np.array([np.nan, np.nan]), np.array([1.0, 2.0])))
    assert np.isnan(score(np.array([]), np.array([])))


@pytest.mark.parametrize("score", POINT_SCORES)
def test_an_unknown_forecast_does_not_count_as_right(score):
    assert np.isnan(score(np.array([1.0]), np.array([np.nan])))


@pytest.mark.parametrize("score", (metrics.wape, metrics.bias, metrics.mape, metrics.rmspe))
def test_a_relative_score_of_zeros_only_is_nan_even_for_a_forecast_of_zero(score):
    assert np.isnan(score(np.zeros(3), np.zeros(3)))


@pytest.mark.parametrize("score", POINT_SCORES)
def test_scores_along_an_axis_equal_those_of_each_row(score):
    rng = np.random.default_rng(1)
    actual, forecast = rng.uniform(1, 9, (4, 6)), rng.uniform(1, 9, (4, 6))
    actual[2] = np.nan
    rows = [score(a, f) for a, f in zip(actual, forecast, strict=True)]
    np.testing.assert_allclose(score(actual, forecast, axis=1), rows)


@pytest.mark.parametrize("score", POINT_SCORES)
def test_shapes_that_differ_are_refused_rather_than_broadcast(score):
    with pytest.raises(ValueError, match="one shape"):
        score(np.ones((3, 1)), np.ones(3))


def test_pinball_is_least_at_the_true_quantile():
    actual = np.random.default_rng(2).normal(size=20_000)
    at_truth, too_low = (metrics.pinball(actual, np.full((1, actual.size), q), (0.9,)) for q in (1.2816, 0.5))
    assert at_truth < too_low
    assert metrics.pinball(np.array([3.0]), np.array([[1.0], [4.0]]), (0.1, 0.9)) == pytest.approx((0.2 + 0.1) / 2)


def test_coverage_counts_only_cells_whose_band_and_actual_are_known():
    low, high = np.array([9.0, 0.5, np.nan, 0.0]), np.array([11.0, 2.0, 30.0, 1.0])
    assert metrics.coverage(ACTUAL, low, high) == pytest.approx(0.5)
    assert np.isnan(metrics.coverage(np.array([np.nan]), np.array([0.0]), np.array([1.0])))
