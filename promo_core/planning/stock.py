"""Stock: the units that a category needs week by week so that they suffice as often as is asked, from the same joint draws as every answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, Message, ScenarioError
from promo_core.models.trained import TrainedModel
from promo_core.planning.economics import units_per_order
from promo_core.planning.serving import change_of, serving

__all__ = ["StockNeed", "stock_needed"]


@dataclass(frozen=True, kw_only=True, eq=False)
class StockNeed:
    """What must be in stock.

    Attributes:
        service: how often the need suffices, 0.5–0.99.
        by: the dimension, or `None` for all series together.
        weeks: one row per value and week: value, start, end (days), mean (units expected), need (units that suffice in that week as often as asked),
            need_so_far (the same for all weeks up to it together).
        values: one row per value: value, mean and need over all weeks, on_hand (units in stock at the origin; NaN where the file has none),
            short (units missing; 0 is enough), runs_out (end of the first week the stock does not suffice for; NaT where it does or is unknown).
        note: what was counted where the file has no units; `None` where it has.
    """

    service: float
    by: str | None
    weeks: pd.DataFrame
    values: pd.DataFrame
    note: Message | None = None


def stock_needed(model: TrainedModel, plan: Plan | None = None, *, by: str | None = "category", service: float = 0.95, use: str | None = None) -> StockNeed:
    """Return the units needed by value of a dimension and calendar week (Monday to Sunday), at a service level.

    The need of a week is a quantile of its summed draws, so that series which sell well together are counted together.

    Args:
        plan: `None` takes what the file already knows of the future.
        by: a dimension, or `None` for all series together.
        service: the share of cases in which the need suffices.

    Raises:
        ScenarioError: when the service level is no share from 0.5 to 0.99, `by` is no dimension, or the data has neither units nor orders.
    """
    if not 0.5 <= service <= 0.99:
        raise ScenarioError(N_("A service level is a share from 0.5 to 0.99. Received: {received}. Write 95 % as 0.95."), received=service)
    panel, plan = model.panel, plan if plan is not None else model.panel.future_plan(model.horizon)
    if by is not None and by not in panel.series:
        raise ScenarioError(N_("`{received}` is no dimension of this data. Expected one of: {expected}."), received=by, expected=", ".join(panel.dimensions))
    values, codes = np.unique(panel.series[by].astype(str) if by else np.repeat("all", panel.n_series), return_inverse=True)
    starts, spans = _weeks(plan)
    draws, note = _week_draws(model, plan, codes, starts, use or model.serves)
    width, sizes, days = model.noises[use or model.serves].width, np.bincount(codes), np.diff([*starts, plan.shape[1]])
    week = np.array([[width(int(n), int(d)) for d in days] for n in sizes])
    so_far = np.array([[width(int(n), int(d)) for d in np.cumsum(days)] for n in sizes])
    together = draws.cumsum(axis=1)
    need, need_so_far = _quantile(draws, service, week), _quantile(together, service, so_far)
    frame = pd.DataFrame({"value": np.repeat(values, len(spans)), "start": [s for _ in values for s, _e in spans], "end": [e for _ in values for _s, e in spans],
                          "mean": draws.mean(axis=2).ravel(), "need": need.ravel(), "need_so_far": need_so_far.ravel()})
    return StockNeed(service=service, by=by, weeks=frame, values=_values(values, frame, _on_hand(panel, codes, len(values))), note=note)


def _weeks(plan: Plan) -> tuple[np.ndarray, list[tuple[pd.Timestamp, pd.Timestamp]]]:
    """Return where each week's periods begin, and each week's first and last day in the plan."""
    if plan.frequency != "D":
        return np.arange(len(plan.periods)), [(end - pd.Timedelta(days=6), end) for end in plan.periods]
    starts = np.flatnonzero(np.r_[True, plan.periods[1:].weekday == 0])
    return starts, [(plan.periods[a], plan.periods[b - 1]) for a, b in zip(starts, [*starts[1:], len(plan.periods)], strict=True)]


def _week_draws(model: TrainedModel, plan: Plan, codes: np.ndarray, starts: np.ndarray, use: str) -> tuple[np.ndarray, Message | None]:
    """Return (values, weeks, S) units, and what was counted instead where the file has none."""
    served, horizon = serving(model, use), plan.shape[1]
    measure, each, note = _counted(model.panel, served.counts)
    change, out = change_of(model, plan, served), np.zeros((codes.max() + 1, len(starts), served.n_draws))
    for part in served.chunks(np.arange(len(codes)), horizon):
        weekly = np.add.reduceat(served.scenario(part, change)[measure], starts, axis=1, dtype=np.float64)
        np.add.at(out, codes[part], weekly * each[part, None, None])
    return out, note


def _counted(panel: Panel, counts: tuple[str, ...]) -> tuple[str, np.ndarray, Message | None]:
    """Return the count that stands for units, the units in one of it by series, and what to say about it.

    Raises:
        ScenarioError: when there is no such count.
    """
    one = np.ones(panel.n_series)
    if "units" in counts:
        return "units", one, None
    if "orders" not in counts:
        raise ScenarioError(N_("Stock needs `units` or `orders` in the data. Map one of them on the Data page."))
    each = units_per_order(panel)
    if each is None:
        return "orders", one, Message(N_("The file has no units: every order is counted as one unit."))
    usual = np.nanmedian(each) if np.isfinite(each).any() else 1.0
    return "orders", np.where(np.isfinite(each), each, usual), None


def _quantile(draws: np.ndarray, service: float, width: np.ndarray) -> np.ndarray:
    """Return the draws' quantile, as far from their median as the bands of such sums must be wide."""
    middle, high = np.quantile(draws, [0.5, service], axis=2)
    return middle + width * (high - middle)


def _on_hand(panel: Panel, codes: np.ndarray, n_values: int) -> np.ndarray:
    """Return units in stock at the origin by value; NaN where no series of it has any reading in the last eight weeks."""
    stock = panel.plan.covariates.get("stock")
    if stock is None:
        return np.full(n_values, np.nan)
    lately = 56 if panel.frequency == "D" else 8
    recent = pd.DataFrame(stock[:, : panel.n_observed][:, -lately:].T).ffill().to_numpy()[-1]
    known = np.isfinite(recent)
    sums, seen = np.bincount(codes[known], recent[known], n_values), np.bincount(codes[known], minlength=n_values)
    return np.where(seen > 0, sums, np.nan)


def _values(values: np.ndarray, weeks: pd.DataFrame, on_hand: np.ndarray) -> pd.DataFrame:
    whole = weeks.groupby("value", sort=False).agg(mean=("mean", "sum"), need=("need_so_far", "last")).loc[values].reset_index()
    whole = whole.assign(on_hand=on_hand, short=np.where(np.isfinite(on_hand), np.maximum(0.0, whole["need"] - on_hand), np.nan))
    late = weeks.assign(on_hand=np.repeat(on_hand, len(weeks) // len(values))).query("need_so_far > on_hand")
    return whole.assign(runs_out=pd.to_datetime(late.groupby("value")["end"].min().reindex(values)).to_numpy())
