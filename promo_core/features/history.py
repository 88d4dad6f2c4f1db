"""Backward-looking statistics of many series at once; nothing at or after a stop is ever read, and no series sees another."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["History", "fill_from_relatives"]


class History:
    """Running sums over a grid, so that any window of any series is two look-ups.

    `rows` are series, `stops` exclusive ends: a window of 7 at stop 30 reads positions 23 to 29. Both are integer arrays that
    broadcast together. Every statistic is NaN where its window holds no observation; windows reaching before the start are cut.

    Args:
        values: (n_series, T), NaN where unobserved.
        season: periods of the season, for `phase_mean`.
    """

    def __init__(self, values: np.ndarray, season: int) -> None:
        self.season = season
        self.n_periods = values.shape[1]
        self._values = values
        self._seen = np.isfinite(values)
        filled = np.where(self._seen, values, 0.0)
        first = self._seen.argmax(axis=1)[:, None] if self.n_periods else np.zeros((len(values), 0), dtype=int)
        self._centre = np.take_along_axis(filled, first, axis=1).sum(axis=1)  # per series and from its past alone: sums stay small and causal
        centred = np.where(self._seen, values - self._centre[:, None], 0.0)
        self._sums, self._squares, self._counts = (_running(grid) for grid in (centred, centred**2, self._seen.astype(float)))
        self._phase_sums, self._phase_counts = (_running_by_phase(grid, season) for grid in (filled, self._seen.astype(float)))
        positions = np.where(self._seen, np.arange(self.n_periods), -1)
        self._last = np.maximum.accumulate(positions, axis=1) if self.n_periods else positions

    def count(self, rows: np.ndarray, stops: np.ndarray, window: int) -> np.ndarray:
        """Return how many periods of the window are observed."""
        return _window(self._counts, rows, stops, window)

    def total(self, rows: np.ndarray, stops: np.ndarray, window: int) -> np.ndarray:
        """Return the window's sum of observed values; 0 where there is none."""
        return _window(self._sums, rows, stops, window) + self._centre[rows] * self.count(rows, stops, window)

    def mean(self, rows: np.ndarray, stops: np.ndarray, window: int) -> np.ndarray:
        """Return the mean of the window's observed values."""
        return _divide(_window(self._sums, rows, stops, window), self.count(rows, stops, window)) + self._centre[rows]

    def deviation(self, rows: np.ndarray, stops: np.ndarray, window: int) -> np.ndarray:
        """Return the standard deviation of the window; NaN with fewer than two observations."""
        count = self.count(rows, stops, window)
        mean = _divide(_window(self._sums, rows, stops, window), count)
        square = _divide(_window(self._squares, rows, stops, window), count)
        return np.where(count >= 2, np.sqrt(np.maximum(square - mean**2, 0.0)), np.nan)

    def trend(self, rows: np.ndarray, stops: np.ndarray, window: int) -> np.ndarray:
        """Return how far the mean of the window's later half lies above that of its earlier half."""
        half = window // 2
        return self.mean(rows, stops, half) - self.mean(rows, np.asarray(stops) - half, half)

    def level(self, rows: np.ndarray, stops: np.ndarray, windows: tuple[int, ...], strength: float = 2.0) -> np.ndarray:
        """Return a level that follows the shortest window and leans on longer ones where that is thinly observed.

        Each window's mean counts for its observations, the longer level before it for `strength` of them. NaN without any past.
        """
        level = self.mean(rows, stops, self.n_periods)
        for window in sorted(windows, reverse=True):
            count = self.count(rows, stops, window)
            level = (self.total(rows, stops, window) + strength * level) / (count + strength)
        return level

    def value(self, rows: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Return the values at `positions`; NaN before the start and where unobserved. The caller keeps positions in the past."""
        positions = np.asarray(positions)
        return np.where(positions >= 0, self._values[rows, np.maximum(positions, 0)], np.nan)

    def last(self, rows: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the last observed value before each stop, and how many periods ago it was (1 is the period before); NaN without one."""
        stops = np.asarray(stops)
        position = np.where(stops > 0, self._last[rows, np.maximum(stops - 1, 0)], -1)
        known = position >= 0
        return np.where(known, self._values[rows, np.maximum(position, 0)], np.nan), np.where(known, stops - position, np.nan)

    def phase_mean(self, rows: np.ndarray, positions: np.ndarray, seasons: int) -> np.ndarray:
        """Return the mean of the values at `positions` and at the same phase of the seasons before, `seasons` of them in all."""
        total = _phase_window(self._phase_sums, rows, positions, seasons, self.season)
        return _divide(total, _phase_window(self._phase_counts, rows, positions, seasons, self.season))


def fill_from_relatives(values: np.ndarray, series: pd.DataFrame) -> np.ndarray:
    """Fill NaN series with the mean of the series most like them.

    Args:
        values: (n_series, ...) with NaN.
        series: (n_series, n_dimensions) text.

    Returns:
        A new array: NaN filled with the mean over series that share the most dimension values, then over all series, then 0.
    """
    flat = np.array(values, dtype=float).reshape(len(series), -1)
    needy = np.flatnonzero(np.isnan(flat).any(axis=1))
    if not len(needy):
        return flat.reshape(values.shape)
    codes = np.stack([pd.factorize(series[d])[0] for d in series.columns], axis=1)
    filled = flat.copy()
    for row in needy:
        likeness = (codes == codes[row]).sum(axis=1)
        for shared in sorted(set(likeness.tolist()) | {0}, reverse=True):
            mean = _column_means(flat[likeness >= shared])
            filled[row] = np.where(np.isnan(filled[row]), mean, filled[row])
    return np.nan_to_num(filled).reshape(values.shape)


def _column_means(values: np.ndarray) -> np.ndarray:
    return _divide(np.nansum(values, axis=0), np.isfinite(values).sum(axis=0))


def _divide(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _running(grid: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(grid), 1)), np.cumsum(grid, axis=1)], axis=1)


def _window(running: np.ndarray, rows: np.ndarray, stops: np.ndarray, window: int) -> np.ndarray:
    stops = np.asarray(stops)
    return running[rows, np.maximum(stops, 0)] - running[rows, np.maximum(stops - window, 0)]


def _running_by_phase(grid: np.ndarray, season: int) -> np.ndarray:
    """Return (n, season + T): running sums at stride `season`, after one season of zeros."""
    padded = np.concatenate([np.zeros((len(grid), season)), grid], axis=1)
    for start in range(season, padded.shape[1], season):
        block = padded[:, start : start + season]
        block += padded[:, start - season : start - season + block.shape[1]]
    return padded


def _phase_window(running: np.ndarray, rows: np.ndarray, positions: np.ndarray, seasons: int, season: int) -> np.ndarray:
    """Return the sum over `seasons` values at stride `season` that ends at `positions`; positions before the start hold nothing."""
    end = np.asarray(positions) + season
    start = end - seasons * season
    first = np.where(start >= 0, start, np.mod(start, season))
    return np.where(end >= 0, running[rows, np.maximum(end, 0)] - running[rows, first], 0.0)
