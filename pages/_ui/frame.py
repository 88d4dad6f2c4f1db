"""The frame around every page: settings, style, logo, language switch; errors end in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui.i18n import language_switch
from pages._ui.people import gate, sign_in_on
from pages._ui.state import prepare_demo, show_account
from pages._ui.trouble import errors_told

__all__ = ["configure", "errors_told", "run"]

_ASSETS = Path(__file__).resolve().parents[2] / "assets"


def configure() -> None:
    """Set the page up before anything else is drawn."""
    st.set_page_config(page_title="Liftboard", page_icon=str(_ASSETS / "icon.svg"), layout="wide", initial_sidebar_state="collapsed")
    st.logo(str(_ASSETS / "logo.svg"), icon_image=str(_ASSETS / "icon.svg"), size="large")
    st.html(_ASSETS / "liftboard.css")
    language_switch()


def run(page: Any) -> None:
    """Run the chosen page; whatever fails in it is told in the reader's language."""
    with errors_told():
        gate()
        if sign_in_on():
            show_account()
        prepare_demo()
        page.run()
