"""Router: navigation, language and the frame around every page."""

import streamlit as st

from pages._ui import frame
from pages._ui.i18n import _
from pages._ui.people import sign_in_on

frame.configure()
pages = [
    st.Page("pages/home.py", title=_("Home"), icon=":material/home:", default=True),
    st.Page("pages/data.py", title=_("Data"), icon=":material/table_chart:"),
    st.Page("pages/models.py", title=_("Models"), icon=":material/model_training:"),
    st.Page("pages/whatif.py", title=_("What if"), icon=":material/tune:"),
    st.Page("pages/overview.py", title=_("Overview"), icon=":material/dashboard:"),
    st.Page("pages/forecast.py", title=_("Forecast"), icon=":material/show_chart:"),
    st.Page("pages/stock.py", title=_("Stock"), icon=":material/inventory_2:"),
    st.Page("pages/reports.py", title=_("Reports"), icon=":material/summarize:"),
    st.Page("pages/truth.py", title=_("How right is this"), icon=":material/verified:", url_path="truth"),
]
if sign_in_on():
    pages.append(st.Page("pages/people.py", title=_("People"), icon=":material/group:"))
page = st.navigation(pages, position="top")
frame.run(page)
