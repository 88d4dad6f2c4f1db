"""What answers need of a trained model, made once per member: the baseline's joint draws, ready to be scaled by a plan's effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, ModelError
from promo_core.models.base import Composition
from promo_core.models.trained import TrainedModel

__all__ = ["COUNTS", "Change", "Serving", "change_of", "serving"]

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
        deviation: (S, n_series, H, K) float32, the response's draws for the baseline; `None` where all are zero.
    """

    composition: Composition
    link: np.ndarray
    effect: np.ndarray
    factors: tuple[np.ndarray, ...]
    deviation: np.ndarray | None

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
        return replace(self, factors=tuple(f[..., :n] for f in self.factors), deviation=None)

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

    def sum_rows(self, horizon: int) -> dict[str, np.ndarray]:
        """Return count → (n_series, S) float64, the baseline's sum over the first `horizon` periods."""
        sums = {m: np.empty((len(self.link), self.n_draws)) for m in self.counts}
        for rows in self.chunks(np.arange(len(self.link)), horizon):
            samples = self.baseline(rows, horizon)
            for m in sums:
                sums[m][rows] = samples[m].sum(axis=1, dtype=np.float64)
        return sums


@dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """What a plan changes against the baseline.

    Attributes:
        effect: (n_series, H, K) float64, U(plan) − U(baseline plan); exactly 0 where nothing changes.
        deviation: (S, n_series, H, K) float32, the response's draws for the plan less those for the baseline; `None` where all are zero.
    """

    effect: np.ndarray
    deviation: np.ndarray | None

    @cached_property
    def cells(self) -> np.ndarray:
        """(n_series, H) bool: the cells that change."""
        return self.effect.any(axis=2)

    def factor(self, rows: np.ndarray, k: int) -> np.ndarray:
        """Return (rows, H, S) or (rows, H, 1) float32, what multiplies the k-th target's factor."""
        shift = self.effect[rows, :, k, None]
        if self.deviation is None:
            return np.exp(shift).astype(np.float32)
        spread = np.where(self.cells[rows][..., None], np.moveaxis(self.deviation[..., k][:, rows], 0, 2), 0.0)
        return np.exp(shift.astype(np.float32) + spread.astype(np.float32))


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


def change_of(model: TrainedModel, plan: Plan, served: Serving) -> Change:
    """Return what `plan` changes; its draws have the indices of the baseline's."""
    horizon = plan.shape[1]
    effect = np.asarray(model.response.effect(model.panel, plan), dtype=np.float64) - served.effect[:, :horizon]
    if not effect.any():
        return Change(effect=effect, deviation=None)
    deviation = np.asarray(model.response.draws(model.panel, plan, served.n_draws), dtype=np.float32)
    if served.deviation is not None:
        deviation = deviation - served.deviation[:, :, :horizon]
    return Change(effect=effect, deviation=deviation if deviation.any() else None)


_MADE: WeakKeyDictionary[TrainedModel, dict[str, Serving]] = WeakKeyDictionary()


def _serve(model: TrainedModel, use: str) -> Serving:
    panel, base = model.panel, model.bases[use]
    plan = panel.baseline_plan(model.horizon)
    effect = np.asarray(model.response.effect(panel, plan), dtype=np.float64)
    n_draws = int(np.clip(_NUMBERS_HELD // base.size, min(_FEWEST_DRAWS, model.settings.n_samples), model.settings.n_samples))
    noise = model.noises[use].draw(n_draws, model.settings.seed)
    deviation = _baseline_deviation(model, panel, plan, effect, n_draws)
    link = base + effect
    factors = tuple(_factor(link[..., k], noise[..., k], None if deviation is None else deviation[..., k]) for k in range(base.shape[2]))
    return Serving(composition=model.composition, link=link, effect=effect, factors=factors, deviation=deviation)


def _baseline_deviation(model: TrainedModel, panel: Panel, plan: Plan, effect: np.ndarray, n_draws: int) -> np.ndarray | None:
    if not effect.any():
        return None
    deviation = np.asarray(model.response.draws(panel, plan, n_draws), dtype=np.float32)
    return deviation if deviation.any() else None


def _factor(link: np.ndarray, noise: np.ndarray, deviation: np.ndarray | None) -> np.ndarray:
    """Return exp(link (n, H) + noise (S, n, H)) as contiguous (n, H, S) float32."""
    total = np.ascontiguousarray(np.moveaxis(noise, 0, 2), dtype=np.float32)
    if deviation is not None:
        total = total + np.moveaxis(deviation, 0, 2)
    return np.exp(total) * np.exp(link)[..., None].astype(np.float32)


def _last_product(composition: Composition) -> str:
    return "orders" if "orders" in composition.measures else composition.chain[0]
