"""What is removed for good: data sets with all that was made of them, people, and what was deleted longer ago than it is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from promo_core.errors import N_, StorageError
from promo_core.storage.append_only import protect, unprotect
from promo_core.storage.ledger import Ledger
from promo_core.storage.store import ArtifactStore
from promo_core.storage.tables import audit, datasets, jobs, members, models, preferences, scenario_versions, scenarios

__all__ = ["Erasure"]

_LEFTOVER = timedelta(days=1)


class Erasure:
    """Erases; nothing it erased can be restored. Records go first and files after them, so that a file left by a crash is found as one that no record names."""

    def __init__(self, ledger: Ledger, store: ArtifactStore) -> None:
        self._ledger = ledger
        self._store = store

    def dataset(self, dataset_id: str) -> int:
        """Erase a data set, its file, and every model trained on it; scenarios stay, without data.

        Returns:
            How many models went with it.

        Raises:
            StorageError: when there is none.
        """
        with self._ledger.writing("erase") as connection:
            if not connection.scalar(sa.select(sa.func.count()).where(datasets.c.id == dataset_id)):
                raise StorageError(N_("This workspace has no {kind} `{received}`. Choose one from the list."), kind=N_("dataset"), received=dataset_id[:80])
            trained = list(connection.scalars(sa.select(models.c.id).where(models.c.dataset_id == dataset_id)))
            self._drop_models(connection, trained)
            connection.execute(scenarios.update().where(scenarios.c.dataset_id == dataset_id).values(dataset_id=None))
            connection.execute(datasets.delete().where(datasets.c.id == dataset_id))
            self._ledger.note(connection, "erase.dataset", dataset_id, models=trained)
        for name in (f"datasets/{dataset_id}", *(f"models/{model_id}" for model_id in trained)):
            self._store.remove(name)
        return len(trained)

    def person(self, subject: str) -> None:
        """Erase what is kept of a person: their name, role and preferences. The trail keeps the subject, which names nobody by itself.

        Raises:
            StorageError: when nobody of that subject is kept.
        """
        with self._ledger.writing("erase") as connection:
            known = connection.execute(members.delete().where(members.c.subject == subject)).rowcount
            chosen = connection.execute(preferences.delete().where(preferences.c.subject == subject)).rowcount
            if not known and not chosen:
                raise StorageError(N_("Nobody called `{received}` has signed in here. Choose someone from the list."), received=subject[:80])
            self._ledger.note(connection, "erase.person", subject)

    def outdated(self, *, deleted_days: float, trail_days: float | None = None) -> dict[str, int]:
        """Erase what was deleted, and jobs that ended, longer ago than `deleted_days`; the trail older than `trail_days`; and files that no record names.

        Returns:
            How many of each were erased.
        """
        now = self._ledger.clock()
        before = now - timedelta(days=deleted_days)
        counts = {"datasets": 0, "models": 0, "scenarios": 0, "jobs": 0, "trail": 0}
        with self._ledger.reading() as connection:
            old = list(connection.scalars(sa.select(datasets.c.id).where(datasets.c.deleted < before)))
        counts["models"] = sum(self.dataset(dataset_id) for dataset_id in old)
        counts["datasets"] = len(old)
        with self._ledger.writing("erase") as connection:
            counts["models"] += self._drop_models(connection, list(connection.scalars(sa.select(models.c.id).where(models.c.deleted < before))))
            counts["scenarios"] = _drop_scenarios(connection, before)
            counts["jobs"] = connection.execute(jobs.delete().where(jobs.c.finished < before)).rowcount
            if trail_days is not None:
                unprotect(connection, "audit")
                counts["trail"] = connection.execute(audit.delete().where(audit.c.moment < now - timedelta(days=trail_days))).rowcount
                protect(connection, "audit")
            self._ledger.note(connection, "erase.outdated", "", **counts)
        return {**counts, "files": self._sweep(now)}

    def _drop_models(self, connection: sa.Connection, ids: list[str]) -> int:
        connection.execute(scenarios.update().where(scenarios.c.model_id.in_(ids)).values(model_id=None))
        return connection.execute(models.delete().where(models.c.id.in_(ids))).rowcount

    def _sweep(self, now: datetime) -> int:
        """Remove files that no record names, unless they are so new that their record may still be on its way."""
        with self._ledger.reading() as connection:
            named = {f"datasets/{one}" for one in connection.scalars(sa.select(datasets.c.id))} | {f"models/{one}" for one in connection.scalars(sa.select(models.c.id))}
            named |= {f"jobs/{one}{suffix}" for one in connection.scalars(sa.select(jobs.c.id)) for suffix in (".lock", ".log")}
        strays = [path for kind in ("datasets", "models", "jobs") for path in (self._store.folder / kind).glob("*") if f"{kind}/{path.name}" not in named and _is_old(path, now)]
        for path in strays:
            self._store.remove(path.relative_to(self._store.folder).as_posix())
        return len(strays)


def _drop_scenarios(connection: sa.Connection, before: datetime) -> int:
    old = list(connection.scalars(sa.select(scenarios.c.id).where(scenarios.c.deleted < before)))
    connection.execute(scenario_versions.delete().where(scenario_versions.c.scenario_id.in_(old)))
    return connection.execute(scenarios.delete().where(scenarios.c.id.in_(old))).rowcount


def _is_old(path: Path, now: datetime) -> bool:
    return now.timestamp() - path.stat().st_mtime > _LEFTOVER.total_seconds()
