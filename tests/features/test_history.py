"""History looks backward only, within one series only, and is right where a slow calculation is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from promo_core.features.history import History, fill_from_relatives

SEASON = 7


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(4)
    grid = rng.normal(size=(3, 60)) + 10.0
    return np.where(rng.random(grid.shape) < 0.3, np.nan, grid)


def _statistics(grid: np.ndarray, row: int, stop: int) -> np.ndarray:
    history, rows, stops = History(grid, SEASON), np.array([row]), np.array([stop])
    return np.concatenate([history.mean(rows, stops, 14), history.deviation(rows, stops, 14), history.trend(rows, stops, 28),
                           history.level(rows, stops, (7, 28)), *history.last(rows, stops), history.count(rows, stops, 14),
                           history.phase_mean(rows, stops - 3, 4), history.value(rows, stops - 1)])


def test_statistics_do_not_change_when_the_future_does(values):
    changed = values.copy()
    changed[:, 40:] = 1e6
    np.testing.assert_array_equal(_statistics(values, 1, 40), _statistics(changed, 1, 40))


def test_statistics_of_a_series_do_not_change_when_another_does(values):
    changed = values.copy()
    changed[[0, 2]] += 1e3
    np.testing.assert_array_equal(_statistics(values, 1, 40), _statistics(changed, 1, 40))


@pytest.mark.parametrize("stop", (0, 1, 5, 14, 33, 60))
def test_a_window_equals_the_slow_calculation(values, stop):
    history = History(values, SEASON)
    for row in range(len(values)):
        window = values[row, max(0, stop - 14) : stop]
        seen = window[np.isfinite(window)]
        args = (np.array([row]), np.array([stop]), 14)
        assert history.count(*args)[0] == len(seen)
        np.testing.assert_allclose(history.mean(*args)[0], seen.mean() if len(seen) else np.nan)
        np.testing.assert_allclose(history.deviation(*args)[0], seen.std() if len(seen) > 1 else np.nan, atol=1e-9)


@pytest.mark.parametrize("position", (-9, -1, 0, 6, 7, 30, 59))
def test_a_phase_mean_takes_the_same_weekday_of_the_weeks_before(values, position):
    history = History(values, SEASON)
    taken = [p for p in range(position, position - 4 * SEASON, -SEASON) if p >= 0]
    for row in range(len(values)):
        seen = [values[row, p] for p in taken if np.isfinite(values[row, p])]
        np.testing.assert_allclose(history.phase_mean(np.array([row]), np.array([position]), 4)[0], np.mean(seen) if seen else np.nan)


def test_the_last_value_is_the_last_one_observed_and_tells_its_age():
    value, age = History(np.array([[5.0, np.nan, np.nan], [np.nan] * 3]), SEASON).last(np.array([0, 1, 0]), np.array([3, 3, 0]))
    np.testing.assert_array_equal(value, [5.0, np.nan, np.nan])
    np.testing.assert_array_equal(age, [3.0, np.nan, np.nan])


def test_a_level_leans_on_longer_windows_only_where_the_short_one_is_thin():
    full = np.concatenate([np.zeros(100), np.ones(28)])[None]
    thin = full.copy()
    thin[0, 101:] = np.nan
    level = [History(grid, SEASON).level(np.array([0]), np.array([128]), (28, 112))[0] for grid in (full, thin)]
    assert level[0] > 0.9
    assert level[1] < 0.5


def test_a_series_without_values_takes_its_nearest_relatives():
    series = pd.DataFrame({"segment": ["a", "a", "b"], "category": ["x", "y", "y"]})
    np.testing.assert_array_equal(fill_from_relatives(np.array([1.0, np.nan, 3.0]), series), [1.0, 2.0, 3.0])
    series = series.assign(category=["x", "x", "y"])
    np.testing.assert_array_equal(fill_from_relatives(np.array([1.0, np.nan, 3.0]), series), [1.0, 1.0, 3.0])


def test_values_that_nobody_has_become_zero():
    filled = fill_from_relatives(np.full((2, 3), np.nan), pd.DataFrame({"segment": ["a", "b"]}))
    np.testing.assert_array_equal(filled, np.zeros((2, 3)))
