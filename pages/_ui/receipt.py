"""The receipt of a data set: what was kept of its file, and what was left out before anything was stored."""

from __future__ import annotations

import streamlit as st

from pages._ui.format import plain
from pages._ui.i18n import _, told
from promo_core import KIND_WORDS, N_, DatasetRecord

__all__ = ["receipt_of"]


def receipt_of(record: DatasetRecord) -> None:
    """Show what was kept of a data set's file; one from before there were receipts has none."""
    receipt = record.receipt
    if receipt is None:
        return
    with st.popover(_(N_("Receipt")), icon=":material/receipt_long:", key=f"receipt_{record.id}", type="tertiary"):
        st.markdown(_(N_("Kept: {rows} rows of {columns} columns."), rows=told().number(receipt["rows"]), columns=len(receipt["kept"])))
        st.caption(plain(told().listed(receipt["kept"])))
        for side, text in (("dropped", N_("Left out before anything was stored:")), ("hashed", N_("Replaced by keyed codes before anything was stored:"))):
            if receipt[side]:
                st.markdown(_(text))
                st.caption(plain(told().listed(f"{one['header']} ({_(KIND_WORDS[one['kind']])})" for one in receipt[side])))
        if not receipt["dropped"] and not receipt["hashed"]:
            st.caption(_(N_("No column looked personal.")))
