"""Who is at work: whoever sits at this machine, or whoever signed in through OpenID Connect; and what a page offers them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui.format import plain
from pages._ui.i18n import _
from promo_core import LOCAL, N_, ROLE_WORDS, Door, Person

__all__ = ["account", "folders_open", "gate", "person", "sign_in_on", "workspace_name"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def sign_in_on() -> bool:
    """Tell whether the server asks people to sign in: its secrets have a section `[auth]`."""
    return "auth" in _secrets()


def person() -> Person:
    """Return who is at work.

    Raises:
        AccessError: when a sign-in names nobody or tells no end.
    """
    return _door().person(_claims()) if sign_in_on() else LOCAL


def workspace_name() -> str | None:
    """Return the name of the workspace that the sign-in leads to; `None` is the server's own.

    Raises:
        AccessError: when the sign-in should name one and does not.
    """
    return _door().workspace(_claims()) if sign_in_on() else None


def gate() -> None:
    """Let whoever may be here pass; ask everybody else to sign in, and end the page."""
    if not sign_in_on():
        return
    if not st.user.is_logged_in:
        _ask(N_("Sign in to work with your shop's promotions."))
    now = person()
    if now.expires is not None and datetime.now(UTC) >= now.expires:
        _ask(N_("Your sign-in has ended. Sign in again; what you saved is kept."))


def account(role: str | None, name: str) -> None:
    """Show who is signed in, and the way out."""
    with st.popover(plain(name), icon=":material/account_circle:", key="account"):
        st.caption(_(ROLE_WORDS[role]) if role else _(N_("no role yet")))
        st.button(_(N_("Sign out")), icon=":material/logout:", key="sign_out", on_click=st.logout)


def folders_open() -> tuple[Path, ...] | None:
    """Return the folders whose files may be opened by path: those of LIFTBOARD_FOLDERS; without it any (`None`) on an open localhost, else none."""
    named = os.environ.get("LIFTBOARD_FOLDERS")
    if named:
        return tuple(Path(folder) for folder in named.split(os.pathsep) if folder)
    return None if not sign_in_on() and st.get_option("server.address") in _LOOPBACK else ()


def _ask(why: str) -> None:
    with st.container(border=True, key="sign_in"):
        st.subheader(_(N_("Sign in")))
        st.markdown(_(why))
        st.button(_(N_("Sign in")), type="primary", icon=":material/login:", key="log_in", on_click=st.login)
    st.stop()


def _claims() -> Mapping[str, Any]:
    return st.user.to_dict() if st.user.is_logged_in else {}


def _door() -> Door:
    return Door.from_dict(_secrets().get("liftboard", {}))


def _secrets() -> Mapping[str, Any]:
    """Return the server's secrets; a file that is there and cannot be read ends the page rather than opening the door."""
    if not any(Path(path).exists() for path in st.get_option("secrets.files")):
        return {}
    return st.secrets.to_dict()
