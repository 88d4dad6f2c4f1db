"""What a report says, before any format: headline, tiles, sentences, tables and provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from promo_core.errors import N_, Message, ReportError, ScenarioError
from promo_core.models.trained import TrainedModel
from promo_core.planning.compare import compare, explain_difference
from promo_core.planning.outcome import LeverShare, Outcome, Quantity
from promo_core.reporting import sections
from promo_core.reporting.cells import Table, count_cell, day_cell, percent_cell, plain, text_cell
from promo_core.reporting.words import Words, main_measure, measures_of, words_for

__all__ = ["Content", "Difference", "Part", "Tile", "content", "provenance"]

GRADES = {"A": N_("A: often done before"), "B": N_("B: done several times before"), "C": N_("C: seldom done before"), "D": N_("D: never done before")}


@dataclass(frozen=True)
class Tile:
    """One figure to read at a glance: label, value, and a line below it (its band, or what it compares with)."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Part:
    """One scenario's share of the report."""

    outcome: Outcome
    name: str
    measure: str
    headline: Tile
    tiles: tuple[Tile, ...]
    sentences: tuple[str, ...]
    campaigns: Table
    results: Table
    money: Table | None
    attribution: Table
    groups: tuple[Table, ...]
    path: Table
    alike: Table
    grade: str
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """Why one scenario brings more or less than another: the exact share of everything that differs."""

    title: str
    shares: tuple[LeverShare, ...]
    table: Table


@dataclass(frozen=True)
class Content:
    """A whole report: `lead` answers first; `comparison` and `levers` are `None` for one scenario, and `differences` (of the best from each other) empty."""

    words: Words
    title: str
    subtitle: str
    lead: Tile
    lead_sentences: tuple[str, ...]
    parts: tuple[Part, ...]
    comparison: Table | None
    levers: Table | None
    differences: tuple[Difference, ...]
    provenance: Table

    @property
    def names(self) -> tuple[str, ...]:
        """Return the scenarios' names, equal ones numbered."""
        return tuple(part.name for part in self.parts)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Return the outcomes in the order of the parts."""
        return tuple(part.outcome for part in self.parts)


def content(model: TrainedModel, outcomes: Sequence[Outcome], lang: str, now: datetime) -> Content:
    """Write what a report says.

    Raises:
        ReportError: when there are none or more than six outcomes, or when they do not compare.
    """
    try:
        table = compare(list(outcomes))
    except ScenarioError as error:
        raise ReportError(error.message.text, **error.message.facts) from error
    words = words_for(lang, outcomes[0].currency)
    names = [plain(n, 80) for n in table.names]
    parts = tuple(_part(words, outcome, name) for outcome, name in zip(outcomes, names, strict=True))
    several = len(parts) > 1
    best = table.names.index(table.best)
    lead, sentences = _best(words, parts, best) if several else (parts[0].headline, parts[0].sentences)
    title = words.text(N_("{count} scenarios compared"), count=len(parts)) if several else names[0]
    return Content(words=words, title=title, subtitle=_subtitle(words, outcomes[0], model), lead=lead, lead_sentences=sentences, parts=parts,
                   comparison=sections.compare_table(words, outcomes, names) if several else None, levers=sections.lever_table(words, table) if several else None,
                   differences=_differences(words, model, parts, best) if several else (),
                   provenance=provenance(words, model, use=outcomes[0].model, measure=main_measure(outcomes[0]), horizon=outcomes[0].horizon, now=now))


def _part(words: Words, outcome: Outcome, name: str) -> Part:
    measure = main_measure(outcome)
    return Part(outcome=outcome, name=name, measure=measure, headline=_headline(words, outcome, measure), tiles=_tiles(words, outcome, measure),
                sentences=_told(words, outcome.sentences), campaigns=sections.campaign_table(words, outcome), results=sections.result_table(words, outcome),
                money=sections.money_table(words, outcome), attribution=sections.attribution_table(words, measure, outcome.attribution),
                groups=sections.group_tables(words, outcome, measure), path=sections.path_table(words, outcome, measure), alike=sections.alike_table(words, outcome),
                grade=words.text(GRADES[outcome.support.grade]) if outcome.support.grade in GRADES else outcome.support.grade,
                reasons=_told(words, (*outcome.support.reasons, *(e.why for e in outcome.evidence))), warnings=_told(words, outcome.warnings))


def _told(words: Words, messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(plain(words.reader.say(m), 600) for m in messages)


def _subtitle(words: Words, outcome: Outcome, model: TrainedModel) -> str:
    text = N_("{data}: {count} days after {origin}") if outcome.frequency == "D" else N_("{data}: {count} weeks after {origin}")
    return words.text(text, data=plain(model.panel.name or words.text(N_("the data")), 80), count=outcome.horizon, origin=words.reader.day(outcome.origin))


def _band(words: Words, measure: str, quantity: Quantity, *, change: bool = False) -> str:
    return words.text(N_("80% band {band}"), band=words.band(measure, quantity.p10, quantity.p90, change=change))


def _headline(words: Words, outcome: Outcome, measure: str) -> Tile:
    """Return what the campaigns add over all series; without campaigns, the forecast itself."""
    daily, planned = outcome.frequency == "D", bool(outcome.scenario.campaigns)
    text = {(True, True): N_("Change in {measure} over {count} days, all series"), (False, True): N_("Change in {measure} over {count} weeks, all series"),
            (True, False): N_("{measure} over {count} days without promotion, all series"), (False, False): N_("{measure} over {count} weeks without promotion, all series")}[daily, planned]
    label = words.text(text, measure=words.measure(measure), count=outcome.horizon)
    quantity = (outcome.totals.increment if planned else outcome.totals.scenario).get(measure)
    if quantity is None:
        return Tile(label, "—")
    value = words.change(measure, quantity.mean) if planned else words.short(measure, quantity.mean)
    return Tile(label, value, _band(words, measure, quantity, change=planned))


def _tiles(words: Words, outcome: Outcome, measure: str) -> tuple[Tile, ...]:
    """Return what to read after the headline: the promoted series on the campaign days, returns, and how well the past covers it."""
    tiles = [tile for m in dict.fromkeys((measure, "conversion", "orders", "visitors")) if m in measures_of(outcome) for tile in _side_tile(words, outcome, m)]
    told = outcome.economics
    if told is not None and told.roi is not None:
        band = words.text(N_("{low} to {high}"), low=words.reader.number(told.roi.p10, 2), high=words.reader.number(told.roi.p90, 2))
        tiles.append(Tile(words.text(N_("ROI")), words.reader.number(told.roi.mean, 2), words.text(N_("80% band {band}"), band=band)))
    if told is not None and told.discount_cost is not None and told.discount_cost.mean:
        tiles.append(Tile(words.text(N_("Discount given away")), words.short("gmv", told.discount_cost.mean), _band(words, "gmv", told.discount_cost)))
    if outcome.scenario.campaigns:
        tiles.append(Tile(words.text(N_("Support in the past")), outcome.support.grade, words.text(GRADES.get(outcome.support.grade, "—"))))
    return tuple(tiles)


def _side_tile(words: Words, outcome: Outcome, measure: str) -> list[Tile]:
    scope = outcome.promoted if outcome.scenario.campaigns else outcome.totals
    new, old = scope.scenario.get(measure), scope.baseline.get(measure)
    if new is None or old is None:
        return []
    if not outcome.scenario.campaigns:
        return [Tile(words.measure(measure), words.short(measure, new.mean), _band(words, measure, new))]
    label = words.text(N_("{measure} on the campaign days"), measure=words.measure(measure))
    note = words.text(N_("{old} without it · {band}"), old=words.short(measure, old.mean), band=_band(words, measure, new))
    return [Tile(label, words.short(measure, new.mean), note)]


def _best(words: Words, parts: Sequence[Part], best: int) -> tuple[Tile, tuple[str, ...]]:
    """Return the answer of a comparison, and how sure the order is."""
    part, measure = parts[best], parts[0].measure
    gain = part.outcome.totals.increment.get(measure)
    label = words.text(N_("Best of {count}: {name}. {headline}"), count=len(parts), name=part.name, headline=part.headline.label)
    lead = Tile(label, "—" if gain is None else words.change(measure, gain.mean), "" if gain is None else _band(words, measure, gain, change=True))
    rivals = [(p.name, q) for p in parts if p is not part and (q := p.outcome.totals.increment.get(measure)) is not None]
    near = [name for name, q in rivals if gain is not None and q.p90 > gain.p10]
    sure = words.text(N_("Its 80% band overlaps with that of {names}: the order between them could turn."), names=words.reader.listed(near)) if near else \
        words.text(N_("Its 80% band lies above every other scenario's."))
    return lead, (sure, *part.sentences)


def _differences(words: Words, model: TrainedModel, parts: Sequence[Part], best: int) -> tuple[Difference, ...]:
    """Share out how much more the best scenario brings than each other to what differs between the two; nothing is told of equal ones."""
    first, out = parts[best], []
    for other in (part for part in parts if part is not first):
        shares = explain_difference(model, other.outcome.scenario, first.outcome.scenario, use=first.outcome.model)
        if not shares:
            continue
        table = sections.attribution_table(words, first.measure, shares)
        out.append(Difference(words.text(N_("Why {best} brings more than {other}"), best=first.name, other=other.name), shares,
                              replace(table, title=words.text(N_("{best} beside {other}: where the difference comes from"), best=first.name, other=other.name))))
    return tuple(out)


def provenance(words: Words, model: TrainedModel, *, use: str, measure: str, horizon: int, now: datetime) -> Table:
    """Lay out where figures come from: data, model, seed, version and date."""
    panel, meta = model.panel, model.meta
    scored = model.scores[(model.scores["model"] == use) & (model.scores["target"] == measure) & (model.scores["step"] == "all")] if len(model.scores) else model.scores
    lines = [(N_("Data file"), text_cell(panel.name or None)), (N_("Data fingerprint (SHA-256)"), text_cell(panel.fingerprint or None)),
             (N_("Series"), count_cell(words, panel.n_series)), (N_("Periods of history"), count_cell(words, panel.n_observed)), (N_("Last observed period"), day_cell(words, panel.origin)),
             (N_("Forecast horizon (periods)"), count_cell(words, horizon)), (N_("Currency"), text_cell(words.currency)), (N_("Model that answers"), text_cell(words.model(use))),
             (N_("Why this model"), text_cell(words.reader.say(model.serves_why) if use == model.serves else words.text(N_("It was chosen for this scenario.")), 300)),
             (N_("Backtest error (WAPE)"), percent_cell(words, scored["wape"].mean() if len(scored) else None)),
             (N_("Truth inside the 80% band in the backtest"), percent_cell(words, scored["coverage_80"].mean() if len(scored) else None)),
             (N_("Model key"), text_cell(model.key or None)), (N_("Random seed"), text_cell(model.settings.seed)), (N_("Model trained"), text_cell(str(meta.get("created", "—")).replace("T", " "))),
             (N_("Liftboard version"), text_cell(meta.get("version"))), (N_("Report made"), text_cell(f"{now:%Y-%m-%d %H:%M} {now.tzname() or ''}"))]
    return Table(words.text(N_("Where these figures come from")), (words.text(N_("Item")), words.text(N_("Value"))), tuple((text_cell(words.text(label)), cell) for label, cell in lines))
