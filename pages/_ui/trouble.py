"""Where errors end: told in the reader's language instead of raised."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages._ui.format import sentence
from pages._ui.i18n import _
from promo_core import N_, PromoError

__all__ = ["errors_told"]

_log = logging.getLogger("liftboard")


@contextmanager
def errors_told() -> Iterator[None]:
    """Tell an error instead of raising it: one that a person can mend in full, a bug as one sentence (its traceback goes to the log)."""
    try:
        yield
    except PromoError as error:
        st.error(sentence(_(error)), icon=":material/error:")
    except Exception:
        _log.exception("a page failed")
        st.error(_(N_("Something went wrong here, and it is our fault, not your file's. Your data and scenarios are as they were. Reload the page; the server's log has the details.")),
                 icon=":material/bug_report:")
