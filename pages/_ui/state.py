"""What a session works on: the workspace, the data set and the model on the desk. The choice lives in the workspace, so that a reload or a second tab keeps it."""

from __future__ import annotations

import gc
import os
from functools import lru_cache
from pathlib import Path
from threading import Lock

import streamlit as st
from threadpoolctl import threadpool_limits

from pages._ui.i18n import _
from pages._ui.jobs import training_panel
from pages._ui.linked import forget_link, linked_record, say_linked
from pages._ui.people import account, person, sign_in_on, workspace_name
from promo_core import N_, SYSTEM, DatasetRecord, JobRecord, ModelRecord, Panel, Scenario, TrainedModel, Workspace, ensure_demo, load_model, simulate

__all__ = ["current_dataset", "current_model", "current_record", "dataset_panel", "is_demo", "linked_model_note", "may", "prepare_demo", "require_model", "select_dataset", "select_model", "show_account", "training",
           "workspace"]

_DESK, _NO_DATASET = "desk_dataset", ""
_DEMO, _WELCOMED = "demo_dataset", "welcomed"
_SHARED = "liftboard"
_OPENING = Lock()
_HOME = Path(__file__).resolve().parents[2] / ".liftboard"


def workspace() -> Workspace:
    """Return the workspace as whoever is at work may use it.

    Its files lie in the folder LIFTBOARD_HOME, or in `.liftboard` beside the app; its records there too, or in the database DATABASE_URL names;
    LIFTBOARD_FILES names an object store that keeps the files besides.

    Raises:
        AccessError: when a sign-in names nobody.
    """
    here = _opened(*_place())
    if not sign_in_on():
        return here
    someone = person()
    if st.session_state.get(_WELCOMED) != someone.subject:
        here.welcome(someone)
        st.session_state[_WELCOMED] = someone.subject
    return here.signed_in(someone)


def may(action: str) -> bool:
    """Tell whether whoever is at work may do something, so that a page offers no more; the workspace checks it again."""
    return workspace().person.may(action)


def show_account() -> None:
    """Show who is signed in, and with which role."""
    here = workspace().person
    account(here.role, here.name)


def prepare_demo() -> None:
    """Have the demo shop in the workspace, and its model trained or in training; once per process."""
    with st.spinner(_(N_("Laying out the demo shop…"))):
        _demo_laid_out(*_place())


def current_dataset() -> DatasetRecord | None:
    """Return the data set on the desk: the chosen one, else the newest; `None` where the model on the desk came without data."""
    here = workspace()
    if (linked := linked_record(here)) is not None:
        return None if linked.dataset_id is None else here.datasets.get(linked.dataset_id)
    chosen = here.preferences.get(_DESK)
    if chosen == _NO_DATASET and (served := here.models.served()) is not None:
        return None if served.dataset_id is None else here.datasets.get(served.dataset_id)
    kept = here.datasets.all()
    return next((record for record in kept if record.id == chosen), kept[0] if kept else None)


def current_record() -> ModelRecord | None:
    """Return the kept model on the desk: the link's, the chosen one where it fits the data set, else the data set's newest."""
    if (linked := linked_record(workspace())) is not None:
        return linked
    here, dataset = workspace(), current_dataset()
    served = here.models.served()
    if served is None or served.dataset_id == (dataset.id if dataset else None):
        return served
    return next(iter(here.models.of_dataset(dataset.id)), None) if dataset else None


def current_model() -> TrainedModel | None:
    """Return the model on the desk, ready to answer; `None` while there is none.

    Raises:
        ModelFolderError: when its folder is no longer intact.
    """
    record = current_record()
    if record is None:
        return None
    with st.spinner(_(N_("Loading the model…"))):
        return _loaded(str(workspace().models.path(record.id)))


def dataset_panel(dataset: DatasetRecord) -> Panel:
    """Return a data set's panel.

    Raises:
        DataError: when no panel can be made of its file.
    """
    workspace().require("read")
    return _panel_of(dataset.id, *_place())


def require_model() -> TrainedModel:
    """Return the model on the desk; without one, say what to do, show the training that runs, and end the page."""
    model = current_model()
    if model is not None:
        return model
    dataset = current_dataset()
    with st.container(border=True, key="no_model"):
        st.subheader(_(N_("No model yet")))
        st.markdown(_(N_("Answers come from a model, and a model learns from past campaigns.")))
        if not training():
            page, label = ("pages/models.py", N_("Train a model")) if dataset else ("pages/data.py", N_("Load a file"))
            st.page_link(page, label=_(label), icon=":material/arrow_forward:")
    st.stop()


def linked_model_note() -> None:
    """Say when the model is one that a link brought."""
    say_linked(workspace(), current_record())


def select_dataset(dataset_id: str) -> None:
    """Put a data set on the desk, and its newest model with it."""
    forget_link()
    here = workspace()
    here.preferences.put(_DESK, dataset_id)
    trained = here.models.of_dataset(dataset_id)
    if trained:
        here.models.serve(trained[0].id)


def select_model(model_id: str) -> None:
    """Put a model on the desk, and the data set it was trained on with it."""
    forget_link()
    here = workspace()
    record = here.models.serve(model_id)
    here.preferences.put(_DESK, record.dataset_id or _NO_DATASET)


def training() -> bool:
    """Show the training that runs, and false when none does; its model goes on the desk when it is ready."""
    return training_panel(workspace(), _take_result)


def is_demo(dataset: DatasetRecord | None) -> bool:
    """Tell whether a data set is the demo shop."""
    return dataset is not None and dataset.id == workspace().settings.get(_DEMO)


def _place() -> tuple[str, str | None, str, str | None]:
    """Return the workspace's folder, its database's address, its name there and its object store; a sign-in's workspace lies beneath the server's own."""
    home, named = os.environ.get("LIFTBOARD_HOME") or str(_HOME), workspace_name()
    url, files = os.environ.get("DATABASE_URL") or None, os.environ.get("LIFTBOARD_FILES") or None
    return (home, url, _SHARED, files) if named is None else (str(Path(home) / "workspaces" / named), url, f"{_SHARED}-{named}", files)


def _take_result(job: JobRecord) -> None:
    """Put a trained model on the desk, unless another data set was put there meanwhile."""
    dataset = current_dataset()
    if dataset is None or dataset.id == job.request["dataset_id"]:
        select_model(job.result_id)


def _opened(*place: str | None) -> Workspace:
    """Return the workspace of a place, opened once."""
    with _OPENING:
        return _open(*place)


@lru_cache(maxsize=200)
def _open(folder: str, url: str | None, name: str, files: str | None) -> Workspace:
    return Workspace(folder, url=url, name=name, files=files, pseudonym_key=os.environ.get("LIFTBOARD_PSEUDONYM_KEY", "").encode() or None)


@st.cache_resource(max_entries=200, show_spinner=False)
def _demo_laid_out(*place: str | None) -> str:
    return ensure_demo(_opened(*place).used_by(SYSTEM)).dataset_id


@st.cache_resource(max_entries=2, show_spinner=False)
def _panel_of(dataset_id: str, *place: str | None) -> Panel:
    return _opened(*place).datasets.panel(dataset_id)


@st.cache_resource(max_entries=4, show_spinner=False)
def _loaded(folder: str) -> TrainedModel:
    """Load a model folder, which is never written again, and let it answer once so that the first question is quick."""
    threadpool_limits(1)  # an answer's matrices are small: threads for each would only wait for one another, and for the browser
    model = load_model(folder)
    simulate(model, Scenario(name="baseline", campaigns=(), horizon=model.horizon), attribution=False)
    gc.unfreeze()
    gc.collect()  # what left since the last load is let go
    gc.freeze()  # what is loaded by now stays: Python need not look through it at every collection
    return model
