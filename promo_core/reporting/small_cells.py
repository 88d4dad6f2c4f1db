"""Groups of very few people are not told in exports: their figures could be somebody's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from promo_core.errors import N_, Message
from promo_core.planning.outcome import Outcome

__all__ = ["LEAST_PEOPLE", "hidden_groups", "without_small_cells"]

LEAST_PEOPLE = 10
"""Fewest orders (visitors where orders are not forecast) over the horizon for a group's figures to be told."""

_COUNTED = ("orders", "visitors")
_DAILY = ("visitors", "conversion", "orders", "gmv", "gmv_p10", "gmv_p90", "baseline_gmv")
_GROUPED = ("scenario", "baseline", "increment", "p10", "p90")


def without_small_cells(outcome: Outcome, least: int = LEAST_PEOPLE) -> Outcome:
    """Return the outcome whose groups and series of fewer than `least` people have unknown figures.

    Where a dimension hides one group alone, the next smallest is hidden too: a total less all others would tell the first. Totals stay. An outcome that counts
    neither orders nor visitors is returned as it is.
    """
    groups = {dimension: hidden_groups(frame, least) for dimension, frame in outcome.groups.items()}
    daily = _hidden_series(outcome.daily, least)
    if daily is outcome.daily and all(groups[name] is outcome.groups[name] for name in groups):
        return outcome
    note = Message(N_("Groups of fewer than {count} orders over the horizon are not told, so that nobody can be recognised."), {"count": least})
    return replace(outcome, groups=groups, daily=daily, warnings=(*outcome.warnings, note))


def hidden_groups(frame: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return a split by value and measure (columns scenario, baseline and what else is told) whose values of fewer than `least` people are unknown."""
    counted = next((measure for measure in _COUNTED if (frame["measure"] == measure).any()), None)
    if counted is None:
        return frame
    rows = frame[frame["measure"] == counted]
    hidden = _small(pd.Series(rows[["scenario", "baseline"]].min(axis=1).to_numpy(), index=rows["value"].to_numpy()), least)
    return _blank(frame, frame["value"].isin(hidden), _GROUPED)


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
