"""Who is in the workspace and with which role, and the trail of who did what."""

import streamlit as st

from pages._ui.format import plain
from pages._ui.i18n import _, told
from pages._ui.state import may, workspace
from promo_core import ACTION_WORDS, N_, ROLE_WORDS, AuditEntry, Member, WorkRole

_CLAIMS, _SHOWN = "", 200


def show_members(members: list[Member]) -> None:
    """List everybody who signed in, each with the role given here, which administrators may change."""
    st.subheader(_(N_("Who signed in")))
    for member in members:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"member_{member.subject}"):
            with st.container(gap=None, width="stretch"):
                st.markdown(f"**{plain(member.name)}**")
                st.caption(_(N_("last signed in {day}"), day=told().day(member.last_seen)))
            key = f"role_{member.subject}"
            st.selectbox(_(N_("Role")), [_CLAIMS, *WorkRole], [_CLAIMS, *WorkRole].index(member.role or _CLAIMS), format_func=_role_word, key=key, width=240,
                         disabled=not may("members.assign"), on_change=assign, args=(member.subject, key))


def show_trail(entries: list[AuditEntry], names: dict[str, str]) -> None:
    """List the newest changes."""
    st.subheader(_(N_("Who did what")))
    rows = [{_(N_("When")): f"{entry.moment:%Y-%m-%d %H:%M:%S} UTC", _(N_("Who")): names.get(entry.subject, entry.subject), _(N_("What")): _(ACTION_WORDS.get(entry.action, entry.action)),
             _(N_("Which")): str(entry.detail.get("name") or entry.object_id)} for entry in entries]
    st.dataframe(rows, hide_index=True, key="trail")


def assign(subject: str, key: str) -> None:
    """Give a member the role that was chosen."""
    chosen = st.session_state[key]
    workspace().members.assign(subject, WorkRole(chosen) if chosen else None)


def _role_word(role: str) -> str:
    return _(ROLE_WORDS[WorkRole(role)]) if role else _(N_("as the sign-in says"))


st.title(_(N_("People")))
here = workspace()
kept = here.members.all()
show_members(kept)
show_trail(here.audit.entries(limit=_SHOWN), {member.subject: member.name for member in kept})
