"""What an administrator does with a workspace from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promo_core.access import Person
from promo_core.cli import main
from promo_core.storage.workspace import Workspace
from tests.storage.test_workspace import CONTENT, inspection, scenario


@pytest.fixture
def home(tmp_path: Path) -> Path:
    workspace = Workspace(tmp_path / "shop")
    workspace.welcome(Person(subject="oidc|vera", name="Vera", role=None))
    workspace.scenarios.delete(workspace.scenarios.add(scenario()).id)
    workspace.datasets.add(CONTENT, inspection())
    workspace.close()
    return tmp_path / "shop"


def told(home: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict]:
    assert main([arguments[0], "--workspace", str(home), *arguments[1:]]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_member_is_given_a_role_and_the_trail_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [member["role"] for member in told(home, capsys, "members")] == [None]
    assert [member["role"] for member in told(home, capsys, "members", "--subject", "oidc|vera", "--role", "admin")] == ["admin"]
    newest = told(home, capsys, "audit", "--limit", "1")[0]
    assert (newest["subject"], newest["action"], newest["object_id"]) == ("local", "members.assign", "oidc|vera")


def test_what_is_erased_from_the_shell_is_gone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = Workspace(home).datasets.all()[0].id
    told(home, capsys, "erase", "--dataset", dataset)
    told(home, capsys, "erase", "--person", "oidc|vera")
    assert told(home, capsys, "retain", "--deleted-days", "0")[0]["scenarios"] == 1
    again = Workspace(home)
    assert again.datasets.all() == [] and again.members.all() == [] and again.scenarios.all(deleted=True) == []


def test_wrong_use_is_told_in_one_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["erase", "--workspace", str(home), "--dataset", "nothing"], ["audit", "--workspace", str(home / "nowhere")], ["erase", "--workspace", str(home), "--person", "nobody"]):
        assert main(arguments) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (home / "nowhere").exists()
