"""The manager's view of what comes: the plan beside doing nothing and beside last year, and what deserves a look first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan, steps_per_year
from promo_core.errors import N_, Message, PromoError
from promo_core.locale import Count, Day, Money, Percent
from promo_core.models.trained import TrainedModel
from promo_core.planning.cautions import cautions
from promo_core.planning.late import LateForecast
from promo_core.planning.outlook import history, outlook
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.stock import StockNeed
from promo_core.planning.support import support

__all__ = ["Finding", "beside", "findings", "last_year", "laid", "split_by"]

_MOST_SERIES, _FAR_BELOW = 5, -0.1


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something worth a look: what kind ("stock", "late", "support", "outside", "overlap", "below") and what it says; the first is the most urgent."""

    kind: str
    message: Message


def laid(model: TrainedModel, planned: Sequence[Scenario]) -> tuple[Plan, list[tuple[Scenario, Campaign, Message]]]:
    """Lay every campaign of the planned scenarios on what the file knows of the future.

    Returns:
        The plan, and the campaigns that do not fit it with the reason: a plan that holds an old scenario must not fail a manager's page.
    """
    plan, fits, refused = model.panel.future_plan(model.horizon), [], []
    for scenario, campaign in ((s, c) for s in planned for c in s.campaigns):
        try:
            Scenario(name=scenario.name, campaigns=(campaign,)).lay_on(model.panel, plan)
            fits.append(campaign)
        except PromoError as error:
            refused.append((scenario, campaign, error.message))
    return Scenario(name="plan", campaigns=tuple(fits)).lay_on(model.panel, plan), refused


def split_by(panel: Panel) -> str:
    """Return the dimension by which totals and stock are told first: the category where the data has one, else its first dimension."""
    return "category" if "category" in panel.dimensions else panel.dimensions[0]


def beside(model: TrainedModel, plan: Plan, *, by: str | None = None, rows: np.ndarray | None = None, use: str | None = None) -> pd.DataFrame:
    """Return the plan's totals over the horizon beside doing nothing and beside last year.

    Args:
        by: a dimension, or `None` for all series together (value "all").
        rows: mask of the series that count; `None` is all.

    Returns:
        One row per value and measure: value, measure, mean, p10, p90 (of the plan), baseline (mean without any promotion), last_year (what was observed on the
        same days a year before; NaN where the past is too short).
    """
    told = outlook(model, plan, by=by, rows=rows, use=use)[1]
    nothing = outlook(model, plan.without_promotions(), by=by, rows=rows, use=use)[1].set_index(["value", "measure"])["mean"]
    before = last_year(model, by=by, rows=rows).groupby(["value", "measure"])["last_year"].agg(lambda days: days.sum(skipna=False))
    before = _with_ratios(before)
    keys = pd.MultiIndex.from_frame(told[["value", "measure"]])
    return told.drop(columns="p50").assign(baseline=nothing.reindex(keys).to_numpy(), last_year=before.reindex(keys).to_numpy())


def last_year(model: TrainedModel, *, by: str | None = None, rows: np.ndarray | None = None) -> pd.DataFrame:
    """Return value, date (of the horizon), measure, last_year: what the like day a year before brought (364 days, weekdays kept, or 52 weeks)."""
    panel, back = model.panel, steps_per_year(model.panel.frequency)
    days = pd.DataFrame({"date": panel.future_periods(model.horizon), "then": panel.future_periods(model.horizon) - back * pd.Timedelta(days=1 if panel.frequency == "D" else 7)})
    past = history(model, by=by, rows=rows).rename(columns={"date": "then", "observed": "last_year"})
    groups = past[["value", "measure"]].drop_duplicates()
    return groups.merge(days, how="cross").merge(past, how="left", on=["value", "measure", "then"]).drop(columns="then")


def _with_ratios(sums: pd.Series) -> pd.Series:
    """Return sums by value and measure with conversion and value per order as ratios of them."""
    wide = sums.unstack()
    for ratio, above, below in (("conversion", "orders", "visitors"), ("value_per_order", "gmv", "orders")):
        if ratio in wide:
            wide[ratio] = wide[above] / wide[below].where(wide[below] > 0)
    return wide.stack()


def findings(model: TrainedModel, planned: Sequence[Scenario], *, refused: Sequence[tuple[Scenario, Campaign, Message]] = (), totals: pd.DataFrame | None = None,
             late: LateForecast | None = None, stock: StockNeed | None = None) -> list[Finding]:
    """Return what deserves a look first, the most urgent kinds first.

    Args:
        planned: the scenarios on the plan.
        refused: campaigns that do not fit the plan (`laid`).
        totals: `beside` by some dimension, for values far below last year.
        late: the newest forecast that can be judged.
        stock: what is needed and what there is.
    """
    currency = model.panel.currency
    return [*_short_stock(stock), *_outside(refused), *_overlaps(model.panel, planned), *_unsupported(model, planned), *_left_band(late, currency), *_far_below(totals)]


def _short_stock(stock: StockNeed | None) -> list[Finding]:
    if stock is None:
        return []
    short = stock.values[stock.values["short"] > 0].sort_values("short", ascending=False)
    text = N_("{value}: stock of {on_hand} units runs out in the week to {day} at a service level of {service}; {short} are missing by the end.")
    return [Finding(kind="stock", message=Message(text, {"value": row.value, "on_hand": Count(row.on_hand), "day": Day(row.runs_out.date()), "service": Percent(stock.service, 0),
                                                          "short": Count(row.short)})) for row in short.itertuples()]


def _outside(refused: Sequence[tuple[Scenario, Campaign, Message]]) -> list[Finding]:
    text = N_("“{name}”, {first} to {last}, does not count in the plan: {reason}")
    return [Finding(kind="outside", message=Message(text, {"name": s.name, "first": Day(c.start), "last": Day(c.end), "reason": reason})) for s, c, reason in refused]


def _overlaps(panel: Panel, planned: Sequence[Scenario]) -> list[Finding]:
    """Tell campaigns of different scenarios that promote the same series on the same days."""
    text, found = N_("“{first}” and “{second}” promote the same series on the same days, {start} to {end}: the deeper discount holds, spends add up."), []
    for i, one in enumerate(planned):
        for other in planned[i + 1:]:
            days = [d for a in one.campaigns for b in other.campaigns for d in _shared(panel, a, b)]
            if days:
                found.append(Finding(kind="overlap", message=Message(text, {"first": one.name, "second": other.name, "start": Day(min(days)), "end": Day(max(days))})))
    return found


def _shared(panel: Panel, one: Campaign, other: Campaign) -> tuple[date, ...]:
    """Return the first and last day that two campaigns share on some series; nothing where they share none."""
    first, last = max(one.start, other.start), min(one.end, other.end)
    try:
        together = (panel.match(one.series) & panel.match(other.series)).any()
    except PromoError:  # a value that this data does not have: told as a campaign that does not fit
        return ()
    return (first, last) if first <= last and together else ()


def _unsupported(model: TrainedModel, planned: Sequence[Scenario]) -> list[Finding]:
    """Tell scenarios that the past hardly covers, with the reasons."""
    found = []
    for scenario in planned:
        try:
            plan = scenario.to_plan(model.panel, model.horizon)
            graded, notes = support(scenario, model.panel), cautions(scenario, model.panel, plan, model.composition)
        except PromoError:  # told as a campaign that does not fit
            continue
        if graded.grade in ("C", "D"):
            text = N_("“{name}” has hardly been done before (grade {grade}): {reason}")
            found.append(Finding(kind="support", message=Message(text, {"name": scenario.name, "grade": graded.grade, "reason": graded.reasons[0]})))
        too_deep = [note for note in notes if "depth" in note.facts]
        found += [Finding(kind="support", message=Message(N_("“{name}”: {reason}"), {"name": scenario.name, "reason": note})) for note in too_deep]
    return found


def _left_band(late: LateForecast | None, currency: str | None) -> list[Finding]:
    """Tell the series whose truth lies farthest outside the band of the forecast made before."""
    if late is None:
        return []
    out = late.series[late.series["outside"]]
    gap = np.maximum(out["actual"] - out["p90"], out["p10"] - out["actual"])
    write = (lambda v: Money(v, currency)) if late.measure == "gmv" else Count
    names = out.columns[: out.columns.get_loc("mean")]
    above, below = N_("{series}: {actual} since {day}, above its forecast of {low} to {high}"), N_("{series}: {actual} since {day}, below its forecast of {low} to {high}")
    return [Finding(kind="late", message=Message(above if row["actual"] > row["p90"] else below,
                                                 {"series": " · ".join(str(row[n]) for n in names), "actual": write(row["actual"]), "day": Day(late.origin + timedelta(days=1)),
                                                  "low": write(row["p10"]), "high": write(row["p90"])})) for row in out.loc[gap.sort_values(ascending=False).index[:_MOST_SERIES]].to_dict("records")]


def _far_below(totals: pd.DataFrame | None) -> list[Finding]:
    """Tell values whose plan lies far below what the same days brought last year, band and all."""
    if totals is None:
        return []
    measure = next((m for m in ("gmv", "orders", "units", "visitors") if m in set(totals["measure"])), "gmv")
    rows = totals[(totals["measure"] == measure) & (totals["last_year"] > 0) & (totals["p90"] < totals["last_year"])]
    share = rows["mean"] / rows["last_year"] - 1.0
    far = rows.assign(share=share)[share < _FAR_BELOW].sort_values("share")
    text = N_("{value}: the plan lies {share} below the same days of last year, beyond its 80 % band.")
    return [Finding(kind="below", message=Message(text, {"value": row.value, "share": Percent(-row.share, 0)})) for row in far.itertuples()]
