"""Estimates of one link's response: a pooled curve with shrunk factors, and the echo of a bump later and elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from scipy.optimize import nnls

from promo_core.models.response_baseline import ordinary
from promo_core.models.response_design import LeverDesign

__all__ = ["Echo", "OwnCurve", "fit_echo", "fit_own"]

FACTOR_BOUNDS = (0.1, 4.0)
MIN_ROWS = 20
CONVINCING_T = 2.0
USUAL_SIZE = 0.1  # of an echo, as a share of the bump: dips of 4–25 % in all are published (van Heerde and others 2000, 2004)
PLACEBO_LEAD = {True: 10, False: 2}  # days, weeks: past the usual campaign
LEAST_HALO = 0.03
LEAST_APART = 0.3
HALO_T = 5.0  # a gain among siblings looks just like a mood they share, so it has to be plainer


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnCurve:
    """One link's own effect: `columns @ theta`, times 1 + the factors of the cell's groups and of the promotion type.

    Attributes:
        theta: (p,) coefficients of the design's columns; draws of it (R, p).
        factors: group ("" is the series itself, "@type" the promotion type, "@weekday" the day of the week) → (n_codes,) deviation of its factor from 1.
        types: positions of the type columns.

    Everywhere `groups` is group → codes that broadcast to (n, T): (n, 1) of a series, (1, T) of a day; -1 was never seen.
    """

    theta: np.ndarray
    theta_draws: np.ndarray
    factors: dict[str, np.ndarray]
    factor_draws: dict[str, np.ndarray]
    types: tuple[int, ...]

    def effect(self, columns: np.ndarray, groups: dict[str, np.ndarray]) -> np.ndarray:
        """Return (n, T) the effect of columns (n, T, p)."""
        on, cells, codes = _moved(columns, groups)
        out = np.zeros(on.shape)
        out[on] = (cells @ self.theta) * self._factor(cells, codes, self.factors)
        return out

    def draws(self, columns: np.ndarray, groups: dict[str, np.ndarray]) -> np.ndarray:
        """Return (R, n, T) one effect per replicate."""
        on, cells, codes = _moved(columns, groups)
        out = np.zeros((len(self.theta_draws), *on.shape))
        out[:, on] = (self.theta_draws @ cells.T) * self._factor(cells, codes, self.factor_draws)
        return out

    def _factor(self, cells: np.ndarray, codes: dict[str, np.ndarray], factors: dict[str, np.ndarray]) -> np.ndarray:
        """Return the factor of cells (m, p) with codes (m,): (m,), or (R, m) where factors are drawn."""
        total: Any = np.ones(len(cells))
        for group, code in codes.items():
            deviation = factors.get(group)
            if deviation is not None:
                seen = (code >= 0) & (code < deviation.shape[-1])
                total = total + np.where(seen, deviation[..., np.where(seen, code, 0)], 0.0)
        if self.types and "@type" in factors:
            total = total + factors["@type"] @ cells[:, list(self.types)].T
        return np.clip(total, *FACTOR_BOUNDS)

    def to_dict(self) -> dict[str, Any]:
        """Return what is not an array."""
        return {"types": list(self.types)}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays, for npz."""
        named = {f"factor|{k}": v for k, v in self.factors.items()} | {f"draws|{k}": v for k, v in self.factor_draws.items()}
        return {"theta": self.theta, "theta_draws": self.theta_draws, **named}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """Put together what `to_dict` and `arrays` took apart."""
        picked = {kind: {k.split("|", 1)[1]: v for k, v in arrays.items() if k.startswith(kind + "|")} for kind in ("factor", "draws")}
        return cls(theta=arrays["theta"], theta_draws=arrays["theta_draws"], factors=picked["factor"], factor_draws=picked["draws"], types=tuple(values["types"]))


def _moved(columns: np.ndarray, groups: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return which cells have any lever moved, (n, T) bool, their columns (m, p) and their codes (m,); effects elsewhere are zero."""
    on = columns.any(axis=-1)
    return on, columns[on], {group: np.broadcast_to(codes, on.shape)[on] for group, codes in groups.items()}


def _per_replicate(values: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Return (R, n, T) values (R, n, T, w) times (R, w) coefficients, each replicate with its own."""
    return np.matmul(values.reshape(len(values), -1, values.shape[-1]), coefficients[..., None]).reshape(values.shape[:-1])


def fit_own(*, residual: np.ndarray, design: LeverDesign, columns: np.ndarray, groups: dict[str, np.ndarray], promoted: np.ndarray, positive: bool,
            frequency: str, seed: int, draws: int) -> OwnCurve:
    """Fit one link's own effect on the promoted cells.

    Args:
        residual: (n, T) link minus its baseline; NaN is unobserved.
        columns: (n, T, p) lever columns.
        groups: group → codes that broadcast to (n, T).
        promoted: (n, T) bool.
        positive: coefficients may not fall below zero (quantities); values per order may go either way.
    """
    rows, periods = np.nonzero(promoted & ordinary(residual, promoted))
    types = tuple(i for i, name in enumerate(design.names) if name.startswith("type:"))
    p = columns.shape[-1]
    if p == 0 or len(rows) < MIN_ROWS:
        return OwnCurve(theta=np.zeros(p), theta_draws=np.zeros((draws, p)), factors={}, factor_draws={}, types=types)
    x, r = columns[rows, periods], residual[rows, periods]
    weight = _series_weight(residual, promoted)[rows]
    blocks = _blocks(periods, frequency)
    penalty = _penalty(design, p, len(r))
    cell_groups = {g: np.broadcast_to(codes, residual.shape)[rows, periods] for g, codes in groups.items()}
    factors: dict[str, np.ndarray] = {}
    errors: dict[str, np.ndarray] = {}
    theta = np.zeros(p)
    for _ in range(4):
        curve = OwnCurve(theta=theta, theta_draws=theta[None], factors=factors, factor_draws={}, types=types)
        theta = _solve(*_grams(x * curve._factor(x, cell_groups, factors)[:, None], r, weight, blocks), penalty, positive)
        factors, errors = _factors(x, r, weight, blocks, theta, cell_groups, types, {g: int(c.max()) + 1 for g, c in groups.items()})
    scale = OwnCurve(theta=theta, theta_draws=theta[None], factors=factors, factor_draws={}, types=types)._factor(x, cell_groups, factors)
    rng = np.random.default_rng(seed)
    theta_draws = _bootstrap(*_grams(x * scale[:, None], r, weight, blocks), rng, draws, lambda g, b: _solve(g[None], b[None], penalty, positive))
    factor_draws = {g: f + errors[g] * rng.standard_normal((draws, len(f))) for g, f in factors.items()}
    return OwnCurve(theta=theta, theta_draws=theta_draws, factors=factors, factor_draws=factor_draws, types=types)


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


def _grams(x: np.ndarray, r: np.ndarray, weight: np.ndarray, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return per block X'WX (B, p, p) and X'Wr (B, p)."""
    order = np.argsort(blocks, kind="stable")
    edges = np.flatnonzero(np.r_[True, np.diff(blocks[order]) > 0])
    parts = [(x[i], r[i], weight[i]) for i in np.split(order, edges[1:])]
    return np.stack([(a * w[:, None]).T @ a for a, _, w in parts]), np.stack([a.T @ (w * b) for a, b, w in parts])


def _solve(grams: np.ndarray, moments: np.ndarray, penalty: np.ndarray, positive: bool) -> np.ndarray:
    g, b = grams.sum(axis=0) + penalty, moments.sum(axis=0)
    g = g + 1e-8 * np.trace(g) / len(g) * np.eye(len(g))
    if not positive:
        return np.linalg.solve(g, b)
    root = np.linalg.cholesky(g)
    return nnls(root.T, np.linalg.solve(root, b))[0]


def _bootstrap(grams: np.ndarray, moments: np.ndarray, rng: np.random.Generator, draws: int, solve: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """Return (draws, p) solutions with blocks weighted by a Bayesian bootstrap."""
    weights = rng.dirichlet(np.ones(len(grams)), draws) * len(grams)
    return np.stack([solve(np.tensordot(w, grams, 1), w @ moments) for w in weights])


def _factors(x: np.ndarray, r: np.ndarray, weight: np.ndarray, blocks: np.ndarray, theta: np.ndarray, cell_groups: dict[str, np.ndarray], types: tuple[int, ...],
             sizes: dict[str, int]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return shrunk factor deviations and their errors, group after group, coarse before fine, each on what the last left."""
    core = x @ theta
    left = r - core
    factors, errors = {}, {}
    codes = {g: cell_groups[g] for g in sorted(cell_groups, key=lambda g: (sizes[g], g))}
    if len(types) > 1:
        on = x[:, list(types)]
        codes = {"@type": np.where(on.any(axis=1), on.argmax(axis=1), -1), **codes}
        sizes = {**sizes, "@type": len(types)}
    for group, c in codes.items():
        deviation, error = _shrunk(core, left, weight, blocks, c, sizes[group])
        left = left - np.where(c >= 0, deviation[c], 0.0) * core
        factors[group], errors[group] = deviation, error
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Echo:
    """What a bump does later and elsewhere, as shares of it.

    Attributes:
        after: (W,) per window of lags, on periods without promotion (pull-forward is negative).
        within: (W,) per window, on promoted periods (fatigue is negative).
        cross: (G,) per dimension: of the mean bump of the others that share its value (cannibalisation is negative, halo positive).
        drawn_values: (R, 2W + G) replicates.
    """

    after: np.ndarray
    within: np.ndarray
    cross: np.ndarray
    drawn_values: np.ndarray

    @classmethod
    def none(cls, n_windows: int, n_groups: int) -> Self:
        """Return an echo of nothing."""
        return cls(after=np.zeros(n_windows), within=np.zeros(n_windows), cross=np.zeros(n_groups), drawn_values=np.zeros((1, 2 * n_windows + n_groups)))

    def effect(self, carried: np.ndarray, exposed: np.ndarray, promoted: np.ndarray) -> np.ndarray:
        """Return (n, T) from carried (n, T, W), exposed (n, T, G) and promoted (n, T)."""
        return np.where(promoted, carried @ self.within, carried @ self.after) + exposed @ self.cross

    def drawn(self, carried: np.ndarray, exposed: np.ndarray, promoted: np.ndarray) -> np.ndarray:
        """Return (R, n, T) from echoes per replicate, carried (R, n, T, W) and exposed (R, n, T, G)."""
        w = len(self.after)
        values = self.drawn_values[np.arange(len(carried)) % len(self.drawn_values)]
        after, within = (_per_replicate(carried, values[:, part]) for part in (slice(0, w), slice(w, 2 * w)))
        return np.where(promoted, within, after) + _per_replicate(exposed, values[:, 2 * w :])

    def cross_drawn(self, n: int) -> np.ndarray:
        """Return (n, G) replicates of `cross`."""
        return self.drawn_values[np.arange(n) % len(self.drawn_values), 2 * len(self.after) :]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {k: v.tolist() for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read `to_dict`'s values."""
        w, g = len(values["after"]), len(values["cross"])
        shaped = np.array(values["drawn_values"], dtype=float).reshape(-1, 2 * w + g)
        return cls(after=np.array(values["after"], dtype=float), within=np.array(values["within"], dtype=float), cross=np.array(values["cross"], dtype=float), drawn_values=shaped)


def fit_echo(left: np.ndarray, carried: np.ndarray, exposed: np.ndarray, *, extra: np.ndarray, promoted: np.ndarray, frequency: str, seed: int, draws: int = 40) -> Echo:
    """Fit echoes on what the own effect leaves, drawn toward zero by a prior of their usual size.

    An echo that is not twice its bootstrap error counts as nothing. So does what siblings seem to do where their promotions of
    some days later "do" half as much or more: that is a mood they share, not an effect (a placebo in time). And what siblings do
    who always promote together can't be told from the own effect, so that it stays in there.

    Args:
        left: (n, T) residual after the own effect.
        carried, exposed: (n, T, W) and (n, T, G) of the own bump.
        extra: (n, T) the own extra demand.
    """
    w, g = carried.shape[-1], exposed.shape[-1]
    off = ~promoted[..., None]
    z = np.concatenate([carried * off, carried * ~off, exposed], axis=-1)
    lead = PLACEBO_LEAD[frequency == "D"]
    z = np.concatenate([z, _later(exposed, lead)], axis=-1)
    rows, periods = np.nonzero(np.isfinite(left) & (np.abs(z).max(axis=-1) > 1e-6))
    if len(rows) < 10 * MIN_ROWS:
        return Echo.none(w, g)
    x, r = z[rows, periods], left[rows, periods]
    weight = _series_weight(left, promoted)[rows]
    grams, moments = _grams(x, r, weight, _blocks(periods, frequency))
    sign = np.r_[-np.ones(2 * w), np.zeros(2 * g)]
    rng = np.random.default_rng(seed)
    drawn = _bootstrap(grams, moments, rng, draws, lambda a, b: _signed(a, b, sign, np.ones(len(b), dtype=bool)))
    point = _signed(grams.sum(axis=0), moments.sum(axis=0), sign, np.ones(len(sign), dtype=bool))
    sure = np.abs(point) > np.where(point > 0, HALO_T, CONVINCING_T) * drawn.std(axis=0) + 1e-9
    sure &= (point <= 0) | (point >= LEAST_HALO)
    real, placebo = point[2 * w : 2 * w + g], point[2 * w + g :]
    sure[2 * w : 2 * w + g] &= (real * placebo <= 0) | (np.abs(placebo) < 0.5 * np.abs(real))
    sure[2 * w : 2 * w + g] &= [_apart(exposed[..., i], extra) >= LEAST_APART for i in range(g)]
    sure[2 * w + g :] = False
    point = _signed(grams.sum(axis=0), moments.sum(axis=0), sign, sure)
    drawn = _bootstrap(grams, moments, np.random.default_rng(seed), draws, lambda a, b: _signed(a, b, sign, sure))
    kept = USUAL_SIZE**2 / (USUAL_SIZE**2 + drawn.var(axis=0))
    point, drawn = kept * point, kept * point + np.sqrt(kept) * (drawn - point)
    return Echo(after=point[:w], within=point[w : 2 * w], cross=point[2 * w : 2 * w + g], drawn_values=drawn[:, : 2 * w + g])


def _apart(exposed: np.ndarray, extra: np.ndarray) -> float:
    """Return the share of an exposure's variance that the own extra demand does not explain."""
    a, b = exposed.ravel() - exposed.mean(), extra.ravel() - extra.mean()
    size = (a @ a) * (b @ b)
    return 1.0 - (a @ b) ** 2 / size if size > 0 else 0.0


def _later(exposed: np.ndarray, lead: int) -> np.ndarray:
    """Return (n, T, G) the exposure of `lead` periods later; zero past the end."""
    return np.concatenate([exposed[:, lead:], np.zeros_like(exposed[:, :lead])], axis=1)


def _signed(gram: np.ndarray, moment: np.ndarray, sign: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Return ridge coefficients of the active columns, those with sign −1 at most zero, and of size at most 1."""
    out = np.zeros(len(sign))
    if not active.any():
        return out
    g = gram[np.ix_(active, active)]
    g = g + 0.02 * np.diag(np.diag(g)) + 1e-9 * np.eye(len(g))
    b = moment[active]
    free = sign[active] == 0
    flip = np.where(free, 1.0, -1.0)
    design = np.concatenate([np.diag(flip), -np.diag(np.ones(len(b)))[:, free]], axis=1)
    root = np.linalg.cholesky(g).T
    solved = nnls(root @ design, np.linalg.solve(root.T, b))[0]
    out[active] = np.clip(design @ solved, -1.0, 1.0)
    return out
