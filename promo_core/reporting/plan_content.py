"""What a forecast report says, before any format: the plan beside last year and beside doing nothing, what deserves a look, late forecasts, stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from promo_core.errors import N_
from promo_core.models.trained import TrainedModel
from promo_core.planning.late import LateForecast, last_forecast
from promo_core.planning.outlook import outlook
from promo_core.planning.overview import beside, findings, laid, last_year, split_by
from promo_core.planning.scenario import Scenario
from promo_core.planning.stock import StockNeed, stock_needed
from promo_core.reporting.cells import Table, change_cell, count_cell, day_cell, measure_cell, percent_cell, plain, text_cell
from promo_core.reporting.content import Tile, provenance
from promo_core.reporting.sections import HIGH, LOW
from promo_core.reporting.small_cells import LEAST_PEOPLE, hidden_groups, small_note, without_small_series, without_small_values
from promo_core.reporting.words import Words, words_for

__all__ = ["PlanContent", "plan_content"]

_PRIORITY = ("gmv", "orders", "units", "visitors", "conversion")


@dataclass(frozen=True)
class PlanContent:
    """A whole forecast report: the answer first. `path` has the columns date, without promotion, plan, its band, last year; `stock` is `None` where units can't be told."""

    words: Words
    title: str
    subtitle: str
    lead: Tile
    tiles: tuple[Tile, ...]
    sentences: tuple[str, ...]
    path: Table
    parts: tuple[Table, ...]
    late: Table | None
    stock: Table | None
    campaigns: Table
    provenance: Table
    frames: dict[str, pd.DataFrame]
    planned: tuple[Scenario, ...]
    late_forecast: LateForecast | None
    stock_need: StockNeed | None
    measure: str
    frequency: str


def plan_content(model: TrainedModel, planned: Sequence[Scenario], lang: str, now: datetime, *, late: LateForecast | None = None, service: float = 0.95,
                 least_people: int = LEAST_PEOPLE) -> PlanContent:
    """Write what a forecast report says.

    Args:
        planned: the scenarios on the plan; campaigns that do not fit are told and left out.
        late: the newest forecast that can be judged; `None` takes the backtest's.
        service: the service level of the stock table.
        least_people: values and series of fewer orders over the horizon are not told.
    """
    words, panel = words_for(lang, model.panel.currency), model.panel
    plan, refused = laid(model, planned)
    measure = next(m for m in _PRIORITY if m in model.composition.measures)
    whole = beside(model, plan).set_index("measure").loc[measure]
    by, several = split_by(panel), [d for d in panel.dimensions if panel.series[d].nunique() > 1]
    totals = {d: beside(model, plan, by=d) for d in dict.fromkeys((by, *several))}
    parts = {d: hidden_groups(frame, least_people) for d, frame in totals.items()}
    notes = {d: "" if parts[d] is frame else words.reader.say(small_note(least_people)) for d, frame in totals.items()}
    countable = {"units", "orders"} & set(model.composition.measures)
    stock = without_small_values(stock_needed(model, plan, by=by, service=service), totals[by], least_people) if countable else None
    late = late if late is not None else last_forecast(model)
    found = findings(model, planned, refused=refused, totals=parts[by], late=None if late is None else without_small_series(late, panel, least_people), stock=stock)
    frames = {"path": outlook(model, plan)[0], "baseline": outlook(model, plan.without_promotions())[0], "before": last_year(model)}
    return PlanContent(
        words=words, title=words.text(N_("Forecast and plan")), subtitle=_subtitle(words, model), lead=_lead(words, model, measure, whole), tiles=_tiles(words, measure, whole, late),
        sentences=tuple(plain(words.reader.say(f.message), 400) for f in found), path=_path(words, measure, panel.frequency, frames),
        parts=tuple(_part(words, measure, d, parts[d], notes[d]) for d in several), late=None if late is None else _late(words, late),
        stock=None if stock is None else _stock_table(words, stock, notes[by]), campaigns=_campaigns(words, planned),
        provenance=provenance(words, model, use=model.serves, measure=measure, horizon=model.horizon, now=now), frames=frames, planned=tuple(planned), late_forecast=late, stock_need=stock,
        measure=measure, frequency=panel.frequency)


def _subtitle(words: Words, model: TrainedModel) -> str:
    text = N_("{data}: {count} days after {origin}") if model.panel.frequency == "D" else N_("{data}: {count} weeks after {origin}")
    return words.text(text, data=plain(model.panel.name or words.text(N_("the data")), 80), count=model.horizon, origin=words.reader.day(model.panel.origin.date()))


def _lead(words: Words, model: TrainedModel, measure: str, whole: pd.Series) -> Tile:
    text = N_("{measure} as planned over {count} days, all series") if model.panel.frequency == "D" else N_("{measure} as planned over {count} weeks, all series")
    band = words.text(N_("80% band {band}"), band=words.band(measure, whole["p10"], whole["p90"]))
    return Tile(words.text(text, measure=words.measure(measure), count=model.horizon), words.short(measure, whole["mean"]), band)


def _tiles(words: Words, measure: str, whole: pd.Series, late: LateForecast | None) -> tuple[Tile, ...]:
    known = np.isfinite(whole["last_year"]) and whole["last_year"] != 0
    share = whole["mean"] / whole["last_year"] - 1.0 if known else None
    tiles = [Tile(words.text(N_("Beside last year")), percent_cell(words, share, change=True).text, words.short(measure, whole["last_year"] if known else None)),
             Tile(words.text(N_("Beside doing nothing")), words.change(measure, whole["mean"] - whole["baseline"]), words.short(measure, whole["baseline"]))]
    if late is not None:
        tiles.append(Tile(words.text(N_("Error of the last forecast (WAPE)")), words.reader.percent(late.wape), words.text(N_("made as of {day}"), day=words.reader.day(late.origin))))
        tiles.append(Tile(words.text(N_("Series inside their 80 % band")), words.reader.percent(late.held, 0)))
    return tuple(tiles)


def _path(words: Words, measure: str, frequency: str, frames: dict[str, pd.DataFrame]) -> Table:
    plan, nothing, before = (frame[frame["measure"] == measure].set_index("date") for frame in (frames["path"], frames["baseline"], frames["before"]))
    heads = (words.text(N_("Date")), words.side("baseline"), words.text(N_("Plan")), words.text(LOW), words.text(HIGH), words.text(N_("Same days last year")))
    rows = [(day_cell(words, day), measure_cell(words, measure, nothing.at[day, "mean"]), *(measure_cell(words, measure, plan.at[day, f]) for f in ("mean", "p10", "p90")),
             measure_cell(words, measure, before["last_year"].get(day))) for day in plan.index]
    return Table(words.text(N_("{measure}, all series"), measure=words.axis(measure, frequency)), heads, tuple(rows))


def _part(words: Words, measure: str, dimension: str, frame: pd.DataFrame, note: str) -> Table:
    rows = frame[frame["measure"] == measure].sort_values("mean", ascending=False)
    heads = (words.lever(dimension), words.text(N_("Plan")), words.text(LOW), words.text(HIGH), words.side("baseline"), words.text(N_("Beside doing nothing")), words.text(N_("Last year")),
             words.text(N_("Beside last year")))
    cells = [(text_cell(r.value), *(measure_cell(words, measure, getattr(r, f)) for f in ("mean", "p10", "p90", "baseline")), change_cell(words, measure, r.mean - r.baseline),
              measure_cell(words, measure, r.last_year), percent_cell(words, r.mean / r.last_year - 1.0 if r.last_year and np.isfinite(r.last_year) else None, change=True))
             for r in rows.itertuples(index=False)]
    return Table(words.text(N_("By {dimension}"), dimension=words.lever(dimension)), heads, tuple(cells), note)


def _late(words: Words, late: LateForecast) -> Table:
    heads = (words.text(N_("Date")), words.text(N_("What happened")), words.text(N_("Forecast made before")), words.text(LOW), words.text(HIGH))
    rows = [(day_cell(words, r.date), *(measure_cell(words, late.measure, v) for v in (r.actual, r.mean, r.p10, r.p90))) for r in late.path.itertuples()]
    note = words.text(N_("Error (WAPE) {wape}, bias {bias}; {held} of the series lie inside their 80 % band."), wape=words.reader.percent(late.wape), bias=words.reader.percent(late.bias),
                      held=words.reader.percent(late.held, 0))
    return Table(words.text(N_("How the last forecast fared")), heads, tuple(rows), note)


def _stock_table(words: Words, need: StockNeed, note: str) -> Table:
    heads = (words.lever(need.by), words.text(N_("From")), words.text(N_("To")), words.text(N_("Units expected")),
             words.text(N_("Units that suffice in {service} of cases"), service=words.reader.percent(need.service, 0)), words.text(N_("The same, all weeks up to it")))
    rows = [(text_cell(r.value), day_cell(words, r.start), day_cell(words, r.end), *(count_cell(words, v) for v in (r.mean, r.need, r.need_so_far))) for r in need.weeks.itertuples()]
    return Table(words.text(N_("Stock to have")), heads, tuple(rows), " ".join(filter(None, ("" if need.note is None else words.reader.say(need.note), note))))


def _campaigns(words: Words, planned: Sequence[Scenario]) -> Table:
    heads = tuple(words.text(t) for t in (N_("Scenario"), N_("Runs on"), N_("First day"), N_("Last day"), N_("Levers")))
    rows = [(text_cell(s.name, 60), text_cell(words.selection(c.series), 160), day_cell(words, c.start), day_cell(words, c.end), text_cell(words.campaign(c))) for s in planned for c in s.campaigns]
    return Table(words.text(N_("Promotion calendar")), heads, tuple(rows))
