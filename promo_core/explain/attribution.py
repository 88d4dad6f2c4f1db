"""Exact Shapley shares, in money, of the levers that a scenario moves.

Every coalition of levers is a plan of its own: members stand where the scenario puts them, the rest where the reference
does. The shares are averages over all orders of moving the levers, so none depends on an order and they add up exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import comb
from typing import Any

import numpy as np

from promo_core.data.panel import Plan
from promo_core.errors import ScenarioError
from promo_core.models.trained import TrainedModel
from promo_core.planning.outcome import LeverShare
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.serving import Serving, shift_of
from promo_core.schema import LEVERS

__all__ = ["Side", "attribute", "attribute_between", "shapley"]

_CELLS_AT_ONCE = 1_200_000
_FIELDS = ("length", "start", "series", *LEVERS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One side of a comparison.

    Attributes:
        plan: its levers.
        row_means: (n_series,) the mean of the main measure that is shown for every series.
        shift: (n_series, H, K) what `shift_of` says of the plan, where it is known already.
    """

    plan: Plan
    row_means: np.ndarray
    shift: np.ndarray | None = None


def attribute(model: TrainedModel, served: Serving, reference: Side, scenario: Side) -> tuple[LeverShare, ...]:
    """Share out the main measure's mean difference between two sides, lever by lever; largest first, rounded to cents that add up."""
    a, b = reference.plan, scenario.plan
    levers = [name for name in (*LEVERS, *(k for k in b.levers if k not in LEVERS)) if name in b.levers and not np.array_equal(a.levers[name], b.levers[name])]

    def plan_of(members: Sequence[str]) -> Plan:
        return replace(a, levers={name: (b if name in members else a).levers[name] for name in a.levers})

    return _share(model, served, reference, scenario, levers, plan_of)


def attribute_between(model: TrainedModel, served: Serving, reference: tuple[Scenario, Side], scenario: tuple[Scenario, Side]) -> tuple[LeverShare, ...]:
    """Share out the difference between two scenarios to what a merchandiser changed: start, length, series and levers.

    Scenarios with equally many campaigns are matched in order. Others, and those whose mixtures can't be laid on the plan, are compared
    lever by lever as they lie on the plan.
    """
    (first, before), (second, after) = reference, scenario
    baseline = model.panel.baseline_plan(after.plan.shape[1])
    if len(first.campaigns) != len(second.campaigns) or not first.campaigns:
        return attribute(model, served, before, after)
    fields = [name for name in _FIELDS if any(_field(x, name) != _field(y, name) for x, y in zip(first.campaigns, second.campaigns, strict=True))]

    def plan_of(members: Sequence[str]) -> Plan:
        mixed = tuple(_mix(x, y, members) for x, y in zip(first.campaigns, second.campaigns, strict=True))
        return Scenario(name="mixture", campaigns=mixed).lay_on(model.panel, baseline)

    try:
        return _share(model, served, before, after, fields, plan_of)
    except ScenarioError:
        return attribute(model, served, before, after)


def _field(campaign: Campaign, name: str) -> Any:
    return campaign.end - campaign.start if name == "length" else getattr(campaign, name)


def _mix(first: Campaign, second: Campaign, members: Sequence[str]) -> Campaign:
    """Return a campaign whose fields named in `members` are the second's, the rest the first's."""
    def pick(name: str) -> Any:
        return _field(second if name in members else first, name)

    start = pick("start")
    return replace(first, start=start, end=start + pick("length"), series=pick("series"), **{name: pick(name) for name in LEVERS})


def _share(model: TrainedModel, served: Serving, reference: Side, scenario: Side, players: list[str], plan_of: Callable[[Sequence[str]], Plan]) -> tuple[LeverShare, ...]:
    total = float(scenario.row_means.sum() - reference.row_means.sum())
    if not players:
        return ()
    values = _coalition_values(model, served, reference, scenario, players, plan_of)
    shares = _in_cents(shapley(values, len(players)), total)
    ranked = sorted(zip(players, shares, strict=True), key=lambda pair: -abs(pair[1]))
    return tuple(LeverShare(lever=name, gmv=value) for name, value in ranked)


def shapley(values: np.ndarray, n: int) -> np.ndarray:
    """Return (n,) Shapley values of a game.

    Args:
        values: (2**n,) worth of each coalition; bit i of the index says whether player i is in it.
    """
    masks = np.arange(2**n)
    sizes = np.array([int(m).bit_count() for m in masks])
    weights = np.array([1.0 / (n * comb(n - 1, s)) if s < n else 0.0 for s in range(n + 1)])
    shares = np.empty(n)
    for player in range(n):
        without = masks[(masks >> player) & 1 == 0]
        shares[player] = (weights[sizes[without]] * (values[without | 1 << player] - values[without])).sum()
    return shares


def _coalition_values(model: TrainedModel, served: Serving, reference: Side, scenario: Side, players: list[str],
                      plan_of: Callable[[Sequence[str]], Plan]) -> np.ndarray:
    """Return (2**n,) means of the main measure over all series and periods; the empty and the full coalition are exactly those shown.

    Coalitions in between are evaluated at the response's middle over the shared noise. What the response's own
    uncertainty adds to a mean (the draws are skewed) is carried over from the two ends with the square of the effect's share.
    """
    n = len(players)
    plans = [plan_of([p for i, p in enumerate(players) if mask >> i & 1]) for mask in range(2**n)]
    known = {0: reference.shift, len(plans) - 1: scenario.shift}
    shifts = [shift_of(model, plan, served) if known.get(i) is None else known[i] for i, plan in enumerate(plans)]
    rows = np.flatnonzero(np.any([(shift != shifts[0]).any(axis=(1, 2)) for shift in shifts[1:]], axis=0))
    if not len(rows):
        return np.zeros(2**n)
    promoted = np.any([plan.promoted[rows].any(axis=1) for plan in (reference.plan, *plans)], axis=0)
    worth = np.empty((2**n, len(rows)))
    for means, those in ((_middle_means, promoted), (_heard_means, ~promoted)):
        if those.any():
            worth[:, those] = means(served, rows[those], np.stack([shift[rows[those]] for shift in shifts]))
    ends = reference.row_means[rows], scenario.row_means[rows]
    share = np.clip(np.divide(worth - worth[0], worth[-1] - worth[0], out=np.zeros_like(worth), where=np.abs(worth[-1] - worth[0]) > 1e-9), 0.0, 1.0)
    skew = ends[0] / worth[0] + (ends[1] / worth[-1] - ends[0] / worth[0]) * share**2
    values = (worth * skew).sum(axis=1)
    values[0], values[-1] = ends[0].sum(), ends[1].sum()
    return values


def _middle_means(served: Serving, rows: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Return (coalitions, rows) means over draws, summed over periods, of the main measure when the links move by `shifts` (coalitions, rows, H, K)."""
    horizon, chain = shifts.shape[2], served.composition.chain
    draws = int(np.clip(_CELLS_AT_ONCE // (len(rows) * horizon), 16, served.n_draws))
    factors = [f[rows, :horizon, :draws] for f in served.factors]
    logs = [k for k, name in enumerate(chain) if name != "conversion"]
    weight = np.prod([factors[k] for k in logs], axis=0)
    moved = np.exp(shifts[..., logs].sum(axis=-1))
    if "conversion" not in chain:
        return (moved * weight.mean(axis=-1, dtype=np.float64)).sum(axis=-1)
    position = chain.index("conversion")
    odds = factors[position]
    grown = np.exp(shifts[..., position]).astype(np.float32)
    means = np.stack([_mean_rate(weight, odds * g[..., None]) for g in grown])
    return (moved * means).sum(axis=-1)


def _heard_means(served: Serving, rows: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Return what `_middle_means` does for series that hear of campaigns alone: what they sell on average, scaled as an answer scales it."""
    lifts = np.exp(np.moveaxis(shifts, 0, 2).astype(np.float32))
    usual = served.cell_means[served.main][rows, : shifts.shape[2]].sum(axis=1)
    return usual * served.grown(rows, [lifts[..., k] for k in range(lifts.shape[-1])], slice(None))[served.main].T


def _mean_rate(weight: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Return the mean over draws of weight × odds ÷ (1 + odds), (rows, H)."""
    return np.einsum("nhs,nhs->nh", weight, odds / (1.0 + odds)) / weight.shape[-1]


def _in_cents(shares: np.ndarray, total: float) -> list[float]:
    """Round to cents so that they add up to the rounded total: the largest remainders take the odd cents."""
    cents = shares * 100.0
    floor = np.floor(cents)
    missing = int(round(round(total, 2) * 100.0 - floor.sum()))
    order = np.argsort(floor - cents, kind="stable")
    floor[order[: max(0, missing)]] += 1
    return [float(c) / 100.0 for c in floor]
