"""The answer of a scenario on the screen: the increment first and largest, then what it is made of."""

from __future__ import annotations

import streamlit as st

from pages._ui.format import MEASURES, band, plain, quantity, signed
from pages._ui.i18n import _, told
from pages._ui.league import MODEL_WORDS
from promo_core import N_, Comparison, Outcome

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
    with st.container(key="answer", gap="xxsmall"):
        st.metric(_(_HEADLINES[measure]), plain(signed(reader, measure, gain.mean, outcome.currency)),
                  help=_(N_("The scenario less doing nothing: all series, the campaign and everything after it, up to the forecast's end.")))
        st.markdown(_(N_("80 % sure it is between **{low}** and **{high}** · {share} of all GMV in these {periods}") if measure == "gmv"
                      else N_("80 % sure it is between **{low}** and **{high}** · {share} of the total in these {periods}"),
                      low=plain(signed(reader, measure, gain.p10, outcome.currency)), high=plain(signed(reader, measure, gain.p90, outcome.currency)),
                      share=plain(reader.percent(share)), periods=_periods(outcome)))
        st.caption(_(N_("Past support: {grade} ({words}) · model {model}"), grade=outcome.support.grade, words=_(_GRADES.get(outcome.support.grade, "")), model=_(MODEL_WORDS[outcome.model])))


def details(outcome: Outcome) -> None:
    """Show each measure with its band beside the same without the promotion, and where the increment comes from."""
    names = {"promoted": N_("Promoted, on campaign days"), "series": N_("Promoted, whole horizon"), "totals": N_("Everything, whole horizon")}
    scope = st.segmented_control(_(N_("Shown for")), list(names), format_func=lambda name: _(names[name]), default="promoted", required=True, key="scope", persist_state="session", wrap=True)
    comparison = getattr(outcome, scope)
    shown = [m for m in ("conversion", "orders", "units", "gmv", "visitors") if comparison.scenario.get(m) is not None][:4]
    with st.grid(len(shown), min_column_width=190):
        for measure in shown:
            _measure(comparison, measure, outcome.currency)
    if comparison.scenario.get("conversion") is None:
        st.caption(_(N_("Conversion is not shown: the data has no visitors or no orders, and it is never invented.")))
    _parts(outcome)


def _measure(comparison: Comparison, measure: str, currency: str | None) -> None:
    reader = told()
    value, base, gain = comparison.scenario[measure], comparison.baseline[measure], comparison.increment[measure]
    with st.container(border=True, gap="xxsmall"):
        st.metric(_(MEASURES[measure]), plain(quantity(reader, measure, value.mean, currency)), plain(signed(reader, measure, gain.mean, currency)))
        st.caption(_(N_("80 % band {band}"), band=plain(band(reader, measure, value, currency))))
        st.caption(_(N_("Without promotion {value}"), value=plain(quantity(reader, measure, base.mean, currency))))


def _parts(outcome: Outcome) -> None:
    """Say where the increment arises: during, after, elsewhere, and what it costs."""
    reader, measure = told(), main_measure(outcome)
    parts = [(N_("During the campaign"), outcome.promoted.increment[measure])]
    parts += [(N_("After it"), outcome.after.increment[measure])] if outcome.after else []
    parts += [(N_("Other series"), outcome.others.increment[measure])] if outcome.others else []
    lines = [f"{_(name)} **{plain(signed(reader, measure, value.mean, outcome.currency))}** ({plain(band(reader, measure, value, outcome.currency))})"
             for name, value in parts if value is not None]
    money = outcome.economics
    if money and money.roi is not None:
        lines.append(_(N_("ROI **{value}**"), value=plain(reader.number(money.roi.mean, 2))))
    elif money:
        lines.append(_(N_("ROI unknown: it needs a unit cost, and a discount or spend")))
    st.markdown(" · ".join(lines))


def warnings(outcome: Outcome) -> None:
    """Show every warning that goes with the answer."""
    for message in outcome.warnings:
        st.warning(plain(_(message)), icon=":material/warning:")


def _periods(outcome: Outcome) -> str:
    return _(N_("{count} days") if outcome.frequency == "D" else N_("{count} weeks"), count=outcome.horizon)
