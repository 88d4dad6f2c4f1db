"""The sums an outcome is told from: one pass over the draws of every series that a scenario touches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from promo_core.planning.economics import Costs
from promo_core.planning.serving import Change, Serving
from promo_core.planning.tally import Draws, points

__all__ = ["Answer", "answer"]

SIDES = ("scenario", "baseline")


@dataclass(kw_only=True, eq=False)
class Answer:
    """Sums per draw, by side ("scenario", "baseline").

    Attributes:
        base: count → (n_series, S) the baseline over the whole horizon, shared with other answers.
        moved: (m,) the series that were composed or scaled, each once; all others are the baseline.
        gains: count → (m, S), scenario − baseline of those over the whole horizon.
        promoted, after: side → count → (S,), over the promoted cells and the cells after them.
        path: side → count → (H, S), the promoted series together.
        cells: side → count → (n_promoted, H) means over draws.
        cell_band: (3, n_promoted, H) the scenario's main measure.
    """

    served: Serving
    base: Draws
    moved: np.ndarray
    gains: Draws
    promoted: dict[str, Draws]
    after: dict[str, Draws]
    path: dict[str, Draws]
    cells: dict[str, dict[str, np.ndarray]]
    cell_band: np.ndarray
    costs: Costs

    @property
    def rows(self) -> dict[str, Draws]:
        """Side → count → (n_series, S), whole horizon: the detail, series by series."""
        scenario = {m: values.copy() for m, values in self.base.items()}
        for m, gain in self.gains.items():
            scenario[m][self.moved] += gain
        return {"scenario": scenario, "baseline": self.base}

    def means(self, measure: str) -> dict[str, np.ndarray]:
        """Return side → (n_series,) means over draws."""
        base = self.served.row_means[measure] if self.base is self.served.row_sums else self.base[measure].mean(axis=1)
        scenario = base.copy()
        scenario[self.moved] += self.gains[measure].mean(axis=1)
        return {"scenario": scenario, "baseline": base}

    def sums(self, chosen: np.ndarray | None = None) -> dict[str, Draws]:
        """Return side → count → (S,) of the chosen series (a mask), or of all; few series are added up, many are all less the others."""
        whole = self._whole()
        few = None if chosen is None else np.flatnonzero(chosen if 2 * chosen.sum() <= len(chosen) else ~chosen)
        part = {m: 0.0 if few is None else values[few].sum(axis=0) for m, values in self.base.items()}
        base = part if chosen is not None and 2 * chosen.sum() <= len(chosen) else {m: whole[m] - part[m] for m in whole}
        among = slice(None) if chosen is None else chosen[self.moved]
        return {"scenario": {m: values + self.gains[m][among].sum(axis=0) for m, values in base.items()}, "baseline": base}

    def grouped(self, labels: pd.Series) -> tuple[np.ndarray, np.ndarray, dict[str, Draws]]:
        """Return the values (G,) of a dimension, each series' place among them (n_series,), and side → count → (G, S)."""
        codes, values, base = self.served.grouped(labels, self.base)
        place = codes[self.moved]
        order = np.argsort(place, kind="stable")
        present, starts = np.unique(place[order], return_index=True)
        scenario = {m: sums.copy() for m, sums in base.items()}
        for m, gain in self.gains.items():
            if len(present):
                scenario[m][present] += np.add.reduceat(gain[order], starts, axis=0)
        return values, codes, {"scenario": scenario, "baseline": base}

    def _whole(self) -> Draws:
        return self.served.totals if self.base is self.served.row_sums else {m: values.sum(axis=0) for m, values in self.base.items()}


def answer(served: Serving, change: Change, promoted: np.ndarray, after: np.ndarray, costs: Costs) -> Answer:
    """Sum the draws of baseline and scenario: what changes alone is worked out, the baseline's sums were kept.

    Args:
        promoted: (n_series, H) bool, the campaign cells; a series is promoted when it has one.
        after: (n_series, H) bool, promoted series after their last campaign cell.
        costs: gathers what the scenario costs, chunk by chunk.
    """
    horizon = promoted.shape[1]
    chosen = np.flatnonzero(promoted.any(axis=1))
    result = _empty(served, len(chosen), horizon, costs)
    others = change.cells.any(axis=1) & ~promoted.any(axis=1)
    heard = others & change.heard if change.heard is not None else np.zeros_like(others)
    gains = [_promoted(result, served, change, rows, np.searchsorted(chosen, rows), promoted[rows], after[rows]) for rows in served.chunks(chosen, horizon)]
    gains += [_composed(result, served, change, rows) for rows in served.chunks(np.flatnonzero(others & ~heard), horizon)]
    gains += [_scaled(result, served, change, rows) for rows in served.chunks(np.flatnonzero(heard), horizon)]
    result.moved = np.concatenate([chosen, np.flatnonzero(others & ~heard), np.flatnonzero(heard)])
    result.gains = {m: np.concatenate([np.zeros((0, served.n_draws)), *[part[m] for part in gains]]) for m in served.counts}
    return result


def _empty(served: Serving, n_chosen: int, horizon: int, costs: Costs) -> Answer:
    def zeros(*shape: int) -> dict[str, Draws]:
        return {side: {m: np.zeros(shape) for m in served.counts} for side in SIDES}

    n = served.n_draws
    base = served.row_sums if horizon == served.link.shape[1] else served.sum_rows(horizon)
    return Answer(served=served, base=base, moved=np.zeros(0, dtype=int), gains={}, promoted=zeros(n), after=zeros(n), path=zeros(horizon, n), cells=zeros(n_chosen, horizon),
                  cell_band=np.zeros((3, n_chosen, horizon)), costs=costs)


def _promoted(result: Answer, served: Serving, change: Change, rows: np.ndarray, places: np.ndarray, promoted: np.ndarray, after: np.ndarray) -> Draws:
    """Add the samples of some promoted series to every sum; returns what they gain."""
    horizon = promoted.shape[1]
    samples = {"baseline": served.baseline(rows, horizon), "scenario": served.scenario(rows, change)}
    for side in SIDES:
        for m in served.counts:
            values = samples[side][m]
            result.promoted[side][m] += values[promoted].sum(axis=0, dtype=np.float64)
            result.after[side][m] += values[after].sum(axis=0, dtype=np.float64)
            result.path[side][m] += values.sum(axis=0, dtype=np.float64)
            result.cells[side][m][places] = values.mean(axis=2, dtype=np.float64)
    result.cell_band[:, places] = points(samples["scenario"][served.main])
    result.costs.add(samples, rows)
    return _gains(served, samples)


def _composed(result: Answer, served: Serving, change: Change, rows: np.ndarray) -> Draws:
    """Add what some series that change cost; returns what they gain."""
    samples = {"baseline": served.baseline(rows, change.effect.shape[1]), "scenario": served.scenario(rows, change)}
    result.costs.add(samples, rows)
    return _gains(served, samples)


def _gains(served: Serving, samples: dict[str, Draws]) -> Draws:
    return {m: samples["scenario"][m].sum(axis=1, dtype=np.float64) - samples["baseline"][m].sum(axis=1, dtype=np.float64) for m in served.counts}


def _scaled(result: Answer, served: Serving, change: Change, rows: np.ndarray) -> Draws:
    """Scale the sums of series that hear of the campaign through their siblings alone; returns what they gain."""
    _, first, which = np.unique(change.place[rows], return_index=True, return_inverse=True)
    lifts = [change.lift(rows[first], k) for k in range(change.effect.shape[2])]
    base, gains = {m: values[rows] for m, values in result.base.items()}, {}
    for m, ratio in served.grown(rows, lifts, which).items():
        more = ratio - 1.0
        gains[m] = base[m] * (more if change.deviation is None else more[:, change.order])
    result.costs.add_sums({"scenario": {m: base[m] + gains[m] for m in base}, "baseline": base}, rows)
    return gains
