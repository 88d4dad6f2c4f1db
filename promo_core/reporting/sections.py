"""The tables of a report, made from one outcome or from several side by side."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from promo_core.errors import N_
from promo_core.planning.compare import ScenarioTable
from promo_core.planning.outcome import LeverShare, Outcome, Quantity
from promo_core.reporting.cells import (
    Cell,
    Table,
    change_cell,
    day_cell,
    measure_cell,
    money_cell,
    multiple_cell,
    percent_cell,
    plain,
    quantity_cells,
    text_cell,
)
from promo_core.reporting.words import MEASURE_LABELS, SCOPE_LABELS, Words, main_measure, measures_of

__all__ = ["alike_table", "attribution_table", "campaign_table", "compare_table", "daily_table", "group_tables", "lever_table", "money_table",
           "path_table", "result_table", "segment_table"]

LOW, HIGH = N_("80% band, low"), N_("80% band, high")


def result_table(words: Words, outcome: Outcome, *, full: bool = False) -> Table:
    """Lay scenario, baseline and increment side by side, per scope and measure; `full` adds the bands of both sides."""
    sides = [("baseline", full), ("scenario", full), ("increment", True)]
    heads = [words.text(N_("Where")), words.text(N_("Measure"))]
    for side, banded in sides:
        heads += [words.side(side), *([words.pair(words.side(side), words.text(edge)) for edge in (LOW, HIGH)] if banded else [])]
    rows = []
    for scope in SCOPE_LABELS:
        comparison = getattr(outcome, scope)
        for measure in measures_of(outcome) if comparison is not None else ():
            cells = [c for side, banded in sides for c in quantity_cells(words, measure, getattr(comparison, side)[measure], ("mean", "p10", "p90") if banded else ("mean",),
                                                                        change=side == "increment")]
            rows.append((text_cell(words.scope(scope)), text_cell(words.measure(measure)), *cells))
    note = words.text(N_("GMV = visitors × conversion × value per order. Differences of conversion are percentage points."))
    return Table(words.text(N_("Results")), tuple(heads), tuple(rows), note)


def money_table(words: Words, outcome: Outcome) -> Table | None:
    """Lay out what the scenario costs and earns; `None` when the data knows no money."""
    told = outcome.economics
    if told is None:
        return None
    spend = Quantity(mean=told.ad_spend, p10=told.ad_spend, p50=told.ad_spend, p90=told.ad_spend)
    lines = ((N_("Discount given away"), told.discount_cost, money_cell), (N_("Ad spend"), spend, money_cell), (N_("Change in margin"), told.margin_increment, _gain),
             (N_("ROI (added margin ÷ added cost)"), told.roi, multiple_cell))
    rows = [(text_cell(words.text(label)), *(make(words, None if q is None else getattr(q, f)) for f in ("mean", "p10", "p90"))) for label, q, make in lines]
    note = words.text(N_("A dash is unknown: margin needs unit costs in the data, ROI needs margin and something spent."))
    return Table(words.text(N_("Costs and returns")), (words.text(N_("Item")), words.text(N_("Expected")), words.text(LOW), words.text(HIGH)), tuple(rows), note)


def _gain(words: Words, value: float | None) -> Cell:
    return money_cell(words, value, change=True)


def attribution_table(words: Words, measure: str, shares: Sequence[LeverShare]) -> Table:
    """Lay out what each lever adds; the last row is their sum."""
    total = sum(share.gmv for share in shares)
    rows = [(text_cell(words.lever(s.lever)), change_cell(words, measure, s.gmv), percent_cell(words, s.gmv / total if total else None)) for s in shares]
    rows += [(text_cell(words.side("increment")), change_cell(words, measure, total), percent_cell(words, 1.0 if total else None))] if shares else []
    heads = (words.text(N_("Lever")), words.text(N_("Change in {measure}"), measure=words.axis(measure)), words.text(N_("Share of the increment")))
    return Table(words.text(N_("Where the change comes from")), heads, tuple(rows))


def group_tables(words: Words, outcome: Outcome, measure: str, top: int = 15) -> tuple[Table, ...]:
    """Lay out one table per dimension, the largest changes of `measure` first."""
    heads = (words.side("baseline"), words.side("scenario"), words.side("increment"), words.text(LOW), words.text(HIGH))
    tables = []
    for dimension, frame in outcome.groups.items():
        rows = frame[frame["measure"] == measure]
        rows = rows.reindex(rows["increment"].abs().sort_values(ascending=False, kind="stable").index)
        if len(rows) > 1:
            note = words.text(N_("The {count} largest changes of {all}."), count=top, all=len(rows)) if len(rows) > top else ""
            tables.append(Table(words.text(N_("By {dimension}"), dimension=words.lever(dimension)), (words.lever(dimension), *heads),
                                tuple(_group_row(words, measure, r) for r in rows.head(top).itertuples()), note))
    return tuple(tables)


def segment_table(words: Words, outcomes: Sequence[Outcome], names: Sequence[str]) -> Table:
    """Lay out every dimension, value and measure of every scenario, in full."""
    heads = tuple(words.text(t) for t in (N_("Scenario"), N_("Dimension"), N_("Value"), N_("Measure")))
    heads += (words.side("baseline"), words.side("scenario"), words.side("increment"), words.text(LOW), words.text(HIGH))
    rows = [(text_cell(name), text_cell(words.lever(dimension)), text_cell(r.value), text_cell(words.measure(r.measure)), *_group_row(words, r.measure, r)[1:])
            for name, outcome in zip(names, outcomes, strict=True) for dimension, frame in outcome.groups.items() for r in frame.itertuples()]
    return Table(words.text(N_("Segments")), heads, tuple(rows))


def _group_row(words: Words, measure: str, row: object) -> tuple[Cell, ...]:
    gains = (change_cell(words, measure, getattr(row, field)) for field in ("increment", "p10", "p90"))
    return (text_cell(row.value), measure_cell(words, measure, row.baseline), measure_cell(words, measure, row.scenario), *gains)


def path_table(words: Words, outcome: Outcome, measure: str) -> Table:
    """Lay out the promoted series together, one row per period."""
    sides = {side: outcome.path[(outcome.path["measure"] == measure) & (outcome.path["side"] == side)].set_index("period") for side in ("baseline", "scenario", "increment")}
    band = (words.text(LOW), words.text(HIGH))
    heads = (words.text(N_("Date")), words.side("baseline"), words.side("scenario"), *band, words.side("increment"), *(f"{words.side('increment')}: {b}" for b in band))
    rows = [(day_cell(words, day), measure_cell(words, measure, sides["baseline"].at[day, "mean"]),
             *(measure_cell(words, measure, sides["scenario"].at[day, f]) for f in ("mean", "p10", "p90")),
             *(change_cell(words, measure, sides["increment"].at[day, f]) for f in ("mean", "p10", "p90"))) for day in sides["scenario"].index]
    title = words.text(N_("{measure} of the promoted series"), measure=words.axis(measure, outcome.frequency))
    return Table(title, heads, tuple(rows))


def daily_table(words: Words, outcomes: Sequence[Outcome], names: Sequence[str], most: int) -> Table:
    """Lay out every promoted series and period of every scenario, at most `most` rows."""
    frame = pd.concat([o.daily.assign(scenario=n) for n, o in zip(names, outcomes, strict=True)], ignore_index=True)
    columns = ["scenario", *(c for c in frame.columns if c != "scenario")]
    kept = frame[columns].head(most)
    rows = [tuple(_daily_cell(words, name, value) for name, value in zip(columns, row, strict=True)) for row in kept.itertuples(index=False, name=None)]
    note = words.text(N_("The first {count} rows of {all}: the CSV holds them all."), count=most, all=len(frame)) if len(frame) > most else ""
    return Table(words.text(N_("Daily")), tuple(_daily_head(words, c) for c in columns), tuple(rows), note)


def _daily_head(words: Words, column: str) -> str:
    told = {"scenario": N_("Scenario"), "date": N_("Date"), "gmv_p10": N_("GMV: 80% band, low"), "gmv_p90": N_("GMV: 80% band, high"), "baseline_gmv": N_("GMV without the promotion")}
    return words.text(told[column]) if column in told else words.measure(column) if column in MEASURE_LABELS else plain(words.lever(column), 60)


def _daily_cell(words: Words, column: str, value: object) -> Cell:
    if column == "date":
        return day_cell(words, value)
    measure = {"gmv_p10": "gmv", "gmv_p90": "gmv", "baseline_gmv": "gmv"}.get(column, column)
    return measure_cell(words, measure, value) if measure in MEASURE_LABELS else text_cell(value)


def alike_table(words: Words, outcome: Outcome) -> Table:
    """Lay out the past campaigns most like the scenario, and what really happened."""
    per = N_("GMV per day") if outcome.frequency == "D" else N_("GMV per week")
    heads = tuple(words.text(t) for t in (N_("Campaign"), N_("First day"), N_("Last day"), N_("Type"), N_("Discount"), per, N_("Over its usual level")))
    rows = [(text_cell(a["name"] or None, 60), day_cell(words, a["start"]), day_cell(words, a["end"]), text_cell(words.promo_type(a["promo_type"]), 60),
             percent_cell(words, a["discount_depth"], 0), money_cell(words, a["gmv_per_period"]), percent_cell(words, a["uplift"], change=True)) for a in outcome.support.alike]
    return Table(words.text(N_("Past campaigns most like this one")), heads, tuple(rows))


def campaign_table(words: Words, outcome: Outcome) -> Table:
    """Lay out the scenario's campaigns as they were stated."""
    heads = tuple(words.text(t) for t in (N_("Campaign"), N_("Runs on"), N_("First day"), N_("Last day"), N_("Levers")))
    rows = [(text_cell(c.name or str(number), 60), text_cell(words.selection(c.series), 160), day_cell(words, c.start), day_cell(words, c.end), text_cell(words.campaign(c)))
            for number, c in enumerate(outcome.scenario.campaigns, 1)]
    return Table(words.text(N_("Campaigns")), heads, tuple(rows))


def compare_table(words: Words, outcomes: Sequence[Outcome], names: Sequence[str]) -> Table:
    """Lay scenarios side by side: the increment over all series, the level reached, costs and support."""
    measure = main_measure(outcomes[0])
    heads = (words.text(N_("Scenario")), words.text(N_("Change in {measure}"), measure=words.axis(measure)), words.text(LOW), words.text(HIGH),
             words.text(N_("{measure}, all series"), measure=words.axis(measure)), words.text(N_("Discount given away")), words.text(N_("Ad spend")),
             words.text(N_("Change in margin")), words.text(N_("ROI")), words.text(N_("Support")))
    rows = [(text_cell(name, 60), *quantity_cells(words, measure, o.totals.increment.get(measure), change=True), *quantity_cells(words, measure, o.totals.scenario.get(measure), ("mean",)),
             *_money_cells(words, o), text_cell(o.support.grade)) for name, o in zip(names, outcomes, strict=True)]
    return Table(words.text(N_("Scenarios side by side")), heads, tuple(rows))


def _money_cells(words: Words, outcome: Outcome) -> tuple[Cell, ...]:
    told = outcome.economics
    if told is None:
        return (money_cell(words, None), money_cell(words, None), money_cell(words, None), multiple_cell(words, None))
    mean = [None if q is None else q.mean for q in (told.discount_cost, told.margin_increment, told.roi)]
    return (money_cell(words, mean[0]), money_cell(words, told.ad_spend), money_cell(words, mean[1], change=True), multiple_cell(words, mean[2]))


def lever_table(words: Words, table: ScenarioTable) -> Table:
    """Lay out the levers that differ between scenarios."""
    labels = {"series": N_("Runs on"), "start": N_("First day"), "end": N_("Last day"), "promo_type": N_("Type")}
    rows = [(text_cell(str(r["campaign"])), text_cell(words.text(labels[r["field"]]) if r["field"] in labels else words.lever(r["field"])),
             *(_lever_cell(words, r["field"], r[name]) for name in table.names)) for r in table.levers.to_dict("records") if r["differs"]]
    heads = (words.text(N_("Campaign")), words.text(N_("Lever")), *(plain(n, 40) for n in table.names))
    return Table(words.text(N_("What differs")), heads, tuple(rows))


def _lever_cell(words: Words, field: str, value: object) -> Cell:
    if value is None or value != value or value == "":
        return text_cell(words.text(N_("all series")) if value == "" else None)
    if field in ("start", "end"):
        return day_cell(words, value)
    if field == "ad_spend":
        return money_cell(words, float(value))
    return text_cell(words.promo_type(value) if field == "promo_type" else value, 160) if field in ("promo_type", "series") else percent_cell(words, float(value), 0)
