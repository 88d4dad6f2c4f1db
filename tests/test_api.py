"""Files into workspaces, scenarios from files, and the demo shop that comes by itself, once."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import pytest

from promo_core import api
from promo_core.api import add_file, ensure_demo, open_panel, read_scenario, read_scenarios
from promo_core.data.demo import QUICK, demo_shop
from promo_core.errors import DataError, MappingError, ScenarioError
from promo_core.jobs import cancel_job, job_status, start_training
from promo_core.settings import TrainSettings
from promo_core.storage.workspace import Workspace

WORKER = (sys.executable, "-m", "tests.fake_worker")
CAMPAIGN = {"start": "2026-06-01", "end": "2026-06-07", "discount_depth": 0.3}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "shop")


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick shop, trained by a stand-in."""
    monkeypatch.setattr("promo_core.data.demo.demo_shop", lambda: demo_shop(QUICK))
    monkeypatch.setattr(api, "start_training", lambda workspace, dataset_id, settings: start_training(workspace, dataset_id, settings, worker=WORKER))


def ended(workspace: Workspace, job_id: str) -> str:
    """Return the state a job ends in."""
    while (job := job_status(workspace, job_id)).active:
        time.sleep(0.05)
    return job.state


def test_a_file_in_a_workspace_gives_the_panel_its_bytes_give(workspace: Workspace, tmp_path: Path) -> None:
    content = demo_shop(QUICK).frame.to_csv(index=False).encode()
    (tmp_path / "june.csv").write_bytes(content)
    record = add_file(workspace, tmp_path / "june.csv")
    expected = open_panel(content, filename="june.csv").content_hash()
    assert workspace.datasets.panel(record.id).content_hash() == expected
    cache = workspace.folder / "datasets" / record.id / "panel" / "panel.json"
    cache.write_text("{}")
    assert Workspace(workspace.folder).datasets.panel(record.id).content_hash() == expected


def test_a_file_that_answers_nothing_is_kept_and_says_why(workspace: Workspace) -> None:
    record = add_file(workspace, b"name,age\nann,3\nbob,4\n", filename="people.csv")
    with pytest.raises(DataError, match="people.csv"):
        workspace.datasets.panel(record.id)
    with pytest.raises(DataError, match="people.csv"):
        open_panel(b"name,age\nann,3\nbob,4\n", filename="people.csv")


@pytest.mark.usefixtures("small_demo")
def test_the_demo_comes_once_and_its_model_after_it(workspace: Workspace) -> None:
    first = ensure_demo(workspace)
    assert first.model_id is None and ended(workspace, first.job_id) == "done"
    again = ensure_demo(workspace)
    assert (again.dataset_id, again.job_id) == (first.dataset_id, first.job_id)
    assert workspace.models.get(again.model_id).dataset_id == first.dataset_id
    assert len(workspace.datasets.all()) == len(workspace.models.all()) == len(workspace.jobs.all()) == 1
    assert workspace.datasets.panel(first.dataset_id).currency == "CNY"


@pytest.mark.usefixtures("small_demo")
def test_several_sessions_at_once_get_one_demo(workspace: Workspace) -> None:
    states = []
    threads = [threading.Thread(target=lambda: states.append(ensure_demo(Workspace(workspace.folder)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(states) == 3 and len({state.dataset_id for state in states}) == 1
    assert len(workspace.datasets.all()) == len(workspace.jobs.all()) == 1
    ended(workspace, workspace.jobs.all()[0].id)


@pytest.mark.usefixtures("small_demo")
def test_a_demo_that_was_deleted_stays_deleted_and_is_not_trained_again(workspace: Workspace) -> None:
    first = ensure_demo(workspace)
    ended(workspace, first.job_id)
    workspace.datasets.delete(first.dataset_id)
    workspace.models.delete(ensure_demo(workspace).model_id)
    assert ensure_demo(workspace).model_id is None
    assert workspace.datasets.all() == [] and len(workspace.jobs.all()) == 1


@pytest.mark.usefixtures("small_demo")
def test_the_demo_waits_while_another_training_runs(workspace: Workspace) -> None:
    mine = add_file(workspace, demo_shop(QUICK).frame.to_csv(index=False).encode(), filename="mine.csv")
    job_id = start_training(workspace, mine.id, TrainSettings(), "slow", worker=WORKER)
    assert ensure_demo(workspace).job_id is None
    cancel_job(workspace, job_id)
    assert ended(workspace, job_id) == "cancelled"
    assert ended(workspace, ensure_demo(workspace).job_id) == "done"


def test_a_scenario_file_is_read_and_takes_its_files_name(tmp_path: Path) -> None:
    path = tmp_path / "618.json"
    path.write_text(json.dumps({"campaigns": [CAMPAIGN]}))
    assert read_scenario(path).name == "618"
    (tmp_path / "a.json").write_text(json.dumps({"name": "first", "campaigns": []}))
    assert {name: s.name for name, s in read_scenarios(tmp_path).items()} == {"a.json": "first", "618.json": "618"}


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"campaigns": 3}', json.dumps({"campaigns": [{**CAMPAIGN, "discount_depth": 3}]}), "[" * 100_000])
def test_a_scenario_file_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(ScenarioError, match=r"bad\.json"):
        read_scenario(tmp_path / "bad.json")


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no scenario"):
        read_scenarios(tmp_path)
    with pytest.raises(ScenarioError, match="nowhere"):
        read_scenario(tmp_path / "nowhere.json")
    with pytest.raises(MappingError, match="nowhere"):
        api.read_mapping(tmp_path / "nowhere.json")
