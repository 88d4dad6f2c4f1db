"""The sums an outcome is told from: one pass over the draws of every series that a scenario touches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promo_core.planning.economics import Costs
from promo_core.planning.serving import Change, Serving
from promo_core.planning.tally import Draws, points

__all__ = ["Answer", "answer"]

SIDES = ("scenario", "baseline")


@dataclass(kw_only=True, eq=False)
class Answer:
    """Sums per draw, by side ("scenario", "baseline").

    Attributes:
        rows: side → count → (n_series, S), whole horizon.
        promoted, after: side → count → (S,), over the promoted cells and the cells after them.
        path: side → count → (H, S), the promoted series together.
        cells: side → count → (n_promoted, H) means over draws.
        cell_band: (3, n_promoted, H) the scenario's main measure.
    """

    rows: dict[str, Draws]
    promoted: dict[str, Draws]
    after: dict[str, Draws]
    path: dict[str, Draws]
    cells: dict[str, dict[str, np.ndarray]]
    cell_band: np.ndarray
    costs: Costs


def answer(served: Serving, change: Change, promoted: np.ndarray, after: np.ndarray, costs: Costs) -> Answer:
    """Sum the draws of baseline and scenario.

    Args:
        promoted: (n_series, H) bool, the campaign cells; a series is promoted when it has one.
        after: (n_series, H) bool, promoted series after their last campaign cell.
        costs: gathers what the scenario costs, chunk by chunk.
    """
    horizon = promoted.shape[1]
    chosen = np.flatnonzero(promoted.any(axis=1))
    result = _empty(served, len(chosen), horizon, costs)
    base = served.row_sums if horizon == served.link.shape[1] else served.sum_rows(horizon)
    result.rows = {side: {m: values.copy() for m, values in base.items()} for side in SIDES}
    for rows in served.chunks(chosen, horizon):
        _add(result, served, change, rows, np.searchsorted(chosen, rows), promoted[rows], after[rows])
    others = change.cells.any(axis=1) & ~promoted.any(axis=1)
    heard = others & change.heard if change.heard is not None else np.zeros_like(others)
    for rows in served.chunks(np.flatnonzero(others & ~heard), horizon):
        samples = {"baseline": served.baseline(rows, horizon), "scenario": served.scenario(rows, change)}
        _add_rows(result, samples, rows)
        costs.add(samples, rows)
    for rows in served.chunks(np.flatnonzero(heard), horizon):
        _add_heard(result, served, change, rows)
    return result


def _empty(served: Serving, n_chosen: int, horizon: int, costs: Costs) -> Answer:
    def zeros(*shape: int) -> dict[str, Draws]:
        return {side: {m: np.zeros(shape) for m in served.counts} for side in SIDES}

    n = served.n_draws
    return Answer(rows={}, promoted=zeros(n), after=zeros(n), path=zeros(horizon, n), cells=zeros(n_chosen, horizon),
                  cell_band=np.zeros((3, n_chosen, horizon)), costs=costs)


def _add(result: Answer, served: Serving, change: Change, rows: np.ndarray, places: np.ndarray, promoted: np.ndarray, after: np.ndarray) -> None:
    """Add the samples of some promoted series to every sum."""
    horizon = promoted.shape[1]
    samples = {"baseline": served.baseline(rows, horizon), "scenario": served.scenario(rows, change)}
    _add_rows(result, samples, rows)
    for side in SIDES:
        for m in served.counts:
            values = samples[side][m]
            result.promoted[side][m] += values[promoted].sum(axis=0, dtype=np.float64)
            result.after[side][m] += values[after].sum(axis=0, dtype=np.float64)
            result.path[side][m] += values.sum(axis=0, dtype=np.float64)
            result.cells[side][m][places] = values.mean(axis=2, dtype=np.float64)
    result.cell_band[:, places] = points(samples["scenario"][served.main])
    result.costs.add(samples, rows)


def _add_rows(result: Answer, samples: dict[str, Draws], rows: np.ndarray) -> None:
    for side in SIDES:
        for m, sums in result.rows[side].items():
            sums[rows] = samples[side][m].sum(axis=1, dtype=np.float64)


def _add_heard(result: Answer, served: Serving, change: Change, rows: np.ndarray) -> None:
    """Scale the sums of series that hear of the campaign through their siblings alone."""
    _, first, which = np.unique(change.place[rows], return_index=True, return_inverse=True)
    lifts = [change.lift(rows[first], k) for k in range(change.effect.shape[2])]
    for m, ratio in served.grown(rows, lifts, which).items():
        result.rows["scenario"][m][rows] *= ratio if change.deviation is None else ratio[:, change.order]
    result.costs.add_sums({side: {m: result.rows[side][m][rows] for m in served.counts} for side in SIDES}, rows)
