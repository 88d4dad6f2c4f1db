"""Seasons of a generated shop: retail events, weekdays, the year, and shocks with memory."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["autoregressive", "event_height", "season_links"]

_SPRING_FESTIVAL = pd.to_datetime(["2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03"])
_WEEKDAY = np.array([-0.06, -0.08, -0.05, -0.02, 0.04, 0.1, 0.07])


def event_height(periods: pd.DatetimeIndex, days: int) -> np.ndarray:
    """Return (T,) how high a retail event stands, 0–1: 618, 11.11, 12.12, Black Friday and the weeks before Spring Festival."""
    return _by_period(periods, days, _daily_event_height)


def _daily_event_height(dates: pd.DatetimeIndex) -> np.ndarray:
    month, day = dates.month.to_numpy(), dates.day.to_numpy()
    height = np.zeros(len(dates))
    for when, peak, ramp, top in ((6, 18, 17, 0.9), (11, 11, 10, 1.0), (12, 12, 3, 0.6)):
        before = peak - day
        near = (month == when) & (before >= -1) & (before <= ramp)
        height = np.where(near, np.maximum(height, top * np.where(before <= 0, np.where(before == 0, 1.0, 0.4), 0.25 + 0.35 * (1 - before / ramp))), height)
    thanksgiving_gap = (day - 23) - (dates.day_of_week.to_numpy() - 4) % 7
    black_friday = (month == 11) & (day >= 23) & (dates.day_of_week.to_numpy() >= 4) & (thanksgiving_gap >= 0) & (thanksgiving_gap <= 6)
    height = np.where(black_friday, np.maximum(height, 0.55), height)
    to_festival = _days_to_festival(dates)
    return np.where((to_festival > 4) & (to_festival <= 21), np.maximum(height, 0.45), height)


def _days_to_festival(dates: pd.DatetimeIndex) -> np.ndarray:
    """Return days to the nearest Spring Festival, negative after it."""
    gaps = (_SPRING_FESTIVAL.to_numpy()[None] - dates.to_numpy()[:, None]) / np.timedelta64(1, "D")
    return gaps[np.arange(len(dates)), np.abs(gaps).argmin(axis=1)]


def season_links(categories: pd.Series, periods: pd.DatetimeIndex, days: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, T) log season of each series by its category, and the categories' codes (n,)."""
    codes, values = pd.factorize(categories)
    phase, height, week = rng.uniform(0, 2 * np.pi, len(values)), rng.uniform(0.06, 0.18, len(values)), rng.uniform(0.6, 1.6, len(values))
    rows = [_by_period(periods, days, lambda dates, k=k: height[k] * np.sin(2 * np.pi * dates.day_of_year.to_numpy() / 365.25 + phase[k])
                       + week[k] * _WEEKDAY[dates.day_of_week.to_numpy()] - 0.35 * (np.abs(_days_to_festival(dates) + 2) <= 4)) for k in range(len(values))]
    return np.stack(rows)[codes], codes


def _by_period(periods: pd.DatetimeIndex, days: int, daily: object) -> np.ndarray:
    """Return the mean of a daily curve over the `days` that end on each period's date."""
    return np.mean([daily(periods - pd.Timedelta(days=k)) for k in range(days)], axis=0)


def autoregressive(rng: np.random.Generator, shape: tuple[int, int], memory: float, deviation: float) -> np.ndarray:
    """Return (n, T) shocks of the stated standard deviation, each remembering `memory` of the one before."""
    fresh = rng.normal(0.0, deviation * np.sqrt(1 - memory**2), shape)
    out = np.empty(shape[::-1])
    out[0] = rng.normal(0.0, deviation, shape[0])
    for t in range(1, shape[1]):
        out[t] = memory * out[t - 1] + fresh[:, t]
    return out.T
