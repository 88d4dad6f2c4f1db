"""Promotions that never ran, asked of the past as if they had: what the response finds there is not an effect of promotions.

Two of them, after every training: the promotion calendar two weeks before the real one, and the depths that ran dealt anew among the promoted cells.
Both are read off what is left of the log quantity above the baseline, as a share of the effect that the response tells for such cells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.models.base import Composition
from promo_core.models.response import QUANTITIES, Response
from promo_core.models.response_baseline import clean_cells, ordinary, plain_level

__all__ = ["placebo_checks"]

SHIFT = {True: 14, False: 2}  # days, weeks
TOLERATED = 0.2  # share of the real effect that a placebo may seem to have
LIKE_TOLD = (0.5, 2.0)  # how much of the effect told the real depths may show
LEAST_CELLS = 30
_DEALS = 200
_DRAWS = 400
_COLUMNS = ["check", "share", "low", "high", "real", "cells", "passed"]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Past:
    """The promoted past: what is left above the baseline, and the effect told for each cell; grids are (n_series, T)."""

    left: np.ndarray
    effect: np.ndarray
    plan: Plan
    block: np.ndarray


def placebo_checks(panel: Panel, response: Response, composition: Composition, *, seed: int = 7) -> pd.DataFrame:
    """Return one row per check that the past allows: check, share, low, high, real, cells, passed.

    `share` is the effect found as a share of the effect told (1 is all of it, 0 is none) with its 95 % interval; `real` is the same on the promotions that ran.
    "shifted" regresses what is left on the effect told (bootstrap over 28-day blocks); it fails when its interval leaves out 0 and the share is above a fifth. "shuffled"
    takes the slope on depth over that of the effect told (interval over deals); it fails when the real depths do no better than nearly all dealt ones, or show less than half or more than twice what
    is told.
    """
    past = _past(panel, response, composition)
    rng = np.random.default_rng(seed)
    rows = [row for row in (_shifted(panel, response, past, rng), _shuffled(panel, response, past, rng)) if row is not None]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _past(panel: Panel, response: Response, composition: Composition) -> _Past:
    """Take the levers' effect off, learn the level of every cell from the cells around it, and put the promoted cells' own effect back."""
    plan = panel.past_plan()
    links, chosen = composition.clean_links(panel), _quantities(composition)
    own = response.own_effect(panel, plan)[..., chosen].sum(axis=-1)
    bare = (links - response.past_effect(panel))[..., chosen].sum(axis=-1)
    clean = clean_cells(panel, rested=False)
    level = plain_level(panel, bare, clean, clean, grouped=True)
    left = np.where(ordinary(bare - level, clean | plan.promoted), bare - level + own, np.nan)
    length = 28 if panel.frequency == "D" else 4
    return _Past(left=left, effect=own, plan=plan, block=np.broadcast_to(np.arange(panel.n_observed) // length, left.shape))


def _quantities(composition: Composition) -> list[int]:
    return [k for k, name in enumerate(composition.chain) if name in QUANTITIES] or [0]


def _shifted(panel: Panel, response: Response, past: _Past, rng: np.random.Generator) -> dict[str, object] | None:
    """Pretend that every promotion ran two weeks earlier, where nothing ran then."""
    lead = SHIFT[panel.frequency == "D"]
    early = replace(past.plan, levers={k: np.pad(v[:, lead:], ((0, 0), (0, lead))) for k, v in past.plan.levers.items()})
    told = response.own_effect(panel, early)[..., _quantities(response.composition_)].sum(axis=-1)
    cells = early.promoted & ~past.plan.promoted & np.isfinite(past.left)
    real = past.plan.promoted & np.isfinite(past.left)
    if cells.sum() < LEAST_CELLS or not told[cells].any():
        return None
    share, drawn = _slope(past.left[cells], told[cells], past.block[cells], rng)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"check": "shifted", "share": share, "low": float(low), "high": float(high), "real": _slope(past.left[real], past.effect[real], past.block[real], rng)[0],
            "cells": int(cells.sum()), "passed": bool(low <= 0.0 <= high or abs(share) <= TOLERATED)}


def _shuffled(panel: Panel, response: Response, past: _Past, rng: np.random.Generator) -> dict[str, object] | None:
    """Deal the depths that ran anew among the promoted cells of their type, and see whether they still tell who sold more."""
    if "discount_depth" not in past.plan.levers:
        return None
    depth, cells = past.plan.levers["discount_depth"], past.plan.promoted & np.isfinite(past.left)
    kinds = past.plan.levers.get("promo_type", np.zeros(past.plan.shape))[cells]
    if cells.sum() < LEAST_CELLS or np.std(depth[cells]) < 1e-6:
        return None
    usual = _at_usual_depth(panel, response, past.plan)[cells]
    told, left, depths = past.effect[cells] - usual, past.left[cells] - usual, depth[cells]
    whole = _partial(told, depths, kinds)
    if abs(whole) < 1e-9:
        return None
    dealt = np.array([_partial(left, _dealt(depths, kinds, rng), kinds) for _ in range(_DEALS)]) / whole
    real, (low, high) = _partial(left, depths, kinds) / whole, np.quantile(dealt, [0.025, 0.975])
    share = float(dealt.mean())
    return {"check": "shuffled", "share": share, "low": float(low), "high": float(high), "real": real, "cells": int(cells.sum()),
            "passed": bool(real > high and LIKE_TOLD[0] <= real <= LIKE_TOLD[1])}


def _at_usual_depth(panel: Panel, response: Response, plan: Plan) -> np.ndarray:
    """Return (n_series, T) the effect told if every promotion had its type's mean depth, all else as it ran: what is beyond it is the depth's."""
    depth, codes = plan.levers["discount_depth"], plan.levers.get("promo_type", np.zeros(plan.shape))
    flat = depth.copy()
    for code in np.unique(codes[plan.promoted]):
        mine = plan.promoted & (codes == code)
        flat[mine] = depth[mine].mean()
    usual = replace(plan, levers={**plan.levers, "discount_depth": flat})
    return response.own_effect(panel, usual)[..., _quantities(response.composition_)].sum(axis=-1)


def _dealt(values: np.ndarray, kinds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    out = values.copy()
    for kind in np.unique(kinds):
        mine = np.flatnonzero(kinds == kind)
        out[mine] = values[rng.permutation(mine)]
    return out


def _partial(values: np.ndarray, depths: np.ndarray, kinds: np.ndarray) -> float:
    """Return the slope of values on depth, both about the mean of their promotion type."""
    a, b = (v - pd.Series(v).groupby(kinds).transform("mean").to_numpy() for v in (depths, values))
    return float((a @ b) / max(a @ a, 1e-12))


def _slope(left: np.ndarray, told: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """Return Σ told·left ÷ Σ told², and draws of it with whole blocks of time weighted by a Bayesian bootstrap."""
    place = np.unique(block, return_inverse=True)[1]
    top, bottom = np.bincount(place, told * left), np.bincount(place, told * told)
    weights = rng.dirichlet(np.ones(len(top)), _DRAWS)
    return float(top.sum() / max(bottom.sum(), 1e-12)), (weights @ top) / np.maximum(weights @ bottom, 1e-12)
