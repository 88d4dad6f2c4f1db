import streamlit as st
st.title("whatif")
st.metric("x", "+¥1.2M", "+0.3")
