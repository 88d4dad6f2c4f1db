"""What this is, what is on the desk, and where to go next."""

import streamlit as st

from pages._ui.format import plain
from pages._ui.glance import data_at_a_glance, model_at_a_glance, next_steps
from pages._ui.i18n import _
from pages._ui.state import current_dataset, current_model, dataset_panel, is_demo, training
from pages._ui.truth import truth_section
from promo_core import N_

st.title(_(N_("Know what a promotion will bring before you run it")))
dataset, model = current_dataset(), current_model()
panel = model.panel if model is not None else dataset_panel(dataset) if dataset is not None else None

if panel is None:
    st.info(_(N_("There is no data yet. Load a file of past campaigns to begin.")), icon=":material/info:")
else:
    name = _(dataset.name) if dataset is not None else panel.name
    with st.container(border=True, key="glance"):
        st.subheader(plain(name))
        if is_demo(dataset):
            st.markdown(_(N_("A generated shop whose true promotion effects are known, so that you can try everything and check the answers. Load your own file whenever you like.")))
        data_at_a_glance(panel)
        if model is not None:
            model_at_a_glance(model)
if not training() and model is None and dataset is not None:
    st.page_link("pages/models.py", label=_(N_("No model yet: train one to get answers")), icon=":material/arrow_forward:")

st.subheader(_(N_("Next")))
next_steps()
if model is not None and is_demo(dataset):
    truth_section(model)
