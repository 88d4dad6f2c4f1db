"""The campaign calendar: bars on a lane per segment or category, rules checked as they are broken; a click on a bar brings its controls."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from pages._ui.draft import Draft
from pages._ui.i18n import _, dimension_label, language
from pages._ui.live import live_chart
from pages._ui.rules import house_rules, rule_line
from promo_core import N_, Panel, Scenario, TrainedModel, breaches_of, country_of, events_between, past_campaigns
from promo_core.reporting import charts

__all__ = ["campaign_calendar"]

_MOST_LANES = 12
_DAYS_BEFORE = 14


def campaign_calendar(model: TrainedModel, draft: Draft, scenario: Scenario) -> None:
    """Show the calendar, and beneath it whether the house rules hold.

    Raises:
        ScenarioError: when a campaign selects no series of the data.
    """
    panel, horizon = model.panel, model.horizon
    rules = house_rules()
    breaches = breaches_of(scenario, panel, rules, horizon)
    with st.container(key="calendar", gap="xxsmall"):
        dimension = _lane_dimension(panel)
        lanes = _lanes(panel, dimension, scenario)
        first, last = panel.origin.date() - timedelta(days=_DAYS_BEFORE - 1), panel.future_periods(horizon)[-1].date()
        figure = charts.timeline_spec(scenario, lanes, dimension, first=first, last=last, origin=panel.origin.date(), chosen=draft.number() if draft.campaigns else None, breaches=breaches,
                                 past=_past(model.key, dimension, first, panel), events=_events(first, last, panel.currency),
                                 blackouts=[b for b in rules.blackouts if b.start <= last and b.end >= first], currency=panel.currency, lang=language())
        live_chart(figure, key="timeline", on_point=lambda number: _clicked(draft, number), config={"displayModeBar": False},
                   alt=_(N_("Campaigns on a calendar, one lane per {dimension}. The controls below change the same campaigns."), dimension=dimension_label(dimension)))
        rule_line(breaches, rules)


def _lane_dimension(panel: Panel) -> str:
    """Ask what the lanes are, where there is a choice."""
    if len(panel.dimensions) == 1:
        return panel.dimensions[0]
    first = "segment" if "segment" in panel.dimensions else panel.dimensions[0]
    return st.segmented_control(_(N_("Lanes of the calendar")), list(panel.dimensions), default=first, required=True, key="lanes", persist_state="session", format_func=dimension_label,
                                label_visibility="collapsed")


def _lanes(panel: Panel, dimension: str, scenario: Scenario) -> list[str]:
    """Return at most twelve values, those with campaigns first where there are more."""
    values = panel.values_of(dimension)
    if len(values) <= _MOST_LANES:
        return values
    named = {v for c in scenario.campaigns for v in c.series.get(dimension, [])}
    return sorted(sorted(values, key=lambda v: v not in named)[:_MOST_LANES])


def _clicked(draft: Draft, number: object) -> None:
    """Choose the campaign whose bar was clicked; the past's bars carry no number."""
    if number is not None:
        draft.choose(list(draft.campaigns)[int(number[0] if isinstance(number, list) else number)])
        draft.refresh()


@st.cache_resource(max_entries=16, show_spinner=False)
def _past(key: str, dimension: str, first: date, _panel: Panel) -> pd.DataFrame:
    """Return the campaigns that ran since `first`, one row per lane."""
    labels, known = _panel.series[dimension].astype(str).to_numpy(), past_campaigns(_panel)
    recent = known[_panel.periods[known["end"].to_numpy(dtype=int)] >= pd.Timestamp(first)] if len(known) else known
    rows = [{"lane": lane, "start": max(_panel.periods[int(r["start"])].date(), first), "end": _panel.periods[int(r["end"])].date(), "discount_depth": r["discount_depth"], "name": r["name"]}
            for r in recent.to_dict("records") for lane in sorted(set(labels[r["rows"]]))]
    return pd.DataFrame(rows, columns=["lane", "start", "end", "discount_depth", "name"])


@st.cache_resource(max_entries=16, show_spinner=False)
def _events(first: date, last: date, currency: str | None) -> list[tuple[date, str]]:
    return [(day, event.label) for day, event in events_between(first, last, country_of(currency))]
