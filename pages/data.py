"""Load a file of past campaigns, mend how it was read, and use it; the data in use stays until then."""

import streamlit as st

from pages._ui import review
from pages._ui.format import plain
from pages._ui.i18n import _
from pages._ui.shelf import dataset_shelf
from pages._ui.state import current_dataset, current_record, may, training
from pages._ui.upload import candidate, choose_file, discard, read_candidate, use
from promo_core import N_

st.title(_(N_("Data")))
in_use = current_dataset()
if in_use is not None:
    st.caption(_(N_("In use: {name}"), name=plain(_(in_use.name))))
choose_file()

chosen = candidate()
inspection = read_candidate(chosen) if chosen else None
if inspection is not None:
    st.subheader(plain(inspection.filename))
    review.issues(inspection)
    review.verdict(inspection)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_(N_("Use this data")), type="primary", key="use_data", icon=":material/check:", disabled=not (inspection.verdict.usable and may("datasets.add")), on_click=use)
        st.button(_(N_("Discard")), key="discard_data", type="tertiary", on_click=discard)
        if not inspection.verdict.usable:
            st.caption(_(N_("It can be used once the errors above are settled.")))
    with st.expander(_(N_("Columns")), expanded=True, icon=":material/view_column:"):
        review.columns(inspection)
    with st.expander(_(N_("First rows")), icon=":material/table_rows:"):
        st.dataframe(inspection.raw.table.slice(0, 20).to_pandas(), hide_index=True)
elif in_use is not None and current_record() is None and not training():
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(_(N_("**{name}** has no model yet. Train one to get answers."), name=plain(_(in_use.name))))
        st.page_link("pages/models.py", label=_(N_("Train a model")), icon=":material/arrow_forward:")

st.subheader(_(N_("Kept data sets")))
dataset_shelf()
