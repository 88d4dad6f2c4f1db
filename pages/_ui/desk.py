"""The campaign editor: one scenario of several campaigns, kept in the session, stated by widgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import uuid4

import numpy as np
import streamlit as st

from pages._ui.format import WHOLE_PERCENT, plain, type_label
from pages._ui.i18n import _, told
from promo_core import N_, Campaign, Panel, Scenario, column

__all__ = ["Draft", "draft_of", "scenario_editor", "take"]

_VISIBILITY = ("feature", "display", "mailer")
_DEEPEST = 80


@dataclass
class Draft:
    """A scenario being edited: which campaigns, each with the values its widgets began with."""

    name: str
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    edition: str = field(default_factory=lambda: uuid4().hex[:8])


def draft_of(model_key: str, panel: Panel, horizon: int) -> Draft:
    """Return the session's draft for this model; a first visit begins with one modest campaign."""
    drafts = st.session_state.setdefault("drafts", {})
    if model_key not in drafts:
        drafts[model_key] = Draft(_(N_("My campaign")), {_uid(): _first_campaign(panel, horizon)})
    return drafts[model_key]


def take(model_key: str, scenario: Scenario) -> None:
    """Put a saved scenario on the desk; its widgets begin anew."""
    st.session_state.setdefault("drafts", {})[model_key] = Draft(scenario.name, {_uid(): campaign for campaign in scenario.campaigns})


def scenario_editor(draft: Draft, panel: Panel, horizon: int) -> Scenario:
    """Show the editor and return the scenario as it now stands.

    Raises:
        ScenarioError: when a widget holds a value no campaign can have.
    """
    name = st.text_input(_(N_("Scenario name")), draft.name, key=f"name_{draft.edition}", max_chars=80, persist_state="session")
    campaigns = [_campaign_editor(draft, uid, start, panel, horizon, number) for number, (uid, start) in enumerate(draft.campaigns.items(), 1)]
    if not campaigns:
        st.info(_(N_("No campaign yet: this is the baseline. Add a campaign to see what it would do.")), icon=":material/info:")
    st.button(_(N_("Add a campaign")), icon=":material/add:", key="add_campaign", width="stretch", on_click=_add, args=(draft, _first_campaign(panel, horizon)))
    return Scenario(name=name.strip() or draft.name, campaigns=tuple(campaigns), horizon=horizon)


def _campaign_editor(draft: Draft, uid: str, start: Campaign, panel: Panel, horizon: int, number: int) -> Campaign:
    """Show one campaign's controls and return it."""
    with st.container(border=True, key=f"campaign_{uid}"):
        head = st.container(horizontal=True, vertical_alignment="center")
        head.markdown("**" + _(N_("Campaign {number}"), number=number) + "**")
        series = {d: chosen for d in panel.dimensions if (chosen := _dimension(uid, d, start, panel))}
        kind, depth = _offer(uid, start, panel)
        first, days = _time(uid, start, panel, horizon)
        extras = _money_and_visibility(uid, start, panel)
        campaign = Campaign(start=first, end=first + timedelta(days=days - 1), series=series, promo_type=kind, discount_depth=depth, name=start.name, **extras)
        head.space("stretch")
        head.button(_(N_("Duplicate")), key=f"copy_{uid}", icon=":material/content_copy:", type="tertiary", on_click=_add, args=(draft, campaign))
        head.button(_(N_("Remove")), key=f"drop_{uid}", icon=":material/delete:", type="tertiary", on_click=draft.campaigns.pop, args=(uid, None))
    return campaign


def _dimension(uid: str, dimension: str, start: Campaign, panel: Panel) -> list[str]:
    values = sorted(panel.series[dimension].astype(str).unique())
    chosen = [v for v in start.series.get(dimension, []) if v in values]
    return st.multiselect(dimension_label(dimension), values, chosen, key=f"dim_{dimension}_{uid}", placeholder=_(N_("All ({count})"), count=len(values)), persist_state="session")


def _offer(uid: str, start: Campaign, panel: Panel) -> tuple[str | None, float]:
    """Ask for type and depth, as far as the data knows them."""
    kind, depth = start.promo_type, 0.0
    types = [t for t in panel.plan.promo_types if t != "none"]
    if "promo_type" in panel.plan.levers and types:
        kind = st.selectbox(_(N_("Promotion type")), types, types.index(kind) if kind in types else 0, format_func=lambda t: plain(type_label(told(), t)),
                            key=f"type_{uid}", persist_state="session")
    if "discount_depth" in panel.plan.levers:
        depth = st.slider(_(N_("Discount depth")), 0, _DEEPEST, min(_DEEPEST, round(start.discount_depth * 100)), 1, format=WHOLE_PERCENT, key=f"depth_{uid}",
                          help=_(N_("Off the list price. Past depths beyond what was ever tried carry a warning.")), persist_state="session") / 100
    return kind, depth


def _time(uid: str, start: Campaign, panel: Panel, horizon: int) -> tuple[date, int]:
    """Ask for the first day and the length; weekly data asks for whole weeks."""
    step = 1 if panel.frequency == "D" else 7
    periods = panel.future_periods(horizon)
    earliest, latest = periods[0].date() - timedelta(days=step - 1), periods[-1].date()
    left, right = st.columns(2)
    first = left.date_input(_(N_("First day")), min(max(start.start, earliest), latest), earliest, latest, key=f"start_{uid}", persist_state="session",
                            format="YYYY-MM-DD")
    label = N_("Length in days") if step == 1 else N_("Length in weeks")
    length = right.number_input(_(label), 1, horizon, min(horizon, max(1, ((start.end - start.start).days + 1) // step)), 1, key=f"length_{uid}", persist_state="session")
    return first, int(length) * step


def _money_and_visibility(uid: str, start: Campaign, panel: Panel) -> dict[str, float]:
    """Ask for ad spend and visibility where the data has them."""
    out = {}
    if "ad_spend" in panel.plan.levers:
        unit = panel.currency or _(N_("money"))
        out["ad_spend"] = float(st.number_input(_(N_("Ad spend, whole campaign ({unit})"), unit=plain(unit)), 0.0, None, float(start.ad_spend), 1000.0, format="%.0f",
                                                key=f"spend_{uid}", persist_state="session"))
    shown = [v for v in _VISIBILITY if v in panel.plan.levers]
    if shown:
        for place, name in zip(st.columns(len(shown)), shown, strict=True):
            out[name] = place.slider(_(column(name).label), 0, 100, round(getattr(start, name) * 100), 5, format=WHOLE_PERCENT, key=f"{name}_{uid}", persist_state="session") / 100
    return out


def dimension_label(name: str) -> str:
    """Return a dimension's label: the schema's word for its own, the file's word for others."""
    try:
        return _(column(name).label)
    except KeyError:
        return plain(name)


def _first_campaign(panel: Panel, horizon: int) -> Campaign:
    """Return a week's campaign on the leading segment at the depth most used in the past."""
    step = 1 if panel.frequency == "D" else 7
    first = panel.future_periods(horizon)[min(horizon - 1, 7 // step)].date() - timedelta(days=step - 1)
    types = [t for t in panel.plan.promo_types if t != "none"]
    dimension = "segment" if "segment" in panel.dimensions else panel.dimensions[0]
    values = sorted(panel.series[dimension].astype(str).unique())
    series = {dimension: values[:1]} if len(values) > 1 else {}
    return Campaign(start=first, end=first + timedelta(days=6), series=series, promo_type=types[0] if types else None, discount_depth=_usual_depth(panel))


def _usual_depth(panel: Panel) -> float:
    past = panel.past_plan().levers.get("discount_depth")
    if past is None or not (past > 0).any():
        return 0.0
    return float(np.round(np.median(past[past > 0]), 2))


def _add(draft: Draft, campaign: Campaign) -> None:
    draft.campaigns[_uid()] = campaign


def _uid() -> str:
    return uuid4().hex[:8]
