"""Small values a workspace remembers by key, and what each person prefers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from promo_core.storage.ledger import Ledger
from promo_core.storage.tables import preferences, settings

__all__ = ["Preferences", "Settings"]

_SETTING = sa.select(settings.c.value).where(settings.c.key == sa.bindparam("wanted"))
_PREFERENCE = sa.select(preferences.c.value).where(preferences.c.subject == sa.bindparam("who"), preferences.c.key == sa.bindparam("wanted"))


class Settings:
    """Key → JSON value, the same for everybody."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def get(self, key: str, default: Any = None) -> Any:
        """Return what was put under `key`, or `default`."""
        with self._ledger.reading() as connection:
            row = connection.execute(_SETTING, {"wanted": key}).one_or_none()
        return default if row is None else row.value

    def put(self, key: str, value: Any) -> None:
        """Remember `value` under `key`."""
        with self._ledger.writing("settings.put") as connection:
            if not connection.execute(settings.update().where(settings.c.key == key).values(value=value)).rowcount:
                connection.execute(settings.insert().values(key=key, value=value))
            self._ledger.note(connection, "settings.put", key)


class Preferences:
    """Key → JSON value of the person at work; where they have none, the workspace's setting of that key."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self._settings = settings

    def get(self, key: str, default: Any = None) -> Any:
        """Return what this person put under `key`, else the workspace's setting, else `default`."""
        with self._ledger.reading() as connection:
            row = connection.execute(_PREFERENCE, {"who": self._ledger.person.subject, "wanted": key}).one_or_none()
        return self._settings.get(key, default) if row is None else row.value

    def put(self, key: str, value: Any) -> None:
        """Remember `value` under `key` for this person."""
        self.put_all({key: value})

    def put_all(self, values: Mapping[str, Any]) -> None:
        """Remember several values for this person, all or none.

        They outlive the server at any moment; a power cut may take the last of them, since waiting for the disk at every move of a control would be felt.
        """
        with self._ledger.writing("preferences.put", flushed=False) as connection:
            for key, value in values.items():
                if not connection.execute(preferences.update().where(self._own(key)).values(value=value)).rowcount:
                    connection.execute(preferences.insert().values(subject=self._ledger.person.subject, key=key, value=value))

    def _own(self, key: str) -> sa.ColumnElement[bool]:
        return sa.and_(preferences.c.subject == self._ledger.person.subject, preferences.c.key == key)
