"""A training runs beside everything else: it tells its progress, stops when asked, and harms nothing when it dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from promo_core import jobs
from promo_core.access import Person, WorkRole
from promo_core.api import add_file
from promo_core.data.demo import QUICK, demo_shop
from promo_core.errors import AccessError, JobError
from promo_core.jobs import cancel_job, job_status, start_training
from promo_core.settings import TrainSettings
from promo_core.storage.records import JobRecord
from promo_core.storage.workspace import Workspace
from tests.storage.fakes import tiny_panel

WORKER = (sys.executable, "-m", "tests.fake_worker")
SETTINGS = TrainSettings(models=("gbm",), seed=3)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(tmp_path / "shop")
    yield made
    for job in made.jobs.all():
        if job.active:
            jobs._kill(job.pid)
    made.close()


@pytest.fixture
def dataset_id(workspace: Workspace) -> str:
    inspection = SimpleNamespace(filename="a.csv", fingerprint="a" * 64, mapping=SimpleNamespace(to_dict=dict), panel=tiny_panel(), personal=(), rows=1, headers=())
    return workspace.datasets.add(b"a", inspection).id


def wait(workspace: Workspace, job_id: str, until: Callable[[JobRecord], bool] = lambda job: not job.active, seconds: float = 60) -> JobRecord:
    """Return the job once `until` holds; a job that never gets there fails the test."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        job = job_status(workspace, job_id)
        if until(job):
            return job
        time.sleep(0.05)
    raise AssertionError(f"{job} after {seconds} s")


def test_a_training_ends_with_a_model_that_serves(workspace: Workspace, dataset_id: str) -> None:
    job = wait(workspace, start_training(workspace, dataset_id, SETTINGS, "done", worker=WORKER))
    assert (job.state, job.fraction, job.message) == ("done", 1.0, None)
    assert job.created <= job.started <= job.finished and job.pid not in (None, os.getpid())
    record = workspace.models.get(job.result_id)
    assert (record.name, record.dataset_id, record.settings.seed) == ("done", dataset_id, SETTINGS.seed)
    assert workspace.models.served() == record


def test_a_training_goes_on_from_a_kept_model_when_asked(workspace: Workspace, dataset_id: str) -> None:
    first = wait(workspace, start_training(workspace, dataset_id, SETTINGS, "done", worker=WORKER)).result_id
    second = wait(workspace, start_training(workspace, dataset_id, SETTINGS, "done", start_id=first, worker=WORKER)).result_id
    assert workspace.models.get(second).settings.seed == SETTINGS.seed + 100 and workspace.models.served().id == second


def test_the_programs_own_worker_trains_the_quick_demo(workspace: Workspace) -> None:
    dataset = add_file(workspace, demo_shop(QUICK).frame.to_csv(index=False).encode(), filename="demo.csv")
    job = wait(workspace, start_training(workspace, dataset.id, TrainSettings(models=("gbm",), quick=True, folds=1)), seconds=280)
    assert job.state == "done", job.message
    model = workspace.models.load(job.result_id)
    assert {"naive", "gbm", "blend"} <= set(model.bases) and model.forecasters == {}
    assert set(workspace.models.load(job.result_id, forecasters=True).forecasters) == {"naive", "gbm"}


def test_progress_is_told_and_a_cancelled_training_stops_soon_and_leaves_no_model(workspace: Workspace, dataset_id: str) -> None:
    job_id = start_training(workspace, dataset_id, SETTINGS, "slow", worker=WORKER)
    with pytest.raises(JobError, match="One training runs at a time"):
        start_training(workspace, dataset_id, SETTINGS, "done", worker=WORKER)
    early = wait(workspace, job_id, lambda job: job.stage.startswith("step") and job.fraction > 0)
    assert early.state == "running" and early.detail.startswith("epoch")
    wait(workspace, job_id, lambda job: job.fraction > early.fraction)
    cancel_job(workspace, job_id)
    assert wait(workspace, job_id).state == "cancelled"
    assert workspace.models.all() == [] and list((workspace.folder / "models").iterdir()) == []
    assert wait(workspace, start_training(workspace, dataset_id, SETTINGS, "done", worker=WORKER)).state == "done"


def test_a_training_that_does_not_listen_is_ended(workspace: Workspace, dataset_id: str) -> None:
    job_id = start_training(workspace, dataset_id, SETTINGS, "deaf", worker=WORKER)
    running = wait(workspace, job_id, lambda job: job.stage.startswith("step"))
    time.sleep(0.2)
    cancel_job(workspace, job_id)
    assert job_status(workspace, job_id).active
    later = Workspace(workspace.folder, clock=lambda: datetime.now(UTC) + timedelta(seconds=11))
    assert job_status(later, job_id).state == "cancelled"
    for _ in range(100):
        if not jobs._alive(workspace, running):
            break
        time.sleep(0.05)
    assert not jobs._alive(workspace, running) and running.pid


def test_a_training_that_is_killed_is_told_and_harms_nothing(workspace: Workspace, dataset_id: str) -> None:
    kept = wait(workspace, start_training(workspace, dataset_id, SETTINGS, "done", worker=WORKER)).result_id
    job = wait(workspace, start_training(workspace, dataset_id, SETTINGS, "killed", worker=WORKER))
    assert job.state == "failed" and "memory" in str(job.message) and job.message.facts["last"] == "allocating"
    assert workspace.models.served().id == kept and workspace.datasets.content(dataset_id) == b"a"


@pytest.mark.parametrize(("behaviour", "said"), [("refused", "Expected 30 periods. Received: 3."), ("broken", "ZeroDivisionError: a bug")])
def test_a_training_that_fails_says_why(workspace: Workspace, dataset_id: str, behaviour: str, said: str) -> None:
    job = wait(workspace, start_training(workspace, dataset_id, SETTINGS, behaviour, worker=WORKER))
    assert job.state == "failed" and said in str(job.message)
    log = (workspace.folder / "jobs" / f"{job.id}.log").read_text()
    assert ("Traceback" in log) == (behaviour == "broken")


def test_a_worker_finds_a_database_that_lies_elsewhere(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "shop", url=f"sqlite:///{tmp_path}/elsewhere.db")
    inspection = SimpleNamespace(filename="a.csv", fingerprint="a" * 64, mapping=SimpleNamespace(to_dict=dict), panel=tiny_panel(), personal=(), rows=1, headers=())
    job_id = start_training(workspace, workspace.datasets.add(b"a", inspection).id, SETTINGS, "done", worker=WORKER)
    assert wait(workspace, job_id).state == "done"


def test_a_job_whose_process_number_was_dealt_again_is_stale(workspace: Workspace, dataset_id: str) -> None:
    workspace.jobs.add("old", "train", {"dataset_id": dataset_id})
    workspace.jobs.begin("old", os.getpid())
    assert job_status(Workspace(workspace.folder), "old").state == "failed"


def test_a_stale_job_does_not_stand_in_the_way(workspace: Workspace, dataset_id: str) -> None:
    workspace.jobs.add("old", "train", {"dataset_id": dataset_id})
    assert wait(workspace, start_training(workspace, dataset_id, SETTINGS, "done", worker=WORKER)).state == "done"
    assert workspace.jobs.get("old").state == "failed"


def test_a_worker_that_cannot_start_fails_the_job(workspace: Workspace, dataset_id: str) -> None:
    job_id = start_training(workspace, dataset_id, SETTINGS, worker=("/nowhere/python",))
    assert "could not be started" in str(job_status(workspace, job_id).message)
    assert job_status(workspace, start_training(workspace, dataset_id, SETTINGS, worker=("/nowhere/python",))).state == "failed"


def test_a_job_of_another_machine_lives_while_it_is_heard_of(workspace: Workspace, dataset_id: str) -> None:
    workspace.jobs.add("far", "train", {"dataset_id": dataset_id}, host="another-machine")
    workspace.jobs.begin("far", os.getpid())
    assert job_status(workspace, "far").active
    later = Workspace(workspace.folder, clock=lambda: datetime.now(UTC) + timedelta(seconds=61))
    assert job_status(later, "far").state == "failed"


def test_a_training_is_noted_as_the_work_of_whoever_started_it(workspace: Workspace, dataset_id: str) -> None:
    anna = workspace.used_by(Person(subject="oidc|anna", name="Anna", role=WorkRole.MERCHANDISER))
    job = wait(workspace, start_training(anna, dataset_id, SETTINGS, "done", worker=WORKER))
    assert job.state == "done" and {(line.subject, line.action) for line in workspace.audit.entries(object_id=job.result_id)} == {("oidc|anna", "models.add")}
    with pytest.raises(AccessError):
        start_training(workspace.used_by(Person(subject="oidc|ben", name="Ben", role=WorkRole.VIEWER)), dataset_id, SETTINGS, "done", worker=WORKER)
    assert len(workspace.jobs.all()) == 1
