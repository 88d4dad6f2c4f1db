"""What the records of a workspace have in common: get one; list, rename, delete with undo."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from promo_core.errors import N_, Message, StorageError
from promo_core.storage.ledger import Ledger

__all__ = ["Shelf", "UndoShelf", "new_id"]

Record = TypeVar("Record")


def new_id() -> str:
    """Return a name for a new record that no other process can have chosen."""
    return secrets.token_hex(8)


class Shelf(Generic[Record]):
    """The records of one table.

    Attributes:
        table, kind: the table and what a person calls its records.
        record: makes a record from a row.
    """

    table: sa.Table
    kind: Message
    record: Callable[[sa.RowMapping], Record]

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def get(self, record_id: str) -> Record:
        """Return one record, deleted or not.

        Raises:
            StorageError: when there is none.
        """
        with self._ledger.reading() as connection:
            return type(self).record(self._row(connection, record_id))

    def _select(self) -> sa.Select:
        return sa.select(self.table)

    def _row(self, connection: sa.Connection, record_id: str) -> sa.RowMapping:
        row = connection.execute(self._select().where(self.table.c.id == record_id)).mappings().one_or_none()
        if row is None:
            raise StorageError(N_("This workspace has no {kind} `{received}`. Choose one from the list."), kind=self.kind, received=str(record_id)[:80])
        return row


class UndoShelf(Shelf[Record]):
    """Records that a person deletes and renames; a deleted one is set aside until it is restored."""

    def all(self, *, deleted: bool = False) -> list[Record]:
        """Return every record, newest first; with `deleted`, those that can be restored instead."""
        kept = self.table.c.deleted.is_not(None) if deleted else self.table.c.deleted.is_(None)
        query = self._select().where(kept).order_by(self.table.c.created.desc(), self.table.c.id)
        with self._ledger.reading() as connection:
            return [type(self).record(row) for row in connection.execute(query).mappings()]

    def rename(self, record_id: str, name: str) -> Record:
        """Give a record another name."""
        return self._update("rename", record_id, {"name": name}, name=name)

    def delete(self, record_id: str) -> Record:
        """Set a record aside; `restore` brings it back."""
        return self._update("delete", record_id, {}, deleted=self._ledger.clock())

    def restore(self, record_id: str) -> Record:
        """Bring a deleted record back."""
        return self._update("restore", record_id, {}, deleted=None)

    def _action(self, verb: str) -> str:
        return f"{self.table.name}.{verb}"

    def _update(self, verb: str, record_id: str, detail: dict[str, Any], **values: Any) -> Record:
        with self._ledger.writing(self._action(verb)) as connection:
            self._row(connection, record_id)
            connection.execute(self.table.update().where(self.table.c.id == record_id).values(**values))
            self._ledger.note(connection, self._action(verb), record_id, **detail)
            return type(self).record(self._row(connection, record_id))
