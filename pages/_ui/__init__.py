"""The half of the pages that knows Streamlit: session, caches, components, language."""
