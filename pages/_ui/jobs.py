"""A training that runs: what it does now, how far it is, how long it will take, and the way to end it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import streamlit as st

from pages._ui.format import plain, span
from pages._ui.i18n import _, told
from pages._ui.trouble import errors_told
from promo_core import N_, JobRecord, Workspace, cancel_job, job_status

__all__ = ["training_outcome", "training_panel"]

_SECONDS_BETWEEN_LOOKS = 1.5
_STAGES = {"": (0.0, N_("Waiting for the process to start")), "reading": (0.0, N_("Reading the data")), "response": (0.06, N_("Learning what promotions do")),
           "naive": (0.13, N_("Fitting the seasonal naive")), "gbm": (0.14, N_("Growing trees (LightGBM)")), "lstm": (0.29, N_("Training the network (LSTM)")),
           "bands": (0.76, N_("Measuring errors on held-out days")), "refit": (0.79, N_("Learning once more from all of the past")),
           "certificate": (0.92, N_("Checking every lever")), "explain": (0.93, N_("Explaining the forecasts")), "keeping": (0.99, N_("Keeping the model"))}
_EPOCH, _SPEED = re.compile(r"epoch (\d+) of (\d+)"), re.compile(r"(\d+) windows/s on ([^,]+)")
_LEAST_FOR_A_GUESS = 0.14


def training_panel(workspace: Workspace, take: Callable[[JobRecord], None]) -> bool:
    """Show the training that runs, and false when none does; once it is done, `take` is given the job and the page is drawn anew."""
    job = workspace.jobs.active("train")
    if job is None:
        return False
    st.fragment(_look, run_every=_SECONDS_BETWEEN_LOOKS)(workspace, job.id, take)
    return True


def training_outcome(workspace: Workspace) -> None:
    """Say how the newest training ended where it did not end well."""
    newest = next(iter(workspace.jobs.all()), None)
    if newest is None or newest.active or newest.message is None:
        return
    show, icon = (st.error, ":material/error:") if newest.state == "failed" else (st.info, ":material/cancel:")
    show(plain(_(newest.message)), icon=icon)


def _look(workspace: Workspace, job_id: str, take: Callable[[JobRecord], None]) -> None:
    with errors_told():
        job = job_status(workspace, job_id)
        if not job.active:
            if job.state == "done":
                take(job)
                st.toast(_(N_("The model is ready.")), icon=":material/check_circle:")
            st.rerun(scope="app")
        _show(workspace, job)


def _show(workspace: Workspace, job: JobRecord) -> None:
    done = _overall(job)
    with st.container(border=True, key="training"):
        dataset = job.request["name"]
        st.markdown("**" + _(N_("Training on {name}"), name=plain(_(dataset))) + "**")
        st.progress(done, text=" · ".join(part for part in (_stage(job), _detail(job), _left(job, done, workspace.clock())) if part))
        if job.cancel_asked:
            st.caption(_(N_("Stopping at the next step…")))
        else:
            st.button(_(N_("Cancel the training")), icon=":material/cancel:", key=f"cancel_{job.id}", type="tertiary", on_click=cancel_job, args=(workspace, job.id))


def _overall(job: JobRecord) -> float:
    """Return how much of the whole training is done: where its stage begins, and how far it is in that stage."""
    starts = [start for start, _text in _STAGES.values()] + [1.0]
    begin = _STAGES.get(job.stage, (0.0, ""))[0]
    end = min(start for start in starts if start > begin)
    return begin + (end - begin) * min(1.0, job.fraction)


def _stage(job: JobRecord) -> str:
    known = _STAGES.get(job.stage)
    return _(known[1]) if known else plain(job.stage)


def _detail(job: JobRecord) -> str:
    epoch, speed = _EPOCH.search(job.detail), _SPEED.search(job.detail)
    parts = [_(N_("epoch {number} of {count}"), number=epoch[1], count=epoch[2])] if epoch else []
    if speed:
        parts.append(_(N_("{speed} windows per second on {device}"), speed=told().number(float(speed[1])), device=plain(speed[2])))
    return " · ".join(parts)


def _left(job: JobRecord, done: float, now: datetime) -> str:
    """Tell the time left as of the last report, less what has passed since; a stage that outlasts its guess tells none."""
    if job.started is None or done < _LEAST_FOR_A_GUESS:
        return ""
    left = (job.updated - job.started).total_seconds() * (1.0 - done) / done - (now - job.updated).total_seconds()
    return span(told(), left) if left > 0 else ""
