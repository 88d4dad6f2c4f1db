"""Small values a workspace remembers, by key."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from promo_core.storage.database import Database
from promo_core.storage.tables import settings

__all__ = ["Settings"]


class Settings:
    """Key → JSON value."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Any = None) -> Any:
        """Return what was put under `key`, or `default`."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(settings.c.value).where(settings.c.key == key)).one_or_none()
        return default if row is None else row.value

    def put(self, key: str, value: Any) -> None:
        """Remember `value` under `key`."""
        with self._database.writing() as connection:
            if not connection.execute(settings.update().where(settings.c.key == key).values(value=value)).rowcount:
                connection.execute(settings.insert().values(key=key, value=value))
