"""The people of a workspace: who signed in, and the role they were given here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from promo_core.access import Person, WorkRole
from promo_core.errors import N_, StorageError
from promo_core.storage.ledger import Ledger
from promo_core.storage.tables import members

__all__ = ["Member", "Members"]


@dataclass(frozen=True, kw_only=True)
class Member:
    """Someone who signed in; `role` is the one given here, `None` where the sign-in's claims decide."""

    subject: str
    name: str
    role: WorkRole | None
    first_seen: datetime
    last_seen: datetime


class Members:
    """Members of a workspace."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def all(self) -> list[Member]:
        """Return every member, by name."""
        with self._ledger.reading("members.read") as connection:
            return [_member(row) for row in connection.execute(sa.select(members).order_by(members.c.name, members.c.subject)).mappings()]

    def role(self, subject: str) -> WorkRole | None:
        """Return the role a person was given here."""
        with self._ledger.reading() as connection:
            kept = connection.scalar(sa.select(members.c.role).where(members.c.subject == subject))
        return None if kept is None else WorkRole(kept)

    def seen(self, person: Person) -> None:
        """Remember that a person signed in."""
        now = self._ledger.clock()
        with self._ledger.writing("members.seen") as connection:
            if not connection.execute(members.update().where(members.c.subject == person.subject).values(name=person.name, last_seen=now)).rowcount:
                connection.execute(members.insert().values(subject=person.subject, name=person.name, first_seen=now, last_seen=now))
            self._ledger.note(connection, "members.seen", person.subject, claimed=person.role and person.role.value)

    def assign(self, subject: str, role: WorkRole | None) -> None:
        """Give a member a role; `None` leaves it to the sign-in's claims again.

        Raises:
            StorageError: when nobody of that subject signed in yet.
        """
        with self._ledger.writing("members.assign") as connection:
            if not connection.execute(members.update().where(members.c.subject == subject).values(role=role and role.value)).rowcount:
                raise StorageError(N_("Nobody called `{received}` has signed in here. Choose someone from the list."), received=subject[:80])
            self._ledger.note(connection, "members.assign", subject, role=role and role.value)


def _member(row: sa.RowMapping) -> Member:
    return Member(**{**row, "role": WorkRole(row["role"]) if row["role"] else None})
