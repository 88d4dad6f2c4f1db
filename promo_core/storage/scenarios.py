"""Scenarios that are kept, every version of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from promo_core.errors import N_, Message, StorageError
from promo_core.planning.scenario import Scenario
from promo_core.storage.records import ScenarioRecord
from promo_core.storage.shelf import UndoShelf, new_id
from promo_core.storage.tables import scenario_versions, scenarios

__all__ = ["Scenarios"]


class Scenarios(UndoShelf[ScenarioRecord]):
    """Scenarios of a workspace; a change adds a version, and no version is ever lost."""

    table = scenarios
    kind = Message(N_("scenario"))
    record = ScenarioRecord.of

    def add(self, scenario: Scenario, *, dataset_id: str | None = None, model_id: str | None = None) -> ScenarioRecord:
        """Keep a new scenario."""
        scenario_id, now = new_id(), self._ledger.clock()
        with self._ledger.writing("scenarios.add") as connection:
            connection.execute(scenarios.insert().values(id=scenario_id, name=scenario.name, dataset_id=dataset_id, model_id=model_id, version=1, created=now, updated=now))
            self._add_version(connection, scenario_id, 1, scenario)
            self._ledger.note(connection, "scenarios.add", scenario_id, name=scenario.name)
        return self.get(scenario_id)

    def change(self, scenario_id: str, scenario: Scenario) -> ScenarioRecord:
        """Keep a new version, unless nothing changed; the versions before stay."""
        with self._ledger.writing("scenarios.change") as connection:
            before = ScenarioRecord.of(self._row(connection, scenario_id))
            if before.scenario != scenario:
                version = 1 + connection.scalar(sa.select(sa.func.max(scenario_versions.c.version)).where(scenario_versions.c.scenario_id == scenario_id))
                self._add_version(connection, scenario_id, version, scenario)
                self._stamp(connection, scenario_id, version, scenario.name)
                self._ledger.note(connection, "scenarios.change", scenario_id, name=scenario.name, version=version)
        return self.get(scenario_id)

    def versions(self, scenario_id: str) -> list[ScenarioRecord]:
        """Return every version, newest first, each as the record was then."""
        query = (sa.select(scenarios, scenario_versions.c.content, scenario_versions.c.version.label("which"), scenario_versions.c.created.label("made"))
                 .join(scenario_versions, scenario_versions.c.scenario_id == scenarios.c.id)
                 .where(scenarios.c.id == scenario_id).order_by(scenario_versions.c.version.desc()))
        with self._ledger.reading() as connection:
            self._row(connection, scenario_id)
            return [_version(dict(row)) for row in connection.execute(query).mappings()]

    def revert(self, scenario_id: str, version: int) -> ScenarioRecord:
        """Bring an older version back, as a new one.

        Raises:
            StorageError: when there is no such version.
        """
        found = next((record for record in self.versions(scenario_id) if record.version == version), None)
        if found is None:
            raise StorageError(N_("This scenario has no version {received}. Choose one from its history."), received=version)
        return self.change(scenario_id, found.scenario)

    def duplicate(self, scenario_id: str, name: str) -> ScenarioRecord:
        """Keep a copy under another name, with a history of its own."""
        source = self.get(scenario_id)
        return self.add(source.scenario.renamed(name), dataset_id=source.dataset_id, model_id=source.model_id)

    def rename(self, record_id: str, name: str) -> ScenarioRecord:
        """Give a scenario another name, as a new version."""
        return self.change(record_id, self.get(record_id).scenario.renamed(name))

    def plan(self, scenario_id: str, on: bool = True) -> ScenarioRecord:
        """Put a scenario on the plan, or take it off."""
        return self._update("plan", scenario_id, {"on": on}, planned=self._ledger.clock() if on else None)

    def planned(self, dataset_id: str | None) -> list[ScenarioRecord]:
        """Return the scenarios of a data set that are on the plan, in the order they were put there."""
        return sorted((record for record in self.all() if record.planned is not None and record.dataset_id == dataset_id), key=lambda record: (record.planned, record.id))

    def _select(self) -> sa.Select:
        on = sa.and_(scenario_versions.c.scenario_id == scenarios.c.id, scenario_versions.c.version == scenarios.c.version)
        return sa.select(scenarios, scenario_versions.c.content).join(scenario_versions, on)

    def _add_version(self, connection: sa.Connection, scenario_id: str, version: int, scenario: Scenario) -> None:
        connection.execute(scenario_versions.insert().values(scenario_id=scenario_id, version=version, content=scenario.to_dict(), created=self._ledger.clock()))

    def _stamp(self, connection: sa.Connection, scenario_id: str, version: int, name: str) -> None:
        connection.execute(scenarios.update().where(scenarios.c.id == scenario_id).values(version=version, name=name, updated=self._ledger.clock()))


def _version(values: dict[str, Any]) -> ScenarioRecord:
    which, made = values.pop("which"), values.pop("made")
    record = ScenarioRecord.of({**values, "version": which, "updated": made})
    return ScenarioRecord(**{**record.__dict__, "name": record.scenario.name})
