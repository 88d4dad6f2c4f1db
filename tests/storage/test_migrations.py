"""Workspaces of every earlier schema are brought to today's in place, and today's tables are what the revisions make."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from promo_core.errors import StorageError
from promo_core.storage import migrations
from promo_core.storage.tables import metadata
from promo_core.storage.workspace import Workspace
from tests.storage.test_workspace import scenario

OLD = (Path(__file__).parent / "schema_0.sql").read_text(encoding="utf-8")


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """A workspace as the first version wrote it: one scenario in two versions, and no revisions."""
    with sqlite3.connect(tmp_path / "liftboard.db") as connection:
        connection.executescript(OLD)
    return tmp_path


def revision_of(home: Path) -> str:
    with sqlite3.connect(home / "liftboard.db") as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def test_a_workspace_of_the_first_version_is_brought_forward_and_keeps_its_rows(old_home: Path) -> None:
    for _ in range(2):
        workspace = Workspace(old_home)
        assert [(record.id, record.version, record.name) for record in workspace.scenarios.all()] == [("s1", 2, "618")]
        assert workspace.settings.get("served_model") == "m1" and workspace.models.get("m1").dataset_id == "d1"
        workspace.close()
    assert revision_of(old_home) == migrations.head()
    with sqlite3.connect(old_home / "liftboard.db") as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == [] and connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("begin", ["nothing", "first version"])
def test_the_tables_are_what_the_revisions_make(tmp_path: Path, begin: str) -> None:
    with sqlite3.connect(tmp_path / "liftboard.db") as connection:
        connection.executescript(OLD if begin == "first version" else "")
    Workspace(tmp_path).close()
    with sa.create_engine(f"sqlite:///{tmp_path}/liftboard.db").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def test_there_is_one_newest_revision_and_one_way_to_it() -> None:
    script = ScriptDirectory.from_config(migrations.config())
    assert script.get_heads() == [migrations.head()] and len(script.get_bases()) == 1
    assert all(len(revision._all_down_revisions) <= 1 for revision in script.walk_revisions())


def test_many_who_open_an_old_workspace_at_once_bring_it_forward_once(old_home: Path) -> None:
    with ThreadPoolExecutor(6) as people:
        list(people.map(lambda _: Workspace(old_home).close(), range(6)))
    assert revision_of(old_home) == migrations.head()


def test_a_workspace_of_a_newer_version_is_refused(workspace: Workspace) -> None:
    with sqlite3.connect(workspace.folder / "liftboard.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="newer Liftboard"):
        Workspace(workspace.folder)


def test_a_revision_that_fails_leaves_the_workspace_as_it_was(old_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = command.upgrade

    def fail_at_the_end(config, revision):
        upgrade(config, revision)
        config.attributes["connection"].exec_driver_sql("ALTER TABLE nowhere ADD COLUMN x TEXT")

    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", fail_at_the_end)
        with pytest.raises(StorageError, match="nowhere"):
            Workspace(old_home)
    with sqlite3.connect(old_home / "liftboard.db") as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert "schema_version" in names and "alembic_version" not in names
    assert Workspace(old_home).scenarios.get("s1").scenario == scenario(depth=0.3)
