"""The blend: per target, weights over members that earn their place on held-out origins, or none."""

from __future__ import annotations

from itertools import product

import numpy as np

__all__ = ["blend_weights", "blended"]

STEP = 0.1
_MOST_OFF = 3.0  # of a log, before a percentage error is made of it: one cell gone astray must not choose for all
WORTH = 0.003  # a blend must beat its best member by this share on origins it was not chosen on
GROUP_WORTH, LEAST_FOLDS, LEAST_CELLS = 0.01, 3, 300  # and a group's own weights everybody's by this, on each of so many folds


def blend_weights(links: dict[str, np.ndarray], actual: np.ndarray, fold: np.ndarray, groups: np.ndarray | None = None, percentage: int = 0) -> dict[str, np.ndarray]:
    """Return member → weights that sum to 1 over members: (K,), or (n_series, 1, K) where the series come in groups.

    Per target the weights with the least error are sought on a grid. They count only if, chosen on all folds but
    one, they beat the best single member on the fold left out, on average; otherwise that member has all the weight. A group
    has weights of its own where, chosen in the same way on the group alone, they beat everybody's on the folds left out.

    Args:
        links: member → (B, n_series, H, K) forecasts.
        actual: (B, n_series, H, K) observed links, NaN unobserved.
        fold: (B,) fold of each block.
        groups: (n_series,) codes, as of the segments.
        percentage: what is least: the absolute error of links (0), or the percentage error of what their exponentials tell (1), or its square (2).
    """
    members = list(links)
    stacked, n_targets = np.stack([links[m] for m in members]), actual.shape[-1]
    everybody = [_target_weights(stacked[..., k], actual[..., k], fold, percentage) for k in range(n_targets)]
    if groups is None:
        return {m: np.array([w[i] for w in everybody]) for i, m in enumerate(members)}
    weights = np.empty((len(members), len(groups), 1, n_targets))
    for k, common in enumerate(everybody):
        for group in np.unique(groups):
            rows = groups == group
            weights[:, rows, 0, k] = _own_or_common(stacked[..., k][:, :, rows], actual[..., k][:, rows], fold, common, percentage)[:, None]
    return {m: weights[i] for i, m in enumerate(members)}


def blended(bases: dict[str, np.ndarray], weights: dict[str, np.ndarray]) -> np.ndarray:
    """Return the weighted mean of bases (..., n_series, H, K)."""
    return sum(weights[m] * bases[m] for m in weights)


def _target_weights(forecasts: np.ndarray, actual: np.ndarray, fold: np.ndarray, percentage: int) -> np.ndarray:
    grid = _simplex(len(forecasts))
    known = np.isfinite(actual)
    folds = np.unique(fold)
    losses = np.array([[_loss(w, forecasts, actual, known, fold == f, percentage) for f in folds] for w in grid])
    single = grid.max(axis=1) == 1.0
    best_single = np.flatnonzero(single)[np.nanargmin(losses[single].mean(axis=1))]
    best = int(np.nanargmin(losses.mean(axis=1)))
    if len(folds) > 1:
        chosen = [np.nanargmin(np.delete(losses, f, axis=1).mean(axis=1)) for f in range(len(folds))]
        held_out = np.mean([losses[c, f] for f, c in enumerate(chosen)])
        if not held_out < (1 - WORTH) * losses[best_single].mean():
            best = best_single
    return grid[best]


def _own_or_common(forecasts: np.ndarray, actual: np.ndarray, fold: np.ndarray, common: np.ndarray, percentage: int) -> np.ndarray:
    """Return a group's own weights where they beat the common ones on folds they were not chosen on, else the common ones."""
    known = np.isfinite(actual)
    folds = [f for f in np.unique(fold) if known[fold == f].any()]
    if len(folds) < LEAST_FOLDS or known.sum() < LEAST_CELLS:
        return common
    grid = _simplex(len(forecasts))
    losses = np.array([[_loss(w, forecasts, actual, known, fold == f, percentage) for f in folds] for w in grid])
    theirs = np.array([_loss(common, forecasts, actual, known, fold == f, percentage) for f in folds])
    chosen = [np.argmin(np.delete(losses, f, axis=1).mean(axis=1)) for f in range(len(folds))]
    held_out = np.array([losses[c, f] for f, c in enumerate(chosen)])
    better = held_out.mean() < (1 - GROUP_WORTH) * theirs.mean() and (held_out <= theirs).all()
    return grid[int(np.argmin(losses.mean(axis=1)))] if better else common


def _simplex(n: int) -> np.ndarray:
    ticks = np.round(np.arange(0, 1 + STEP / 2, STEP), 6)
    points = np.array([p for p in product(ticks, repeat=n) if abs(sum(p) - 1) < 1e-6])
    return points[np.lexsort(points.T)]


def _loss(weights: np.ndarray, forecasts: np.ndarray, actual: np.ndarray, known: np.ndarray, blocks: np.ndarray, percentage: int) -> float:
    cells = known[blocks]
    if not cells.any():
        return 0.0
    mix = np.tensordot(weights, forecasts[:, blocks], 1)
    off = (mix - actual[blocks])[cells]
    return float((np.abs(np.expm1(np.clip(off, -_MOST_OFF, _MOST_OFF))) ** percentage if percentage else np.abs(off)).mean())
