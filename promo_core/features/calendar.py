"""What the calendar alone says of a period: weekday, season, holidays, retail events; no data, no clock."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from promo_core.features.events import country_of, events_of, public_holidays

__all__ = ["calendar_features"]

_WEEK = 7
_YEAR_DAYS = 365.25
_TREND_START = pd.Timestamp("2020-01-01")


def calendar_features(periods: pd.DatetimeIndex, frequency: str, currency: str | None = None, *, country: str | None = None) -> pd.DataFrame:
    """Return one row of calendar features per period, float32, never NaN.

    Columns, daily and weekly: `trend` (years since 2020), `month` (1–12), `week_of_year`, `year_sin1..3`, `year_cos1..3`, `holiday` (share of the
    period's days that are public holidays), `holiday_next` and `holiday_last` (the same of the neighbouring periods), and one column per retail event:
    rising from 0 to 1 on the days before, 1 on the day, then from −1 back to 0. Daily only: `weekday` (0 is Monday), `weekday_sin`,
    `weekday_cos`, `weekday_0..6`, `weekend`, `day_of_month`. A week takes what falls on its seven days.

    Args:
        periods: days, or the last day of each week.
        frequency: "D", or "W-WED" and its like.
        currency: ISO code that chooses the country, unless `country` (ISO code) is given.
    """
    country = country or country_of(currency)
    length = 1 if frequency == "D" else _WEEK
    columns = _season_columns(periods - pd.Timedelta(days=length // 2))
    if length == 1:
        columns |= _weekday_columns(periods)
    columns |= _holiday_columns(periods, length, country) | _event_columns(periods, length, country)
    return pd.DataFrame(columns, index=periods).astype(np.float32)


def _season_columns(middles: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    phase = 2 * np.pi * (middles.day_of_year.to_numpy() - 1) / _YEAR_DAYS
    columns = {"trend": (middles - _TREND_START).days.to_numpy() / _YEAR_DAYS, "month": middles.month.to_numpy(),
               "week_of_year": middles.isocalendar().week.to_numpy(dtype=float)}
    for wave in (1, 2, 3):
        columns |= {f"year_sin{wave}": np.sin(wave * phase), f"year_cos{wave}": np.cos(wave * phase)}
    return columns


def _weekday_columns(periods: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    weekday = periods.weekday.to_numpy()
    columns = {"weekday": weekday, "weekday_sin": np.sin(2 * np.pi * weekday / _WEEK), "weekday_cos": np.cos(2 * np.pi * weekday / _WEEK)}
    columns |= {f"weekday_{day}": weekday == day for day in range(_WEEK)}
    return columns | {"weekend": weekday >= 5, "day_of_month": periods.day.to_numpy()}


def _days(periods: pd.DatetimeIndex, length: int) -> np.ndarray:
    """Return (T, length) day ordinals: each period's days, the last one last."""
    ordinals = np.array([day.toordinal() for day in periods.date], dtype=int)
    return ordinals[:, None] + np.arange(1 - length, 1)


def _holiday_columns(periods: pd.DatetimeIndex, length: int, country: str) -> dict[str, np.ndarray]:
    days = _days(periods, length)
    years = range(date.fromordinal(int(days.min()) - length).year, date.fromordinal(int(days.max()) + length).year + 1)
    off = np.array([day.toordinal() for year in years for day in public_holidays(country, year)], dtype=int)
    share = {name: np.isin(days + shift, off).mean(axis=1) for name, shift in (("holiday", 0), ("holiday_next", length), ("holiday_last", -length))}
    return share


def _event_columns(periods: pd.DatetimeIndex, length: int, country: str) -> dict[str, np.ndarray]:
    days = _days(periods, length)
    first, last = date.fromordinal(int(days.min())), date.fromordinal(int(days.max()))
    years = range((first - timedelta(days=60)).year, (last + timedelta(days=60)).year + 1)
    columns = {}
    for event in events_of(country):
        told = [day.toordinal() for year in years if (day := event.day(year)) is not None]
        columns[f"event_{event.name}"] = _strongest(_proximity(days, told, event.lead_days, event.trail_days))
    return columns


def _proximity(days: np.ndarray, told: list[int], lead_days: int, trail_days: int) -> np.ndarray:
    """Return how near each day is to the event: (0, 1] up to and on the day, [−1, 0) after it, 0 elsewhere."""
    near = np.zeros(days.shape)
    for event_day in told:
        to = event_day - days
        near = np.where((to >= 0) & (to <= lead_days), (lead_days + 1 - to) / (lead_days + 1), near)
        near = np.where((to < 0) & (to >= -trail_days), -(trail_days + 1 + to) / trail_days, near)
    return near


def _strongest(near: np.ndarray) -> np.ndarray:
    """Return each period's value: the height of the run-up where one touches it, else the depth of what follows."""
    rise = near.max(axis=1)
    return np.where(rise > 0, rise, near.min(axis=1))
