"""Scenarios that are kept: save, open, duplicate, delete with undo, and up to four side by side."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages._ui.answer import main_measure
from pages._ui.cache import outcome_of
from pages._ui.desk import Draft, take
from pages._ui.format import MEASURES, band, plain, quantity, signed
from pages._ui.frame import errors_told
from pages._ui.i18n import _, language, told
from pages._ui.state import current_dataset, current_record, may, workspace
from promo_core import N_, Message, Outcome, Scenario, ScenarioError, ScenarioRecord, TrainedModel
from promo_core.reporting import charts

__all__ = ["compare_panel", "keep_bar", "kept_scenarios"]

MOST_COMPARED = 4
_CHANGED, _SAID = "kept_changed", "kept_said"


def kept_scenarios() -> list[ScenarioRecord]:
    """Return the kept scenarios of the data set on the desk, newest first."""
    dataset = current_dataset()
    return [record for record in workspace().scenarios.all() if record.dataset_id == (dataset.id if dataset else None)]


def keep_bar(model: TrainedModel, draft: Draft, scenario: Scenario) -> None:
    """Show the buttons that save the scenario on the desk, as it stands at the click, and open a kept one; what is compared below follows."""
    with st.container(horizontal=True, key="keep_bar"):
        if st.button(_(N_("Save")), icon=":material/save:", type="primary", key="save", disabled=not may("scenarios.add")):
            _save(scenario)
        with st.popover(_(N_("Open…")), icon=":material/folder_open:", key="open"):
            _shelf(model)
    if _CHANGED in st.session_state:
        st.session_state[_SAID] = st.session_state.pop(_CHANGED)
        st.rerun()


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


def _shelf(model: TrainedModel) -> None:
    """List the kept scenarios with what can be done with each."""
    records = kept_scenarios()
    if not records:
        st.caption(_(N_("Nothing saved yet. Save the scenario on the desk to find it here.")))
    for record in records:
        with st.container(horizontal=True, vertical_alignment="center", key=f"kept_{record.id}"):
            st.markdown(f"**{plain(record.name)}**")
            st.button(_(N_("Open")), key=f"open_{record.id}", type="tertiary", on_click=take, args=(model.key, record.scenario))
            st.button(_(N_("Duplicate")), key=f"dup_{record.id}", type="tertiary", on_click=_duplicate, args=(record,), disabled=not may("scenarios.add"))
            st.button(_(N_("Delete")), key=f"del_{record.id}", type="tertiary", on_click=_delete, args=(record,), disabled=not may("scenarios.delete"))
    gone = st.session_state.get("deleted_scenario")
    if gone:
        st.button(_(N_("Undo delete of “{name}”"), name=plain(gone.name)), icon=":material/undo:", key="undo_delete", on_click=_restore, args=(gone,))


def _duplicate(record: ScenarioRecord) -> None:
    st.session_state[_CHANGED] = None
    workspace().scenarios.duplicate(record.id, _(N_("{name} (copy)"), name=record.name))


def _delete(record: ScenarioRecord) -> None:
    st.session_state[_CHANGED] = None
    workspace().scenarios.delete(record.id)
    st.session_state["deleted_scenario"] = record


def _restore(record: ScenarioRecord) -> None:
    st.session_state[_CHANGED] = None
    workspace().scenarios.restore(record.id)
    st.session_state.pop("deleted_scenario", None)


@st.fragment
def compare_panel(model: TrainedModel) -> None:
    """Show up to four kept scenarios side by side."""
    with st.container(key="compare"), errors_told():
        st.subheader(_(N_("Compare saved scenarios")))
        if (said := st.session_state.pop(_SAID, None)) is not None:
            st.toast(_(said), icon=":material/check_circle:")
        records = {record.id: record for record in kept_scenarios()}
        if not records:
            st.caption(_(N_("Save at least one scenario to compare it here.")))
            return
        chosen = st.multiselect(_(N_("Scenarios")), list(records), list(records)[:MOST_COMPARED], format_func=lambda i: records[i].name, max_selections=MOST_COMPARED, key=f"compared_{'_'.join(records)}",
                                label_visibility="collapsed")
        outcomes = _answers(model, [records[i].scenario for i in chosen if i in records])
        if outcomes:
            st.plotly_chart(charts.compare_bars(outcomes, lang=language()), key="compare_bars")
            st.dataframe(_table(outcomes), key="compare_table")


def _answers(model: TrainedModel, scenarios: list[Scenario]) -> list[Outcome]:
    """Return the outcomes of those that fit the model; say which do not, and why."""
    outcomes = []
    for scenario in scenarios:
        try:
            outcomes.append(outcome_of(model, scenario, model.serves))
        except ScenarioError as error:
            st.warning(f"{plain(scenario.name)}: {plain(_(error))}", icon=":material/warning:")
    return outcomes


def _table(outcomes: list[Outcome]) -> pd.DataFrame:
    """Return one column per scenario, one row per measure: increment with its band, then the campaign days' measures."""
    reader, main = told(), main_measure(outcomes[0])
    rows: dict[str, list[str]] = {}

    def add(name: str, values: list[str]) -> None:
        rows[name] = values

    gains = [o.totals.increment[main] for o in outcomes]
    add(_(N_("Increment, everything")), [signed(reader, main, g.mean, o.currency) for g, o in zip(gains, outcomes, strict=True)])
    add(_(N_("80% band of it")), [band(reader, main, g, o.currency) for g, o in zip(gains, outcomes, strict=True)])
    for measure in ("gmv", "orders", "conversion", "visitors"):
        if all(o.promoted.scenario.get(measure) is not None for o in outcomes):
            label = _(N_("{measure} on campaign days"), measure=MEASURES[measure])
            add(label, [quantity(reader, measure, o.promoted.scenario[measure].mean, o.currency) for o in outcomes])
    add(_(N_("Ad spend")), [quantity(reader, "gmv", o.economics.ad_spend if o.economics else None, o.currency) for o in outcomes])
    add(_(N_("Return (ROI)")), [reader.number(o.economics.roi.mean, 2) if o.economics and o.economics.roi else "—" for o in outcomes])
    add(_(N_("Past support")), [o.support.grade for o in outcomes])
    names = [f"{i}. {o.scenario.name}" for i, o in enumerate(outcomes, 1)]
    return pd.DataFrame.from_dict(rows, orient="index", columns=names)
