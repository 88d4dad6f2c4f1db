"""The reader's language in a session: the switch, and every text in it."""

from __future__ import annotations

from threading import local
from typing import Any

import streamlit as st

from pages._ui.format import plain
from promo_core import LANGUAGES, N_, Message, PromoError, Reader, column, reader

__all__ = ["_", "dimension_label", "keep_language", "language", "language_switch", "told"]

_KEY = "lang"


_RUN = local()


def language() -> str:
    """Return the session's language: the one chosen, the link's, or the browser's."""
    return getattr(_RUN, "lang", None) or _language()


def keep_language() -> None:
    """Find the language once for what this thread runs from now on: it changes with a run of the whole page alone, and a page asks for it a hundred times."""
    _RUN.lang = _language()


def _language() -> str:
    chosen = st.session_state.get(_KEY) or st.query_params.get(_KEY)
    return chosen if chosen in LANGUAGES else _browser_language()


def told() -> Reader:
    """Return the reader of the session's language."""
    return reader(language())


def _(message: str | Message | PromoError, **facts: Any) -> str:
    """Tell a marked text, a message or an error in the session's language."""
    return told().say(message, **facts)


def dimension_label(name: str) -> str:
    """Return a dimension's label: the schema's word for its own, the file's word for others."""
    try:
        return _(column(name).label)
    except KeyError:
        return plain(name)


def language_switch() -> None:
    """Show the switch in the page's head; the choice lives in the link, so that it can be shared."""
    keep_language()
    st.session_state[_KEY] = language()
    with st.container(key="language"):
        st.segmented_control(_(N_("Language")), list(LANGUAGES), format_func=LANGUAGES.get, required=True, key=_KEY, on_change=_put_into_link, label_visibility="collapsed")


def _put_into_link() -> None:
    st.query_params[_KEY] = st.session_state[_KEY]


def _browser_language() -> str:
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"
