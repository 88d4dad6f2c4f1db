"""Everything that changes a workspace asks first and leaves a line in a trail that nobody can change."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from promo_core.access import ACTIONS, LOCAL, Person, WorkRole
from promo_core.errors import AccessError, StorageError
from promo_core.storage.tables import audit
from promo_core.storage.workspace import Workspace
from tests.storage.fakes import tiny_model
from tests.storage.test_workspace import CONTENT, inspection, scenario

pytestmark = pytest.mark.usefixtures("fake_parts")
PEOPLE = {role: Person(subject=f"oidc|{role}", name=role.title(), role=role) for role in WorkRole}

CHANGES = {
    "datasets.add": lambda w, ids: w.datasets.add(b"more", inspection(fingerprint="b" * 64)), "datasets.rename": lambda w, ids: w.datasets.rename(ids["dataset"], "new"),
    "datasets.delete": lambda w, ids: w.datasets.delete(ids["dataset"]), "datasets.restore": lambda w, ids: w.datasets.restore(ids["dataset"]),
    "models.add": lambda w, ids: w.models.add(tiny_model(1), "more"), "models.rename": lambda w, ids: w.models.rename(ids["model"], "new"),
    "models.delete": lambda w, ids: w.models.delete(ids["model"]), "models.restore": lambda w, ids: w.models.restore(ids["model"]),
    "scenarios.add": lambda w, ids: w.scenarios.add(scenario()), "scenarios.change": lambda w, ids: w.scenarios.change(ids["scenario"], scenario(depth=0.4)),
    "scenarios.delete": lambda w, ids: w.scenarios.delete(ids["scenario"]),
    "scenarios.restore": lambda w, ids: w.scenarios.restore(ids["scenario"]),
    "jobs.add": lambda w, ids: w.jobs.add("more", "other", {}), "jobs.stop": lambda w, ids: w.jobs.ask_to_stop(ids["job"]), "jobs.run": lambda w, ids: w.jobs.end(ids["job"], "done"),
    "settings.put": lambda w, ids: w.settings.put("rate", 1), "members.assign": lambda w, ids: w.members.assign("oidc|someone", WorkRole.VIEWER),
}


@pytest.fixture
def ids(workspace: Workspace) -> dict[str, str]:
    """One of everything, as the administrator kept it."""
    workspace.welcome(Person(subject="oidc|someone", name="Someone", role=None))
    workspace.jobs.add("job", "train", {})
    return {"dataset": workspace.datasets.add(CONTENT, inspection()).id, "model": workspace.models.add(tiny_model(), "one").id, "scenario": workspace.scenarios.add(scenario()).id, "job": "job"}


def counted(workspace: Workspace) -> int:
    return len(workspace.audit.entries(limit=10_000))


@pytest.mark.parametrize("role", WorkRole)
def test_each_change_takes_its_role_and_leaves_one_line(workspace: Workspace, ids: dict[str, str], role: WorkRole) -> None:
    theirs = workspace.used_by(PEOPLE[role])
    for action, change in CHANGES.items():
        before = counted(workspace)
        if role.rank < ACTIONS[action].rank:
            with pytest.raises(AccessError, match="takes another role"):
                change(theirs, ids)
            assert counted(workspace) == before, action
            continue
        change(theirs, ids)
        lines = workspace.audit.entries(limit=counted(workspace) - before)
        assert len(lines) == 1 and lines[0].subject == PEOPLE[role].subject and lines[0].object_id and lines[0].moment.tzinfo, action
        assert lines[0].action.split(".")[0] == action.split(".")[0]


def test_every_action_that_changes_something_is_tried_here() -> None:
    assert set(ACTIONS) - set(CHANGES) == {"read", "preferences.put", "scenarios.plan", "audit.read", "members.read", "members.seen", "erase"}


def test_someone_without_a_role_or_whose_sign_in_has_ended_sees_nothing(workspace: Workspace, ids: dict[str, str]) -> None:
    stranger = workspace.used_by(Person(subject="oidc|x", name="X", role=None))
    late = workspace.used_by(replace(PEOPLE[WorkRole.ADMIN], expires=workspace.clock()))
    for nobody, said in ((stranger, "given you a role"), (late, "sign-in has ended")):
        for look in (nobody.scenarios.all, nobody.datasets.all, nobody.models.served, lambda n=nobody: n.models.path(ids["model"]), lambda n=nobody: n.datasets.content(ids["dataset"]),
                     lambda n=nobody: n.settings.get("x"), lambda n=nobody: n.preferences.put("x", 1), lambda n=nobody: n.jobs.active("train"), nobody.audit.entries):
            with pytest.raises(AccessError, match=said):
                look()


def test_a_sign_in_lasts_until_it_ends(workspace: Workspace) -> None:
    theirs = workspace.used_by(replace(PEOPLE[WorkRole.VIEWER], expires=workspace.clock() + timedelta(seconds=30)))
    assert theirs.scenarios.all() == []


def test_an_action_nobody_listed_is_allowed_to_nobody(workspace: Workspace) -> None:
    assert not LOCAL.may("scenarios.burn")
    with pytest.raises(AccessError):
        LOCAL.require("scenarios.burn", workspace.clock())


def test_a_role_given_here_counts_more_than_the_claims(workspace: Workspace) -> None:
    person = PEOPLE[WorkRole.VIEWER]
    workspace.welcome(person)
    assert workspace.signed_in(person).person.role is WorkRole.VIEWER
    workspace.members.assign(person.subject, WorkRole.MANAGER)
    assert workspace.signed_in(person).person.role is WorkRole.MANAGER and workspace.members.role(person.subject) is WorkRole.MANAGER
    workspace.members.assign(person.subject, None)
    assert workspace.signed_in(person).person.role is WorkRole.VIEWER
    with pytest.raises(StorageError, match="has signed in here"):
        workspace.members.assign("nobody", WorkRole.ADMIN)


def test_each_person_has_a_desk_of_their_own(workspace: Workspace, ids: dict[str, str]) -> None:
    second = workspace.models.add(tiny_model(2), "two").id
    first, other = workspace.used_by(PEOPLE[WorkRole.VIEWER]), workspace.used_by(PEOPLE[WorkRole.MERCHANDISER])
    workspace.settings.put("currency", "CNY")
    first.models.serve(ids["model"])
    first.preferences.put("currency", "USD")
    assert first.models.served().id == ids["model"] and other.models.served().id == second
    assert (first.preferences.get("currency"), other.preferences.get("currency"), other.preferences.get("none", 3)) == ("USD", "CNY", 3)


def test_the_trail_tells_who_did_what_to_which_object(workspace: Workspace, ids: dict[str, str]) -> None:
    theirs = workspace.used_by(PEOPLE[WorkRole.MERCHANDISER])
    theirs.scenarios.change(ids["scenario"], scenario(name="618 beauty", depth=0.3))
    theirs.scenarios.change(ids["scenario"], scenario(name="618 beauty", depth=0.3))  # nothing changed, nothing noted
    theirs.scenarios.delete(ids["scenario"])
    lines = workspace.audit.entries(object_id=ids["scenario"])
    assert [(line.subject, line.action, line.detail) for line in lines] == [
        ("oidc|merchandiser", "scenarios.delete", {}), ("oidc|merchandiser", "scenarios.change", {"name": "618 beauty", "version": 2}), ("local", "scenarios.add", {"name": "618"})]
    assert [line.number for line in workspace.audit.entries(before=lines[0].number, limit=1)] == [lines[0].number - 1]


def test_the_database_refuses_to_change_the_trail(workspace: Workspace, ids: dict[str, str]) -> None:
    with sqlite3.connect(workspace.folder / "liftboard.db") as connection:
        for statement in ("UPDATE audit SET subject = 'other'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_postgresql_refuses_it_too(postgres_url: str, tmp_path: Path) -> None:
    shop = Workspace(tmp_path, url=postgres_url, name="trail")
    shop.used_by(PEOPLE[WorkRole.MERCHANDISER]).scenarios.add(scenario())
    for statement in (audit.update().values(subject="other"), audit.delete(), sa.text("TRUNCATE audit")):
        with pytest.raises(StorageError, match="append-only"), shop._database.writing() as connection:
            connection.execute(statement)
    assert [line.action for line in shop.audit.entries()] == ["scenarios.add"]
    shop.close()
