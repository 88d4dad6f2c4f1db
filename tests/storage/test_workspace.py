"""A workspace keeps what it is given: through restarts, undo, two holders at once, and killed writers."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from promo_core.errors import JobError, Message, StorageError
from promo_core.locale import Count, Day, Listed, Money, Percent
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.storage.workspace import Workspace
from tests.storage.fakes import tiny_model, tiny_panel

CONTENT = "date,gmv\n2026-01-01,1\n".encode("utf-16")


def inspection(fingerprint: str = "a" * 64, filename: str = "../../etc/passwd") -> SimpleNamespace:
    return SimpleNamespace(filename=filename, fingerprint=fingerprint, mapping=SimpleNamespace(to_dict=lambda: {"columns": {"gmv": "支付金额"}}), panel=tiny_panel(), personal=(), rows=1, headers=("date", "gmv"))


def scenario(name: str = "618", depth: float = 0.2) -> Scenario:
    return Scenario(name=name, campaigns=(Campaign(start=date(2026, 6, 1), end=date(2026, 6, 7), discount_depth=depth, series={"segment": ["vip"]}),))


def test_a_dataset_comes_back_byte_for_byte_after_a_restart(workspace: Workspace) -> None:
    record = workspace.datasets.add(CONTENT, inspection(), name="June")
    again = Workspace(workspace.folder)
    assert again.datasets.content(record.id) == CONTENT
    assert again.datasets.get(record.id) == record
    assert record.mapping == {"columns": {"gmv": "支付金额"}} and record.filename == "../../etc/passwd"
    assert again.datasets.panel(record.id).content_hash() == tiny_panel().content_hash()


def test_the_same_file_is_one_dataset_and_is_restored_when_it_was_deleted(workspace: Workspace) -> None:
    first = workspace.datasets.add(CONTENT, inspection())
    workspace.datasets.delete(first.id)
    assert workspace.datasets.all() == []
    assert workspace.datasets.add(CONTENT, inspection()).id == first.id
    assert [r.id for r in workspace.datasets.all()] == [first.id]


def test_an_altered_dataset_file_is_told(workspace: Workspace) -> None:
    record = workspace.datasets.add(CONTENT, inspection())
    (workspace.folder / "datasets" / record.id / "original").write_bytes(b"else")
    with pytest.raises(StorageError, match="missing or altered"):
        workspace.datasets.content(record.id)


@pytest.mark.usefixtures("fake_parts")
def test_models_are_kept_listed_served_and_restored(workspace: Workspace) -> None:
    assert workspace.models.served() is None
    first, second = (workspace.models.add(tiny_model(seed), f"model {seed}") for seed in (1, 2))
    assert [r.name for r in workspace.models.all()] == ["model 2", "model 1"]
    assert workspace.models.served().id == second.id
    workspace.models.serve(first.id)
    assert workspace.models.served().id == first.id and workspace.models.load(first.id).settings.seed == 1
    assert first.settings == tiny_model(1).settings and first.summary["serves"] == "gbm" and first.summary["origin"] == "2026-02-04"
    workspace.models.delete(first.id)
    assert workspace.models.served().id == second.id
    assert [r.id for r in workspace.models.all(deleted=True)] == [first.id]
    assert workspace.models.restore(first.id).deleted is None and workspace.models.served().id == first.id


@pytest.mark.usefixtures("fake_parts")
def test_a_model_moves_between_workspaces_as_zip_and_as_folder(workspace: Workspace, tmp_path: Path) -> None:
    record = workspace.models.add(tiny_model(), "one")
    other = Workspace(tmp_path / "other")
    zipped = other.models.add_zip(workspace.models.zip(record.id), "two")
    copied = other.models.add_folder(workspace.models.path(record.id), "three")
    assert other.models.load(zipped.id).key == other.models.load(copied.id).key == workspace.models.load(record.id).key


def test_every_version_of_a_scenario_is_kept(workspace: Workspace) -> None:
    record = workspace.scenarios.add(scenario(depth=0.1))
    for depth in (0.2, 0.3):
        workspace.scenarios.change(record.id, scenario(depth=depth))
    assert workspace.scenarios.change(record.id, scenario(depth=0.3)).version == 3
    assert [(v.version, v.scenario.campaigns[0].discount_depth) for v in workspace.scenarios.versions(record.id)] == [(3, 0.3), (2, 0.2), (1, 0.1)]
    back = workspace.scenarios.revert(record.id, 1)
    assert (back.version, back.scenario) == (4, scenario(depth=0.1))
    with pytest.raises(StorageError, match="no version 9"):
        workspace.scenarios.revert(record.id, 9)


def test_a_deleted_scenario_comes_back_with_its_versions(workspace: Workspace) -> None:
    record = workspace.scenarios.add(scenario(depth=0.1))
    workspace.scenarios.change(record.id, scenario(name="618 beauty", depth=0.2))
    workspace.scenarios.delete(record.id)
    assert workspace.scenarios.all() == []
    assert workspace.scenarios.restore(record.id).name == "618 beauty"
    assert [(v.name, v.version) for v in workspace.scenarios.versions(record.id)] == [("618 beauty", 2), ("618", 1)]


def test_a_copy_of_a_scenario_has_a_history_of_its_own(workspace: Workspace) -> None:
    record = workspace.scenarios.add(scenario())
    copy = workspace.scenarios.duplicate(record.id, "copy")
    workspace.scenarios.change(copy.id, scenario(name="copy", depth=0.5))
    assert workspace.scenarios.get(record.id).scenario == scenario()
    assert workspace.scenarios.rename(copy.id, "more").scenario.name == "more"


def test_what_is_not_there_is_told(workspace: Workspace) -> None:
    for shelf in (workspace.datasets, workspace.models, workspace.scenarios, workspace.jobs):
        with pytest.raises(StorageError, match="has no .* `../../etc`"):
            shelf.get("../../etc")


def test_settings_tell_none_from_absent(workspace: Workspace) -> None:
    workspace.settings.put("lang", None)
    assert workspace.settings.get("lang", "en") is None and workspace.settings.get("theme", "light") == "light"
    workspace.settings.put("lang", ["zh", 1.5])
    assert workspace.settings.get("lang") == ["zh", 1.5]


def test_facts_of_a_message_keep_their_kinds(workspace: Workspace) -> None:
    message = Message("{a} {b} {c} {d} {e} {f} {g}", {"a": Money(1.5, "CNY"), "b": Percent(0.123, 2), "c": Count(3.0), "d": Day(date(2026, 6, 1)), "e": Message("{x}", {"x": Money(None)}), "f": 7,
                                                  "g": Listed(("coupon", "gift"))})
    workspace.jobs.add("1", "train", {})
    workspace.jobs.end("1", "failed", message=message)
    assert workspace.jobs.get("1").message == message


def test_times_come_from_the_clock_and_keep_their_zone(workspace: Workspace) -> None:
    record = workspace.scenarios.add(scenario())
    assert record.created.tzinfo is UTC and record.created.year == 2026
    assert Workspace(workspace.folder).scenarios.get(record.id).created == record.created


def test_a_second_job_of_a_kind_is_refused_until_the_first_has_ended(workspace: Workspace) -> None:
    workspace.jobs.add("1", "train", {})
    with pytest.raises(JobError, match="One training runs at a time"):
        Workspace(workspace.folder).jobs.add("2", "train", {})
    workspace.jobs.end("1", "failed", message=Message("{what} broke", {"what": Message("It")}))
    assert workspace.jobs.get("1").message == Message("{what} broke", {"what": Message("It")})
    workspace.jobs.add("2", "train", {})
    assert not workspace.jobs.end("1", "done") and workspace.jobs.get("1").state == "failed"


def test_two_holders_and_many_threads_lose_nothing(workspace: Workspace) -> None:
    holders = [workspace, Workspace(workspace.folder)]

    def write(holder: Workspace) -> None:
        for i in range(10):
            holder.scenarios.change(record.id, scenario(depth=(i + 1) / 100))
            holder.scenarios.add(scenario(name=str(i)))

    record = workspace.scenarios.add(scenario())
    threads = [threading.Thread(target=write, args=(holder,)) for holder in holders * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(workspace.scenarios.all()) == 41
    versions = [v.version for v in workspace.scenarios.versions(record.id)]
    assert versions == list(range(len(versions), 0, -1))


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "liftboard.db").write_text("my diary " * 100)
    with pytest.raises(StorageError, match="cannot be used"):
        Workspace(tmp_path)
    assert (tmp_path / "liftboard.db").read_text() == "my diary " * 100


def test_a_database_may_lie_elsewhere(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    Workspace(tmp_path / "shop", url=url).settings.put("lang", "zh")
    assert Workspace(tmp_path / "other", url=url).settings.get("lang") == "zh"
    assert not (tmp_path / "shop" / "liftboard.db").exists()


@pytest.mark.parametrize("url", ["nonsense", "martian://here/db", "postgresql+nodriver://u:secret@h/db"])
def test_a_database_address_that_cannot_be_used_is_told_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(StorageError, match="address cannot be used") as caught:
        Workspace(tmp_path, url=url)
    assert "secret" not in str(caught.value)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be made"):
        Workspace(tmp_path / "file" / "shop")


def test_what_killed_writers_left_goes_after_a_day(workspace: Workspace) -> None:
    aside = workspace.folder / "models" / ".aside-1234"
    aside.mkdir()
    Workspace(workspace.folder, clock=lambda: datetime.now(UTC))
    assert aside.exists()
    Workspace(workspace.folder, clock=lambda: datetime(2100, 1, 1, tzinfo=UTC))
    assert not aside.exists()


def test_preferences_put_together_are_all_there_after_a_restart(workspace: Workspace) -> None:
    workspace.preferences.put_all({"first": {"depth": 0.2}, "second": "x"})
    workspace.preferences.put_all({"first": {"depth": 0.3}})
    workspace.close()
    again = Workspace(workspace.folder)
    assert (again.preferences.get("first"), again.preferences.get("second")) == ({"depth": 0.3}, "x")
    again.close()
