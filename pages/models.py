"""Train models, see which is better by how much and why it serves, and move models in and out."""

import streamlit as st

from pages._ui.evidence import lever_table, placebo_section
from pages._ui.format import MEASURES, plain, sentence, worded
from pages._ui.i18n import _, language, told
from pages._ui.jobs import training_outcome
from pages._ui.league import MODEL_WORDS, league, scored_targets
from pages._ui.live import live_chart
from pages._ui.shelf import model_shelf
from pages._ui.state import current_dataset, current_model, training, workspace
from pages._ui.training import load_form, train_form, what_changed
from promo_core import N_, TrainedModel
from promo_core.reporting import charts


def show_league(model: TrainedModel) -> None:
    """Show every member's errors over the rolling origins, measure by measure."""
    st.subheader(_(N_("Which model is better")))
    st.markdown(sentence(_(model.serves_why)))
    targets = scored_targets(model)
    if not targets:
        st.info(_(N_("This model has no backtest: the past is too short to hold a part of it back.")), icon=":material/info:")
        return
    target = st.segmented_control(_(N_("Measure")), targets, default=targets[0], required=True, format_func=worded(told(), MEASURES), key="league_target")
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
    left.table(league(model, target), hide_index=True, border="horizontal")
    with right:
        live_chart(charts.league_table(model.scores[model.scores["fold"] == "all"], target=target, lang=language()), key="league_chart")
    st.caption(_(N_("Each model was taught only what came before, then asked about the next {horizon} periods, {folds} times. WAPE: error as a share of the total, per series and period. "
                    "Bias: above 0 it forecasts too much. 80 % band held: should be near 80 %. ★ answers the what-ifs."), horizon=model.horizon, folds=_folds(model)))


def show_levers(model: TrainedModel) -> None:
    """Show what each lever does when it alone is moved."""
    st.subheader(_(N_("What each lever does")))
    if model.certificate is None or model.certificate.empty:
        st.info(_(N_("The past holds no promotion, so there is no lever to check.")), icon=":material/info:")
        return
    lever_table(model)
    st.caption(_(N_("Every lever is moved alone from nothing to the most ever seen, at every step of the horizon. Sound: it acts, and in one direction. In brackets: its mean effect at the most seen; "
                    "value per order may fall, because a discount is paid by someone.")))
    if model.placebo is not None:
        st.markdown("**" + _(N_("Promotions that never ran")) + "**")
        placebo_section(model)


def show_importance(model: TrainedModel) -> None:
    """Show what the forecasts without promotion look at."""
    st.subheader(_(N_("What the forecast looks at")))
    if model.importance is None or model.importance.empty:
        st.info(_(N_("This model was trained without explanations.")), icon=":material/info:")
        return
    members = [name for name in MODEL_WORDS if name in set(model.importance["model"])]
    member = st.segmented_control(_(N_("Model")), members, default=model.serves if model.serves in members else members[0], required=True,
                                  format_func=worded(told(), MODEL_WORDS), key="importance_model")
    live_chart(charts.importance(model.importance, model=member, lang=language()), key="importance_chart")
    st.caption(_(N_("Mean absolute SHAP value of every feature, as a share of all; measures added up.")))


def show_training(model: TrainedModel) -> None:
    """Say on what and how fast the network was trained."""
    network = model.meta.get("network") or {}
    if network:
        facts = {"device": plain(network.get("device", "—")), "epochs": network.get("epochs", "—"), "speed": told().number(network.get("windows_per_second")),
                 "seconds": told().number(network.get("seconds"))}
        st.caption(_(N_("The network was trained on {device}: {epochs} epochs in {seconds} s, {speed} windows per second."), **facts))


def _folds(model: TrainedModel) -> int:
    return model.scores.loc[model.scores["fold"] != "all", "fold"].nunique()


st.title(_(N_("Models")))
dataset, model = current_dataset(), current_model()
busy = training()
training_outcome(workspace())
if dataset is None:
    st.page_link("pages/data.py", label=_(N_("Load a file to train on")), icon=":material/arrow_forward:")
else:
    train_form(dataset, busy=busy)
if model is not None:
    show_league(model)
    show_levers(model)
    show_importance(model)
    show_training(model)
    what_changed(model)
st.subheader(_(N_("Kept models")))
model_shelf()
load_form()
