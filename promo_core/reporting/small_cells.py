"""Figures of very few people are not told in exports: they could be somebody's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel
from promo_core.errors import N_, Message
from promo_core.planning.late import LateForecast
from promo_core.planning.outcome import Outcome
from promo_core.planning.stock import StockNeed

__all__ = ["LEAST_PEOPLE", "hidden_groups", "small_note", "without_small_cells", "without_small_series", "without_small_values"]

LEAST_PEOPLE = 10
"""Fewest orders (visitors where orders are not forecast) over the horizon for a group's figures to be told."""

_COUNTED = ("orders", "visitors")
_SIDES = ("scenario", "mean", "baseline")
_DAILY = ("visitors", "conversion", "orders", "gmv", "gmv_p10", "gmv_p90", "baseline_gmv")
_GROUPED = ("scenario", "mean", "baseline", "increment", "p10", "p90", "last_year")
_STOCK = ("mean", "need", "need_so_far", "on_hand", "short", "runs_out")


def without_small_cells(outcome: Outcome, least: int = LEAST_PEOPLE) -> Outcome:
    """Return the outcome whose groups and series of fewer than `least` people have unknown figures.

    Where a dimension hides one group alone, the next smallest is hidden too: a total less all others would tell the first. Totals stay. An outcome that counts
    neither orders nor visitors is returned as it is.
    """
    groups = {dimension: hidden_groups(frame, least) for dimension, frame in outcome.groups.items()}
    daily = _hidden_series(outcome.daily, least)
    if daily is outcome.daily and all(groups[name] is outcome.groups[name] for name in groups):
        return outcome
    return replace(outcome, groups=groups, daily=daily, warnings=(*outcome.warnings, small_note(least)))


def small_note(least: int) -> Message:
    """Return why some figures are unknown."""
    return Message(N_("Groups of fewer than {count} orders over the horizon are not told, so that nobody can be recognised."), {"count": least})


def hidden_groups(frame: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return a split by value and measure (of an outcome, or of `beside`) whose values of fewer than `least` people are unknown; as it is where there is none."""
    return _blank(frame, frame["value"].isin(_small_values(frame, least)), _GROUPED)


def without_small_values(need: StockNeed, totals: pd.DataFrame, least: int = LEAST_PEOPLE) -> StockNeed:
    """Return the stock needed, unknown for the values that `hidden_groups` hides of `totals`, which is `beside` by the same dimension."""
    hidden = _small_values(totals, least)
    return replace(need, weeks=_blank(need.weeks, need.weeks["value"].isin(hidden), _STOCK), values=_blank(need.values, need.values["value"].isin(hidden), _STOCK))


def without_small_series(late: LateForecast, panel: Panel, least: int = LEAST_PEOPLE) -> LateForecast:
    """Return the late forecast without the series of which fewer than `least` people were observed over its days; all of them where `panel` counts nobody."""
    counted = next((measure for measure in _COUNTED if measure in panel.targets), None)
    if counted is None:
        return late
    days = panel.periods[: panel.n_observed].isin(late.path["date"])
    enough = panel.series[np.nansum(panel.observed(counted)[:, days], axis=1) >= least]
    return replace(late, series=late.series.merge(enough, on=list(panel.dimensions)))


def _small_values(frame: pd.DataFrame, least: int) -> list[object]:
    counted = next((measure for measure in _COUNTED if (frame["measure"] == measure).any()), None)
    if counted is None:
        return []
    rows = frame[frame["measure"] == counted].set_index("value")
    return _small(rows[[side for side in _SIDES if side in rows]].min(axis=1), least)


def _hidden_series(daily: pd.DataFrame, least: int) -> pd.DataFrame:
    dimensions = [column for column in daily.columns if column not in (*_DAILY, "date")]
    counted = next((measure for measure in _COUNTED if measure in daily and daily[measure].notna().any()), None)
    if counted is None or not dimensions:
        return daily
    names = pd.Series(list(daily[dimensions].itertuples(index=False, name=None)), index=daily.index)
    return _blank(daily, names.isin(_small(daily.groupby(names)[counted].sum(), least)), _DAILY)


def _small(people: pd.Series, least: int) -> list[object]:
    """Return the groups to hide, out of how many people each has."""
    ordered = people.sort_values(kind="stable")
    hidden = list(ordered.index[ordered < least])
    return list(ordered.index[:2]) if len(hidden) == 1 else hidden


def _blank(frame: pd.DataFrame, rows: pd.Series, columns: tuple[str, ...]) -> pd.DataFrame:
    if not rows.any():
        return frame
    present = [column for column in columns if column in frame]
    return frame.assign(**{column: frame[column].where(~rows, np.nan) for column in present})
