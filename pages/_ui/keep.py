"""Scenarios that are kept: save, open, duplicate, rename, delete with undo, and share by link."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from pages._ui.draft import Draft, take
from pages._ui.format import plain
from pages._ui.i18n import _, language
from pages._ui.state import current_dataset, current_record, may, workspace
from promo_core import N_, Message, Scenario, ScenarioRecord, TrainedModel, scenario_to_link

__all__ = ["keep_bar", "kept_scenarios", "say_what_changed"]

_CHANGED, _SAID, _GONE = "kept_changed", "kept_said", "deleted_scenario"


def kept_scenarios() -> list[ScenarioRecord]:
    """Return the kept scenarios of the data set on the desk, newest first."""
    dataset = current_dataset()
    return [record for record in workspace().scenarios.all() if record.dataset_id == (dataset.id if dataset else None)]


def keep_bar(model: TrainedModel, draft: Draft, scenario: Scenario, use: str) -> None:
    """Show the buttons that save the scenario on the desk, as it stands at the click, open a kept one, and share; what is compared below follows."""
    with st.container(horizontal=True, key="keep_bar"):
        if st.button(_(N_("Save")), icon=":material/save:", type="primary", key="save", disabled=not may("scenarios.add")):
            _save(scenario)
        shelf = st.popover(_(N_("Open…")), icon=":material/folder_open:", key="open", on_change="rerun")
        share = st.popover(_(N_("Share")), icon=":material/link:", key="share", on_change="rerun")
    if shelf.open:
        with shelf:
            _shelf(draft)
    if share.open:
        with share:
            st.caption(_(N_("This link opens exactly this scenario, answered by this model, in this language. Whoever opens it gets a copy of their own.")))
            st.code(_link(scenario, use), language=None, wrap_lines=True)
    if _CHANGED in st.session_state:
        st.session_state[_SAID] = st.session_state.pop(_CHANGED)
        st.rerun()


def say_what_changed() -> None:
    """Tell once what was just saved."""
    if (said := st.session_state.pop(_SAID, None)) is not None:
        st.toast(_(said), icon=":material/check_circle:")


def _link(scenario: Scenario, use: str) -> str:
    """Return the address that reopens the scenario, its model and language."""
    record, place = current_record(), urlsplit(st.context.url or "")
    query = {"lang": language(), **({"model": record.id} if record else {}), "use": use, "scenario": scenario_to_link(scenario)}
    return urlunsplit((place.scheme, place.netloc, place.path, urlencode(query), ""))


def _save(scenario: Scenario) -> None:
    """Keep the scenario: a new version of the one that has its name, else a new one."""
    dataset, record = current_dataset(), current_record()
    known = next((kept for kept in kept_scenarios() if kept.name == scenario.name), None)
    if known is None:
        workspace().scenarios.add(scenario, dataset_id=dataset.id if dataset else None, model_id=record.id if record else None)
        st.session_state[_CHANGED] = Message(N_("Saved “{name}”."), {"name": plain(scenario.name)})
    else:
        kept = workspace().scenarios.change(known.id, scenario)
        st.session_state[_CHANGED] = Message(N_("Saved “{name}” as version {version}; earlier ones are kept."), {"name": plain(scenario.name), "version": kept.version})


def _shelf(draft: Draft) -> None:
    """List the kept scenarios with what can be done with each."""
    records = kept_scenarios()
    if not records:
        st.caption(_(N_("Nothing saved yet. Save the scenario on the desk to find it here.")))
    for record in records:
        with st.container(horizontal=True, vertical_alignment="center", key=f"kept_{record.id}"):
            st.markdown(f"**{plain(record.name)}**")
            st.button(_(N_("Open")), key=f"open_{record.id}", type="tertiary", on_click=take, args=(draft, record.scenario))
            st.button(_(N_("Duplicate")), key=f"dup_{record.id}", type="tertiary", on_click=_duplicate, args=(record,), disabled=not may("scenarios.add"))
            st.button(_(N_("Delete")), key=f"del_{record.id}", type="tertiary", on_click=_delete, args=(record,), disabled=not may("scenarios.delete"))
    if records and may("scenarios.change"):
        _rename_form({record.id: record for record in records})
    gone = st.session_state.get(_GONE)
    if gone:
        st.button(_(N_("Undo delete of “{name}”"), name=plain(gone.name)), icon=":material/undo:", key="undo_delete", on_click=_restore, args=(gone,))


def _rename_form(records: dict[str, ScenarioRecord]) -> None:
    """Ask which scenario shall have which name."""
    with st.form("rename", border=False, clear_on_submit=True), st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.selectbox(_(N_("Rename")), list(records), format_func=lambda i: records[i].name, key="rename_which")
        name = st.text_input(_(N_("New name")), key="rename_to", max_chars=80)
        if st.form_submit_button(_(N_("Rename")), key="rename_do") and name.strip() and which in records:
            workspace().scenarios.rename(which, name.strip())
            st.session_state[_CHANGED] = Message(N_("Renamed to “{name}”."), {"name": plain(name.strip())})


def _duplicate(record: ScenarioRecord) -> None:
    st.session_state[_CHANGED] = None
    workspace().scenarios.duplicate(record.id, _(N_("{name} (copy)"), name=record.name))


def _delete(record: ScenarioRecord) -> None:
    st.session_state[_CHANGED] = None
    workspace().scenarios.delete(record.id)
    st.session_state[_GONE] = record


def _restore(record: ScenarioRecord) -> None:
    st.session_state[_CHANGED] = None
    workspace().scenarios.restore(record.id)
    st.session_state.pop(_GONE, None)
