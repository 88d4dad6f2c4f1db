import streamlit as st
st.title("forecast")
st.metric("x", "+¥1.2M", "+0.3")
