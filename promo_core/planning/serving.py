"""What answers need of a trained model, made once per member: the baseline's joint draws, ready to be scaled by a plan's effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from promo_core.data.panel import Plan
from promo_core.errors import N_, ModelError
from promo_core.models.base import Composition
from promo_core.models.trained import TrainedModel
from promo_core.planning.tally import divide

__all__ = ["COUNTS", "Change", "Serving", "change_of", "serving", "shift_of"]

COUNTS = ("visitors", "orders", "units", "gmv")
"""Measures that add up over series and periods; the others are their ratios."""

_NUMBERS_HELD = 64_000_000
_NUMBERS_AT_ONCE = 6_000_000
_FEWEST_DRAWS = 40
_MEMBERS_KEPT = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Serving:
    """The baseline of one member as factors whose product is every measure; axes (series, periods, draws), draws last so that sums run along memory.

    Attributes:
        link: (n_series, H, K) float64, the member's base plus the after-effects of the past plan.
        effect: (n_series, H, K) float64, U of the baseline plan.
        factors: K arrays (n_series, H, S) float32, exp(link + noise + the response's draw).
        replicates: (R, n_series, H, K) float32, the response's deviations for the baseline; `None` where all are zero.
    """

    composition: Composition
    link: np.ndarray
    effect: np.ndarray
    factors: tuple[np.ndarray, ...]
    replicates: np.ndarray | None

    @property
    def n_draws(self) -> int:
        """Count of joint draws, S."""
        return self.factors[0].shape[2]

    @property
    def counts(self) -> tuple[str, ...]:
        """Measures of this model that add up."""
        return tuple(m for m in COUNTS if m in self.composition.measures)

    @property
    def main(self) -> str:
        """GMV, or without money the last count of the chain."""
        return self.counts[-1] if self.composition.money else _last_product(self.composition)

    def few(self, n: int) -> Serving:
        """Return the same with the first `n` draws only, for sweeps."""
        return replace(self, factors=tuple(f[..., :n] for f in self.factors), replicates=None)

    def baseline(self, rows: np.ndarray | slice, horizon: int) -> dict[str, np.ndarray]:
        """Return measure → (rows, horizon, S) float32 draws of the baseline."""
        return self.composition.compose_factors([f[rows, :horizon] for f in self.factors])

    def scenario(self, rows: np.ndarray, change: Change) -> dict[str, np.ndarray]:
        """Return measure → (rows, H, S) float32 draws under a change; cells it leaves alone are the baseline's, bit by bit."""
        horizon = change.effect.shape[1]
        return self.composition.compose_factors([f[rows, :horizon] * change.factor(rows, k) for k, f in enumerate(self.factors)])

    def chunks(self, rows: np.ndarray, horizon: int) -> Iterator[np.ndarray]:
        """Split rows so that a handful of sample arrays stays small in memory."""
        size = max(1, _NUMBERS_AT_ONCE // (horizon * self.n_draws))
        for start in range(0, len(rows), size):
            yield rows[start: start + size]

    @cached_property
    def row_sums(self) -> dict[str, np.ndarray]:
        """Count → (n_series, S) float64, the baseline over the whole horizon."""
        return self.sum_rows(self.link.shape[1])

    @cached_property
    def row_means(self) -> dict[str, np.ndarray]:
        """Count → (n_series,), the means of `row_sums` over draws."""
        return {m: values.mean(axis=1) for m, values in self.row_sums.items()}

    @cached_property
    def totals(self) -> dict[str, np.ndarray]:
        """Count → (S,), `row_sums` of all series."""
        return {m: values.sum(axis=0) for m, values in self.row_sums.items()}

    def grouped(self, labels: pd.Series, sums: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Return each series' place (n_series,) among a dimension's values (G,), and count → (G, S), the groups' sums of (n_series, S); those of `row_sums` are kept."""
        if sums is self.row_sums and labels.name in self._grouped:
            return self._grouped[labels.name]
        codes, values = pd.factorize(labels.astype(str), sort=True)
        order = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes[order], np.arange(len(values)))
        told = codes, values, {m: np.add.reduceat(of[order], starts, axis=0) for m, of in sums.items()}
        if sums is self.row_sums:
            self._grouped[labels.name] = told
        return told

    @cached_property
    def _grouped(self) -> dict[object, tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]]:
        return {}

    @cached_property
    def cell_means(self) -> dict[str, np.ndarray]:
        """Count → (n_series, H) float64, the baseline's mean over draws."""
        means = {m: np.empty(self.link.shape[:2]) for m in self.counts}
        for rows in self.chunks(np.arange(len(self.link)), self.link.shape[1]):
            samples = self.baseline(rows, self.link.shape[1])
            for m in means:
                means[m][rows] = samples[m].mean(axis=2, dtype=np.float64)
        return means

    def sum_rows(self, horizon: int) -> dict[str, np.ndarray]:
        """Return count → (n_series, S) float64, the baseline's sum over the first `horizon` periods."""
        sums = {m: np.empty((len(self.link), self.n_draws)) for m in self.counts}
        for rows in self.chunks(np.arange(len(self.link)), horizon):
            samples = self.baseline(rows, horizon)
            for m in sums:
                sums[m][rows] = samples[m].sum(axis=1, dtype=np.float64)
        return sums

    def grown(self, rows: np.ndarray, lifts: list[np.ndarray], which: np.ndarray | slice) -> dict[str, np.ndarray]:
        """Return count → (rows, R) float64, by what the baseline's sum over the horizon grows when the links' factors grow by `lifts`, K of (g, H, R), each row by those at `which` (rows,).

        Each period weighs what it sells on average over draws, so that thousands of series touched lightly cost little: their sums are
        scaled, not composed anew.
        """
        means = {m: values[rows, : lifts[0].shape[1]] for m, values in self.cell_means.items()}
        out: dict[str, np.ndarray] = {}
        product = np.float32(1.0)
        for link, name, lift in zip(self.composition.chain, self.composition.products, lifts, strict=True):
            grown = lift[which]
            if link == "conversion":
                rate = divide(means["orders"], means["visitors"]).astype(np.float32)[..., None]
                grown = grown / (1.0 + rate * (grown - 1.0))
            product = product * grown
            out[name] = np.matmul(means[name].astype(np.float32)[:, None], product)[:, 0] / means[name].sum(axis=1, keepdims=True)
        return {m: out[m] for m in self.counts}


@dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """What a plan changes against the baseline.

    Attributes:
        effect: (n_series, H, K) float64, U(plan) − U(baseline plan); exactly 0 where nothing changes.
        deviation: K arrays (m, H, R) float32, the response's replicates for the plan less those for the baseline; `None` where all are zero.
        place: (n_series,) where each series' deviations are, 0 where it has none; series that hear the same share a place.
        order: (S,) the replicate that each draw takes.
        heard: (n_series,) bool, the series reached through their siblings alone.
    """

    effect: np.ndarray
    deviation: tuple[np.ndarray, ...] | None = None
    place: np.ndarray | None = None
    order: np.ndarray | None = None
    heard: np.ndarray | None = None

    @cached_property
    def cells(self) -> np.ndarray:
        """(n_series, H) bool: the cells that change."""
        return np.logical_or.reduce([self.effect[..., k] != 0 for k in range(self.effect.shape[2])])  # several times as fast as `any` over so short an axis

    def factor(self, rows: np.ndarray, k: int) -> np.ndarray:
        """Return (rows, H, S) or (rows, H, 1) float32, what multiplies the k-th target's factor."""
        lift = self.lift(rows, k)
        return lift if self.deviation is None else lift[..., self.order]

    def lift(self, rows: np.ndarray, k: int) -> np.ndarray:
        """Return (rows, H, R) or (rows, H, 1) float32, the same per replicate."""
        shift = self.effect[rows, :, k, None].astype(np.float32)
        if self.deviation is not None:
            shift = shift + np.where(self.cells[rows][..., None], self.deviation[k][self.place[rows]], np.float32(0.0))
        return np.exp(shift)


def serving(model: TrainedModel, use: str | None = None) -> Serving:
    """Return the member's serving arrays; made at the first call and kept, for two members, as long as the model lives.

    Raises:
        ModelError: when the model has no member of that name.
    """
    use = use or model.serves
    if use not in model.bases:
        raise ModelError(N_("This model has no member `{received}`. Expected one of: {expected}."), received=use, expected=", ".join(model.bases))
    made = _MADE.setdefault(model, {})
    served = made.get(use)
    if served is None:
        for oldest in list(made)[: max(0, len(made) + 1 - _MEMBERS_KEPT)]:
            made.pop(oldest, None)
        served = made[use] = _serve(model, use)
    return served


def shift_of(model: TrainedModel, plan: Plan, served: Serving) -> np.ndarray:
    """Return (n_series, H, K) float64, U(plan) − U(baseline plan), worked out on the series that the plan promotes and those it reaches."""
    rows, response, panel = _promoted_rows(plan), model.response, model.panel
    effect = np.zeros((*plan.shape, served.effect.shape[2]))
    if len(rows):
        effect[rows] = response.effect(panel, plan, rows) - served.effect[rows, : plan.shape[1]]
        spill = response.spill(panel, plan, rows)
        effect[spill.onto] = np.concatenate(spill.effects, axis=2)[spill.which]
    return effect


def change_of(model: TrainedModel, plan: Plan, served: Serving) -> Change:
    """Return what `plan` changes; its draws have the indices of the baseline's."""
    rows, response, panel = _promoted_rows(plan), model.response, model.panel
    effect = np.zeros((*plan.shape, served.effect.shape[2]))
    if not len(rows):
        return Change(effect=effect)
    own, replicates = response.effect_drawn(panel, plan, rows)
    spill = response.spill(panel, plan, rows, drawn=True)
    effect[rows], effect[spill.onto] = own - served.effect[rows, : plan.shape[1]], np.concatenate(spill.effects, axis=2)[spill.which]
    if not effect.any():
        return Change(effect=effect)
    if served.replicates is not None:
        replicates = replicates - served.replicates[:, rows, : plan.shape[1]]
    moved = np.ascontiguousarray(np.transpose(replicates, (3, 1, 2, 0)))
    deviation = tuple(np.concatenate([a, b]) for a, b in zip(moved, spill.deviations, strict=True))
    heard, place = np.zeros(len(effect), dtype=bool), np.zeros(len(effect), dtype=int)
    heard[spill.onto], place[rows], place[spill.onto] = True, np.arange(len(rows)), len(rows) + spill.which
    return Change(effect=effect, deviation=deviation if any(d.any() for d in deviation) else None, place=place, order=response.order(served.n_draws), heard=heard)


def _promoted_rows(plan: Plan) -> np.ndarray:
    """Return the positions of the series on which the plan moves any lever."""
    return np.flatnonzero(np.any([values.any(axis=1) for values in plan.levers.values()], axis=0))


_MADE: WeakKeyDictionary[TrainedModel, dict[str, Serving]] = WeakKeyDictionary()


def _serve(model: TrainedModel, use: str) -> Serving:
    panel, base = model.panel, model.bases[use]
    plan = panel.baseline_plan(model.horizon)
    effect = np.asarray(model.response.effect(panel, plan), dtype=np.float64)
    n_draws = int(np.clip(_NUMBERS_HELD // base.size, min(_FEWEST_DRAWS, model.settings.n_samples), model.settings.n_samples))
    noise = model.noises[use].draw(n_draws, model.settings.seed)
    replicates = model.response.replicates(panel, plan) if effect.any() else None
    order = model.response.order(n_draws)
    link = base + effect
    factors = tuple(_factor(link[..., k], noise[..., k], None if replicates is None else replicates[..., k], order) for k in range(base.shape[2]))
    return Serving(composition=model.composition, link=link, effect=effect, factors=factors, replicates=replicates if replicates is not None and replicates.any() else None)


def _factor(link: np.ndarray, noise: np.ndarray, replicates: np.ndarray | None, order: np.ndarray) -> np.ndarray:
    """Return exp(link (n, H) + noise (S, n, H) + each draw's replicate) as contiguous (n, H, S) float32, a few series at a time."""
    out = np.empty((*link.shape, len(noise)), dtype=np.float32)
    size = max(1, _NUMBERS_AT_ONCE // out[0].size)
    for start in range(0, len(link), size):
        rows = slice(start, start + size)
        total = np.ascontiguousarray(np.moveaxis(noise[:, rows], 0, 2))
        if replicates is not None:
            total += np.moveaxis(replicates[:, rows], 0, 2)[..., order]
        np.multiply(np.exp(total, out=total), np.exp(link[rows])[..., None].astype(np.float32), out=out[rows])
    return out


def _last_product(composition: Composition) -> str:
    return "orders" if "orders" in composition.measures else composition.chain[0]
