"""A workspace in PostgreSQL keeps, shares and brings forward what one in SQLite does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from promo_core.errors import JobError, StorageError
from promo_core.storage import migrations
from promo_core.storage.tables import metadata
from promo_core.storage.workspace import Workspace
from tests.storage.test_workspace import CONTENT, inspection, scenario

NAMES = iter(f"shop {number}" for number in range(1000))


@pytest.fixture
def shop(postgres_url: str, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of the test's own on the shared server."""
    workspace = Workspace(tmp_path / "shop", url=postgres_url, name=next(NAMES))
    yield workspace
    workspace.close()


def again(shop: Workspace) -> Workspace:
    """Return another server's view of the same workspace."""
    return Workspace(shop.folder, url=shop.url, name=shop.name)


def test_the_tables_are_what_the_revisions_make(shop: Workspace) -> None:
    with shop._database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == migrations.head()
        assert connection.scalar(sa.text("SELECT current_schema()")) == shop.name


def test_what_one_server_keeps_another_reads(shop: Workspace) -> None:
    dataset = shop.datasets.add(CONTENT, inspection(), name="六月")
    record = shop.scenarios.add(scenario(depth=0.1), dataset_id=dataset.id)
    shop.scenarios.change(record.id, scenario(name="618 美妆", depth=0.2))
    shop.settings.put("lang", {"code": "zh", "rate": 1.5})
    other = again(shop)
    assert other.datasets.content(dataset.id) == CONTENT and other.datasets.get(dataset.id) == dataset
    assert other.scenarios.get(record.id).scenario == scenario(name="618 美妆", depth=0.2)
    assert [version.version for version in other.scenarios.versions(record.id)] == [2, 1]
    assert other.settings.get("lang") == {"code": "zh", "rate": 1.5}
    other.scenarios.delete(record.id)
    assert shop.scenarios.all() == [] and shop.scenarios.restore(record.id).name == "618 美妆"
    other.close()


def test_many_servers_that_change_one_scenario_lose_no_version(shop: Workspace) -> None:
    holders = [shop, again(shop)]
    record = shop.scenarios.add(scenario())
    failures: list[Exception] = []

    def write(holder: Workspace, number: int) -> None:
        try:
            for i in range(8):
                holder.scenarios.change(record.id, scenario(name=f"{number} {i}"))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(holders[number % 2], number)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [version.version for version in shop.scenarios.versions(record.id)] == list(range(33, 0, -1))
    holders[1].close()


def test_one_training_at_a_time_holds_between_servers(shop: Workspace) -> None:
    shop.jobs.add("1", "train", {})
    other = again(shop)
    with pytest.raises(JobError, match="One training runs at a time"):
        other.jobs.add("2", "train", {})
    shop.jobs.end("1", "done")
    other.jobs.add("2", "train", {})
    other.close()


def test_workspaces_of_one_server_see_nothing_of_each_other(postgres_url: str, tmp_path: Path) -> None:
    names = next(NAMES), 'a"; DROP SCHEMA public; --'
    first, second = (Workspace(tmp_path / str(number), url=postgres_url, name=name) for number, name in enumerate(names))
    record = first.scenarios.add(scenario())
    assert second.scenarios.all() == []
    with pytest.raises(StorageError, match="has no scenario"):
        second.scenarios.get(record.id)
    first.close()
    second.close()


def test_many_who_open_a_new_workspace_at_once_make_it_once(postgres_url: str, tmp_path: Path) -> None:
    name = next(NAMES)
    with ThreadPoolExecutor(5) as people:
        opened = list(people.map(lambda _: Workspace(tmp_path, url=postgres_url, name=name), range(5)))
    assert len(opened) == 5
    for workspace in opened:
        workspace.close()


def test_a_server_that_cannot_be_reached_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be used") as caught:
        Workspace(tmp_path, url="postgresql://liftboard:secret@127.0.0.1:9/postgres?connect_timeout=2")
    assert "secret" not in str(caught.value)
