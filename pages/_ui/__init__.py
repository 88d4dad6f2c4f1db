"""The half of the pages that knows Streamlit: session, caches, components, language."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

# Streamlit takes a folder called `pages` for its older navigation until `st.navigation` has run once: a link straight to a page,
# first after a start, would then show bare file names. Whoever comes first switches that off: the server before it answers (None),
# or the first page, which starts over.
if PagesManager.uses_pages_directory is not False:
    begun = PagesManager.uses_pages_directory
    PagesManager.uses_pages_directory = False
    if begun and st.runtime.exists():
        st.rerun()
