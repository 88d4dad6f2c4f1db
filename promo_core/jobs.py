"""Background work: a training runs in a process of its own, tells its progress through the database, and can be cancelled."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import IO

from promo_core.access import SYSTEM
from promo_core.errors import N_, JobError, Message, PromoError, StorageError
from promo_core.models.trained import TrainedModel
from promo_core.settings import TrainSettings
from promo_core.storage.records import JobRecord
from promo_core.storage.shelf import new_id
from promo_core.storage.workspace import Workspace

__all__ = ["cancel_job", "job_status", "start_training", "work"]

WORKER = (sys.executable, "-m", "promo_core", "work")
_ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = timedelta(seconds=10)
_SECONDS_BETWEEN_REPORTS = 0.3
_SECONDS_BETWEEN_BEATS = 10.0
_SILENCE = timedelta(seconds=60)
_CANCELLED = N_("The training was cancelled.")


def start_training(workspace: Workspace, dataset_id: str, settings: TrainSettings, name: str | None = None, *, start_id: str | None = None, worker: Sequence[str] = WORKER) -> str:
    """Start a training in a process of its own and return the job's id at once.

    Args:
        name: what the model will be called; `None` takes the dataset's name.
        start_id: a kept model to go on from, with its own settings; `None` trains anew.
        worker: command that is given the workspace's folder and the job's id, and the workspace's address on its input.

    Raises:
        AccessError: when the person at work may not train.
        JobError: when a training is running already in this workspace.
        StorageError: when there is no such dataset.
    """
    workspace.require("jobs.add")
    dataset = workspace.datasets.get(dataset_id)
    if (running := workspace.jobs.active("train")) is not None:
        job_status(workspace, running.id)
    job_id, request = new_id(), {"dataset_id": dataset_id, "settings": settings.to_dict(), "name": name or dataset.name, **({"start": start_id} if start_id else {})}
    # The lock stands before the record does: a job on record without a lock has died.
    with _lock_path(workspace, job_id).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        workspace.jobs.add(job_id, "train", request, host=socket.gethostname())
        try:
            _spawn(workspace, job_id, worker, lock.fileno())
        except OSError as error:
            workspace.jobs.end(job_id, "failed", message=Message(N_("The training process could not be started: {reason}."), {"reason": str(error)}))
    return job_id


def job_status(workspace: Workspace, job_id: str) -> JobRecord:
    """Return how far a job is; one whose process is gone is marked as failed, one that ignores its cancellation is ended."""
    job, records = workspace.jobs.get(job_id), workspace.used_by(SYSTEM).jobs
    if not job.active:
        return job
    if not _alive(workspace, job):
        state, message = ("cancelled", Message(_CANCELLED)) if job.cancel_asked else ("failed", _death(workspace, job_id))
        records.end(job_id, state, message=message)
    elif job.cancel_asked and job.pid and _is_here(job) and workspace.clock() - job.cancel_asked > _PATIENCE:
        _kill(job.pid)
        records.end(job_id, "cancelled", message=Message(_CANCELLED))
    return workspace.jobs.get(job_id)


def cancel_job(workspace: Workspace, job_id: str) -> JobRecord:
    """Ask a job to stop at its next report; `job_status` ends it when it does not within ten seconds."""
    workspace.jobs.ask_to_stop(job_id)
    return job_status(workspace, job_id)


def work(workspace: Workspace, job_id: str, train: Callable[..., TrainedModel]) -> None:
    """Do a queued job in this process: what the spawned process calls. How it ended is on record afterwards."""
    if not workspace.jobs.begin(job_id, os.getpid()):
        return
    try:
        with _heartbeat(workspace, job_id):
            result_id = _train(workspace, workspace.jobs.get(job_id), train)
    except PromoError as error:
        asked = workspace.jobs.get(job_id).cancel_asked is not None and isinstance(error, JobError)
        workspace.jobs.end(job_id, "cancelled" if asked else "failed", message=error.message)
    except MemoryError:
        workspace.jobs.end(job_id, "failed", message=Message(N_("The training ran out of memory. Train on fewer series, or choose quick.")))
    except Exception as error:
        traceback.print_exc()
        facts = {"error": f"{type(error).__name__}: {error}"[:300], "log": str(_log_path(workspace, job_id))}
        workspace.jobs.end(job_id, "failed", message=Message(N_("The training met a bug: {error}. The whole story is in {log}."), facts))
    else:
        workspace.jobs.end(job_id, "done", result_id=result_id)


@contextmanager
def _heartbeat(workspace: Workspace, job_id: str) -> Iterator[None]:
    """Note every few seconds that this process is alive: other machines cannot see its lock."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(_SECONDS_BETWEEN_BEATS):
            with suppress(StorageError):  # where the database does not answer, the next beat may get through
                workspace.jobs.hear(job_id)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class _Report:
    """The `progress` of a training: on record a few times a second, and where a cancellation is noticed."""

    def __init__(self, workspace: Workspace, job_id: str) -> None:
        self._workspace, self._job_id = workspace, job_id
        self._stage, self._next = "", 0.0

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None:
        if stage == self._stage and monotonic() < self._next:
            return
        self._stage, self._next = stage, monotonic() + _SECONDS_BETWEEN_REPORTS
        if not self._workspace.jobs.progress(self._job_id, stage, fraction, detail):
            raise JobError(_CANCELLED)


def _train(workspace: Workspace, job: JobRecord, train: Callable[..., TrainedModel]) -> str:
    dataset_id, report = job.request["dataset_id"], _Report(workspace, job.id)
    report("reading", 0.0)
    start = {"start": workspace.models.load(job.request["start"], forecasters=True)} if "start" in job.request else {}
    model = train(workspace.datasets.panel(dataset_id), TrainSettings.from_dict(job.request["settings"]), progress=report, **start)
    report("keeping", 1.0)
    record = workspace.models.add(model, job.request["name"], dataset_id)
    workspace.models.serve(record.id)
    return record.id


def _spawn(workspace: Workspace, job_id: str, worker: Sequence[str], lock: int) -> None:
    """Start the worker and hand it the job's lock: the kernel frees it when the process ends, however it ends."""
    with _log_path(workspace, job_id).open("wb") as log:
        process = subprocess.Popen([*worker, str(workspace.folder), job_id], cwd=_ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log,
                                   pass_fds=(lock,), start_new_session=True)
        with process.stdin as stdin:
            _tell(stdin, workspace.address())
    # A child that ended stays a zombie until somebody waits for it.
    threading.Thread(target=process.wait, daemon=True).start()


def _tell(stdin: IO[bytes], address: str) -> None:
    try:
        stdin.write(address.encode())
        stdin.flush()
    except BrokenPipeError:
        return  # the child died at once; its lock is free and its log says why


def _is_here(job: JobRecord) -> bool:
    """Tell whether a job runs on this machine; one from before machines were noted does."""
    return job.host in (None, socket.gethostname())


def _alive(workspace: Workspace, job: JobRecord) -> bool:
    """Tell whether a process holds the job's lock; on another machine, whether it was heard of lately. A process number may be dealt again; a lock may not."""
    if not _is_here(job):
        return job.heard is not None and workspace.clock() - job.heard < _SILENCE
    path = _lock_path(workspace, job.id)
    if not path.exists():
        return False
    with path.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it ended by itself meanwhile


def _death(workspace: Workspace, job_id: str) -> Message:
    path = _log_path(workspace, job_id)
    lines = path.read_text(errors="replace").strip().splitlines() if path.exists() else []
    facts = {"log": str(path), "last": lines[-1][-300:] if lines else "—"}
    return Message(N_("The training process ended without a word, as it does when memory runs out. Its last line: {last}. Its log: {log}. Train again with fewer series, or choose quick."), facts)


def _lock_path(workspace: Workspace, job_id: str) -> Path:
    return workspace.folder / "jobs" / f"{job_id}.lock"


def _log_path(workspace: Workspace, job_id: str) -> Path:
    return workspace.folder / "jobs" / f"{job_id}.log"
