import streamlit as st
st.title("models")
st.metric("x", "+¥1.2M", "+0.3")
