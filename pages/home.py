import streamlit as st
st.title("home")
st.metric("x", "+¥1.2M", "+0.3")
