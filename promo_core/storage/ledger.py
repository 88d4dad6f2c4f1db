"""The way to a workspace's records: every read and write is checked against the person's role, every change noted with who, what and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from promo_core.access import Person
from promo_core.storage.database import Database
from promo_core.storage.tables import audit

__all__ = ["AuditEntry", "Audit", "Ledger"]


class Ledger:
    """A database as one person may use it.

    Attributes:
        clock: tells the moment, with its time zone.
        person: who is at work.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], person: Person) -> None:
        self._database = database
        self.clock = clock
        self.person = person

    def require(self, action: str) -> None:
        """Let an allowed action pass.

        Raises:
            AccessError: when the person may not do it now.
        """
        self.person.require(action, self.clock())

    @contextmanager
    def reading(self, action: str = "read") -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the database.

        Raises:
            AccessError: when the person may not read.
        """
        self.require(action)
        with self._database.reading() as connection:
            yield connection

    @contextmanager
    def writing(self, action: str, *, flushed: bool = True) -> Iterator[sa.Connection]:
        """Give a connection whose changes, and what `note` says of them, are kept together or not at all; `flushed` ones are on the disk when the block ends.

        Raises:
            AccessError: when the person may not do this.
        """
        self.require(action)
        with self._database.writing(flushed=flushed) as connection:
            yield connection

    def note(self, connection: sa.Connection, action: str, object_id: str, **detail: Any) -> None:
        """Add a line to the trail: this person did this to that object."""
        connection.execute(audit.insert().values(moment=self.clock(), subject=self.person.subject, action=action, object_id=object_id, detail=detail))


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One line of the trail: who did what to which object, and when."""

    number: int
    moment: datetime
    subject: str
    action: str
    object_id: str
    detail: dict[str, Any]


class Audit:
    """The trail of a workspace; the database refuses to change it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def entries(self, *, object_id: str | None = None, before: int | None = None, limit: int = 200) -> list[AuditEntry]:
        """Return the newest entries, newest first.

        Args:
            object_id: of one object alone.
            before: only entries numbered below this one, to read on.
            limit: how many at most.
        """
        query = sa.select(audit).order_by(audit.c.number.desc()).limit(limit)
        if object_id is not None:
            query = query.where(audit.c.object_id == object_id)
        if before is not None:
            query = query.where(audit.c.number < before)
        with self._ledger.reading("audit.read") as connection:
            return [AuditEntry(**row) for row in connection.execute(query).mappings()]
