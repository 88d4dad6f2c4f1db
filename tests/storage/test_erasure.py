"""What is erased is gone from the database, the folder and the object store; what is not is untouched, and the trail says what was done."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from promo_core.access import Person, WorkRole
from promo_core.errors import AccessError, StorageError
from promo_core.storage.workspace import Workspace
from tests.storage.fakes import tiny_model
from tests.storage.test_workspace import CONTENT, inspection, scenario

pytestmark = pytest.mark.usefixtures("fake_parts")
ADMIN = Person(subject="oidc|adam", name="Adam", role=WorkRole.ADMIN)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.startswith("liftboard.db"))


def test_an_erased_data_set_takes_its_models_and_leaves_scenarios(workspace: Workspace) -> None:
    dataset, other = workspace.datasets.add(CONTENT, inspection()), workspace.datasets.add(b"other", inspection(fingerprint="b" * 64))
    model, kept = workspace.models.add(tiny_model(), "one", dataset.id), workspace.models.add(tiny_model(1), "two", other.id)
    record = workspace.scenarios.add(scenario(), dataset_id=dataset.id, model_id=model.id)
    workspace.used_by(ADMIN).erasure.dataset(dataset.id)
    assert [d.id for d in workspace.datasets.all()] == [other.id] and [m.id for m in workspace.models.all()] == [kept.id]
    assert workspace.scenarios.get(record.id).scenario == scenario() and workspace.scenarios.get(record.id).dataset_id is None
    assert CONTENT not in everything(workspace.folder) and workspace.datasets.content(other.id) == b"other"
    assert [(e.subject, e.action) for e in workspace.audit.entries(object_id=dataset.id)][0] == ("oidc|adam", "erase.dataset")
    for again in (lambda: workspace.erasure.dataset(dataset.id), lambda: workspace.datasets.get(dataset.id)):
        with pytest.raises(StorageError, match="has no dataset"):
            again()


def test_it_is_gone_from_the_object_store_too(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, files=f"memory://{tmp_path.name}")
    dataset = workspace.datasets.add(CONTENT, inspection())
    remote = workspace._store._remote
    assert remote.find(f"/{tmp_path.name}")
    workspace.erasure.dataset(dataset.id)
    assert not remote.find(f"/{tmp_path.name}")


def test_an_erased_person_has_no_name_role_or_preferences(workspace: Workspace) -> None:
    person = Person(subject="oidc|vera", name="Vera Example", role=WorkRole.VIEWER)
    workspace.welcome(person)
    workspace.used_by(person).preferences.put("currency", "CNY")
    workspace.erasure.person(person.subject)
    assert workspace.members.all() == [] and workspace.used_by(person).preferences.get("currency") is None
    assert all("Vera" not in str(entry) for entry in workspace.audit.entries())
    with pytest.raises(StorageError, match="has signed in here"):
        workspace.erasure.person(person.subject)


def test_what_was_deleted_is_kept_as_long_as_said_and_no_longer(workspace: Workspace, tmp_path: Path) -> None:
    dataset, model, record = workspace.datasets.add(CONTENT, inspection()), workspace.models.add(tiny_model(), "one"), workspace.scenarios.add(scenario())
    live = workspace.scenarios.add(scenario(name="live"))
    for shelf, one in ((workspace.datasets, dataset), (workspace.models, model), (workspace.scenarios, record)):
        shelf.delete(one.id)
    assert workspace.erasure.outdated(deleted_days=30) == {"datasets": 0, "models": 0, "scenarios": 0, "jobs": 0, "trail": 0, "files": 0}
    now = workspace.clock() + timedelta(days=31)
    later = Workspace(workspace.folder, clock=lambda: now)
    for path in workspace.folder.rglob("*"):
        os.utime(path, (now.timestamp() - 31 * 86_400,) * 2)
    counts = later.erasure.outdated(deleted_days=30, trail_days=30)
    assert (counts["datasets"], counts["models"], counts["scenarios"]) == (1, 1, 1) and counts["trail"] >= 7
    assert later.scenarios.all(deleted=True) == later.models.all(deleted=True) == [] and [r.id for r in later.scenarios.all()] == [live.id]
    assert not list((workspace.folder / "models").iterdir()) and not list((workspace.folder / "datasets").iterdir())
    assert later.audit.entries()[0].action == "erase.outdated"
    with pytest.raises(Exception, match="append-only"), later._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM audit")


def test_only_an_administrator_erases(workspace: Workspace) -> None:
    manager = workspace.used_by(Person(subject="m", name="m", role=WorkRole.MANAGER))
    for erase in (lambda: manager.erasure.dataset("x"), lambda: manager.erasure.person("x"), lambda: manager.erasure.outdated(deleted_days=0)):
        with pytest.raises(AccessError):
            erase()
