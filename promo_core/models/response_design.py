"""The levers as regressors: hinges of depth, promotion types, visibility, spend; carry-over and exposure of a bump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan

__all__ = ["LeverDesign", "carry_over", "carry_over_windows", "exposure", "group_codes", "group_totals", "offers", "overheard", "sibling_codes", "weekday_codes"]

VISIBILITY = ("feature", "display", "mailer")
MIN_ROWS_ABOVE_KNOT = 200
KNOTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)


@dataclass(frozen=True, kw_only=True)
class LeverDesign:
    """Columns that are zero where nothing runs, made alike for the past and for any plan.

    Attributes:
        knots: depths where the slope may change, ascending from 0; the last one starts the open end.
        deepest: deepest discount seen, a fraction; 0 where depth is not a lever.
        types: promotion types with an intercept of their own, as codes into the plan's words.
        spend_unit: money that counts as one unit of spend; 0 where spend is not a lever.
        visibility: visibility levers that vary.
        slopes: promotion types whose depth has a slope of its own, beyond the pooled curve.
    """

    knots: tuple[float, ...]
    deepest: float
    types: tuple[int, ...]
    spend_unit: float
    visibility: tuple[str, ...]
    slopes: tuple[int, ...]

    @classmethod
    def of(cls, plan: Plan, observed: np.ndarray) -> LeverDesign:
        """Choose columns by what the observed past can tell: a knot needs 200 cells above it, or a fifth of all promoted ones."""
        depth = plan.levers.get("discount_depth", np.zeros(plan.shape))[observed]
        positive = depth[depth > 0]
        enough = min(MIN_ROWS_ABOVE_KNOT, max(20, len(positive) // 5))
        knots = tuple(k for k in KNOTS if k == 0 or (positive > k).sum() >= enough) if len(positive) else ()
        codes = plan.levers["promo_type"][observed].astype(int) if "promo_type" in plan.levers else np.zeros(0, dtype=int)
        counts = np.bincount(codes, minlength=len(plan.promo_types)) if len(codes) else np.zeros(1, dtype=int)
        types = tuple(int(c) for c in np.flatnonzero(counts) if c and (counts > 0).sum() > 1)
        spend = plan.levers.get("ad_spend", np.zeros(plan.shape))[observed]
        visible = tuple(v for v in VISIBILITY if v in plan.levers and plan.levers[v][observed].std() > 1e-9)
        return cls(knots=knots, deepest=float(depth.max()) if len(positive) else 0.0, types=types,
                   spend_unit=float(np.median(spend[spend > 0])) if (spend > 0).any() else 0.0, visibility=visible,
                   slopes=types if len(types) > 1 and len(positive) else ())

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return (tuple(f"depth>{k:g}" for k in self.knots) + tuple(f"type:{c}" for c in self.types) + self.visibility
                + (("ad_spend",) if self.spend_unit else ()) + tuple(f"slope:{c}" for c in self.slopes))

    @property
    def n_depth(self) -> int:
        """Count of the depth columns, which come first."""
        return len(self.knots)

    def matrix(self, plan: Plan) -> np.ndarray:
        """Return (n_series, T, p) columns of a plan."""
        n, t = plan.shape
        depth = np.clip(plan.levers.get("discount_depth", np.zeros((n, t))), 0.0, 0.95)
        columns = list(hinges(depth, self.knots, self.deepest))
        codes = plan.levers.get("promo_type", np.zeros((n, t)))
        columns += [(codes == c).astype(float) for c in self.types]
        columns += [plan.levers.get(v, np.zeros((n, t))) for v in self.visibility]
        if self.spend_unit:
            columns.append(np.log1p(np.maximum(plan.levers.get("ad_spend", np.zeros((n, t))), 0.0) / self.spend_unit))
        columns += [depth * (codes == c) for c in self.slopes]
        return np.stack(columns, axis=-1) if columns else np.zeros((n, t, 0))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LeverDesign:
        """Read `to_dict`'s values."""
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def hinges(depth: np.ndarray, knots: tuple[float, ...], deepest: float) -> list[np.ndarray]:
    """Split a depth into the parts that lie between knots; past the deepest seen a part counts 0.7, so that the curve flattens."""
    inside = np.minimum(depth, deepest) + 0.7 * np.maximum(depth - deepest, 0.0)
    upper = (*knots[1:], np.inf)[: len(knots)]
    return [np.clip(inside, low, high) - low for low, high in zip(knots, upper, strict=True)]


def carry_over_windows(frequency: str) -> tuple[tuple[int, int], ...]:
    """Lags over which a bump may echo: 1–3, 4–7, 8–14, 15–28 days, or 1, 2, 3–4 weeks."""
    return ((1, 3), (4, 7), (8, 14), (15, 28)) if frequency == "D" else ((1, 1), (2, 2), (3, 4))


def carry_over(bump: np.ndarray, windows: tuple[tuple[int, int], ...], ahead: slice = slice(None)) -> np.ndarray:
    """Return (..., n, T, n_windows): the mean bump over each window of lags, within one series; before the first period it is zero.

    Args:
        bump: (..., n, T).
        ahead: work out these periods only.
    """
    periods = np.arange(bump.shape[-1])[ahead]
    run = np.zeros((*bump.shape[:-1], bump.shape[-1] + 1))
    np.cumsum(bump, axis=-1, out=run[..., 1:])
    out = np.empty((*bump.shape[:-1], len(periods), len(windows)))
    for i, (low, high) in enumerate(windows):
        first, last = np.maximum(periods - high, 0), np.maximum(periods - low + 1, 0)
        np.multiply(run[..., last] - run[..., first], 1.0 / (high - low + 1), out=out[..., i])
    return out


def group_codes(panel: Panel) -> dict[str, np.ndarray]:
    """Return dimension → (n_series,) codes, for the dimensions with at least two values and fewer values than series."""
    codes = {d: np.unique(panel.series[d].astype(str), return_inverse=True)[1] for d in panel.dimensions}
    return {d: c for d, c in codes.items() if 1 < c.max() + 1 < panel.n_series}


def weekday_codes(periods: pd.DatetimeIndex, frequency: str) -> dict[str, np.ndarray]:
    """Return "@weekday" → (1, T) codes from Monday; nothing for weeks."""
    return {"@weekday": periods.day_of_week.to_numpy()[None]} if frequency == "D" else {}


def sibling_codes(panel: Panel, kinds: tuple[str, ...] | None = None) -> dict[str, np.ndarray]:
    """Return name → (n_series,) codes of the series that may take demand from one another: those alike in all dimensions but one.

    The name is the dimension in which they differ. Coarser kinships are left out: what looks like a loss or a gain among them is
    mostly the mood of a whole segment or category. `kinds` asks for just these, as a fitted response does of another panel.
    """
    text = panel.series.astype(str)
    out: dict[str, np.ndarray] = {}
    for other in panel.dimensions if kinds is None else kinds:
        names = [d for d in panel.dimensions if d != other]
        codes = np.unique(text[names].agg("\x1f".join, axis=1), return_inverse=True)[1] if names else np.zeros(panel.n_series, dtype=int)
        if kinds is not None or codes.max() + 1 < panel.n_series and not any(np.array_equal(codes, seen) for seen in out.values()):
            out[other] = codes
    return out


def exposure(extra: np.ndarray, sizes: np.ndarray, siblings: dict[str, np.ndarray]) -> np.ndarray:
    """Return (..., n, T, G): the siblings' extra demand relative to what the others of their group sell.

    If a group's extra orders all came from its other members, in proportion to their size, each would lose this share.

    Args:
        extra: (..., n, T) relative extra demand.
        sizes: (n,) usual demand.
        siblings: name → (n,) codes of groups.
    """
    return overheard(extra, offers(sizes, siblings), siblings)


def offers(sizes: np.ndarray, siblings: dict[str, np.ndarray]) -> np.ndarray:
    """Return (n, G): each series' size relative to that of the others of its group; 0 where there are no others."""
    if not siblings:
        return np.zeros((len(sizes), 0))
    room = np.stack([np.bincount(codes, sizes)[codes] - sizes for codes in siblings.values()], axis=-1)
    return sizes[:, None] / np.where(room > 0, room, np.inf)


def overheard(extra: np.ndarray, offered: np.ndarray, siblings: dict[str, np.ndarray], kinds: Sequence[int] | None = None) -> np.ndarray:
    """Return (..., n, T, G) what series hear of their siblings' extra demand (..., n, T), given `offers` (n, G); of `kinds` alone, the others left at zero, where given."""
    out = np.zeros((*extra.shape, len(siblings)))
    for i, codes in enumerate(siblings.values()):
        if kinds is None or i in kinds:
            offer = extra * offered[:, i, None]
            _, place, total = group_totals(offer, codes)
            np.subtract(total[..., place, :], offer, out=out[..., i])
    return out


def group_totals(values: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the codes present, ascending (g,), each series' place among them (n,), and the sums (..., g, T) of values (..., n, T)."""
    present, place = np.unique(codes, return_inverse=True)
    order = np.argsort(place, kind="stable")
    return present, place, np.add.reduceat(values[..., order, :], np.searchsorted(place[order], np.arange(len(present))), axis=-2)
