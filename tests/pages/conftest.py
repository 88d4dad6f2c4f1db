"""The app run on a workspace of the test's own."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from promo_core import TrainSettings, Workspace

APP = Path(__file__).resolve().parents[2] / "app.py"
SECONDS = 90


@pytest.fixture
def small_home(kept_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace of the test's own, with the small shop and its model on the desk; LIFTBOARD_HOME names it."""
    yield from _at_home(shutil.copytree(kept_home, tmp_path / "home"), monkeypatch)


@pytest.fixture
def untrained_home(kept_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same without its model; the demo's training has been started before, so that none starts by itself."""
    home = shutil.copytree(kept_home, tmp_path / "home")
    workspace = Workspace(home)
    workspace.models.delete(workspace.models.all()[0].id)
    workspace.settings.put("demo_job", "0" * 16)
    workspace.close()
    yield from _at_home(home, monkeypatch)


@pytest.fixture
def running_job(untrained_home: Path) -> Iterator[str]:
    """A training of the demo shop that runs as far as the records and locks tell; its id."""
    workspace, job_id = Workspace(untrained_home), "f" * 16
    with (untrained_home / "jobs" / f"{job_id}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        workspace.jobs.add(job_id, "train", {"dataset_id": workspace.datasets.all()[0].id, "settings": TrainSettings().to_dict(), "name": "Demo shop"})
        workspace.jobs.begin(job_id, os.getpid())
        workspace.jobs.progress(job_id, "lstm", 0.4, "epoch 4 of 10, loss 0.1, 5200 windows/s on CPU, 20 s left")
        yield job_id
    workspace.close()


@pytest.fixture
def run_page(small_home: Path) -> Callable[..., AppTest]:
    """Return a function that runs the app on one page in one language."""
    return run_at


def run_at(page: str | None = None, lang: str = "en", **state: object) -> AppTest:
    """Run the app, go to a page with `state` in its session, and return it once it has settled without an exception."""
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    app.session_state["lang"] = lang
    app.run()
    for key, value in state.items():
        app.session_state[key] = value
    if page:
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    return app


def texts(app: AppTest) -> str:
    """Return everything a page says, in one string."""
    kinds = ("title", "subheader", "markdown", "caption", "text", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LIFTBOARD_HOME", str(home))
    monkeypatch.chdir(APP.parent)
    yield home
    st.cache_resource.clear()
    assert os.environ["LIFTBOARD_HOME"] == str(home)
