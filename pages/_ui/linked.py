"""The model that a shared link names: on this session's desk only, the workspace's choice stays as it is."""

from __future__ import annotations

import streamlit as st

from pages._ui.format import plain
from pages._ui.i18n import _
from promo_core import N_, ModelRecord, Workspace

__all__ = ["forget_link", "linked_record", "say_linked"]

_PARAM, _KEY, _MISSING = "model", "linked_model", "linked_model_missing"


def linked_record(here: Workspace) -> ModelRecord | None:
    """Return the kept model that the address names; `None` where it names none, or one that is not here."""
    named = st.query_params.get(_PARAM) or st.session_state.get(_KEY)
    if named is None:
        return None
    found = next((record for record in here.models.all() if record.id == named), None)
    st.session_state[_MISSING] = found is None
    st.session_state[_KEY] = None if found is None else found.id
    return found


def forget_link() -> None:
    """Go back to the workspace's own choice."""
    st.query_params.pop(_PARAM, None)
    st.session_state[_KEY] = st.session_state[_MISSING] = None


def say_linked(here: Workspace, record: ModelRecord | None) -> None:
    """Say which model the link brought where it is not the one on the workspace's desk, or that it is not here."""
    if st.session_state.get(_MISSING):
        st.warning(_(N_("The model that this link names is not in this workspace. The model on the desk answers instead.")), icon=":material/link_off:")
        return
    served = here.models.served()
    if st.session_state.get(_KEY) and record is not None and (served is None or served.id != record.id):
        with st.container(horizontal=True, vertical_alignment="center", key="linked"):
            st.caption(":material/link: " + _(N_("Answered by the model of the link: {name}. The workspace's own choice is as it was."), name=plain(record.name)))
            st.button(_(N_("Back to it")), key="leave_link", type="tertiary", on_click=forget_link)
