"""What would have sold without promotion, cell by cell of the past: for estimating effects, not for forecasting.

It may look both ways in time and at other series of the same day, which a forecaster may not. These controls were the
largest single gain against confounding (the same-day residual of unpromoted series, the series' own level around).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import convolve1d
from scipy.sparse import csr_matrix

from promo_core.data.panel import Panel, season_length
from promo_core.features.calendar import calendar_features
from promo_core.models.response_design import group_codes

__all__ = ["PastBaseline", "clean_cells", "ordinary", "plain_level"]

MAX_ROWS = 300_000
OUTLYING = 8.0
GAP, LIFE = 2, 7.0  # days left out around a cell, and the half-life of what lies beyond


def clean_cells(panel: Panel, *, rested: bool) -> np.ndarray:
    """Return (n_series, n_observed) bool: cells without promotion.

    `rested` leaves out the week after one too, where a dip may follow, but not in a series that would then keep hardly any cell, or
    hardly any of some weekday (where promotions run every other week, only weekends rest). A panel that
    is nearly always promoted has all cells counted as clean, and its baseline is then learned on `y − U`.
    """
    promoted = panel.past_plan().promoted
    rest = 7 if panel.frequency == "D" else 1
    recent = convolve1d(promoted.astype(float), np.r_[np.zeros(rest), np.ones(rest + 1)], axis=1, mode="constant") > 0.5
    day = panel.periods[: panel.n_observed].day_of_week.to_numpy() if panel.frequency == "D" else np.zeros(panel.n_observed, dtype=int)
    kept = np.stack([(~recent)[:, day == d].sum(axis=1) / np.maximum((~promoted)[:, day == d].sum(axis=1), 1) for d in np.unique(day)])
    enough = rested & ((~recent).mean(axis=1) >= 0.15) & (kept.min(axis=0) >= 0.25)
    clean = np.where(enough[:, None], ~recent, ~promoted)
    return clean if clean.mean() >= 0.1 else np.ones_like(clean)


@dataclass(frozen=True, kw_only=True)
class PastBaseline:
    """Learns the unpromoted level of one link and returns it for every observed cell."""

    seed: int = 7
    threads: int = 2
    rounds: int = 80

    def level(self, panel: Panel, y: np.ndarray, clean: np.ndarray, quiet: np.ndarray) -> np.ndarray:
        """Return (n_series, n_observed) the level without promotion, cross-fitted in 28-day blocks.

        Args:
            panel: for dimensions and calendar.
            y: (n_series, n_observed) one link, the promotion's effect taken off where it is known.
            clean: cells that tell a series' own level around them.
            quiet: cells that tell a day's shock and the calendar's effect; more than the clean ones once an effect is known, so that
                days on which nearly everything is promoted (the great events) have a level too.
        """
        weekday, local, shocks = _parts(panel, y, clean, quiet)
        known = weekday + local + shocks[0]
        features, categorical = self._features(panel, local, weekday, shocks)
        left = y - known
        return known + self._cross_fitted(features, categorical, left, quiet & ordinary(left, clean), panel)

    def _features(self, panel: Panel, local: np.ndarray, weekday: np.ndarray, shocks: list[np.ndarray]) -> tuple[np.ndarray, list[int]]:
        n, t = local.shape
        calendar = calendar_features(panel.periods[:t], panel.frequency, panel.currency).to_numpy(dtype=np.float32)
        codes = [np.arange(n), *group_codes(panel).values()]
        static = np.stack(codes, axis=-1).astype(np.float32)
        grids = [local - np.nanmean(local, axis=1, keepdims=True), weekday, *shocks]
        parts = [np.broadcast_to(static[:, None, :], (n, t, static.shape[1])), np.broadcast_to(calendar[None], (n, t, calendar.shape[1])),
                 np.stack(grids, axis=-1).astype(np.float32)]
        return np.concatenate(parts, axis=-1), list(range(static.shape[1]))

    def _cross_fitted(self, features: np.ndarray, categorical: list[int], target: np.ndarray, usable: np.ndarray, panel: Panel) -> np.ndarray:
        import lightgbm as lgb

        n, t, p = features.shape
        block = np.broadcast_to(np.arange(t) // (4 * season_length(panel.frequency) if panel.frequency == "D" else 4), (n, t)) % 2
        usable = usable & np.isfinite(target)
        out = np.zeros((n, t))
        rng = np.random.default_rng(self.seed)
        parameters = {"objective": "regression", "num_leaves": 15, "learning_rate": 0.08, "min_data_in_leaf": 40, "lambda_l2": 5.0, "feature_fraction": 0.7,
                      "seed": self.seed, "num_threads": self.threads, "verbosity": -1, "deterministic": True, "force_row_wise": True, "max_cat_threshold": 16, "cat_smooth": 20.0}
        for fold in (0, 1):
            rows = np.flatnonzero((usable & (block != fold)).ravel())
            if len(rows) < 100:
                continue
            rows = rng.choice(rows, MAX_ROWS, replace=False) if len(rows) > MAX_ROWS else rows
            data = lgb.Dataset(features.reshape(-1, p)[rows], label=target.ravel()[rows], categorical_feature=categorical)
            booster = lgb.train(parameters, data, num_boost_round=self.rounds)
            cells = block == fold
            out[cells] = booster.predict(features[cells], num_threads=self.threads)
        return out


def plain_level(panel: Panel, y: np.ndarray, clean: np.ndarray, quiet: np.ndarray, *, grouped: bool) -> np.ndarray:
    """Return (n_series, n_observed): weekday, local level and the day's shock over all series, without trees.

    `grouped` adds the shocks of each dimension's value; they hide what siblings take from one another, which `fit_echo` looks for.
    """
    weekday, local, shocks = _parts(panel, y, clean, quiet)
    return weekday + local + (sum(shocks) if grouped else shocks[0])


def _parts(panel: Panel, y: np.ndarray, clean: np.ndarray, quiet: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    known = np.isfinite(y)
    weekday = _weekday_effect(panel, y, clean & known)
    usual = known & ordinary(y - weekday, clean & known)
    local = _local_level(y - weekday, clean & usual, panel.frequency)
    return weekday, local, _shocks(panel, np.where(quiet & usual, y - weekday - local, np.nan), clean)


def ordinary(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return (n, T) bool: cells not farther from their series' median than eight times its usual deviation (closed days, broken counters).

    Args:
        values: (n, T); NaN is never ordinary.
        among: cells that tell median and deviation (MAD).
    """
    told = np.where(among & np.isfinite(values), values, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        middle = np.nanmedian(told, axis=1, keepdims=True)
        spread = 1.4826 * np.nanmedian(np.abs(told - middle), axis=1, keepdims=True)
    far = np.abs(values - middle) > OUTLYING * np.maximum(spread, 1e-3)
    return np.isfinite(values) & ~far


def _weekday_effect(panel: Panel, y: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return (n, T) each series' weekday effect (a median, so that closed days don't tell it), shrunk to the pooled one as if it had four more weeks of it; zero for weeks."""
    n, t = y.shape
    if panel.frequency != "D":
        return np.zeros((n, t))
    day = panel.periods[:t].day_of_week.to_numpy()
    values = np.where(usable, y, np.nan)
    centred = values - _mean(values, axis=1)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        middle = np.stack([np.nanmedian(centred[:, day == d], axis=1) for d in range(7)], axis=1)
        pooled = np.nan_to_num(np.nanmedian(middle, axis=0))
    counts = np.stack([usable[:, day == d].sum(axis=1) for d in range(7)], axis=1)
    return ((np.nan_to_num(middle) * counts + 4.0 * pooled) / (counts + 4.0))[:, day]


def _local_level(values: np.ndarray, usable: np.ndarray, frequency: str) -> np.ndarray:
    """Return (n, T) the clean level around each cell, itself and its near neighbours left out; wide windows fill where narrow ones are empty.

    The gap keeps a clean cell from being explained by yesterday, which a cell within a campaign doesn't have either.
    """
    gap, reach, life = (GAP, 42, LIFE) if frequency == "D" else (0, 13, 2.0)
    lag = np.abs(np.arange(-reach, reach + 1))
    kernel = np.where(lag > gap, 0.5 ** (lag / life), 0.0)
    filled = np.where(usable, values, 0.0)
    overall = _mean(np.where(usable, values, np.nan), axis=1)[:, None]
    overall = np.where(np.isfinite(overall), overall, np.nanmean(overall) if np.isfinite(overall).any() else 0.0)
    weight = convolve1d(usable.astype(float), kernel, axis=1, mode="constant")
    total = convolve1d(filled, kernel, axis=1, mode="constant")
    prior = 0.05 * kernel.sum()
    return (total + prior * overall) / (weight + prior)


def _shocks(panel: Panel, rest: np.ndarray, clean: np.ndarray) -> list[np.ndarray]:
    """Return the same-period mean of the other series: over all, then over each dimension's value beyond all.

    Where series are promoted together (a product in all stores), what their effect leaves looks like a shock of that week, and the effect
    would be estimated on itself: promoted cells tell a group's shock only as far as shocks of unpromoted weeks are as large.
    """
    out = [_others_mean(rest, np.zeros(len(rest), dtype=int), 2.0)]
    left = rest - out[0]
    for codes in group_codes(panel).values():
        out.append(_others_mean(np.where(clean, left, _trust_in_promoted(left, clean, codes) * left), codes, 2.0))
    return out


def _trust_in_promoted(left: np.ndarray, clean: np.ndarray, codes: np.ndarray) -> float:
    """Return the variance of groups' shocks as clean cells tell it over that as promoted cells tell it, within [0, 1]."""
    known = np.isfinite(left)
    told = _shock_variance(left, known & ~clean, codes)
    return float(np.clip(_shock_variance(left, known & clean, codes) / told, 0.0, 1.0)) if told > 0 else 1.0


def _shock_variance(left: np.ndarray, cells: np.ndarray, codes: np.ndarray) -> float:
    """Return the variance of the mean of `cells` over groups and periods that have three or more, sampling noise taken off."""
    one_hot = csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))))
    values = np.where(cells, left, 0.0)
    count, total, squares = one_hot @ cells.astype(float), one_hot @ values, one_hot @ values**2
    enough = count >= 3
    if not enough.any():
        return 0.0
    count, mean, squares = count[enough], total[enough] / count[enough], squares[enough]
    within = (squares - count * mean**2).sum() / (count - 1).sum()
    return float(max(0.0, (mean**2 - within / count).mean()))


def _others_mean(rest: np.ndarray, codes: np.ndarray, prior: float) -> np.ndarray:
    one_hot = csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))))
    known = np.isfinite(rest)
    values = np.where(known, rest, 0.0)
    total = (one_hot @ values)[codes] - values
    count = (one_hot @ known.astype(float))[codes] - known
    return total / (count + prior)


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(axis=axis) / np.where(known.any(axis=axis), known.sum(axis=axis), np.nan)
