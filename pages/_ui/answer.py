"""The answer of a scenario on the screen: the increment first and largest, then what it is made of."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages._ui.cards import Card, cards
from pages._ui.format import MEASURES, band, plain, quantity, signed
from pages._ui.i18n import _, told
from pages._ui.league import MODEL_WORDS
from promo_core import EVIDENCE_WORDS, N_, Comparison, Outcome, Quantity

__all__ = ["details", "headline", "main_measure", "warnings"]

_ORDER = ("gmv", "orders", "units", "visitors", "conversion")
_HEADLINES = {"gmv": N_("GMV increment"), "orders": N_("Orders increment"), "units": N_("Units increment"), "visitors": N_("Visitors increment"),
              "conversion": N_("Conversion increment")}
_GRADES = {"A": N_("often done before"), "B": N_("done before"), "C": N_("rarely done"), "D": N_("never done: an extrapolation")}


def main_measure(outcome: Outcome) -> str:
    """Return the measure that heads the answer: GMV where the data has money, else the nearest it has."""
    return next(m for m in _ORDER if outcome.totals.increment.get(m) is not None)


def headline(outcome: Outcome) -> None:
    """Show the increment over everything and the whole horizon, the largest thing on the page."""
    reader, measure = told(), main_measure(outcome)
    gain = outcome.totals.increment[measure]
    base = outcome.totals.baseline[measure]
    share = gain.mean / base.mean if base and base.mean else None
    st.metric(_(_HEADLINES[measure]), plain(signed(reader, measure, gain.mean, outcome.currency)),
              help=_(N_("The scenario less doing nothing: all series, the campaign and everything after it, up to the forecast's end.")))
    st.markdown(_(N_("80 % sure it is between **{low}** and **{high}** · {share} of all GMV in these {periods}") if measure == "gmv"
                  else N_("80 % sure it is between **{low}** and **{high}** · {share} of the total in these {periods}"),
                  low=plain(signed(reader, measure, gain.p10, outcome.currency)), high=plain(signed(reader, measure, gain.p90, outcome.currency)),
                  share=plain(reader.percent(share)), periods=_periods(outcome)))
    facts = {"grade": outcome.support.grade, "words": _(_GRADES.get(outcome.support.grade, "")), "model": _(MODEL_WORDS[outcome.model])}
    if outcome.evidence:
        st.caption(_(N_("Past support: {grade} ({words}) · evidence: {evidence} · model {model}"), **facts, evidence=_(EVIDENCE_WORDS[outcome.evidence[0].label])))
    else:
        st.caption(_(N_("Past support: {grade} ({words}) · model {model}"), **facts))


def details(outcome: Outcome) -> None:
    """Show each measure with its band beside the same without the promotion, and where the increment comes from."""
    names = {"promoted": N_("Promoted, on campaign days"), "series": N_("Promoted, whole horizon"), "totals": N_("Everything, whole horizon")}
    scope = st.segmented_control(_(N_("Shown for")), list(names), format_func=lambda name: _(names[name]), default="promoted", required=True, key="scope", persist_state="session", wrap=True)
    comparison = getattr(outcome, scope)
    shown = [m for m in ("conversion", "orders", "units", "gmv", "visitors") if comparison.scenario.get(m) is not None][:4]
    cards([_measure(comparison, measure, outcome.currency) for measure in shown], least=170, framed=True)
    if comparison.scenario.get("conversion") is None:
        st.caption(_(N_("Conversion is not shown: the data has no visitors or no orders, and it is never invented.")))
    _parts(outcome)


def _measure(comparison: Comparison, measure: str, currency: str | None) -> Card:
    reader = told()
    value, base, gain = comparison.scenario[measure], comparison.baseline[measure], comparison.increment[measure]
    return Card(name=_(MEASURES[measure]), value=quantity(reader, measure, value.mean, currency), change=signed(reader, measure, gain.mean, currency), falls=gain.mean < 0 if gain.mean else None,
                lines=(_(N_("80 % band {band}"), band=band(reader, measure, value, currency)), _(N_("Without promotion {value}"), value=quantity(reader, measure, base.mean, currency))))


def _parts(outcome: Outcome) -> None:
    """Show where the increment arises and what it leaves: during, after, in other series, then the money."""
    measure, money = main_measure(outcome), outcome.economics
    parts = [(N_("During the campaign"), outcome.promoted.increment[measure], N_("The promoted series on the campaign's days.")),
             (N_("After it"), outcome.after.increment[measure] if outcome.after else None, N_("The promoted series once the campaign is over: demand pulled forward is missing here.")),
             (N_("Other series"), outcome.others.increment[measure] if outcome.others else None, N_("What the series without the campaign lose to it, or gain from it."))]
    shown = [_part(name, value, about, lambda v: signed(told(), measure, v, outcome.currency)) for name, value, about in parts]
    if money:
        unknown = N_("Unknown: it needs a unit cost, and units or a list price.")
        shown += [_part(N_("Margin increment"), money.margin_increment, N_("GMV less the cost of the goods, before ad spend.") if money.margin_increment else unknown,
                        lambda v: signed(told(), "gmv", v, outcome.currency)),
                  _part(N_("Return (ROI)"), money.roi, N_("Incremental margin ÷ (discount given away + ad spend).") if money.roi else N_("ROI unknown: it needs a unit cost, and a discount or spend"),
                        lambda v: told().number(v, 2))]
    cards(shown, least=125)


def _part(name: str, value: Quantity | None, about: str, write: Callable[[float], str]) -> Card:
    """Return one part with its band; a dash where it can't be told, so that nothing moves."""
    return Card(name=_(name), value="—" if value is None else write(value.mean), lines=("—" if value is None else f"{write(value.p10)} … {write(value.p90)}",), about=_(about))


def warnings(outcome: Outcome) -> None:
    """Show every warning that goes with the answer."""
    for message in outcome.warnings:
        st.warning(plain(_(message)), icon=":material/warning:")


def _periods(outcome: Outcome) -> str:
    return _(N_("{count} days") if outcome.frequency == "D" else N_("{count} weeks"), count=outcome.horizon)
