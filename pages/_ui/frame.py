"""The frame around every page: settings, style, logo, language switch, and the place where errors end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui.format import plain
from pages._ui.i18n import _, language_switch
from pages._ui.state import prepare_demo
from promo_core import N_, PromoError

__all__ = ["configure", "errors_told", "run"]

_ASSETS = Path(__file__).resolve().parents[2] / "assets"
_log = logging.getLogger("liftboard")


def configure() -> None:
    """Set the page up before anything else is drawn."""
    st.set_page_config(page_title="Liftboard", page_icon=str(_ASSETS / "icon.svg"), layout="wide", initial_sidebar_state="collapsed")
    st.logo(str(_ASSETS / "logo.svg"), icon_image=str(_ASSETS / "icon.svg"), size="large")
    st.html(_ASSETS / "liftboard.css")
    language_switch()


def run(page: Any) -> None:
    """Run the chosen page; whatever fails in it is told in the reader's language."""
    with errors_told():
        prepare_demo()
        page.run()


@contextmanager
def errors_told() -> Iterator[None]:
    """Tell an error instead of raising it: one that a person can mend in full, a bug as one sentence (its traceback goes to the log)."""
    try:
        yield
    except PromoError as error:
        st.error(plain(_(error)), icon=":material/error:")
    except Exception:
        _log.exception("a page failed")
        st.error(_(N_("Something went wrong here, and it is our fault, not your file's. Your data and scenarios are as they were. Reload the page; the server's log has the details.")),
                 icon=":material/bug_report:")
