"""The scenario on the desk: held by the session, kept in the workspace after every change, so that a reload, a second tab or a restart loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import streamlit as st

from pages._ui.i18n import _
from pages._ui.state import workspace
from promo_core import N_, Campaign, Panel, Scenario, ScenarioError, TrainedModel, scenario_from_link

__all__ = ["Draft", "draft_of", "first_campaign", "keep_draft", "take"]

_PARAM = "draft"
_UNDONE_MOST = 20


@dataclass
class Draft:
    """A scenario being edited.

    Attributes:
        name, campaigns: as they stand; campaigns by an id of their own.
        chosen: the campaign that the controls show; `None` where there is none.
        edition: changes when the draft changes beneath its widgets: the controls are then given its values, and the table, whose key holds it, begins anew.
        base: the campaigns as this edition found them.
        id: its place in the workspace and in the address.
        use: the member that answers, where a link names one.
        before: what can be undone, oldest first.
        kept: what was last written to the workspace.
    """

    name: str
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    chosen: str | None = None
    edition: str = field(default_factory=lambda: new_uid())
    base: dict[str, Campaign] = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_uid())
    use: str | None = None
    before: list[tuple[str, dict[str, Campaign], str | None]] = field(default_factory=list)
    kept: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.base = dict(self.campaigns)
        self.choose(self.chosen)

    def choose(self, uid: str | None) -> None:
        """Let the controls show another campaign; an unknown one shows the first."""
        self.chosen = uid if uid in self.campaigns else next(iter(self.campaigns), None)

    def number(self) -> int:
        """Return the position of the chosen campaign, 0 where there is none."""
        return list(self.campaigns).index(self.chosen) if self.chosen in self.campaigns else 0

    def change(self, name: str, campaigns: dict[str, Campaign], chosen: str | None) -> None:
        """Change the draft from outside its widgets, so that it can be undone."""
        self.before = [*self.before[1 - _UNDONE_MOST:], (self.name, dict(self.campaigns), self.chosen)]
        self._become(name, campaigns, chosen)

    def put(self, uid: str, campaign: Campaign) -> None:
        """Change or add one campaign and choose it."""
        self.change(self.name, {**self.campaigns, uid: campaign}, uid)

    def add(self, campaign: Campaign) -> None:
        """Add a campaign and choose it."""
        self.put(new_uid(), campaign)

    def drop(self, uid: str) -> None:
        """Take a campaign away."""
        self.change(self.name, {k: c for k, c in self.campaigns.items() if k != uid}, None)

    def refresh(self) -> None:
        """Let every widget begin anew from the campaigns as they stand."""
        self.edition, self.base = new_uid(), dict(self.campaigns)

    def undo(self) -> None:
        """Take the last change from outside the widgets back."""
        if self.before:
            self._become(*self.before.pop())

    def scenario(self, horizon: int) -> Scenario:
        """Return the scenario as it stands."""
        return Scenario(name=self.name, campaigns=tuple(self.campaigns.values()), horizon=horizon)

    def _become(self, name: str, campaigns: dict[str, Campaign], chosen: str | None) -> None:
        self.name, self.campaigns = name, campaigns
        self.choose(chosen)
        self.refresh()


def draft_of(model: TrainedModel) -> Draft:
    """Return the session's draft for this model: the link's, the one the address names, the latest in the workspace, or one modest campaign.

    What a link brings that cannot be read is told.
    """
    drafts: dict[str, Draft] = st.session_state.setdefault("drafts", {})
    linked = st.query_params.pop("scenario", None)
    if linked is not None:
        try:
            drafts[model.key] = _of_scenario(scenario_from_link(linked), st.query_params.pop("use", None))
            st.session_state.pop("use", None)
        except ScenarioError as error:
            st.warning(_(error), icon=":material/link_off:")
    if model.key not in drafts:
        drafts[model.key] = _kept(model) or Draft(_(N_("My campaign")), {new_uid(): first_campaign(model.panel, model.horizon)})
    return drafts[model.key]


def take(draft: Draft, scenario: Scenario) -> None:
    """Put a scenario on the desk; what was there can be brought back."""
    draft.change(scenario.name, {new_uid(): campaign for campaign in scenario.campaigns}, None)


def keep_draft(model: TrainedModel, draft: Draft) -> None:
    """Keep the draft in the workspace if it changed; where another tab holds its place, in a place of its own."""
    if st.query_params.get(_PARAM) != draft.id:
        st.query_params[_PARAM] = draft.id
    content = {"id": draft.id, "model": model.key, "writer": _writer(), "chosen": draft.number(), "use": draft.use, "scenario": draft.scenario(model.horizon).to_dict()}
    if content == draft.kept:
        return
    preferences = workspace().preferences
    there = preferences.get(_place(draft.id)) if draft.kept is not None else None
    if there is not None and there["writer"] != _writer():
        draft.id = content["id"] = st.query_params[_PARAM] = new_uid()
    preferences.put_all({_place(draft.id): content, _latest(model): draft.id})
    draft.kept = content


def first_campaign(panel: Panel, horizon: int) -> Campaign:
    """Return a week's campaign on the leading segment at the depth most used in the past."""
    step = 1 if panel.frequency == "D" else 7
    first = panel.future_periods(horizon)[min(horizon - 1, 7 // step)].date() - timedelta(days=step - 1)
    types = [t for t in panel.plan.promo_types if t != "none"]
    dimension = "segment" if "segment" in panel.dimensions else panel.dimensions[0]
    values = panel.values_of(dimension)
    series = {dimension: values[:1]} if len(values) > 1 else {}
    return Campaign(start=first, end=first + timedelta(days=6), series=series, promo_type=types[0] if types else None, discount_depth=_usual_depth(panel))


def new_uid() -> str:
    """Return a short name that nothing else has."""
    return uuid4().hex[:8]


def _usual_depth(panel: Panel) -> float:
    past = panel.past_plan().levers.get("discount_depth")
    if past is None or not (past > 0).any():
        return 0.0
    return float(np.round(np.median(past[past > 0]), 2))


def _kept(model: TrainedModel) -> Draft | None:
    """Return the draft that the address names, or a copy of the latest; `None` where the workspace has none for this model."""
    get: Callable[[str], Any] = workspace().preferences.get
    named = st.query_params.get(_PARAM, "")
    own = get(_place(named))
    if own is not None and own["id"] == named and own["model"] == model.key:
        return replace(_of_kept(own), id=named)
    latest = get(_place(get(_latest(model)) or ""))
    return _of_kept(latest) if latest is not None and latest["model"] == model.key else None


def _of_kept(content: dict[str, Any]) -> Draft:
    draft = _of_scenario(Scenario.from_dict(content["scenario"]), content["use"])
    draft.choose(dict(enumerate(draft.campaigns)).get(content["chosen"]))
    return draft


def _of_scenario(scenario: Scenario, use: str | None) -> Draft:
    return Draft(scenario.name, {new_uid(): campaign for campaign in scenario.campaigns}, use=use)


def _place(draft_id: str) -> str:
    """Return where a draft is kept: one of 256 places, so that old ones make room."""
    return f"desk_draft_{draft_id[:2]}"


def _latest(model: TrainedModel) -> str:
    return f"desk_latest_{model.key[:32]}"


def _writer() -> str:
    """Return this session's own name."""
    if "desk_writer" not in st.session_state:
        st.session_state["desk_writer"] = new_uid()
    return st.session_state["desk_writer"]
