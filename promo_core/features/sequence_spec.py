"""How the sequence network reads a panel: calendar, covariates, categories, scale; learned at fit and kept with the weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, season_length, steps_per_year
from promo_core.features.calendar import calendar_features
from promo_core.features.history import fill_from_relatives

__all__ = ["Covariate", "SequenceSpec"]

NOT_AHEAD = ("price", "stock", "unit_cost", "randomised")
"""Covariates the base never reads: the price carries the discount, stock is not known ahead, cost and a lot say nothing of demand."""

MOST_DEVIATIONS = 5.0


@dataclass(frozen=True, kw_only=True)
class Covariate:
    """How one covariate is read: `kind` "share" as it is, "log" about the series' own mean log, "raw" about `middle`; all over `spread`."""

    name: str
    kind: str
    middle: float
    spread: float

    @classmethod
    def learn(cls, name: str, values: np.ndarray) -> Self | None:
        """Choose the reading from `values` (n_series, T); `None` where they never differ."""
        known = values[np.isfinite(values)]
        if not known.size or known.min() == known.max():
            return None
        kind = "share" if known.min() >= 0 and known.max() <= 1 else "log" if known.min() > 0 else "raw"
        if kind == "share":
            return cls(name=name, kind=kind, middle=0.0, spread=1.0)
        if kind == "raw":
            return cls(name=name, kind=kind, middle=float(known.mean()), spread=float(known.std()))
        spread = float(np.nanstd(np.log(values) - cls._own_middle(values)))
        return cls(name=name, kind=kind, middle=0.0, spread=spread) if spread > 1e-6 else None

    def own_middle(self, values: np.ndarray) -> np.ndarray:
        """Return (n_series, 1), what each series' values are measured from, learned from its past."""
        return self._own_middle(values) if self.kind == "log" else np.full((len(values), 1), self.middle)

    @staticmethod
    def _own_middle(values: np.ndarray) -> np.ndarray:
        known = np.isfinite(values) & (values > 0)
        logs = np.log(np.where(known, values, 1.0))
        return (logs.sum(axis=1) / np.maximum(known.sum(axis=1), 1))[:, None]

    def read(self, values: np.ndarray, middle: np.ndarray) -> np.ndarray:
        """Return (n_series, T) float32 input values; what is unknown reads as usual (0)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            raw = np.log(values) if self.kind == "log" else values
            deviations = (raw - middle) / self.spread
        return np.clip(np.where(np.isfinite(deviations), deviations, 0.0), -MOST_DEVIATIONS, MOST_DEVIATIONS).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class SequenceSpec:
    """What the network's inputs mean, learned at fit and kept with the weights.

    Attributes:
        frequency: frequency of the panel.
        targets: names of the K links.
        encoder: periods of past a window reads, a multiple of `phases`.
        scale: (K,) typical deviation of a link from its window's level, pooled over series; the per-series level itself never reaches the weights.
        calendar: calendar inputs that differed in the past; the others were never learned and would only add noise.
        covariates: numbers known ahead, and how they are read.
        vocabulary: dimension → its values; code 0 is kept for values never seen.
        middle: (K,) mean level of the series, for panels without any past.
        currency: chooses the country of the calendar.
    """

    frequency: str
    targets: tuple[str, ...]
    encoder: int
    scale: tuple[float, ...]
    calendar: tuple[str, ...]
    covariates: tuple[Covariate, ...]
    vocabulary: dict[str, tuple[str, ...]]
    middle: tuple[float, ...]
    currency: str | None = None

    @property
    def phases(self) -> int:
        """Phases of the short season: 7 weekdays; weeks have none."""
        return season_length(self.frequency) if self.frequency == "D" else 1

    @property
    def year(self) -> int:
        """Periods of a year."""
        return steps_per_year(self.frequency)

    @property
    def blur(self) -> int:
        """Periods to each side over which last year's pattern is smoothed."""
        return 3 if self.frequency == "D" else 1

    @property
    def past_names(self) -> tuple[str, ...]:
        """Names of the encoder's inputs, in order."""
        per_target = [f"{part}:{target}" for part in ("link", "observed", "effect") for target in self.targets]
        return (*per_target, *(c.name for c in self.covariates), *self.calendar)

    @property
    def future_names(self) -> tuple[str, ...]:
        """Names of the decoder's inputs, in order."""
        per_target = [f"{part}:{target}" for part in ("rhythm", "recent", "last_year", "last_year_known") for target in self.targets]
        return ("step", *self.calendar, *(c.name for c in self.covariates), *per_target)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Make a spec from `to_dict`'s values."""
        lists = {k: tuple(values[k]) for k in ("targets", "scale", "calendar", "middle")}
        return cls(**{**values, **lists, "covariates": tuple(Covariate(**c) for c in values["covariates"]),
                      "vocabulary": {k: tuple(v) for k, v in values["vocabulary"].items()}})

    @classmethod
    def learn(cls, panel: Panel, links: np.ndarray, targets: tuple[str, ...], encoder: int) -> Self:
        """Learn the reading of a panel from its past.

        Args:
            panel: the panel.
            links: (n_series, n_observed, K) links without the levers' effect; NaN where unobserved.
            targets: names of the links.
            encoder: periods of past to read.
        """
        known_ahead = {k: v[:, : panel.n_observed] for k, v in panel.plan.covariates.items() if k not in NOT_AHEAD}
        learned = [Covariate.learn(k, v) for k, v in sorted(known_ahead.items())]
        levels = _levels(links)
        return cls(frequency=panel.frequency, targets=targets, encoder=encoder, scale=tuple(_deviations(links, encoder)), currency=panel.currency,
                   calendar=_varying_calendar(panel), covariates=tuple(c for c in learned if c is not None),
                   middle=tuple(float(column[np.isfinite(column)].mean()) if np.isfinite(column).any() else 0.0 for column in levels.T),
                   vocabulary={d: tuple(sorted(set(panel.series[d].astype(str)))) for d in panel.dimensions})

    def unknown_codes(self) -> np.ndarray:
        """Return (n_dimensions,) int32, the code of a value never seen in each dimension; its known values follow it."""
        sizes = [len(values) + 1 for values in self.vocabulary.values()]
        return np.cumsum([0, *sizes[:-1]]).astype(np.int32)

    def codes(self, series: pd.DataFrame) -> np.ndarray:
        """Return (n_series, n_dimensions) int32 codes, one range of numbers per dimension."""
        columns = [pd.Categorical(series[d].astype(str) if d in series else [""] * len(series), categories=list(values)).codes + 1
                   for d, values in self.vocabulary.items()]
        return np.stack(columns, axis=1).astype(np.int32) + self.unknown_codes()

    def levels(self, series: pd.DataFrame, links: np.ndarray) -> np.ndarray:
        """Return (n_series, K) mean links of each series; of its relatives where it has no past."""
        return fill_from_relatives(_levels(links) - np.asarray(self.middle), series) + np.asarray(self.middle)

    def read_calendar(self, periods: pd.DatetimeIndex) -> np.ndarray:
        """Return (T, C) float32 calendar inputs."""
        return _calendar(periods[0], len(periods), self.frequency, self.currency).reindex(columns=list(self.calendar)).to_numpy(dtype=np.float32)


def _deviations(links: np.ndarray, encoder: int) -> list[float]:
    """Return (K,) the pooled standard deviation of a link from its mean over the `encoder` periods before."""
    known = np.isfinite(links)
    sums, counts = np.where(known, links, 0.0).cumsum(axis=1), known.cumsum(axis=1)
    late = slice(min(encoder, links.shape[1] // 2), None)
    with np.errstate(invalid="ignore", divide="ignore"):
        from_mean = links[:, late] - sums[:, late] / counts[:, late]
    spreads = [float(np.std(part[np.isfinite(part)])) if np.isfinite(part).sum() > 1 else 1.0 for part in np.moveaxis(from_mean, 2, 0)]
    return [max(spread, 1e-2) for spread in spreads]


def _levels(links: np.ndarray) -> np.ndarray:
    """Return (n_series, K) mean links; NaN for a series without a past."""
    known = np.isfinite(links)
    counts = known.sum(axis=1)
    return np.where(counts > 0, np.where(known, links, 0.0).sum(axis=1) / np.maximum(counts, 1), np.nan)


@lru_cache(maxsize=16)
def _calendar(first: pd.Timestamp, steps: int, frequency: str, currency: str | None) -> pd.DataFrame:
    """Return the calendar as a network reads it: waves, switches, and run-ups of events with a switch on the event's day; all within ±2."""
    periods = pd.date_range(first, periods=steps, freq=frequency)
    told = calendar_features(periods, frequency, currency)
    kept = [c for c in told if c.startswith(("weekday_", "year_", "holiday")) and c not in ("weekday_sin", "weekday_cos")]
    events = [c for c in told if c.startswith("event_")]
    columns = told[kept + events].assign(**{f"{c}_day": (told[c] >= 0.999).astype(np.float32) for c in events})
    return columns.assign(day_of_month=(told["day_of_month"] - 15.5) / 9.0) if "day_of_month" in told else columns


def _varying_calendar(panel: Panel) -> tuple[str, ...]:
    """Return the calendar inputs that differ in the panel's past; the season's waves only where a whole year was seen."""
    past = _calendar(panel.periods[0], panel.n_observed, panel.frequency, panel.currency)
    whole_year = panel.n_observed >= steps_per_year(panel.frequency)
    return tuple(c for c in past if past[c].nunique() > 1 and (whole_year or not c.startswith("year_")))
