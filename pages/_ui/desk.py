"""The campaign editor: one scenario of several campaigns, edited by controls or in a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from pages._ui.draft import Draft, first_campaign
from pages._ui.format import WHOLE_PERCENT, plain, type_label
from pages._ui.i18n import _, dimension_label, told
from pages._ui.table import campaign_table
from promo_core import N_, Campaign, Panel, Scenario, column

__all__ = ["scenario_editor"]

_VISIBILITY = ("feature", "display", "mailer")
_DEEPEST = 80
_SEEN = "desk_seen"
_WAYS = {"controls": N_("Controls"), "table": N_("Table")}


def scenario_editor(draft: Draft, panel: Panel, horizon: int) -> Scenario:
    """Show the editor and return the scenario as it now stands.

    Every widget keeps its key, so that nothing is torn down and drawn anew: where the draft changed beneath them, they are given its values.

    Raises:
        ScenarioError: when a widget holds a value no campaign can have.
    """
    give = _Giver(st.session_state.get(_SEEN) != draft.edition)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(_(N_("Scenario name")), key=give("name_scenario", draft.name), max_chars=80)
        by = st.segmented_control(_(N_("Edit by")), list(_WAYS), default="controls", required=True, key="edit_by", persist_state="session", format_func=lambda v: _(_WAYS[v]),
                                  on_change=draft.refresh)
    draft.name = name.strip() or draft.name
    if by == "table":
        campaign_table(draft, panel, horizon)
    else:
        _controls(draft, panel, horizon, give)
    st.session_state[_SEEN] = draft.edition
    return draft.scenario(horizon)


class _Giver:
    """Gives widgets their values where the draft changed beneath them, or where a widget is new."""

    def __init__(self, anew: bool) -> None:
        self.anew = anew

    def __call__(self, key: str, value: object) -> str:
        """Return the key, its value given where that is due."""
        if self.anew or key not in st.session_state:
            st.session_state[key] = value
        return key


def _controls(draft: Draft, panel: Panel, horizon: int, give: _Giver) -> None:
    """Let one campaign be chosen, and show its controls."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="campaigns"):
        if draft.campaigns:
            numbers, before = {uid: number for number, uid in enumerate(draft.campaigns, 1)}, draft.chosen
            draft.choose(st.segmented_control(_(N_("Campaign")), list(numbers), required=True, key=give("chosen_campaign", draft.chosen), wrap=True,
                                              format_func=lambda uid: f"{numbers[uid]} · {_short(draft.campaigns[uid])}"))
            give.anew = give.anew or draft.chosen != before
        st.button(_(N_("Add a campaign")), icon=":material/add:", key="add_campaign", on_click=lambda: draft.add(first_campaign(panel, horizon)))
        st.button(_(N_("Undo")), key="undo_change", icon=":material/undo:", type="tertiary", on_click=draft.undo, disabled=not draft.before,
                  help=_(N_("Take back what was added, removed, opened or taken from a map.")))
    if draft.chosen is None:
        st.info(_(N_("No campaign yet: this is the baseline. Add a campaign to see what it would do.")), icon=":material/info:")
        return
    uid = draft.chosen
    with st.container(border=True, key="campaign"):
        draft.campaigns[uid] = _campaign_controls(draft.campaigns[uid], _deepest(draft, uid), panel, horizon, give)
    with st.container(horizontal=True, key="campaign_actions"):
        st.button(_(N_("Duplicate")), key="copy_campaign", icon=":material/content_copy:", type="tertiary", on_click=draft.add, args=(draft.campaigns[uid],))
        st.button(_(N_("Remove")), key="drop_campaign", icon=":material/delete:", type="tertiary", on_click=draft.drop, args=(uid,))


def _campaign_controls(start: Campaign, deepest: int, panel: Panel, horizon: int, give: _Giver) -> Campaign:
    """Show one campaign's controls and return it."""
    kind, depth = _offer(start, deepest, panel, give)
    first, days = _time(start, panel, horizon, give)
    series = {d: chosen for d in panel.dimensions if (chosen := _dimension(d, start, panel, give))}
    return replace(start, start=first, end=first + timedelta(days=days - 1), series=series, promo_type=kind, discount_depth=depth, **_money_and_visibility(start, panel, give))


def _dimension(dimension: str, start: Campaign, panel: Panel, give: _Giver) -> list[str]:
    values = panel.values_of(dimension)
    chosen = [v for v in start.series.get(dimension, []) if v in values]
    return st.multiselect(dimension_label(dimension), values, key=give(f"dim_{dimension}", chosen), placeholder=_(N_("All ({count})"), count=len(values)))


def _deepest(draft: Draft, uid: str) -> int:
    """Return the most that a campaign's slider offers, in percent: the same for as long as an edition lasts, and never less than what it came with."""
    return max(_DEEPEST, _whole_percent(draft.base.get(uid, draft.campaigns[uid]).discount_depth))


def _whole_percent(depth: float) -> int:
    return min(99, round(100 * depth))


def _offer(start: Campaign, deepest: int, panel: Panel, give: _Giver) -> tuple[str | None, float]:
    """Ask for type and depth, as far as the data knows them."""
    kind, depth = start.promo_type, 0.0
    if "discount_depth" in panel.plan.levers:
        depth = st.slider(_(N_("Discount depth")), 0, deepest, step=1, format=WHOLE_PERCENT, key=give("depth_campaign", min(deepest, _whole_percent(start.discount_depth))),
                          help=_(N_("Off the list price. Past depths beyond what was ever tried carry a warning."))) / 100
    types = [t for t in panel.plan.promo_types if t != "none"]
    if "promo_type" in panel.plan.levers and types:
        reader = told()
        kind = st.selectbox(_(N_("Promotion type")), types, format_func=lambda t: type_label(reader, t), key=give("type_campaign", kind if kind in types else types[0]))
    return kind, depth


def _time(start: Campaign, panel: Panel, horizon: int, give: _Giver) -> tuple[date, int]:
    """Ask for the first day and the length; weekly data asks for whole weeks."""
    step = 1 if panel.frequency == "D" else 7
    periods = panel.future_periods(horizon)
    earliest, latest = periods[0].date() - timedelta(days=step - 1), periods[-1].date()
    left, right = st.columns(2)
    first = left.date_input(_(N_("First day")), min_value=earliest, max_value=latest, key=give("start_campaign", min(max(start.start, earliest), latest)), format="YYYY-MM-DD")
    label = N_("Length in days") if step == 1 else N_("Length in weeks")
    length = right.number_input(_(label), 1, horizon, step=1, key=give("length_campaign", min(horizon, max(1, ((start.end - start.start).days + 1) // step))))
    return first, int(length) * step


def _money_and_visibility(start: Campaign, panel: Panel, give: _Giver) -> dict[str, float]:
    """Ask for ad spend and visibility where the data has them."""
    out = {}
    if "ad_spend" in panel.plan.levers:
        unit = panel.currency or _(N_("money"))
        out["ad_spend"] = float(st.number_input(_(N_("Ad spend, whole campaign ({unit})"), unit=plain(unit)), 0.0, step=1000.0, format="%.0f", key=give("spend_campaign", float(start.ad_spend))))
    shown = [v for v in _VISIBILITY if v in panel.plan.levers]
    if shown:
        for place, name in zip(st.columns(len(shown)) if len(shown) > 1 else [st], shown, strict=True):
            out[name] = place.slider(_(column(name).label), 0, 100, step=5, format=WHOLE_PERCENT, key=give(f"{name}_campaign", round(getattr(start, name) * 100))) / 100
    return out


def _short(campaign: Campaign) -> str:
    """Return what tells campaigns apart in a narrow place: whom, and how deep."""
    whom = told().listed(next(iter(campaign.series.values()), [])[:2]) or _(N_("all"))
    return plain(f"{whom} {told().percent(-campaign.discount_depth, 0)}" if campaign.discount_depth else whom)
