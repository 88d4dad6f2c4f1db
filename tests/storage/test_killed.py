"""Servers and trainers that are killed at random moments, sixty times over: nothing that was confirmed is missing, and the database is whole."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from promo_core.jobs import job_status
from promo_core.storage.workspace import Workspace
from tests.storage.killing import Writers
from tests.storage.test_workspace import CONTENT, inspection, scenario

pytestmark = pytest.mark.usefixtures("fake_parts")
SERVER_KILLS, TRAINER_KILLS, SHARED_KILLS = 36, 18, 6

WRITER = """
import sys
from itertools import count
from promo_core.access import LOCAL
from promo_core.jobs import work
from promo_core.storage.workspace import Workspace
from tests.storage.fakes import install_fakes, tiny_model
from tests.storage.test_workspace import CONTENT, inspection, scenario
install_fakes()

def serve(workspace, run, log):
    for i in count(1):
        scenario_id = workspace.scenarios.add(scenario(name=run + str(i))).id
        log.write(f"scenario {scenario_id} 1\\n")
        for version in (2, 3):
            workspace.scenarios.change(scenario_id, scenario(name=run + str(i), depth=version / 5))
            log.write(f"scenario {scenario_id} {version}\\n")
        dataset = workspace.datasets.add(CONTENT + (run + str(i)).encode(), inspection(fingerprint=run + str(i)))
        log.write(f"dataset {dataset.id} {dataset.sha256}\\n")
        model = workspace.models.add(tiny_model(i), run)
        log.write(f"model {model.id} {i}\\n")
        workspace.scenarios.delete(scenario_id)
        log.write(f"deleted {scenario_id} -\\n")

def train(panel, settings, *, progress):
    for step in range(3):
        progress("step", step / 3)
    return tiny_model(settings.seed)

def write(folder, url, run, log, job_id=None):
    workspace = Workspace(folder, url=None if url == "-" else url, name="killed")
    with open(log, "a", buffering=1) as file:
        if job_id is None:
            file.write(f"begun {run} -\\n")
            serve(workspace, run, file)
        file.write(f"begun {run} -\\n")
        work(workspace, job_id, train)
        file.write(f"ended {run} -\\n")
    while True:
        pass
"""


@pytest.fixture(scope="module")
def writers() -> Iterator[Writers]:
    started = Writers(WRITER)
    yield started
    started.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "confirmed").touch()
    return tmp_path / "confirmed"


def wait_for(log: Path, line: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while line not in log.read_text():
        assert time.monotonic() < deadline, f"no `{line}` within {seconds} s"
        time.sleep(0.002)


def kill_often(writers: Writers, workspace: Workspace, log: Path, times: int, seed: int) -> None:
    """Let a writer work for a random moment of up to 0.15 s, and kill it, again and again."""
    rng = np.random.default_rng(seed)
    for run in range(times):
        pid = writers.start(workspace.folder, workspace.url or "-", f"run{seed}-{run}-", log)
        wait_for(log, f"begun run{seed}-{run}- ")
        time.sleep(rng.uniform(0, 0.15))
        writers.kill(pid)


def missing(workspace: Workspace, log: Path) -> list[str]:
    """Return every confirmed line that the workspace does not bear out."""
    lines = [line.split() for line in log.read_text().splitlines()]
    deleted = {name for kind, name, _ in lines if kind == "deleted"}
    return [f"{kind} {name} {fact}" for kind, name, fact in lines if not _borne_out(workspace, kind, name, fact, deleted)]


def _borne_out(workspace: Workspace, kind: str, name: str, fact: str, deleted: set[str]) -> bool:
    if kind == "scenario":
        return any(v.version == int(fact) and (fact == "1" or v.scenario.campaigns[0].discount_depth == int(fact) / 5) for v in workspace.scenarios.versions(name))
    if kind == "dataset":
        return hashlib.sha256(workspace.datasets.content(name)).hexdigest() == fact == workspace.datasets.get(name).sha256
    if kind == "model":
        return workspace.models.load(name).settings.seed == int(fact)
    if kind == "deleted":
        return workspace.scenarios.get(name).deleted is not None and workspace.audit.entries(object_id=name)[0].action == "scenarios.delete"
    return True


def test_a_server_killed_at_random_moments_loses_nothing_it_had_confirmed(tmp_path: Path, writers: Writers, log: Path) -> None:
    workspace = Workspace(tmp_path / "shop")
    kill_often(writers, workspace, log, SERVER_KILLS, seed=1)
    assert len(log.read_text().splitlines()) > 2 * SERVER_KILLS
    assert missing(workspace, log) == []
    for record in workspace.scenarios.all() + workspace.scenarios.all(deleted=True):
        versions = [version.version for version in workspace.scenarios.versions(record.id)]
        assert versions == list(range(record.version, 0, -1)) and len(workspace.audit.entries(object_id=record.id)) >= len(versions)
    for model in workspace.models.all():
        workspace.models.load(model.id)
    with sqlite3.connect(workspace.folder / "liftboard.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)] and connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_trainer_killed_at_random_moments_is_told_and_leaves_a_whole_model_or_none(tmp_path: Path, writers: Writers, log: Path) -> None:
    workspace, rng = Workspace(tmp_path / "shop", name="killed"), np.random.default_rng(2)
    dataset_id, states = workspace.datasets.add(CONTENT, inspection()).id, []
    request = {"dataset_id": dataset_id, "settings": {"models": ["gbm"], "seed": 3}, "name": "killed"}
    for run in range(TRAINER_KILLS):
        workspace.jobs.add(f"job{run}", "train", request)
        pid = writers.start(workspace.folder, "-", f"run{run}-", log, f"job{run}")
        wait_for(log, f"begun run{run}- ")
        time.sleep(rng.uniform(0, 0.12))
        writers.kill(pid)
        states.append(job_status(workspace, f"job{run}"))
    assert {job.state for job in states} <= {"done", "failed"} and len(states) == TRAINER_KILLS
    assert all(job.message for job in states if job.state == "failed")
    assert all(workspace.models.load(job.result_id).settings.seed == 3 for job in states if job.state == "done")
    for model in workspace.models.all():
        assert workspace.models.load(model.id).settings.seed == 3
    assert workspace.datasets.content(dataset_id) == CONTENT and workspace.jobs.active("train") is None


def test_a_server_that_is_killed_while_it_writes_to_postgresql_loses_nothing(tmp_path: Path, postgres_url: str, writers: Writers, log: Path) -> None:
    workspace = Workspace(tmp_path / "shop", url=postgres_url, name="killed")
    kill_often(writers, workspace, log, SHARED_KILLS, seed=3)
    assert missing(workspace, log) == [] and log.read_text().count("scenario") >= SHARED_KILLS / 2
    with workspace._database.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM scenario_versions")) == sum(len(workspace.scenarios.versions(r.id)) for r in workspace.scenarios.all() + workspace.scenarios.all(deleted=True))
    workspace.scenarios.add(scenario())
    workspace.close()
