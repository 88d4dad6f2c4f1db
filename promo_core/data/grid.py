"""Rows laid on the grid: outcomes add, levers are weighed by sales, and a campaign's totals spread over its days."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from promo_core import schema
from promo_core.data.issues import Issue, warning
from promo_core.data.panel import NO_PROMO
from promo_core.data.rows import Coded, Rows
from promo_core.errors import N_, Message

__all__ = ["Grid", "lay", "spread_campaigns"]

_SUMMED = ("visitors", "orders", "units", "gmv", "ad_spend", "stock")
_VISIBILITY = ("feature", "display", "mailer")


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Where each row belongs: `row_series` and `row_period` (n_rows,) point into `series` and `periods`."""

    series: pd.DataFrame
    periods: pd.DatetimeIndex
    row_series: np.ndarray
    row_period: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """(n_series, T)."""
        return len(self.series), len(self.periods)

    @property
    def cells(self) -> np.ndarray:
        """Flat cell of each row."""
        return self.row_series * len(self.periods) + self.row_period


def spread_campaigns(rows: Rows, grid: Grid) -> tuple[Rows, Grid]:
    """Return one row per campaign and day, totals divided evenly over the days."""
    days = (rows.end - rows.start).astype(np.int64) + 1
    take = np.repeat(np.arange(len(rows)), days)
    offset = np.arange(len(take)) - np.repeat(np.cumsum(days) - days, days)
    share = 1.0 / days[take]
    numbers = {k: v[take] * share if k in _SUMMED else v[take] for k, v in rows.numbers.items()}
    covariates = {k: numbers.get(k, v[take]) if k in rows.numbers else v[take] for k, v in rows.covariates.items()}
    spread = replace(rows, start=rows.start[take] + offset.astype("timedelta64[D]"), end=rows.end[take], dims={k: Coded(d.codes[take], d.labels) for k, d in rows.dims.items()},
                     numbers=numbers, covariates=covariates, keep=rows.keep[take], promo=_with_a_type(rows, take),
                     campaign=None if rows.campaign is None else Coded(rows.campaign.codes[take], rows.campaign.labels))
    return spread, replace(grid, row_series=grid.row_series[take], row_period=grid.row_period[take] + offset)


def _with_a_type(rows: Rows, take: np.ndarray) -> Coded | None:
    """Every row of a campaign file is a promotion: where it names no type and no depth, its type is "campaign"."""
    if rows.promo is not None:
        return Coded(rows.promo.codes[take], rows.promo.labels)
    if "discount_depth" in rows.numbers:
        return None
    return Coded(np.ones(len(take), dtype=np.int32), (NO_PROMO, "campaign"))


def lay(rows: Rows, grid: Grid, issues: list[Issue]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray], tuple[str, ...]]:
    """Return targets, levers and covariates on the grid, and the words of the promotion types."""
    cells = grid.cells
    size = grid.shape[0] * grid.shape[1]
    single = len(cells) == 0 or np.bincount(cells, minlength=size).max() <= 1
    weight = None if single else _weights(rows)
    targets = {k: _sum(v, cells, grid.shape, single) for k, v in rows.outcomes.items()}
    if not single and "visitors" in targets:
        targets["visitors"] = _visitors(rows, cells, grid, targets["visitors"], issues)
    levers, words = _levers(rows, cells, grid.shape, weight)
    covariates = {k: (_sum if k in _SUMMED else _mean)(v, cells, grid.shape, single if k in _SUMMED else weight) for k, v in rows.covariates.items()}
    return targets, levers, covariates, words


def _weights(rows: Rows) -> np.ndarray:
    """Return what a row weighs when several share a cell: its sales, by the first of units, orders and GMV the file has."""
    for name in ("units", "orders", "gmv", "visitors"):
        if name in rows.numbers:
            return np.nan_to_num(np.maximum(rows.numbers[name], 0.0)) + 1e-9
    return np.ones(len(rows))


def _sum(values: np.ndarray, cells: np.ndarray, shape: tuple[int, int], single: bool) -> np.ndarray:
    """Add rows into cells; a cell without a known value is NaN."""
    size = shape[0] * shape[1]
    if single:
        out = np.full(size, np.nan)
        out[cells] = values
        return out.reshape(shape)
    known = np.isfinite(values)
    total = np.bincount(cells[known], weights=values[known], minlength=size)
    total[np.bincount(cells[known], minlength=size) == 0] = np.nan
    return total.reshape(shape)


def _mean(values: np.ndarray, cells: np.ndarray, shape: tuple[int, int], weight: np.ndarray | None) -> np.ndarray:
    """Average rows in cells by weight; a cell without a known value is NaN."""
    if weight is None:
        return _sum(values, cells, shape, True)
    known, size = np.isfinite(values), shape[0] * shape[1]
    top = np.bincount(cells[known], weights=(values * weight)[known], minlength=size)
    bottom = np.bincount(cells[known], weights=weight[known], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan).reshape(shape)


def _levers(rows: Rows, cells: np.ndarray, shape: tuple[int, int], weight: np.ndarray | None) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    levers: dict[str, np.ndarray] = {}
    campaign_file = rows.end is not None
    if "discount_depth" in rows.numbers:
        depth = rows.numbers["discount_depth"]
        levers["discount_depth"] = _largest(depth, cells, shape) if campaign_file else _mean(depth, cells, shape, weight)
    words: tuple[str, ...] = (NO_PROMO,)
    if rows.promo is not None and len(rows.promo.labels) > 1:
        levers["promo_type"] = _heaviest(rows.promo, cells, shape, rows.numbers.get("discount_depth") if campaign_file else weight)
        words = rows.promo.labels
    if "ad_spend" in rows.numbers:
        levers["ad_spend"] = _sum(rows.numbers["ad_spend"], cells, shape, weight is None)
    levers |= {k: (_largest(rows.numbers[k], cells, shape) if campaign_file else _mean(rows.numbers[k], cells, shape, weight)) for k in _VISIBILITY if k in rows.numbers}
    levers = {k: np.nan_to_num(levers[k]) for k in schema.LEVERS if k in levers}
    return levers or {"discount_depth": np.zeros(shape)}, words


def _largest(values: np.ndarray, cells: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    out = np.zeros(shape[0] * shape[1])
    np.maximum.at(out, cells, np.nan_to_num(values))
    return out.reshape(shape)


def _heaviest(promo: Coded, cells: np.ndarray, shape: tuple[int, int], weight: np.ndarray | None) -> np.ndarray:
    """Return each cell's type: of several rows, the type of the heaviest share."""
    size = shape[0] * shape[1]
    if weight is None:
        out = np.zeros(size)
        out[cells] = promo.codes
        return out.reshape(shape)
    best, code = np.zeros(size), np.zeros(size)
    for k in range(len(promo.labels)):
        mine = promo.codes == k
        mass = np.bincount(cells[mine], weights=np.nan_to_num(weight[mine]) + 1e-9, minlength=size)
        code[mass > best] = k
        best = np.maximum(best, mass)
    return code.reshape(shape)


def _visitors(rows: Rows, cells: np.ndarray, grid: Grid, summed: np.ndarray, issues: list[Issue]) -> np.ndarray:
    """Count a cell's visitors once where every row of the cell repeats the same number."""
    values = rows.numbers["visitors"]
    largest = np.full(len(summed.ravel()), -np.inf)
    np.fmax.at(largest, cells, values)
    counts = np.bincount(cells[np.isfinite(values)], minlength=len(largest))
    several = counts > 1
    if rows.end is not None or several.sum() < 20:
        return summed
    repeated = np.isclose(summed.ravel()[several], largest[several] * counts[several])
    header = rows.mapping.columns["visitors"]
    if repeated.mean() < 0.95:
        return summed
    issues.append(warning(Message(N_("`{column}` repeats one number over the rows of a period; it is counted once."), {"column": header}), Message(N_("If these are different visitors, make them differ or sum them in the file.")), column=header))
    return np.where(np.isfinite(largest), largest, np.nan).reshape(summed.shape)


