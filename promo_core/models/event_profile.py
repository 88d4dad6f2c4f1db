"""What great events add to the level, day by day before and after them, told apart from the rest of the year before trees are grown.

A great event's peak is a day or two in a year: trees, which average over leaves of many days, told a third of it too low on generated
shops, on the days that matter most. Its profile over the quiet days around it is a plain mean over all series instead.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.ndimage import convolve1d

from promo_core.data.panel import Panel
from promo_core.features.events import RetailEvent, country_of, events_of

__all__ = ["EventProfile"]

_REACH, _LIFE = 60, 14.0  # days around an event that tell its level, and the half-life of their weight
_SMOOTH = 2  # days on either side that a day of the run-up borrows from; the event's own day borrows from none


@dataclass(frozen=True, kw_only=True, eq=False)
class EventProfile:
    """Deviations of the links near retail events, shared by all series; empty for weeks, which hold an event among quiet days.

    Attributes:
        country: whose events.
        table: event → days before it (negative: after) → (K,) deviation on the link scale.
    """

    country: str
    table: dict[str, dict[int, np.ndarray]]

    @classmethod
    def of(cls, panel: Panel, clean: np.ndarray) -> Self:
        """Estimate from links without the levers' effect, (n_series, n_observed, K).

        A day's deviation is the mean over series of what is left beside the weekday and the level of quiet days around; it is drawn toward zero as far as
        quiet days, too, deviate together.
        """
        country = country_of(panel.currency)
        periods = panel.periods[: clean.shape[1]]
        events, name, before = events_of(country), *_nearest(periods, country)
        if panel.frequency != "D" or not (name < 0).any():
            return cls(country=country, table={})
        left = np.stack([_left(clean[..., k], name < 0, periods.day_of_week.to_numpy()) for k in range(clean.shape[2])], axis=1)
        common = np.nan_to_num(np.nanvar(left[name < 0], axis=0))
        table = {events[i].name: _drawn_in(left, before, name == i, common) for i in np.unique(name[name >= 0])}
        return cls(country=country, table={event: days for event, days in table.items() if days})

    def level(self, periods: pd.DatetimeIndex) -> np.ndarray:
        """Return (T, K) what events add on these days; (T, 1) zeros where nothing is known."""
        return sum(self.by_event(periods).values(), np.zeros((len(periods), 1)))

    def by_event(self, periods: pd.DatetimeIndex) -> dict[str, np.ndarray]:
        """Return event → (T, K)."""
        if not self.table:
            return {}
        names, (which, before) = [event.name for event in events_of(self.country)], _nearest(periods, self.country)
        nothing = np.zeros(len(next(iter(next(iter(self.table.values())).values()))))
        told = {name: (which == names.index(name), days) for name, days in self.table.items() if name in names}
        return {name: np.stack([days.get(int(b), nothing) if at else nothing for at, b in zip(here, before, strict=True)]) for name, (here, days) in told.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"country": self.country, "table": {name: {str(day): values.tolist() for day, values in days.items()} for name, days in self.table.items()}}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read `to_dict`'s values."""
        return cls(country=values["country"], table={name: {int(day): np.array(v, dtype=float) for day, v in days.items()} for name, days in values["table"].items()})


def _nearest(periods: pd.DatetimeIndex, country: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (T,) each: the event whose run-up or trail a day lies in, relatively nearest where there are several (−1: none), and days until it."""
    days = np.array([day.toordinal() for day in periods.date], dtype=int)
    which, before, least = np.full(len(days), -1), np.zeros(len(days), dtype=int), np.full(len(days), np.inf)
    for i, event in enumerate(events_of(country)):
        for told in _days_of(event, periods):
            until = told - days
            near = np.where(until >= 0, until / (event.lead_days + 1), -until / (event.trail_days + 1))
            take = (until <= event.lead_days) & (-until <= event.trail_days) & (near < least)
            which[take], before[take], least[take] = i, until[take], near[take]
    return which, before


def _days_of(event: RetailEvent, periods: pd.DatetimeIndex) -> list[int]:
    years = range(periods[0].year - 1, periods[-1].year + 2)
    return [day.toordinal() for year in years if (day := event.day(year)) is not None]


def _left(values: np.ndarray, quiet: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    """Return (T,) the mean over series of one link beside its weekday and the level of quiet days around."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        known = np.isfinite(values) & quiet
        apart = np.where(known, values, np.nan) - np.nanmean(np.where(known, values, np.nan), axis=1, keepdims=True)
        week = np.nan_to_num([np.nanmean(apart[:, weekday == day]) if (weekday == day).any() else 0.0 for day in range(7)])
        plain = values - week[weekday]
        kernel = 0.5 ** (np.abs(np.arange(-_REACH, _REACH + 1)) / _LIFE)
        weight = convolve1d(known.astype(float), kernel, axis=1, mode="constant")
        level = convolve1d(np.where(known, plain, 0.0), kernel, axis=1, mode="constant") / np.where(weight > 1e-6, weight, np.nan)
        return np.nanmean(plain - level, axis=0)


def _drawn_in(left: np.ndarray, before: np.ndarray, here: np.ndarray, common: np.ndarray) -> dict[int, np.ndarray]:
    """Return days before one event → (K,): means over its years, smoothed along the run-up, drawn in by the variance (K,) of quiet days over the profile's own."""
    seen = {int(day): left[here & (before == day)] for day in np.unique(before[here])}
    seen = {day: values[np.isfinite(values).all(axis=1)] for day, values in seen.items()}
    seen = {day: values for day, values in seen.items() if len(values)}
    near = {day: np.concatenate([values for other, values in seen.items() if other == day or (day and other and abs(other - day) <= _SMOOTH)]) for day in seen}
    means = {day: values.mean(axis=0) for day, values in near.items()}
    own = np.maximum(0.0, np.mean([mean**2 for mean in means.values()], axis=0) - common / (2 * _SMOOTH)) if means else common
    return {day: mean * own / (own + common / len(near[day]) + 1e-9) for day, mean in means.items()}
