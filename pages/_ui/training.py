"""Asking for a training, and taking in a model that was trained elsewhere."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pages._ui.format import plain, sentence, worded
from pages._ui.i18n import _, told
from pages._ui.league import MODEL_WORDS
from pages._ui.people import folders_open
from pages._ui.state import dataset_panel, may, select_model, workspace
from promo_core import N_, DatasetRecord, ModelRecord, Panel, PromoError, TrainedModel, TrainSettings, confined, default_horizon, start_training

__all__ = ["load_form", "train_form", "what_changed"]

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
            _start_from(dataset, panel)
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


def what_changed(model: TrainedModel) -> None:
    """Say what going on from an earlier model changed, where the model was made so."""
    tuned = _tuned(model)
    if not tuned:
        return
    reader = told()
    st.caption(_(N_("Gone on from an earlier model with {count} new periods: its next forecast without promotion moved by {moved}. Bands and backtest are the earlier training's."),
                 count=reader.number(tuned["new_periods"]), moved=reader.percent(tuned["moved"])))
    if tuned["wape"] is not None:
        st.caption(_(N_("The earlier model had forecast the new periods with an error (WAPE) of {wape}; seasonal naive had {naive}."), wape=reader.percent(tuned["wape"]), naive=reader.percent(tuned["wape_naive"])))


def _tuned(model: TrainedModel) -> dict[str, Any] | None:
    return model.meta.get("tuned")


def _start_from(dataset: DatasetRecord, panel: Panel) -> None:
    """Offer the kept models of the same series that know less of the past: going on from one takes a fraction of a training."""
    earlier = {record.id: record for record in workspace().models.all() if _is_earlier(record, panel)}
    if earlier:
        st.selectbox(_(N_("Go on from")), [None, *earlier], key=_start_key(dataset.id), width=260, format_func=lambda i: _(N_("Nothing: train anew")) if i is None else f"{_(earlier[i].name)} · {earlier[i].summary['origin']}",
                     help=_(N_("Keeps what that model has learned, its horizon and its settings, and learns the newest periods on top: a fraction of a full training.")))


def _is_earlier(record: ModelRecord, panel: Panel) -> bool:
    known = record.summary
    return known["frequency"] == panel.frequency and known["n_series"] == panel.n_series and known["origin"] < f"{panel.origin:%Y-%m-%d}"


def _start_key(dataset_id: str) -> str:
    return f"train_start_{dataset_id}"


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
        start = asked.get(_start_key(dataset_id))
        start_training(workspace(), dataset_id, settings, **({"start_id": start} if start else {}))
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
