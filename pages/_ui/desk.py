"""The campaign editor: one scenario of several campaigns, edited by controls or in a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from pages._ui.draft import Draft, first_campaign
from pages._ui.format import WHOLE_PERCENT, plain, type_label
from pages._ui.i18n import _, told
from pages._ui.table import campaign_table
from promo_core import N_, Campaign, Panel, Scenario, column

__all__ = ["dimension_label", "scenario_editor"]

_VISIBILITY = ("feature", "display", "mailer")
_DEEPEST = 80
_WAYS = {"controls": N_("Controls"), "table": N_("Table")}


def scenario_editor(draft: Draft, panel: Panel, horizon: int) -> Scenario:
    """Show the editor and return the scenario as it now stands.

    Raises:
        ScenarioError: when a widget holds a value no campaign can have.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(_(N_("Scenario name")), draft.name, key=f"name_{draft.edition}", max_chars=80)
        by = st.segmented_control(_(N_("Edit by")), ["controls", "table"], default="controls", required=True, key="edit_by", persist_state="session",
                                  format_func=lambda v: _(_WAYS[v]), on_change=draft.refresh)
    draft.name = name.strip() or draft.name
    if by == "table":
        campaign_table(draft, panel, horizon)
    else:
        _controls(draft, panel, horizon)
    return draft.scenario(horizon)


def _controls(draft: Draft, panel: Panel, horizon: int) -> None:
    """Let one campaign be chosen, and show its controls."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="campaigns"):
        if draft.campaigns:
            numbers = {uid: number for number, uid in enumerate(draft.campaigns, 1)}
            draft.choose(st.segmented_control(_(N_("Campaign")), list(numbers), default=draft.chosen, required=True, key=f"chosen_{draft.edition}", wrap=True,
                                              format_func=lambda uid: f"{numbers[uid]} · {_short(draft.campaigns[uid])}"))
        st.button(_(N_("Add a campaign")), icon=":material/add:", key="add_campaign", on_click=draft.add, args=(first_campaign(panel, horizon),))
        st.button(_(N_("Undo")), key=f"undo_{draft.edition}", icon=":material/undo:", type="tertiary", on_click=draft.undo, disabled=not draft.before,
                  help=_(N_("Take back what was added, removed, opened or taken from a map.")))
    if draft.chosen is None:
        st.info(_(N_("No campaign yet: this is the baseline. Add a campaign to see what it would do.")), icon=":material/info:")
        return
    uid, key = draft.chosen, f"{draft.chosen}_{draft.edition}"
    draft.campaigns[uid] = _campaign_controls(key, draft.campaigns[uid], panel, horizon)
    with st.container(horizontal=True, key="campaign_actions"):
        st.button(_(N_("Duplicate")), key=f"copy_{key}", icon=":material/content_copy:", type="tertiary", on_click=draft.add, args=(draft.campaigns[uid],))
        st.button(_(N_("Remove")), key=f"drop_{key}", icon=":material/delete:", type="tertiary", on_click=draft.drop, args=(uid,))


def _campaign_controls(key: str, start: Campaign, panel: Panel, horizon: int) -> Campaign:
    """Show one campaign's controls and return it."""
    with st.container(border=True, key=f"campaign_{key}"):
        kind, depth = _offer(key, start, panel)
        first, days = _time(key, start, panel, horizon)
        series = {d: chosen for d in panel.dimensions if (chosen := _dimension(key, d, start, panel))}
        extras = _money_and_visibility(key, start, panel)
        return replace(start, start=first, end=first + timedelta(days=days - 1), series=series, promo_type=kind, discount_depth=depth, **extras)


def _dimension(key: str, dimension: str, start: Campaign, panel: Panel) -> list[str]:
    values = sorted(panel.series[dimension].astype(str).unique())
    chosen = [v for v in start.series.get(dimension, []) if v in values]
    return st.multiselect(dimension_label(dimension), values, chosen, key=f"dim_{dimension}_{key}", placeholder=_(N_("All ({count})"), count=len(values)))


def _offer(key: str, start: Campaign, panel: Panel) -> tuple[str | None, float]:
    """Ask for type and depth, as far as the data knows them."""
    kind, depth = start.promo_type, 0.0
    if "discount_depth" in panel.plan.levers:
        depth = st.slider(_(N_("Discount depth")), 0, _DEEPEST, min(_DEEPEST, round(start.discount_depth * 100)), 1, format=WHOLE_PERCENT, key=f"depth_{key}",
                          help=_(N_("Off the list price. Past depths beyond what was ever tried carry a warning."))) / 100
    types = [t for t in panel.plan.promo_types if t != "none"]
    if "promo_type" in panel.plan.levers and types:
        kind = st.selectbox(_(N_("Promotion type")), types, types.index(kind) if kind in types else 0, format_func=lambda t: plain(type_label(told(), t)), key=f"type_{key}")
    return kind, depth


def _time(key: str, start: Campaign, panel: Panel, horizon: int) -> tuple[date, int]:
    """Ask for the first day and the length; weekly data asks for whole weeks."""
    step = 1 if panel.frequency == "D" else 7
    periods = panel.future_periods(horizon)
    earliest, latest = periods[0].date() - timedelta(days=step - 1), periods[-1].date()
    left, right = st.columns(2)
    first = left.date_input(_(N_("First day")), min(max(start.start, earliest), latest), earliest, latest, key=f"start_{key}", format="YYYY-MM-DD")
    label = N_("Length in days") if step == 1 else N_("Length in weeks")
    length = right.number_input(_(label), 1, horizon, min(horizon, max(1, ((start.end - start.start).days + 1) // step)), 1, key=f"length_{key}")
    return first, int(length) * step


def _money_and_visibility(key: str, start: Campaign, panel: Panel) -> dict[str, float]:
    """Ask for ad spend and visibility where the data has them."""
    out = {}
    if "ad_spend" in panel.plan.levers:
        unit = panel.currency or _(N_("money"))
        out["ad_spend"] = float(st.number_input(_(N_("Ad spend, whole campaign ({unit})"), unit=plain(unit)), 0.0, None, float(start.ad_spend), 1000.0, format="%.0f", key=f"spend_{key}"))
    shown = [v for v in _VISIBILITY if v in panel.plan.levers]
    if shown:
        for place, name in zip(st.columns(len(shown)), shown, strict=True):
            out[name] = place.slider(_(column(name).label), 0, 100, round(getattr(start, name) * 100), 5, format=WHOLE_PERCENT, key=f"{name}_{key}") / 100
    return out


def _short(campaign: Campaign) -> str:
    """Return what tells campaigns apart in a narrow place: whom, and how deep."""
    whom = told().listed(next(iter(campaign.series.values()), [])[:2]) or _(N_("all"))
    return plain(f"{whom} {told().percent(-campaign.discount_depth, 0)}" if campaign.discount_depth else whom)


def dimension_label(name: str) -> str:
    """Return a dimension's label: the schema's word for its own, the file's word for others."""
    try:
        return _(column(name).label)
    except KeyError:
        return plain(name)
