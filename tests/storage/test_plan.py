"""Scenarios go on the plan and off it, and stay there through changes and restarts; who may is a manager."""

from __future__ import annotations

import pytest

from promo_core.access import Person, WorkRole
from promo_core.errors import AccessError
from promo_core.storage.workspace import Workspace
from tests.storage.test_workspace import scenario


def test_a_planned_scenario_stays_planned_through_a_change_and_a_restart(workspace: Workspace) -> None:
    first, second = (workspace.scenarios.add(scenario(name)) for name in ("618", "11.11"))
    assert first.planned is None and workspace.scenarios.planned(None) == []
    assert workspace.scenarios.plan(first.id).planned is not None
    workspace.scenarios.change(first.id, scenario("618", depth=0.3))
    workspace.scenarios.duplicate(first.id, "copy")
    again = Workspace(workspace.folder)
    assert [(r.name, r.version) for r in again.scenarios.planned(None)] == [("618", 2)]
    again.scenarios.plan(second.id)
    assert again.scenarios.plan(first.id, on=False).planned is None
    assert [r.name for r in again.scenarios.planned(None)] == ["11.11"]
    again.scenarios.delete(second.id)
    assert again.scenarios.planned(None) == [] and [r.name for r in again.scenarios.all(deleted=True)] == ["11.11"]


def test_a_merchandiser_proposes_and_a_manager_plans(workspace: Workspace) -> None:
    kept = workspace.scenarios.add(scenario())
    merchandiser = Workspace(workspace.folder, person=Person(subject="m", name="m", role=WorkRole.MERCHANDISER))
    with pytest.raises(AccessError, match="another role"):
        merchandiser.scenarios.plan(kept.id)
    assert workspace.scenarios.get(kept.id).planned is None
    manager = Workspace(workspace.folder, person=Person(subject="b", name="b", role=WorkRole.MANAGER))
    assert manager.scenarios.plan(kept.id).planned is not None
    assert [(e.subject, e.action) for e in manager.audit.entries(object_id=kept.id)][0] == ("b", "scenarios.plan")
