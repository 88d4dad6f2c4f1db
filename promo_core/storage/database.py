"""The workspace's database: tables, connections that several processes may share, and the schema's version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from promo_core.errors import N_, StorageError

__all__ = ["ACTIVE", "Database", "datasets", "jobs", "models", "scenario_versions", "scenarios", "settings"]

ACTIVE = ("queued", "running")
_BUSY_MILLISECONDS = 30_000


class Moment(sa.TypeDecorator):
    """A moment with its time zone, kept as UTC."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Turn an aware moment into naive UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Give naive UTC its zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = sa.MetaData()
_ID = sa.String(32)

datasets = sa.Table(
    "datasets", metadata, sa.Column("id", _ID, primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("filename", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False, unique=True), sa.Column("sha256", sa.String(64), nullable=False), sa.Column("mapping", sa.JSON, nullable=False),
    sa.Column("created", Moment, nullable=False), sa.Column("deleted", Moment))

models = sa.Table(
    "models", metadata, sa.Column("id", _ID, primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("dataset_id", _ID, sa.ForeignKey("datasets.id")),
    sa.Column("settings", sa.JSON, nullable=False), sa.Column("summary", sa.JSON, nullable=False),
    sa.Column("created", Moment, nullable=False), sa.Column("deleted", Moment))

scenarios = sa.Table(
    "scenarios", metadata, sa.Column("id", _ID, primary_key=True), sa.Column("name", sa.Text, nullable=False), sa.Column("dataset_id", _ID, sa.ForeignKey("datasets.id")),
    sa.Column("model_id", _ID, sa.ForeignKey("models.id")), sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created", Moment, nullable=False), sa.Column("updated", Moment, nullable=False), sa.Column("deleted", Moment))

scenario_versions = sa.Table(
    "scenario_versions", metadata, sa.Column("scenario_id", _ID, sa.ForeignKey("scenarios.id"), primary_key=True), sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("content", sa.JSON, nullable=False), sa.Column("created", Moment, nullable=False))

jobs = sa.Table(
    "jobs", metadata, sa.Column("id", _ID, primary_key=True), sa.Column("kind", sa.String(32), nullable=False), sa.Column("state", sa.String(16), nullable=False),
    sa.Column("request", sa.JSON, nullable=False), sa.Column("stage", sa.Text, nullable=False), sa.Column("fraction", sa.Float, nullable=False), sa.Column("detail", sa.Text, nullable=False),
    sa.Column("message", sa.JSON), sa.Column("pid", sa.Integer), sa.Column("cancel_asked", Moment), sa.Column("result_id", _ID),
    sa.Column("created", Moment, nullable=False), sa.Column("started", Moment), sa.Column("updated", Moment, nullable=False), sa.Column("finished", Moment))

_active = jobs.c.state.in_(ACTIVE)
sa.Index("one_active_job_per_kind", jobs.c.kind, unique=True, sqlite_where=_active, postgresql_where=_active)

settings = sa.Table("settings", metadata, sa.Column("key", sa.String(120), primary_key=True), sa.Column("value", sa.JSON))
schema_version = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer, primary_key=True))

MIGRATIONS: tuple[tuple[str, ...], ...] = ()
"""SQL that takes the schema from version i + 1 to i + 2; the tables above are always the newest."""


class Database:
    """A database that several threads and processes share.

    SQLite runs with a write-ahead log, full flushes and a wait of 30 seconds for another writer.

    Args:
        url: an SQLAlchemy URL.
        migrations: what takes an older schema to this one.

    Raises:
        StorageError: when it cannot be opened, or was written by a newer version.
    """

    def __init__(self, url: sa.URL | str, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
        self._engine = _engine(url)
        self.url = self._engine.url
        if self._engine.dialect.name == "sqlite":
            _prepare_sqlite(self._engine)
        with self.writing() as connection:
            _bring_up_to_date(connection, migrations)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the database."""
        with self._told_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection whose changes are kept together when the block ends well, or not at all."""
        with self._told_errors(), self._engine.connect().execution_options(write=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _told_errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DatabaseError as error:
            if isinstance(error, sa.exc.IntegrityError):
                raise
            raise StorageError(N_("The database {path} cannot be used: {reason}. Check that it may be written, that the disk has space, and that it is no other file."),
                               path=self.url.render_as_string(hide_password=True), reason=str(error.orig)) from error


def _engine(url: sa.URL | str) -> sa.Engine:
    try:
        return sa.create_engine(url)
    except (sa.exc.ArgumentError, ImportError) as error:
        raise StorageError(N_("The database's address cannot be used: {reason}. Expected one such as sqlite:////folder/liftboard.db, and its driver installed."), reason=str(error)[:200]) from error


def _prepare_sqlite(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={_BUSY_MILLISECONDS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        # A writer takes its lock at once: a lock taken half-way through cannot wait for another writer.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")


def _bring_up_to_date(connection: sa.Connection, migrations: Sequence[Sequence[str]]) -> None:
    newest = len(migrations) + 1
    is_new = not sa.inspect(connection).has_table("schema_version")
    if is_new:
        metadata.create_all(connection)
        connection.execute(schema_version.insert().values(version=newest))
        return
    found = connection.scalar(sa.select(schema_version.c.version))
    if found > newest:
        raise StorageError(N_("This workspace was written by a newer Liftboard (schema {received}; this one knows {expected}). Update Liftboard."), received=found, expected=newest)
    for statements in migrations[found - 1:]:
        for statement in statements:
            connection.exec_driver_sql(statement)
    connection.execute(schema_version.update().values(version=newest))
