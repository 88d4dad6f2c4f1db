"""Checked rows to a panel: a grid of series and periods, unobserved cells NaN, never zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from promo_core.data.campaigns import campaigns_of_rows, campaigns_of_runs
from promo_core.data.frequency import WEEKDAYS, week_ends, weekday_of_weeks
from promo_core.data.grid import Grid, lay, spread_campaigns
from promo_core.data.groups import group_codes
from promo_core.data.issues import Choice, Issue, error, info, warning
from promo_core.data.panel import Panel, Plan
from promo_core.data.rows import Coded, Rows
from promo_core.errors import N_, Message

__all__ = ["build_panel", "frequency_of"]

MAX_CELLS = 5_000_000
MIN_PERIODS = 8
MAX_DAYS = 12_000
_THIN = 30
_RARE = 0.25
_COARSE_LAST = ("segment", "category", "channel", "region", "brand", "store", "product")


def build_panel(rows: Rows) -> tuple[Panel | None, tuple[Issue, ...]]:
    """Return the panel, or `None` with an error issue that says why there is none."""
    issues: list[Issue] = []
    rows = _kept(_whole_weeks(rows))
    if not len(rows):
        return None, (error(Message(N_("No usable row is left.")), Message(N_("Correct the rows named above."))),)
    frequency = frequency_of(rows)
    grid = _grid(rows, frequency, issues)
    if grid is None:
        return None, tuple(issues)
    daily, daily_grid = spread_campaigns(rows, grid) if rows.end is not None else (rows, grid)
    targets, levers, covariates, words = lay(daily, daily_grid, issues)
    first, n_observed = _observed(targets)
    if n_observed < MIN_PERIODS:
        return None, (*issues, _too_short(n_observed, frequency))
    plan = Plan(periods=grid.periods, levers=levers, promo_types=words, covariates=covariates, frequency=frequency).window(first, len(grid.periods))
    panel = Panel(series=grid.series, periods=plan.periods, n_observed=n_observed, targets={k: v[:, first:] for k, v in targets.items()}, plan=plan, frequency=frequency, currency=rows.currency,
                  campaign_level=rows.end is not None)
    campaigns = campaigns_of_runs(panel, rows, grid, first) if rows.end is None else campaigns_of_rows(rows, grid, first, n_observed)
    return replace(panel, campaigns=campaigns), (*issues, *_gap_issues(panel))


def _whole_weeks(rows: Rows) -> Rows:
    """Where days are asked to become weeks, leave out the first and the last week if they are cut short."""
    if rows.end is not None or rows.mapping.options.get("frequency") != "weekly" or not rows.keep.any() or not frequency_of(rows) == "W-SUN":
        return rows
    days = rows.start[rows.keep]
    if bool((_ends(days, "W-SUN") == days).all()):
        return rows
    week = _ends(rows.start, "W-SUN")
    return replace(rows, keep=rows.keep & (week - np.timedelta64(6, "D") >= days.min()) & (week <= days.max()))


def _kept(rows: Rows) -> Rows:
    if rows.keep.all():
        return rows
    k = rows.keep

    def part(coded: Coded | None) -> Coded | None:
        return None if coded is None else Coded(coded.codes[k], coded.labels)

    return replace(rows, start=rows.start[k], end=None if rows.end is None else rows.end[k], dims={n: part(d) for n, d in rows.dims.items()},
                   numbers={n: v[k] for n, v in rows.numbers.items()}, covariates={n: v[k] for n, v in rows.covariates.items()}, promo=part(rows.promo),
                   campaign=part(rows.campaign), keep=rows.keep[k])


def frequency_of(rows: Rows) -> str:
    """Return "D", or "W-WED" and its like for a file of weeks."""
    wish = rows.mapping.options.get("frequency")
    if rows.end is not None or wish == "daily":
        return "D"
    weekday = weekday_of_weeks(rows.start[rows.keep])
    if weekday is not None:
        return f"W-{WEEKDAYS[weekday]}"
    return "W-SUN" if wish == "weekly" else "D"


def _grid(rows: Rows, frequency: str, issues: list[Issue]) -> Grid | None:
    """Lay out series and periods, bounded in size."""
    last = rows.end.max() if rows.end is not None else rows.start.max()
    first = rows.start.min()
    step = 1 if frequency == "D" else 7
    length = int((last - first).astype(np.int64)) // step + 1 + (frequency != "D" and rows.mapping.options.get("frequency") == "weekly")
    if length > MAX_DAYS // step:
        issues.append(error(Message(N_("The dates reach from {first} to {last}: one of them is probably wrong."), {"first": str(first), "last": str(last)}), Message(N_("Correct the first or the last date."))))
        return None
    names = _choose_dimensions(rows, length, issues)
    codes, n_series = group_codes([(rows.dims[n].codes, len(rows.dims[n].labels)) for n in names], len(rows))
    if n_series * length > MAX_CELLS:
        issues.append(error(Message(N_("{series} series of {length} periods are more than Liftboard can hold ({limit} cells)."), {"series": n_series, "length": length, "limit": MAX_CELLS}),
                            Message(N_("Use fewer dimensions, or a shorter history."))))
        return None
    periods = pd.date_range(_period_end(first, frequency), periods=length, freq=frequency).as_unit("s")
    periods = periods[periods <= _period_end(last, frequency)]
    where = ((_ends(rows.start, frequency) - periods.to_numpy().astype("datetime64[D]")[0]).astype(np.int64) // step)
    return Grid(series=_series(rows, names, codes, n_series), periods=periods, row_series=codes, row_period=where)


def _ends(days: np.ndarray, frequency: str) -> np.ndarray:
    """Return the last day of each day's period."""
    return days if frequency == "D" else week_ends(days, WEEKDAYS.index(frequency.removeprefix("W-")))


def _period_end(day: np.datetime64, frequency: str) -> pd.Timestamp:
    return pd.Timestamp(_ends(np.array([day], dtype="datetime64[D]"), frequency)[0])


def _series(rows: Rows, names: list[str], codes: np.ndarray, n_series: int) -> pd.DataFrame:
    if not names:
        return pd.DataFrame({"segment": ["all"]})
    first = np.empty(n_series, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return pd.DataFrame({n: np.asarray(rows.dims[n].labels, dtype=object)[rows.dims[n].codes[first]] for n in names}).astype("str")


def _choose_dimensions(rows: Rows, length: int, issues: list[Issue]) -> list[str]:
    """Return the dimensions of the panel: all but those whose values come by so rarely that nothing can be learnt from them."""
    wish = rows.mapping.options.get("dimensions")
    names = sorted(rows.dims, key=lambda n: _COARSE_LAST.index(n) if n in _COARSE_LAST else 2)
    if wish is not None:
        return [n for n in names if n in wish]
    dropped = []
    for name in sorted(names, key=lambda n: -len(rows.dims[n].labels)):
        count = len(rows.dims[name].labels)
        kept = [n for n in names if n not in dropped]
        n_series = group_codes([(rows.dims[n].codes, len(rows.dims[n].labels)) for n in kept], len(rows))[1]
        if (count > 300 and len(rows) < _THIN * count and rows.end is None) or n_series * length > MAX_CELLS:
            dropped.append(name)
    if dropped:
        headers = rows.mapping.dimensions()
        issues.append(warning(Message(N_("`{column}` has {count} values in {rows} rows, too many for a series each; its rows are summed."),
                                      {"column": headers[dropped[0]], "count": len(rows.dims[dropped[0]].labels), "rows": len(rows)}),
                              Message(N_("Nothing to do, unless you need forecasts by it.")), column=headers[dropped[0]],
                              choices=(Choice(Message(N_("Keep a series for each")), rows.mapping.with_option(dimensions=tuple(names))),)))
    return [n for n in names if n not in dropped]


def _observed(targets: dict[str, np.ndarray]) -> tuple[int, int]:
    """Return the first observed period, and how many there are from it through the last."""
    seen = np.flatnonzero(np.any([np.isfinite(v).any(axis=0) for v in targets.values()], axis=0))
    return (int(seen[0]), int(seen[-1]) - int(seen[0]) + 1) if len(seen) else (0, 0)


def _too_short(count: int, frequency: str) -> Issue:
    if not count:
        return error(Message(N_("No row has an outcome: every sales cell is blank or unreadable.")), Message(N_("Fill in outcomes for the past; only future rows may be blank.")))
    unit = N_("days") if frequency == "D" else N_("weeks")
    return error(Message(N_("The file covers {count} {unit}. Expected at least {least}: nothing can be learnt from less."), {"count": count, "unit": Message(unit), "least": MIN_PERIODS}),
                 Message(N_("Export a longer history: half a year or more gives usable answers.")))


def _gap_issues(panel: Panel) -> list[Issue]:
    if panel.campaign_level:
        return []
    seen = np.any([np.isfinite(panel.observed(k)) for k in panel.targets], axis=0)
    share = 1 - seen.mean()
    if panel.frequency == "D" and seen.any(axis=0).mean() < _RARE:
        return [error(Message(N_("The dates are far apart: {count} days of {length} have a row. Expected days or weeks without long gaps."), {"count": int(seen.any(axis=0).sum()), "length": panel.n_observed}),
                      Message(N_("Export every day or every week; add rows with 0 where nothing was sold.")))]
    issues = []
    if share > 0.02:
        make = warning if share > 0.2 else info
        issues.append(make(Message(N_("{share} of all series and periods have no row; they count as unknown, not as zero."), {"share": f"{share:.0%}"}),
                           Message(N_("If no row means nothing was sold, add rows with 0."))))
    future = len(panel.periods) - panel.n_observed
    if future:
        issues.append(info(Message(N_("Periods after {origin} without an outcome: {count}. They are read as the known future."), {"count": future, "origin": str(panel.origin.date())}), Message(N_("Nothing to do."))))
    return issues
