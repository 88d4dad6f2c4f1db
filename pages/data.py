import streamlit as st
st.title("data")
st.metric("x", "+¥1.2M", "+0.3")
