"""The data and the model on the desk at a glance."""

from __future__ import annotations

import streamlit as st

from pages._ui.format import MEASURES, plain
from pages._ui.i18n import _, told
from pages._ui.league import MODEL_WORDS, accuracy
from promo_core import COLUMNS, N_, Panel, TrainedModel

__all__ = ["data_at_a_glance", "model_at_a_glance", "next_steps"]

_LABELS = {c.name: c.label for c in COLUMNS}
_STEPS = ((N_("What if"), N_("Move depth, dates and segments, and see what a promotion brings, with its uncertainty."), "pages/whatif.py", "tune"),
          (N_("Forecast"), N_("See what comes if nothing is promoted, by segment and day."), "pages/forecast.py", "show_chart"),
          (N_("Reports"), N_("Compare saved scenarios and export a report for the meeting."), "pages/reports.py", "summarize"),
          (N_("Data"), N_("Load your own past campaigns from a CSV or Excel file."), "pages/data.py", "table_chart"))


def data_at_a_glance(panel: Panel) -> None:
    """Show how much data there is, and of what."""
    reader = told()
    unit = N_("days") if panel.frequency == "D" else N_("weeks")
    with st.grid(4, min_column_width=150):
        st.metric(_(N_("Series")), reader.number(panel.n_series), help=" × ".join(_dimensions(panel)))
        st.metric(_(N_("History in {unit}"), unit=_(unit)), reader.number(panel.n_observed))
        st.metric(_(N_("Past campaigns")), reader.number(0 if panel.campaigns is None else len(panel.campaigns)))
        st.metric(_(N_("Measures")), reader.number(len(panel.targets)))
    st.caption(_(N_("{first} to {last} · {dimensions} · {measures}"), first=reader.day(panel.periods[0].date()), last=reader.day(panel.origin.date()),
                 dimensions=" × ".join(_dimensions(panel)), measures=reader.listed(_(MEASURES.get(name, name)) for name in panel.targets)))


def model_at_a_glance(model: TrainedModel) -> None:
    """Show which member answers and how good it is beside the simplest forecast."""
    scored, reader = accuracy(model), told()
    unit = N_("{count} days") if model.panel.frequency == "D" else N_("{count} weeks")
    with st.grid(4, min_column_width=150):
        st.metric(_(N_("Model that answers")), _(MODEL_WORDS[model.serves]))
        st.metric(_(N_("Looks ahead")), _(unit, count=model.horizon))
        if scored:
            measure, wape, naive = scored
            st.metric(_(N_("Error of {measure} (WAPE)"), measure=_(MEASURES[measure])), plain(reader.percent(wape)), help=_(N_("Held-out past, per series and period; less is better.")))
            st.metric(_(N_("Same, seasonal naive")), plain(reader.percent(naive)), help=_(N_("The same weekday before, adjusted: the forecast to beat.")))


def next_steps() -> None:
    """Link to what can be done now."""
    with st.grid(4, min_column_width=220):
        for label, text, page, icon in _STEPS:
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.page_link(page, label=f"**{_(label)}**", icon=f":material/{icon}:")
                st.caption(_(text))


def _dimensions(panel: Panel) -> list[str]:
    return [plain(f"{_(_LABELS.get(name, name))} ({panel.series[name].nunique()})") for name in panel.dimensions]
