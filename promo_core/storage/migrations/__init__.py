"""What takes an older workspace's database to today's schema: one Alembic revision per change, applied in place when a workspace is opened.

A new one: `alembic revision --autogenerate -m "add colour"` (settings in pyproject.toml), then look it over; a test compares the tables with what the revisions make.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from promo_core.errors import N_, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config

__all__ = ["bring_up_to_date", "config", "head"]

_FIRST = "0001"
_VERSION_TABLE = "alembic_version"
_FOLDER = Path(__file__).resolve().parent


def bring_up_to_date(engine: sa.Engine, schema: str) -> None:
    """Bring a database to today's schema, whole or not at all; several processes may try at once.

    Args:
        engine: where to; its connections already look at `schema` where it has schemas.
        schema: name of the schema to make in PostgreSQL.

    Raises:
        StorageError: when a newer version wrote it.
    """
    with engine.connect() as connection:
        if _revision(connection) == head():
            return
    with _unchecked(engine) as connection, connection.begin():
        _require_known(_revision(connection))
        if connection.dialect.name != "sqlite":
            connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
        _migrate(connection)


@cache
def head() -> str:
    """Return the newest revision: revisions are numbered, and their files begin with the number; Alembic itself takes a while to load."""
    return max(path.stem.split("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def config(**attributes: Any) -> Config:
    """Return Alembic's configuration; `connection` among the attributes is what its commands work on."""
    from alembic.config import Config

    made = Config(attributes=attributes)
    made.set_main_option("script_location", str(_FOLDER))
    made.set_main_option("path_separator", "os")
    return made


def _migrate(connection: sa.Connection) -> None:
    from alembic import command

    here = config(connection=connection)
    if _revision(connection) is None and sa.inspect(connection).has_table("schema_version"):
        command.stamp(here, _FIRST)  # a workspace from before there were revisions
    command.upgrade(here, "head")


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.scalar(sa.select(sa.column("version_num")).select_from(sa.table(_VERSION_TABLE)))


def _require_known(revision: str | None) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise StorageError(N_("This workspace was written by a newer Liftboard (schema {received}; this one knows {expected}). Update Liftboard."), received=revision, expected=head())


@contextmanager
def _unchecked(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a writing connection that does not check foreign keys: SQLite changes a column by copying its table."""
    with engine.connect().execution_options(write=True) as connection:
        if connection.dialect.name != "sqlite":
            yield connection
            return
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
        finally:
            driver.execute("PRAGMA foreign_keys=ON")
