import streamlit as st
st.title("reports")
st.metric("x", "+¥1.2M", "+0.3")
