"""From joint draws to told numbers: sums per draw, ratios of sums, quantiles, and the width a band must have at its level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from promo_core.planning.outcome import Comparison, Quantity, Summary

__all__ = ["ALWAYS", "Draws", "Scope", "band", "compare_draws", "divide", "means", "points", "quantities", "quantity", "ratios", "told", "widen"]

ALWAYS = ("visitors", "conversion", "orders", "gmv")
"""Measures every summary names, known or not."""

Draws = dict[str, np.ndarray]
"""Count → its draws, the last axis being the draw."""

_RATIOS = {"conversion": ("orders", "visitors"), "value_per_order": ("gmv", "orders")}
_LEVELS = (0.1, 0.5, 0.9)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """How large a total is, which says how wide its band must be.

    Attributes:
        size: (series, periods) summed over.
        changed: (series, periods) of them that the scenario changes; the increment is a total over these.
        wider: factor on the increment's half-widths where the past supports the scenario thinly.
    """

    size: tuple[int, int]
    changed: tuple[int, int]
    wider: float = 1.0


def ratios(counts: Draws | dict[str, float]) -> dict[str, tuple[str, str]]:
    """Return the ratios that these counts allow: name → (above, below)."""
    return {name: parts for name, parts in _RATIOS.items() if all(p in counts for p in parts)}


def told(counts: Draws) -> Draws:
    """Return the counts and their ratios, draw by draw; a ratio to zero is NaN."""
    return {**counts, **{name: divide(counts[a], counts[b]) for name, (a, b) in ratios(counts).items()}}


def means(counts: Draws) -> dict[str, np.ndarray]:
    """Return the means over draws; a ratio's is the ratio of means, so that the identity holds for means too."""
    mean = {name: values.mean(axis=-1) for name, values in counts.items()}
    return {**mean, **{name: divide(mean[a], mean[b]) for name, (a, b) in ratios(counts).items()}}


def divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return above ÷ below, NaN where below is zero."""
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    return np.divide(above, below, out=np.full(np.broadcast_shapes(above.shape, below.shape), np.nan), where=below != 0)


def points(values: np.ndarray) -> np.ndarray:
    """Return (3, ...) the 10 %, 50 % and 90 % points over the last axis: `np.quantile`'s numbers from one sort, many times faster on few draws."""
    ordered, last = np.sort(values, axis=-1), values.shape[-1] - 1
    low = [int(level * last) for level in _LEVELS]
    share = np.array([level * last - at for level, at in zip(_LEVELS, low, strict=True)])
    high = [min(at + 1, last) for at in low]
    lower, upper = np.moveaxis(ordered[..., low], -1, 0), np.moveaxis(ordered[..., high], -1, 0)
    return lower + share.reshape(-1, *[1] * (lower.ndim - 1)) * (upper - lower)


def band(values: np.ndarray, width: float | np.ndarray, low: float | np.ndarray = -np.inf, high: float | np.ndarray = np.inf) -> np.ndarray:
    """Return (3, ...) the 10 %, 50 % and 90 % points over the last axis, spread around the median by `width` and kept in bounds."""
    return widen(points(values), width, low, high)


def widen(told: np.ndarray, width: float | np.ndarray, low: float | np.ndarray = -np.inf, high: float | np.ndarray = np.inf) -> np.ndarray:
    """Return (3, ...) points spread around the middle one by `width` and kept in bounds."""
    lower, middle, upper = told
    return np.clip(np.stack([middle - width * (middle - lower), middle, middle + width * (upper - middle)]), low, high)


def quantity(values: np.ndarray, mean: float, width: float, low: float = -np.inf, high: float = np.inf) -> Quantity | None:
    """Return the quantity of (S,) draws; `None` when it can't be told."""
    if not np.isfinite(mean):
        return None
    p10, p50, p90 = band(values[np.isfinite(values)], width, low, high)
    return Quantity(mean=float(mean), p10=float(p10), p50=float(p50), p90=float(p90))


def quantities(draws: dict[Any, np.ndarray], mean: dict[Any, float], width: np.ndarray | float, low: np.ndarray | float = -np.inf, high: np.ndarray | float = np.inf) -> dict[Any, Quantity | None]:
    """Return the quantity of each name's (S,) draws, kept within `low` and `high`; these and `width` are one for all, or one a name."""
    stacked, centres = np.stack(list(draws.values())), np.array(list(mean.values()), dtype=float)
    wide, floor, ceiling = (np.broadcast_to(values, len(stacked)) for values in (width, low, high))
    if not (np.isfinite(stacked).all() and np.isfinite(centres).all()):
        return {name: quantity(values, mean[name], w, f, c) for (name, values), w, f, c in zip(draws.items(), wide, floor, ceiling, strict=True)}
    told = band(stacked, wide, floor, ceiling)
    return {name: Quantity(mean=centre, p10=p10, p50=p50, p90=p90) for name, centre, (p10, p50, p90) in zip(draws, centres.tolist(), told.T.tolist(), strict=True)}


def compare_draws(scenario: Draws, baseline: Draws, scope: Scope, width: Callable[[int, int], float]) -> Comparison:
    """Return scenario, baseline and increment of (S,) sums; the increment is taken draw by draw.

    The increment's band is never narrowed: forecast errors of the past say nothing of how well the response is known. What thin support adds
    to it is added to the scenario's band too, as independent errors add: half-widths by their squares.
    """
    sides = [told(scenario), told(baseline)]
    mean = [means(scenario), means(baseline)]
    wide, changed = width(*scope.size), max(1.0, width(*scope.changed))
    names, n = list(sides[0]), len(sides[0])
    # One pass over scenario, baseline and increment: sorting draws is most of the work.
    draws = {(part, m): values[m] for part, values in enumerate((*sides, {m: sides[0][m] - sides[1][m] for m in names})) for m in names}
    centre = {(part, m): values[m] for part, values in enumerate((*mean, {m: mean[0][m] - mean[1][m] for m in names})) for m in names}
    told_all = quantities(draws, centre, np.repeat([wide, wide, changed * scope.wider], n), np.repeat([0.0, 0.0, -np.inf], n),
                          np.array([1.0 if part < 2 and m == "conversion" else np.inf for part, m in draws]))
    above, below, increment = ({m: told_all[part, m] for m in names} for part in range(3))
    reached = {m: _spread(q, increment[m], scope.wider, 1.0 if m == "conversion" else np.inf) for m, q in above.items()}
    return Comparison(scenario=_complete(reached), baseline=_complete(below), increment=_complete(increment))


def _spread(side: Quantity | None, increment: Quantity | None, wider: float, high: float) -> Quantity | None:
    """Return the scenario's quantity with what widening added to the increment's band added to its own."""
    if side is None or increment is None or wider == 1.0:
        return side
    share = 1.0 - 1.0 / wider**2
    low, up = (float(np.hypot(a, b * share**0.5)) for a, b in ((side.p50 - side.p10, increment.p50 - increment.p10), (side.p90 - side.p50, increment.p90 - increment.p50)))
    return Quantity(mean=side.mean, p10=max(0.0, side.p50 - low), p50=side.p50, p90=min(high, side.p50 + up))


def _complete(summary: Summary) -> Summary:
    return {**dict.fromkeys(ALWAYS), **summary}
