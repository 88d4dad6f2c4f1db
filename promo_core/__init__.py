"""Liftboard's core: forecasts, what-ifs and reports for promotions. It knows nothing of Streamlit, environment or clock."""
