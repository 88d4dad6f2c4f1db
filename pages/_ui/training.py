"""Asking for a training, and taking in a model that was trained elsewhere."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages._ui.format import plain, sentence, worded
from pages._ui.i18n import _, told
from pages._ui.league import MODEL_WORDS
from pages._ui.people import folders_open
from pages._ui.state import dataset_panel, may, select_model, workspace
from promo_core import N_, DatasetRecord, ModelRecord, PromoError, TrainSettings, confined, default_horizon, start_training

__all__ = ["load_form", "train_form"]

_ERROR, _ROUND = "model_error", "model_upload_round"
_LEARNED = ("gbm", "lstm")


def train_form(dataset: DatasetRecord, *, busy: bool) -> None:
    """Ask how to train on a data set, and start it."""
    panel = dataset_panel(dataset)
    unit = N_("days") if panel.frequency == "D" else N_("weeks")
    with st.container(border=True, key="train_form"):
        st.markdown("**" + _(N_("Train on {name}"), name=plain(_(dataset.name))) + "**")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            models = st.pills(_(N_("Models")), _LEARNED, selection_mode="multi", default=_LEARNED, format_func=worded(told(), MODEL_WORDS), key="train_models",
                              persist_state="session", help=_(N_("A seasonal naive forecast and a blend of all always come along, so that there is something to compare with.")))
            st.number_input(_(N_("Horizon in {unit}"), unit=_(unit)), 1, 400, default_horizon(panel.frequency), 1, key=_horizon_key(dataset.id), width=170, persist_state="session")
            st.toggle(_(N_("Quick")), key="train_quick", persist_state="session", help=_(N_("Smaller models: a first answer sooner, a little less accurate.")))
            st.button(_(N_("Train")), type="primary", key="train", icon=":material/play_arrow:", disabled=busy or not models or not may("jobs.add"), on_click=_start, args=(dataset.id,))
        if busy:
            st.caption(_(N_("One training runs at a time; you can go on working meanwhile.")))
    _tell_error()


def load_form() -> None:
    """Take in a model from a zip or a folder."""
    with st.expander(_(N_("Load a saved model")), icon=":material/upload:"):
        key = f"model_zip_{st.session_state.get(_ROUND, 0)}"
        st.file_uploader(_(N_("A zip that Liftboard saved")), ["zip"], key=key, on_change=_take_zip, args=(key,))
        if folders_open() != ():
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.text_input(_(N_("…or the path of a model folder on this machine")), key="model_path", placeholder="/models/summer", width=420)
                st.button(_(N_("Load it")), key="load_model", on_click=_take_folder)
        st.caption(_(N_("Every file in it is checked first. A model folder holds numbers only and can't run code.")))


def _tell_error() -> None:
    if message := st.session_state.pop(_ERROR, None):
        st.error(sentence(_(message)), icon=":material/error:")


def _horizon_key(dataset_id: str) -> str:
    return f"train_horizon_{dataset_id}"


def _start(dataset_id: str) -> None:
    """Start the training that the form asks for now: a number typed just before the click counts."""
    asked = st.session_state
    try:
        settings = TrainSettings(models=tuple(m for m in _LEARNED if m in asked["train_models"]), horizon=int(asked[_horizon_key(dataset_id)]), quick=asked["train_quick"])
        start_training(workspace(), dataset_id, settings)
    except PromoError as error:
        st.session_state[_ERROR] = error.message


def _take_zip(key: str) -> None:
    uploaded = st.session_state.get(key)
    if uploaded is None:
        return
    _take(lambda: workspace().models.add_zip(uploaded.getvalue(), uploaded.name.removesuffix(".zip")))


def _take_folder() -> None:
    folder = st.session_state["model_path"]
    if not folder.strip():
        return
    _take(partial(_folder_added, folder))


def _folder_added(typed: str) -> ModelRecord:
    place = confined(typed, folders_open())
    return workspace().models.add_folder(place, place.name)


def _take(add: object) -> None:
    """Keep a model and put it on the desk; one that is not intact is told about, and the one in use stays."""
    try:
        select_model(add().id)
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    except PromoError as error:
        st.session_state[_ERROR] = error.message
