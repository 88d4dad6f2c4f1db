"""The panel: one cell per series and period, no gaps; and the plan: every lever on such a grid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from promo_core.errors import N_, DataError

__all__ = ["NO_PROMO", "Panel", "Plan", "default_horizon", "season_length", "steps_per_year"]

NO_PROMO = "none"


def season_length(frequency: str) -> int:
    """Return the periods of the shortest season: 7 days, or 52 weeks."""
    return 7 if frequency == "D" else 52


def steps_per_year(frequency: str) -> int:
    """Return the periods from one day to the like day a year later: 364 days (weekdays kept), or 52 weeks."""
    return 364 if frequency == "D" else 52


def default_horizon(frequency: str) -> int:
    """Return the periods forecast where nobody says: 28 days, or 8 weeks."""
    return 28 if frequency == "D" else 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """Every lever for every series and period of a grid.

    Attributes:
        periods: (T,) days, or the last day of each week.
        levers: name → (n_series, T) float64; zero is "nothing ran". `promo_type` holds codes into `promo_types`.
        promo_types: words of the codes; code 0 is "none".
        covariates: other numbers known ahead, name → (n_series, T) float64; NaN is unknown.
        frequency: "D", or "W-WED" and its like.
    """

    periods: pd.DatetimeIndex
    levers: dict[str, np.ndarray]
    promo_types: tuple[str, ...] = (NO_PROMO,)
    covariates: dict[str, np.ndarray] = field(default_factory=dict)
    frequency: str = "D"

    @property
    def shape(self) -> tuple[int, int]:
        """(n_series, T)."""
        return next(iter(self.levers.values())).shape

    @cached_property
    def promoted(self) -> np.ndarray:
        """(n_series, T) bool: any lever stands above its no-promotion value."""
        return np.any([values > 0 for values in self.levers.values()], axis=0)

    def window(self, start: int, stop: int) -> Plan:
        """Return the periods `start` to `stop` (exclusive)."""
        return replace(self, periods=self.periods[start:stop],
                       levers={k: v[:, start:stop] for k, v in self.levers.items()},
                       covariates={k: v[:, start:stop] for k, v in self.covariates.items()})

    def without_promotions(self) -> Plan:
        """Return the baseline plan: every lever at its no-promotion value."""
        return replace(self, levers={k: np.zeros_like(v) for k, v in self.levers.items()})

    def take(self, rows: np.ndarray) -> Plan:
        """Return the plan of some series only."""
        return replace(self, levers={k: v[rows] for k, v in self.levers.items()}, covariates={k: v[rows] for k, v in self.covariates.items()})


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """One cell per series and period, from the first observed period through the known future.

    Attributes:
        series: (n_series, n_dimensions) text, one row per series, index 0..n-1.
        periods: (T,) without gaps: past, then future periods whose levers the file already gives.
        n_observed: periods up to and including the origin; the rest is known future.
        targets: name → (n_series, T) float64; NaN is unobserved, and zero is a number. Only columns the file has.
        plan: the levers and covariates that ran (and, after the origin, that are known), on the same grid.
        frequency: "D", or "W-WED" and its like, the weekday that ends a week.
        currency: ISO code of the money, or `None` when the file does not say.
        campaigns: past campaigns, one row each: series (row number), start, end (period positions), promo_type, discount_depth, name.
        campaign_level: the file had one row per campaign; days without one are unobserved.
        fingerprint: sha256 of the file's bytes and its mapping.
    """

    series: pd.DataFrame
    periods: pd.DatetimeIndex
    n_observed: int
    targets: dict[str, np.ndarray]
    plan: Plan
    frequency: str = "D"
    currency: str | None = None
    campaigns: pd.DataFrame | None = None
    campaign_level: bool = False
    name: str = "data"
    fingerprint: str = ""

    def __post_init__(self) -> None:
        shape = (len(self.series), len(self.periods))
        wrong = [k for k, v in {**self.targets, **self.plan.levers, **self.plan.covariates}.items() if v.shape != shape]
        if wrong:
            raise DataError(N_("Every grid of a panel has shape {expected}. Received another for: {received}."), expected=shape, received=", ".join(wrong))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the dimensions."""
        return tuple(self.series.columns)

    def values_of(self, dimension: str) -> list[str]:
        """Return a dimension's values as text, ascending."""
        return list(self._codes[dimension][0])

    @property
    def n_series(self) -> int:
        """Count of series."""
        return len(self.series)

    @property
    def origin(self) -> pd.Timestamp:
        """Last observed period."""
        return self.periods[self.n_observed - 1]

    def labels(self) -> list[str]:
        """Return one readable name per series."""
        return [" · ".join(map(str, row)) for row in self.series.itertuples(index=False)]

    def observed(self, target: str) -> np.ndarray:
        """Return (n_series, n_observed) of one target."""
        return self.targets[target][:, : self.n_observed]

    def past_plan(self) -> Plan:
        """Return the plan that ran, up to the origin; made once."""
        return self._past

    @cached_property
    def _past(self) -> Plan:
        return self.plan.window(0, self.n_observed)

    def future_periods(self, horizon: int) -> pd.DatetimeIndex:
        """Return the `horizon` periods after the origin."""
        if horizon not in self._ahead:
            self._ahead[horizon] = pd.date_range(self.origin, periods=horizon + 1, freq=self.frequency)[1:]
        return self._ahead[horizon]

    def future_plan(self, horizon: int) -> Plan:
        """Return what the file already knows of the next `horizon` periods.

        Levers the file does not give are zero. Covariates it does not give carry the series' last known value.
        """
        known = self.plan.window(self.n_observed, self.n_observed + horizon)
        missing = horizon - known.shape[1]
        levers = {k: np.pad(np.nan_to_num(v), ((0, 0), (0, missing))) for k, v in known.levers.items()}
        covariates = {k: _carry_forward(self.plan.covariates[k][:, : self.n_observed], np.pad(v, ((0, 0), (0, missing)), constant_values=np.nan))
                      for k, v in known.covariates.items()}
        return Plan(periods=self.future_periods(horizon), levers=levers, promo_types=self.plan.promo_types, covariates=covariates, frequency=self.frequency)

    def baseline_plan(self, horizon: int) -> Plan:
        """Return the future plan with every lever at its no-promotion value; made once, its grids can't be written to."""
        if horizon not in self._baselines:
            plan = self.future_plan(horizon).without_promotions()
            for grid in (*plan.levers.values(), *plan.covariates.values()):
                grid.flags.writeable = False
            self._baselines[horizon] = plan
        return self._baselines[horizon]

    def until(self, n_observed: int) -> Panel:
        """Return the panel as it was known when only the first `n_observed` periods had happened.

        Targets after that are dropped; levers and covariates stay, as known ahead.
        """
        targets = {k: v.copy() for k, v in self.targets.items()}
        for values in targets.values():
            values[:, n_observed:] = np.nan
        return replace(self, n_observed=n_observed, targets=targets, campaigns=None)

    def take(self, rows: np.ndarray) -> Panel:
        """Return some series only (`rows`: positions, or a mask)."""
        return replace(self, series=self.series.iloc[rows].reset_index(drop=True), targets={k: v[rows] for k, v in self.targets.items()},
                       plan=self.plan.take(rows), campaigns=None)

    def to_frame(self) -> pd.DataFrame:
        """Return the long form: one row per series and period, sorted by series and period."""
        n, t = len(self.series), len(self.periods)
        columns: dict[str, object] = {"date": np.tile(self.periods.to_numpy(), n)}
        columns |= {d: np.repeat(self.series[d].to_numpy(), t) for d in self.dimensions}
        columns |= {k: v.ravel() for k, v in self.targets.items()}
        columns |= {k: v.ravel() for k, v in self.plan.levers.items() if k != "promo_type"}
        if "promo_type" in self.plan.levers:
            columns["promo_type"] = np.asarray(self.plan.promo_types, dtype=object)[self.plan.levers["promo_type"].astype(int).ravel()]
        columns |= {k: v.ravel() for k, v in self.plan.covariates.items()}
        return pd.DataFrame(columns)

    def match(self, selection: dict[str, list[str]] | None) -> np.ndarray:
        """Return the (n_series,) mask of the series a selection means; a dimension left out means all its values.

        Raises:
            DataError: when a dimension or a value is not in the panel.
        """
        mask = np.ones(self.n_series, dtype=bool)
        for dimension, values in (selection or {}).items():
            if dimension not in self.series:
                raise DataError(N_("`{received}` is no dimension of this data. Expected one of: {expected}."), received=dimension, expected=", ".join(self.dimensions))
            known, codes = self._codes[dimension]
            unknown = sorted({str(v) for v in values} - set(known))
            if unknown:
                raise DataError(N_("`{dimension}` has no value {received}. Expected one of: {expected}."), dimension=dimension,
                                received=", ".join(unknown), expected=", ".join(known[:12]))
            mask &= np.isin(known, [str(v) for v in values])[codes] if len(known) else mask
        return mask

    @cached_property
    def _ahead(self) -> dict[int, pd.DatetimeIndex]:
        return {}

    @cached_property
    def _baselines(self) -> dict[int, Plan]:
        return {}

    @cached_property
    def _codes(self) -> dict[str, tuple[list[str], np.ndarray]]:
        """Dimension → its values as text, ascending, and each series' place among them, (n_series,)."""
        found = {d: np.unique(self.series[d].astype(str).to_numpy(dtype=object), return_inverse=True) for d in self.dimensions}
        return {d: (list(values), codes) for d, (values, codes) in found.items()}

    def content_hash(self) -> str:
        """Return sha256 over every number of the panel: equal panels have equal hashes."""
        digest = hashlib.sha256(pd.util.hash_pandas_object(self.series.astype(str)).to_numpy().tobytes())
        digest.update(self.periods.to_numpy().tobytes() + f"{self.n_observed}{self.frequency}{self.currency}".encode())
        for name, values in sorted({**self.targets, **self.plan.levers, **self.plan.covariates}.items()):
            digest.update(name.encode() + np.ascontiguousarray(values, dtype=np.float64).tobytes())
        return digest.hexdigest()


def _carry_forward(past: np.ndarray, future: np.ndarray) -> np.ndarray:
    """Fill NaN in `future` (n, H) with the last known value of `past` (n, T) or of the future before it."""
    if not past.shape[1]:
        past = np.full((len(future), 1), np.nan)
    newest = past.shape[1] - 1 - np.isfinite(past[:, ::-1]).argmax(axis=1)
    joined = np.concatenate([past[np.arange(len(past)), newest][:, None], future], axis=1)
    at = np.maximum.accumulate(np.where(np.isfinite(joined), np.arange(joined.shape[1]), 0), axis=1)
    return np.take_along_axis(joined, at, axis=1)[:, 1:]
