"""What a model looks at as a whole: importance, every contribution by feature, and one feature's contributions by its value."""

from __future__ import annotations

import streamlit as st

from pages._ui.i18n import _, language
from pages._ui.live import live_chart
from promo_core import N_, TrainedModel, feature_words
from promo_core.reporting import charts

__all__ = ["model_as_a_whole"]

_WAYS = {"importance": N_("Importance"), "beeswarm": N_("Every contribution"), "dependence": N_("By value")}


def model_as_a_whole(model: TrainedModel, member: str, target: str) -> None:
    """Show one of the usual views of a member's contributions, and how well they add up."""
    ways = list(_WAYS) if model.shap_points is not None and len(model.shap_points) else ["importance"]
    way = st.segmented_control(_(N_("Look at")), ways, default="importance", required=True, format_func=lambda w: _(_WAYS[w]), key="shap_way", persist_state="session",
                               label_visibility="collapsed")
    if way == "importance":
        live_chart(charts.importance(model.importance, target=target, model=member, lang=language()), key="shap_global")
    elif way == "beeswarm":
        live_chart(charts.beeswarm(model.shap_points, target=target, model=member, lang=language()), key="shap_beeswarm")
        st.caption(_(N_("Each dot is one series and period ahead. Blue: the feature is low there; orange: it is high; grey: a group of inputs without a single value.")))
    else:
        _dependence(model, member, target)
    error = model.importance.loc[(model.importance["model"] == member) & (model.importance["target"] == target), "additivity_error"].max()
    how = N_("LightGBM's own SHAP values; they add up to the forecast, and the largest gap on the link scale is {error}.") if member == "gbm" else \
        N_("Exact Shapley values of groups of inputs; they add up to the forecast, and the largest gap on the link scale is {error}.")
    st.caption(_(how, error=f"{error:.1e}"))


def _dependence(model: TrainedModel, member: str, target: str) -> None:
    points = model.shap_points
    mine = points[(points["model"] == member) & (points["target"] == target) & points["value"].notna()]
    if mine.empty:
        st.caption(_(N_("This group of inputs has no single value to draw against.")))
        return
    feature = st.selectbox(_(N_("Feature")), list(dict.fromkeys(mine["feature"])), format_func=lambda f: feature_words(f, language()), key="shap_feature")
    live_chart(charts.dependence(points, feature, target=target, model=member, lang=language()), key="shap_dependence")
