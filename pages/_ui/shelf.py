"""The kept data sets and models as lists: which is on the desk, and switching, deleting, taking a deletion back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages._ui.format import plain
from pages._ui.i18n import _, told
from pages._ui.league import MODEL_WORDS
from pages._ui.receipt import receipt_of
from pages._ui.state import current_dataset, current_record, may, select_dataset, select_model, workspace
from promo_core import N_, DatasetRecord, ModelRecord

__all__ = ["dataset_shelf", "model_shelf"]


def dataset_shelf() -> None:
    """List the data sets that are kept."""
    shelf, on_desk = workspace().datasets, current_dataset()
    for record in shelf.all():
        models = len(workspace().models.of_dataset(record.id))
        facts = _(N_("{file} · kept {day} · models: {count}"), file=record.filename, day=told().day(record.created), count=models)
        _row(record, on_desk, facts, select_dataset, shelf.delete)
    _deleted(shelf.all(deleted=True), shelf.restore)


def model_shelf() -> None:
    """List the models that are kept, each with its download."""
    shelf, on_desk = workspace().models, current_record()
    for record in shelf.all():
        _row(record, on_desk, _model_facts(record), select_model, shelf.delete, download=lambda record=record: shelf.zip(record.id))
    _deleted(shelf.all(deleted=True), shelf.restore)


def _model_facts(record: ModelRecord) -> str:
    summary = record.summary
    unit = N_("{count} days ahead") if summary["frequency"] == "D" else N_("{count} weeks ahead")
    taught = told().listed(_(MODEL_WORDS[name]) for name in record.settings.models) + (f" · {_(N_('Quick'))}" if record.settings.quick else "")
    return taught + " · " + _(N_("{horizon} · {series} series up to {origin} · trained {day}"), horizon=_(unit, count=summary["horizon"]), series=summary["n_series"], origin=summary["origin"],
             day=told().day(record.created))


def _row(record: DatasetRecord | ModelRecord, on_desk: DatasetRecord | ModelRecord | None, facts: str, select: Callable[[str], object], delete: Callable[[str], object],
         download: Callable[[], bytes] | None = None) -> None:
    """Show one record: what it is, and what can be done with it."""
    chosen = on_desk is not None and on_desk.id == record.id
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"row_{record.id}"):
        with st.container(gap=None, width="stretch"):
            mark = _(N_("in use"))
            st.markdown(f"**{plain(_(record.name))}**" + (f" :blue-badge[{mark}]" if chosen else ""))
            st.caption(plain(facts))
        if not chosen:
            st.button(_(N_("Use")), key=f"use_{record.id}", on_click=select, args=(record.id,))
        if isinstance(record, DatasetRecord):
            receipt_of(record)
        if download:
            st.download_button(_(N_("Download")), download, f"liftboard_model_{record.id}.zip", "application/zip", key=f"zip_{record.id}", icon=":material/download:", on_click="ignore",
                               type="tertiary")
        st.button(_(N_("Delete")), key=f"delete_{record.id}", icon=":material/delete:", type="tertiary", on_click=_delete, args=(delete, record.id),
                  disabled=not may(f"{_table(record)}.delete"))


def _table(record: DatasetRecord | ModelRecord) -> str:
    return "datasets" if isinstance(record, DatasetRecord) else "models"


def _deleted(records: list, restore: Callable[[str], object]) -> None:
    """Offer what was deleted back, the one just deleted in plain sight."""
    records = [record for record in records if may(f"{_table(record)}.restore")]
    last = st.session_state.get("just_deleted")
    for record in [r for r in records if r.id == last]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_(N_("Deleted {name}."), name=plain(_(record.name))))
            st.button(_(N_("Undo")), key=f"undo_{record.id}", icon=":material/undo:", type="tertiary", on_click=restore, args=(record.id,))
    if others := [r for r in records if r.id != last]:
        with st.expander(_(N_("Deleted ({count})"), count=len(others)), icon=":material/delete:"):
            for record in others:
                st.button(_(N_("Bring back {name}"), name=plain(_(record.name))), key=f"restore_{record.id}", icon=":material/undo:", type="tertiary", on_click=restore, args=(record.id,))


def _delete(delete: Callable[[str], object], record_id: str) -> None:
    delete(record_id)
    st.session_state["just_deleted"] = record_id
