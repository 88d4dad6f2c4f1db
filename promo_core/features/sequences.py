"""Windows for the sequence network, gathered by index from grids of the whole panel: no window is ever stored.

The readers `read_past`, `read_future` and `read_targets` are written once against an array namespace: NumPy when a forecast
is made, `keras.ops` inside the training step, where the grids lie on the device and a batch is nothing but row and origin numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from promo_core.data.panel import Panel, Plan
from promo_core.features.sequence_spec import SequenceSpec

__all__ = ["Grids", "Past", "SequenceSet", "read_future", "read_past", "read_targets"]
_ONE, _NONE = np.float32(1.0), np.float32(0.0)


class Grids(NamedTuple):
    """The whole panel as the readers take it: T periods after one blank period, flattened over series and period.

    cells: (n_series · T, F) link about the series' own middle, observed-mask, past effect (K each), covariates, last year's pattern, its mask (K each).
    sums: (n_series · T, 2K) running sums of links and masks.
    calendar: (T, C).
    """

    cells: Any
    sums: Any
    calendar: Any


class Past(NamedTuple):
    """What a window knows at its origin: encoder inputs (B, E, F), level, recent deviation (B, K), rhythm (B, phases, K), last year's level and its mask (B, K)."""

    inputs: Any
    level: Any
    recent: Any
    rhythm: Any
    year_level: Any
    year_known: Any


@dataclass(frozen=True, kw_only=True, eq=False)
class SequenceSet:
    """A panel laid out for the readers.

    Attributes:
        grids: the panel's grids.
        centre: (n_series, K) the middle that every link is measured from; it cancels out of every window that has a past.
        codes: (n_series, n_dimensions) int32.
        length: periods on the time axis, the blank first one included.
        n_observed: periods up to the origin.
    """

    spec: SequenceSpec
    grids: Grids
    centre: np.ndarray
    codes: np.ndarray
    middles: tuple[np.ndarray, ...]
    length: int
    n_observed: int

    @classmethod
    def of(cls, panel: Panel, links: np.ndarray, effect: np.ndarray | None, spec: SequenceSpec, ahead: int = 0) -> Self:
        """Lay out a panel.

        Args:
            panel: the panel; nothing of its targets is read here.
            links: (n_series, n_observed, K) links without the levers' effect; NaN where unobserved.
            effect: (n_series, n_observed, K) U of the plan that ran, an input of the encoder; `None` is zero.
            spec: how to read.
            ahead: periods after the origin to lay out too, unobserved.
        """
        n, past = panel.n_series, panel.n_observed
        known = np.isfinite(links)
        centre = spec.levels(panel.series, links)
        values = np.where(known, links - centre[:, None], 0.0)
        sums = np.concatenate([values, known], axis=2).cumsum(axis=1)
        year = _smooth(values, known, spec.blur)
        covariates = {c.name: panel.plan.covariates[c.name][:, :past] if c.name in panel.plan.covariates else np.full((n, past), np.nan) for c in spec.covariates}
        middles = tuple(c.own_middle(covariates[c.name]) for c in spec.covariates)
        future = panel.future_plan(ahead).covariates
        read = [c.read(np.concatenate([covariates[c.name], future.get(c.name, np.full((n, ahead), np.nan))], axis=1), m)[..., None]
                for c, m in zip(spec.covariates, middles, strict=True)]
        acted = np.zeros_like(values) if effect is None else effect
        cells = np.concatenate([_lay(values, ahead), _lay(known, ahead), _lay(acted, ahead), *(np.pad(c, ((0, 0), (1, 0), (0, 0))) for c in read), *(_lay(y, ahead) for y in year)], axis=2)
        calendar = np.pad(spec.read_calendar(panel.periods[:past].append(panel.future_periods(ahead))), ((1, 0), (0, 0)))
        grids = Grids(cells=_flat(cells), sums=_flat(_lay(sums, ahead, edge=True)), calendar=calendar)
        return cls(spec=spec, grids=grids, centre=centre, codes=spec.codes(panel.series), middles=middles, length=past + 1 + ahead, n_observed=past)

    def past(self) -> Past:
        """Return what every series knows at the panel's origin."""
        rows = np.arange(len(self.codes))
        return read_past(np, self.grids, self.spec, self.length, rows, np.full(len(rows), self.n_observed - 1))

    def future(self, past: Past, plan: Plan, horizon: int) -> np.ndarray:
        """Return the decoder's inputs (n_series, H, G) float32 of a plan that starts right after the panel's origin.

        Args:
            past: what `past` returned.
            plan: periods and covariates to forecast for; levers are not read.
            horizon: periods the network was trained for: later steps are read as the last one.
        """
        n, steps = len(self.codes), len(plan.periods)
        calendar = np.broadcast_to(self.spec.read_calendar(plan.periods), (n, steps, len(self.spec.calendar)))
        unknown = np.full((n, steps), np.nan)
        read = [c.read(plan.covariates.get(c.name, unknown), m)[..., None] for c, m in zip(self.spec.covariates, self.middles, strict=True)]
        rows = np.arange(n)
        year = _last_year(np, self.grids, self.spec, self.length, rows, np.full(n, self.n_observed - 1), steps, past)
        return _assemble(np, self.spec, horizon, steps, [calendar, *read], past, year)

    def observed_before(self) -> np.ndarray:
        """Return (n_series, n_observed) bool: the series had any observation up to that period."""
        k = len(self.spec.targets)
        counts = self.grids.sums.reshape(len(self.codes), self.length, -1)[:, 1: self.n_observed + 1, k:]
        return counts.max(axis=2) > 0


def read_past(xp: Any, grids: Grids, spec: SequenceSpec, length: int, rows: Any, origins: Any) -> Past:
    """Gather what windows know at their origins.

    Args:
        xp: `numpy` or `keras.ops`.
        grids: the panel's grids.
        spec: how to read.
        length: periods on the time axis.
        rows, origins: (B,) series numbers and positions of the last known period.
    """
    k, season, reach = len(spec.targets), spec.phases, spec.encoder
    first = rows * length
    at = xp.maximum(origins[:, None] + _steps(2 - reach, 2), 0)
    cells = xp.take(grids.cells, first[:, None] + at, axis=0)
    mask = cells[..., k: 2 * k]
    now, before = (xp.take(grids.sums, first + xp.maximum(origins + 1 - back, 0), axis=0) for back in (0, reach))
    level = _mean(xp, now - before, k, otherwise=_mean(xp, now, k, otherwise=0.0))
    scale = np.asarray(spec.scale, dtype=np.float32)
    links = (cells[..., :k] - level[:, None]) / scale * mask
    calendar = xp.take(grids.calendar, at, axis=0)
    n_own = 3 * k + len(spec.covariates)
    inputs = xp.concatenate([links, mask, cells[..., 2 * k: 3 * k] / scale, cells[..., 3 * k: n_own], calendar], axis=-1)
    lately = 7 if spec.frequency == "D" else 4
    year_ago, before_that = (xp.take(grids.sums, first + xp.maximum(origins + 1 - back, 0), axis=0) for back in (spec.year, spec.year + reach))
    year = year_ago - before_that
    year_known = xp.where(year[:, k:] >= reach / 4, _ONE, _NONE)
    return Past(inputs=inputs, level=level, recent=_shrunk(xp, links[:, -lately:], mask[:, -lately:], axis=1), year_level=_mean(xp, year, k, otherwise=0.0), year_known=year_known,
                rhythm=_shrunk(xp, xp.reshape(links, (-1, reach // season, season, k)), xp.reshape(mask, (-1, reach // season, season, k)), axis=1))


def read_future(xp: Any, grids: Grids, spec: SequenceSpec, length: int, rows: Any, origins: Any, horizon: int, past: Past) -> Any:
    """Gather the decoder's inputs (B, horizon, G) of windows whose future lies on the grids; arguments as in `read_past`."""
    k = len(spec.targets)
    at = origins[:, None] + _steps(2, horizon + 2)
    cells = xp.take(grids.cells, rows[:, None] * length + at, axis=0)
    calendar = xp.take(grids.calendar, at, axis=0)
    year = _last_year(xp, grids, spec, length, rows, origins, horizon, past)
    return _assemble(xp, spec, horizon, horizon, [calendar, cells[..., 3 * k: 3 * k + len(spec.covariates)]], past, year)


def read_targets(xp: Any, grids: Grids, spec: SequenceSpec, length: int, rows: Any, origins: Any, horizon: int, past: Past, limits: Any) -> tuple[Any, Any]:
    """Gather what windows are to learn, (B, horizon, K) links about the level in units of scale, and their mask: 0 where unobserved or after the period `limits` (B,)."""
    k = len(spec.targets)
    at = origins[:, None] + _steps(2, horizon + 2)
    cells = xp.take(grids.cells, rows[:, None] * length + at, axis=0)
    mask = cells[..., k: 2 * k] * xp.where(at <= limits[:, None] + 1, _ONE, _NONE)[..., None]
    return (cells[..., :k] - past.level[:, None]) / np.asarray(spec.scale, dtype=np.float32) * mask, mask


def _last_year(xp: Any, grids: Grids, spec: SequenceSpec, length: int, rows: Any, origins: Any, steps: int, past: Past) -> list[Any]:
    """Return last year's deviation from its own level (B, steps, K) for the like periods, and whether it is known at the origin."""
    k = len(spec.targets)
    start = 3 * k + len(spec.covariates)
    ahead = _steps(1, steps + 1)
    at = xp.maximum(origins[:, None] + 1 + np.minimum(ahead, spec.year - spec.blur) - spec.year, 0)
    cells = xp.take(grids.cells, rows[:, None] * length + at, axis=0)
    reached = np.where(ahead <= spec.year - spec.blur, 1.0, 0.0).astype(np.float32)[None, :, None]
    known = cells[..., start + k: start + 2 * k] * past.year_known[:, None] * reached
    return [(cells[..., start: start + k] - past.year_level[:, None]) / np.asarray(spec.scale, dtype=np.float32) * known, known]


def _assemble(xp: Any, spec: SequenceSpec, horizon: int, steps: int, known: list[Any], past: Past, year: list[Any]) -> Any:
    phase = _steps(0, steps) % spec.phases
    step = np.minimum(np.arange(1, steps + 1) / horizon, 1.0).astype(np.float32)[None, :, None]
    rhythm = xp.take(past.rhythm, phase, axis=1)
    zeros = xp.zeros_like(rhythm)
    return xp.concatenate([zeros[..., :1] + step, *known, rhythm, zeros + past.recent[:, None], *year], axis=-1)


def _steps(first: int, stop: int) -> np.ndarray:
    return np.arange(first, stop, dtype=np.int32)


def _mean(xp: Any, sums: Any, k: int, otherwise: Any) -> Any:
    return xp.where(sums[:, k:] > 0.5, sums[:, :k] / xp.maximum(sums[:, k:], 1.0), otherwise)


def _shrunk(xp: Any, values: Any, mask: Any, axis: int) -> Any:
    """Return means over `axis` as if one more observation had been zero, so that few observations say little."""
    return xp.sum(values, axis=axis) / (xp.sum(mask, axis=axis) + 1.0)


def _lay(values: np.ndarray, ahead: int, edge: bool = False) -> np.ndarray:
    """Put one blank period before (n, T, F) and `ahead` after: blank, or the last value again."""
    body = np.pad(values, ((0, 0), (0, ahead), (0, 0)), mode="edge" if edge else "constant")
    return np.pad(body, ((0, 0), (1, 0), (0, 0)))


def _flat(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values.reshape(-1, values.shape[2]), dtype=np.float32)


def _smooth(values: np.ndarray, known: np.ndarray, blur: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of the observations within `blur` periods, and whether there is any."""
    total, count = (np.pad(part.cumsum(axis=1, dtype=float), ((0, 0), (1, 0), (0, 0))) for part in (values, known))
    last = np.minimum(np.arange(values.shape[1]) + blur + 1, values.shape[1])
    first = np.maximum(np.arange(values.shape[1]) - blur, 0)
    inside = count[:, last] - count[:, first]
    return (total[:, last] - total[:, first]) / np.maximum(inside, 1), inside > 0
