"""A file on its way in: what was chosen, how it is read, and what a person changes about that before it is used."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

import streamlit as st

from pages._ui.format import plain, sentence
from pages._ui.i18n import _, language
from pages._ui.people import folders_open
from pages._ui.state import select_dataset, workspace
from promo_core import N_, AccessError, DataError, Inspection, Mapping, Message, PromoError, confined, inspect, panel_of_log, template_csv

__all__ = ["Candidate", "candidate", "change", "choose_file", "discard", "read_candidate", "use"]

_KEY, _ROUND, _ERROR = "candidate", "upload_round", "candidate_error"
_KINDS = ["csv", "gz", "tsv", "txt", "parquet", "xlsx"]


@dataclass(frozen=True)
class Candidate:
    """A file that was chosen but is not in use yet; `mapping` is `None` until a person changes what was recognised."""

    content: bytes
    filename: str
    key: str
    mapping: Mapping | None = None


def choose_file() -> None:
    """Ask for a file or a path, and offer the template."""
    st.file_uploader(_(N_("Past campaigns: CSV, TSV, Parquet or Excel")), _KINDS, key=_upload_key(), on_change=_take_upload)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if folders_open() != ():
            st.text_input(_(N_("…or the path of a file on this machine")), key="data_path", placeholder="/data/campaigns.csv", width=420, on_change=_take_path)
            st.button(_(N_("Read it")), key="read_path", on_click=_take_path)
        st.space("stretch")
        st.download_button(_(N_("Download a template")), template_csv(language()), "liftboard_template.csv", "text/csv", key="template", icon=":material/download:", on_click="ignore",
                           type="tertiary")
    if message := st.session_state.pop(_ERROR, None):
        st.error(sentence(_(message)), icon=":material/error:")


def candidate() -> Candidate | None:
    """Return the file that waits to be used."""
    return st.session_state.get(_KEY)


def read_candidate(chosen: Candidate) -> Inspection | None:
    """Inspect the waiting file; one that is no table is told about and set aside."""
    try:
        with st.spinner(_(N_("Reading {name}…"), name=plain(chosen.filename))):
            return _inspection_of(chosen)
    except PromoError as error:
        st.error(sentence(_(error)), icon=":material/error:")
        st.caption(_(N_("The data that was in use before still is.")))
        return None


def change(make: Callable[[], Mapping]) -> None:
    """Read the waiting file again under another mapping; one that cannot be is told about and not taken."""
    try:
        st.session_state[_KEY] = replace(st.session_state[_KEY], mapping=make())
    except PromoError as error:
        st.session_state[_ERROR] = error.message


def discard() -> None:
    """Let the waiting file go; what was in use stays in use."""
    st.session_state.pop(_KEY, None)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def use() -> None:
    """Keep the waiting file in the workspace, read as it now is mapped, and put it on the desk."""
    chosen = st.session_state[_KEY]
    try:
        inspection = _inspection_of(chosen)
        if not inspection.verdict.usable:
            return
        select_dataset(workspace().datasets.add(chosen.content, inspection).id)
    except PromoError as error:
        st.session_state[_ERROR] = error.message
        return
    discard()


def _upload_key() -> str:
    return f"upload_{st.session_state.get(_ROUND, 0)}"


def _take_upload() -> None:
    uploaded = st.session_state.get(_upload_key())
    if uploaded is None:
        st.session_state.pop(_KEY, None)
        return
    _take(uploaded.getvalue(), uploaded.name)


def _take_path() -> None:
    path = st.session_state["data_path"]
    if not path.strip():
        return
    try:
        place = confined(path, folders_open())
        with st.spinner(_(N_("Reading {name}…"), name=plain(place.name))):
            _take(*(panel_of_log(place) if place.suffix == ".json" else (place.read_bytes(), place.name)))
    except (AccessError, DataError) as error:
        st.session_state[_ERROR] = error.message
    except OSError as error:
        st.session_state[_ERROR] = Message(N_("Cannot read `{path}`: {reason}. Check the path."), {"path": path[:200], "reason": error.strerror or str(error)})


def _take(content: bytes, filename: str) -> None:
    st.session_state[_KEY] = Candidate(content, filename, sha256(content).hexdigest())


def _inspection_of(chosen: Candidate) -> Inspection:
    return _inspected(chosen.key, chosen.filename, "" if chosen.mapping is None else json.dumps(chosen.mapping.to_dict(), sort_keys=True), chosen)


@st.cache_resource(max_entries=3, show_spinner=False)
def _inspected(key: str, filename: str, mapping: str, _chosen: Candidate) -> Inspection:
    return inspect(_chosen.content, filename=filename, mapping=_chosen.mapping)
