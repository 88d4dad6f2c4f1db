"""History and forecast of groups of series, period by period and over the whole horizon, with bands of the right width."""

from __future__ import annotations

import numpy as np
import pandas as pd

from promo_core.data.panel import Plan
from promo_core.errors import N_, DataError
from promo_core.models.base import MEASURES
from promo_core.models.trained import TrainedModel
from promo_core.planning.serving import COUNTS, change_of, serving
from promo_core.planning.tally import Draws, band, divide, means, ratios, told

__all__ = ["ALL", "history", "outlook"]

ALL = "all"
"""The value that stands for all series together."""


def outlook(model: TrainedModel, plan: Plan | None = None, *, by: str | None = None, rows: np.ndarray | None = None, use: str | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the forecast of a plan, summed over the series of every value of a dimension.

    Args:
        plan: `None` takes what the file already knows of the future.
        by: a dimension, or `None` for all series together (value "all").
        rows: mask of the series that count; `None` is all.
        use: the member that answers.

    Returns:
        Periods (value, date, measure, mean, p10, p50, p90) and totals over the horizon (the same without date).

    Raises:
        DataError: when `by` is no dimension of the data.
        ModelError: when the model has no member `use`.
    """
    use = use or model.serves
    plan = plan if plan is not None else model.panel.future_plan(model.horizon)
    values, codes = _groups(model, by, rows)
    paths = _sums(model, plan, codes, len(values), use)
    width, horizon = model.noises[use].width, plan.shape[1]
    sizes = np.bincount(codes[codes >= 0], minlength=len(values))
    by_period = np.array([width(int(n), 1) for n in sizes])[:, None]
    whole = np.array([width(int(n), horizon) for n in sizes])
    dates = {"value": np.repeat(values, horizon), "date": np.tile(plan.periods.to_numpy(), len(values))}
    return _frame(paths, by_period, dates), _frame({m: sums.sum(axis=1) for m, sums in paths.items()}, whole, {"value": values})


def history(model: TrainedModel, *, by: str | None = None, rows: np.ndarray | None = None) -> pd.DataFrame:
    """Return value, date, measure, observed, one row per group and past period; NaN where a period has no observation at all.

    Raises:
        DataError: when `by` is no dimension of the data.
    """
    panel = model.panel
    values, codes = _groups(model, by, rows)
    sums = {m: _observed_sums(panel.observed(m), codes, len(values)) for m in COUNTS if m in panel.targets and m in model.composition.measures}
    sums |= {name: divide(sums[a], sums[b]) for name, (a, b) in ratios(sums).items()}
    dates = {"value": np.repeat(values, panel.n_observed), "date": np.tile(panel.periods[: panel.n_observed].to_numpy(), len(values))}
    return pd.concat([pd.DataFrame({**dates, "measure": m, "observed": sums[m].ravel()}) for m in MEASURES if m in sums], ignore_index=True)


def _groups(model: TrainedModel, by: str | None, rows: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the values and the (n_series,) codes into them; -1 is a series that does not count."""
    series = model.panel.series
    if by is not None and by not in series:
        raise DataError(N_("`{received}` is no dimension of this data. Expected one of: {expected}."), received=by, expected=", ".join(series.columns))
    labels = pd.Series(ALL, index=series.index) if by is None else series[by].astype(str)
    counts = np.ones(len(series), dtype=bool) if rows is None else rows
    values = np.sort(labels[counts].unique()).astype(object)
    return values, np.where(counts, np.searchsorted(values, labels.to_numpy(dtype=object)).clip(0, max(0, len(values) - 1)), -1)


def _sums(model: TrainedModel, plan: Plan, codes: np.ndarray, n_groups: int, use: str) -> Draws:
    """Return count → (groups, H, S) sums of draws."""
    served, horizon = serving(model, use), plan.shape[1]
    change = change_of(model, plan, served)
    sums = {m: np.zeros((n_groups, horizon, served.n_draws)) for m in served.counts}
    in_order = np.argsort(codes, kind="stable")
    for part in served.chunks(in_order[codes[in_order] >= 0], horizon):
        samples = served.scenario(part, change)
        groups, starts = np.unique(codes[part], return_index=True)
        for m, total in sums.items():
            total[groups] += np.add.reduceat(samples[m], starts, axis=0, dtype=np.float64)
    return sums


def _frame(counts: Draws, width: np.ndarray, heads: dict[str, np.ndarray]) -> pd.DataFrame:
    draws, mean = told(counts), means(counts)
    parts = []
    for measure in (m for m in MEASURES if m in draws):
        p10, p50, p90 = band(draws[measure], width, 0.0, 1.0 if measure == "conversion" else np.inf)
        parts.append(pd.DataFrame({**heads, "measure": measure, "mean": mean[measure].ravel(), "p10": p10.ravel(), "p50": p50.ravel(), "p90": p90.ravel()}))
    return pd.concat(parts, ignore_index=True)


def _observed_sums(values: np.ndarray, codes: np.ndarray, n_groups: int) -> np.ndarray:
    """Return (groups, T) sums over observed cells, NaN where a group has none."""
    kept = codes >= 0
    sums, seen = np.zeros((n_groups, values.shape[1])), np.zeros((n_groups, values.shape[1]), dtype=int)
    np.add.at(sums, codes[kept], np.nan_to_num(values[kept]))
    np.add.at(seen, codes[kept], np.isfinite(values[kept]).astype(int))
    return np.where(seen > 0, sums, np.nan)
