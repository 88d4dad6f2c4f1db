"""Estimates of one link's response by levelled regressions: its own effect, and the echo of a bump later and elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.optimize import nnls

from promo_core.models.response_baseline import Leveller, ordinary
from promo_core.models.response_curves import Echo, OwnCurve
from promo_core.models.response_design import LeverDesign

__all__ = ["fit_echo", "fit_own"]

MIN_ROWS = 20
MOST_CELLS = 1_000_000
ROUNDS = 2  # of curve and factors in a turn; the next turn goes on from there
CONVINCING_T = 2.0
USUAL_SIZE = 0.1  # of an echo, as a share of the bump: dips of 4–25 % in all are published (van Heerde and others 2000, 2004)
PLACEBO_LEAD = {True: 10, False: 2}  # days, weeks: past the usual campaign
LEAST_HALO = 0.03
LEAST_APART = 0.3
HALO_T = 5.0  # a gain among siblings looks just like a mood they share, so it has to be plainer


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sample:
    """The cells of a regression, m of them: where they stand, the levelled link, weights, and 28-day blocks."""

    rows: np.ndarray
    periods: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    blocks: np.ndarray

    @classmethod
    def of(cls, left: np.ndarray, chosen: np.ndarray, promoted: np.ndarray, frequency: str, seed: int) -> Self | None:
        """Take the chosen cells of a levelled link, at random where they are more than a million; `None` where they are too few."""
        cells = np.flatnonzero(chosen & np.isfinite(left))
        if len(cells) < MIN_ROWS:
            return None
        if len(cells) > MOST_CELLS:
            cells = np.sort(np.random.default_rng(seed).choice(cells, MOST_CELLS, replace=False))
        rows, periods = np.divmod(cells, left.shape[1])
        return cls(rows=rows, periods=periods, y=left[rows, periods], weight=_series_weight(left, promoted)[rows], blocks=_blocks(periods, frequency))

    def at(self, grid: np.ndarray) -> np.ndarray:
        """Return (m,) of a grid (n, T)."""
        return grid[self.rows, self.periods]

    def levelled(self, leveller: Leveller, grids: list[np.ndarray]) -> np.ndarray:
        """Return (m, p) of p regressors (n, T)."""
        return np.stack([self.at(leveller.regressor(grid)) for grid in grids], axis=-1)

    def grams(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return per block X'WX (B, p, p) and X'Wy (B, p)."""
        order = np.argsort(self.blocks, kind="stable")
        edges = np.flatnonzero(np.r_[True, np.diff(self.blocks[order]) > 0])
        parts = [(x[i], self.y[i], self.weight[i, None]) for i in np.split(order, edges[1:])]
        return np.stack([(a * w).T @ a for a, _, w in parts]), np.stack([(a * w).T @ b for a, b, w in parts])


def fit_own(y: np.ndarray, leveller: Leveller, earlier: OwnCurve, *, design: LeverDesign, columns: np.ndarray, groups: dict[str, np.ndarray], promoted: np.ndarray,
            positive: bool, frequency: str, seed: int, draws: int) -> OwnCurve:
    """Fit one link's own effect on the promoted cells.

    Args:
        y: (n, T) link without echoes; NaN is unobserved.
        earlier: the curve of the last turn, whose factors this one starts from.
        columns: (n, T, p) lever columns.
        groups: group → (n,) codes.
        promoted: (n, T) bool.
        positive: coefficients may not fall below zero (quantities); values per order may go either way.
        draws: bootstrap replicates.
    """
    left, p = leveller.link(y), columns.shape[-1]
    sample = _Sample.of(left, promoted & ordinary(left, promoted), promoted, frequency, seed) if p else None
    if sample is None:
        return OwnCurve.none(p, earlier.types, draws)
    sign, penalty = np.full(p, float(positive)), _penalty(design, p, len(sample.y))
    curve, errors = earlier, {}
    for turn in range(ROUNDS + 1):
        scale = curve.factor(columns, groups)
        grams, moments = sample.grams(sample.levelled(leveller, [columns[..., j] * scale for j in range(p)]))
        curve = replace(curve, theta=_signed(grams.sum(axis=0), moments.sum(axis=0), sign, penalty))
        if turn < ROUNDS:
            factors, errors = _factors(sample, leveller, columns @ curve.theta, _kinds(groups, columns, curve.types))
            curve = replace(curve, factors=factors)
    rng = np.random.default_rng(seed)
    return replace(curve, theta_draws=_bootstrap(grams, moments, rng, draws, lambda g, b: _signed(g, b, sign, penalty)),
                   factor_draws={g: f + errors[g] * rng.standard_normal((draws, len(f))) for g, f in curve.factors.items()})


def _series_weight(residual: np.ndarray, promoted: np.ndarray) -> np.ndarray:
    """Return (n,) inverse variances of the unpromoted residual, relative to the middle one and kept within a factor of 4."""
    quiet = np.where(promoted, np.nan, residual)
    known = np.isfinite(quiet).sum(axis=1) >= 10
    variance = np.full(len(residual), np.nan)
    variance[known] = np.nanvar(quiet[known], axis=1)
    middle = np.nanmedian(variance) if known.any() else np.nan
    if not middle > 0:
        return np.ones(len(residual))
    return np.where(known, np.clip(middle / np.maximum(variance, 1e-9), 0.25, 4.0), 1.0)


def _blocks(periods: np.ndarray, frequency: str) -> np.ndarray:
    """Return codes 0.. of 28-day blocks (shorter where the past is short) for bootstrapping what belongs together in time."""
    span = int(periods.max() - periods.min()) + 1
    length = min(28 if frequency == "D" else 4, max(1, span // 8))
    return np.unique(periods // length, return_inverse=True)[1]


def _penalty(design: LeverDesign, p: int, n_rows: int) -> np.ndarray:
    """Return (p, p): a little ridge on all, and smoothness between the slopes of neighbouring depths."""
    ridge = 1e-3 * n_rows * np.eye(p) * 0.01
    for j in range(design.n_depth - 1):
        ridge[j : j + 2, j : j + 2] += 2e-4 * n_rows * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return ridge


def _signed(gram: np.ndarray, moment: np.ndarray, sign: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Return least squares with a penalty, coefficients of sign 1 at least zero, of sign -1 at most zero, of sign 0 free."""
    g = gram + penalty
    g = g + 1e-8 * np.trace(g) / len(g) * np.eye(len(g))
    free = sign == 0
    if free.all():
        return np.linalg.solve(g, moment)
    design = np.concatenate([np.diag(np.where(free, 1.0, sign)), -np.eye(len(g))[:, free]], axis=1)
    root = np.linalg.cholesky(g)
    return design @ nnls(root.T @ design, np.linalg.solve(root, moment))[0]


def _bootstrap(grams: np.ndarray, moments: np.ndarray, rng: np.random.Generator, draws: int, solve: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """Return (draws, p) solutions with blocks weighted by a Bayesian bootstrap."""
    weights = rng.dirichlet(np.ones(len(grams)), draws) * len(grams)
    return np.stack([solve(np.tensordot(w, grams, 1), w @ moments) for w in weights])


def _kinds(groups: dict[str, np.ndarray], columns: np.ndarray, types: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Return what factors differ by, coarse before fine: name → codes (n, T), of the promotion type, or (n, 1); below 0 is of none."""
    kinds = {g: groups[g][:, None] for g in sorted(groups, key=lambda g: (groups[g].max(), g))}
    if len(types) < 2:
        return kinds
    on = columns[..., list(types)]
    return {"type": np.where(on.any(axis=-1), on.argmax(axis=-1), -1), **kinds}


def _factors(sample: _Sample, leveller: Leveller, core: np.ndarray, kinds: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return shrunk factor deviations from the pooled effect `core` (n, T) and their errors, kind after kind, each on what the last left."""
    left = sample.y - sample.at(leveller.regressor(core))
    factors, errors = {}, {}
    for name, codes in kinds.items():
        grid = np.broadcast_to(codes, core.shape)
        own, code = sample.at(leveller.part(core, grid) if name else core), sample.at(grid)
        factors[name], errors[name] = _shrunk(own, left, sample.weight, sample.blocks, code, int(codes.max()) + 1)
        left = left - np.where(code >= 0, factors[name][code], 0.0) * own
    return factors, errors


def _shrunk(core: np.ndarray, left: np.ndarray, weight: np.ndarray, blocks: np.ndarray, codes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (size,) empirical-Bayes deviations and errors of `left ≈ deviation[code] · core`; variances are clustered by code and block."""
    known = codes >= 0
    core, left, weight, blocks, codes = core[known], left[known], weight[known], blocks[known], codes[known]
    a = np.bincount(codes, weight * core**2, size)
    b = np.bincount(codes, weight * core * left, size)
    raw = b / np.maximum(a, 1e-12)
    n_blocks = int(blocks.max()) + 1 if len(blocks) else 1
    score = np.bincount(codes * n_blocks + blocks, weight * core * (left - raw[codes] * core), size * n_blocks).reshape(size, n_blocks)
    clusters = (np.bincount(codes * n_blocks + blocks, minlength=size * n_blocks).reshape(size, n_blocks) > 0).sum(axis=1)
    variance = (score**2).sum(axis=1) / np.maximum(a, 1e-12) ** 2 * clusters / np.maximum(clusters - 1, 1)
    solid = (clusters >= 3) & (a > 1e-9)
    if solid.sum() < 2:
        return np.zeros(size), np.zeros(size)
    floor = np.median(variance[solid])
    variance = np.maximum(variance, 0.5 * floor)
    precision = np.where(solid, 1.0 / (variance + 1e-9), 0.0)
    centre = (precision * raw).sum() / precision.sum()
    spread = max(0.0, (precision * ((raw - centre) ** 2 - variance)).sum() / precision.sum())
    keep = np.where(solid, spread / (spread + variance + 1e-12), 0.0)
    return keep * (raw - centre), np.sqrt(keep * variance)


def fit_echo(y: np.ndarray, leveller: Leveller, own: OwnCurve, carried: np.ndarray, exposed: np.ndarray, *, design: LeverDesign, columns: np.ndarray, groups: dict[str, np.ndarray],
             extra: np.ndarray, promoted: np.ndarray, frequency: str, seed: int, draws: int) -> Echo:
    """Fit echoes beside the own effect, drawn toward zero by a prior of their usual size.

    What an earlier bump takes from a promoted period is what it takes from any period and, beyond that, fatigue. Echoes whose
    windows together are not twice their bootstrap error count as nothing. So does what siblings seem to do where their promotions of
    some days later "do" half as much or more: that is a mood they share, not an effect (a placebo in time). And what siblings do
    who always promote together can't be told from the own effect, so that it stays in there.

    Args:
        y: (n, T) link; NaN is unobserved.
        own: whose factors scale the columns.
        carried, exposed: (n, T, W) and (n, T, G) of the own bump.
        extra: (n, T) the own extra demand.
    """
    p, w, g = columns.shape[-1], carried.shape[-1], exposed.shape[-1]
    echoes = np.concatenate([carried, carried * promoted[..., None], exposed, _later(exposed, PLACEBO_LEAD[frequency == "D"])], axis=-1)
    sample = _Sample.of(leveller.link(y), leveller.during & (promoted | (np.abs(echoes).max(axis=-1) > 1e-6)), promoted, frequency, seed)
    if sample is None or len(sample.y) < 10 * MIN_ROWS:
        return Echo.none(w, g)
    scale = own.factor(columns, groups)
    x = sample.levelled(leveller, [columns[..., j] * scale for j in range(p)] + [echoes[..., j] for j in range(2 * w + 2 * g)])
    grams, moments = sample.grams(x)
    penalty = np.diag(np.r_[np.zeros(p), 0.02 * np.diag(grams.sum(axis=0))[p:]])
    penalty[:p, :p] = _penalty(design, p, len(sample.y))
    sign = np.r_[np.ones(p), -np.ones(2 * w), np.zeros(2 * g)]

    def solved(active: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        among = np.r_[np.ones(p, dtype=bool), active]

        def solve(gram: np.ndarray, moment: np.ndarray) -> np.ndarray:
            out = np.zeros(len(sign))
            out[among] = _signed(gram[np.ix_(among, among)], moment[among], sign[among], penalty[np.ix_(among, among)])
            return out[p:]

        return solve(grams.sum(axis=0), moments.sum(axis=0)), _bootstrap(grams, moments, np.random.default_rng(seed), draws, solve)

    point, drawn = solved(np.ones(2 * w + 2 * g, dtype=bool))
    apart = np.array([_apart(exposed[..., i], extra) >= LEAST_APART for i in range(g)], dtype=bool)
    point, drawn = solved(np.r_[_convincing(point, drawn, w, g, apart), np.zeros(g, dtype=bool)])
    kept = USUAL_SIZE**2 / (USUAL_SIZE**2 + drawn.var(axis=0))
    return Echo.of(kept * point, kept * point + np.sqrt(kept) * (drawn - point), w, g)


def _convincing(point: np.ndarray, drawn: np.ndarray, w: int, g: int, apart: np.ndarray) -> np.ndarray:
    """Return (2W + G,) bool: which echoes count, of coefficients (2W + 2G,), the last G the placebo's, and their replicates."""
    sure = np.abs(point) > np.where(point > 0, HALO_T, CONVINCING_T) * drawn.std(axis=0) + 1e-9
    for part in (slice(0, w), slice(w, 2 * w)):
        sure[part] = -point[part].sum() > CONVINCING_T * drawn[:, part].sum(axis=1).std() + 1e-9
    real, placebo = point[2 * w : 2 * w + g], point[2 * w + g :]
    sure[2 * w : 2 * w + g] &= ((real <= 0) | (real >= LEAST_HALO)) & ((real * placebo <= 0) | (np.abs(placebo) < 0.5 * np.abs(real))) & apart
    return sure[: 2 * w + g]


def _apart(exposed: np.ndarray, extra: np.ndarray) -> float:
    """Return the share of an exposure's variance that the own extra demand does not explain."""
    a, b = exposed.ravel() - exposed.mean(), extra.ravel() - extra.mean()
    size = (a @ a) * (b @ b)
    return 1.0 - (a @ b) ** 2 / size if size > 0 else 0.0


def _later(exposed: np.ndarray, lead: int) -> np.ndarray:
    """Return (n, T, G) the exposure of `lead` periods later; zero past the end."""
    return np.concatenate([exposed[:, lead:], np.zeros_like(exposed[:, :lead])], axis=1)
