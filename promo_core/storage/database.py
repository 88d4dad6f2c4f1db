"""The workspace's database: connections that several threads, processes and servers may share, brought to today's schema when it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from promo_core.errors import N_, StorageError
from promo_core.storage.migrations import bring_up_to_date

__all__ = ["Database"]

_BUSY_MILLISECONDS = 30_000


class Database:
    """An SQLite file, or a PostgreSQL that several servers share; one writer at a time in either.

    SQLite runs with a write-ahead log, full flushes (but for what `writing` is told to leave to the system) and a wait of 30 seconds for another writer. In PostgreSQL every workspace has a schema of its own.

    Args:
        url: an SQLAlchemy URL.
        name: the schema in PostgreSQL; SQLite has one workspace per file.

    Raises:
        StorageError: when it cannot be opened, or was written by a newer version.
    """

    def __init__(self, url: sa.URL | str, name: str = "liftboard") -> None:
        self._engine = _engine(url)
        self._name = name
        self.url = self._engine.url
        if self._engine.dialect.name == "sqlite":
            _prepare_sqlite(self._engine)
        else:
            _prepare_server(self._engine, name)
        with self._told_errors():
            bring_up_to_date(self._engine, name)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the database."""
        with self._told_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, flushed: bool = True) -> Iterator[sa.Connection]:
        """Give a connection whose changes are kept together when the block ends well, or not at all.

        Args:
            flushed: whether they have reached the disk by then; otherwise they outlive the process, and a power cut may take them.
        """
        with self._told_errors(), self._engine.connect().execution_options(write=True, flushed=flushed) as connection, connection.begin():
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
        url = sa.make_url(url)
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        return sa.create_engine(url, pool_pre_ping=url.get_backend_name() != "sqlite")
    except (sa.exc.ArgumentError, ImportError) as error:
        raise StorageError(N_("The database's address cannot be used: {reason}. Expected one such as sqlite:////folder/liftboard.db, and its driver installed."), reason=str(error)[:200]) from error


def _prepare_sqlite(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={_BUSY_MILLISECONDS}", "journal_mode=WAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get("write"):
            connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('flushed', True) else 'NORMAL'}")
        # A writer takes its lock at once: a lock taken half-way through cannot wait for another writer.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("write") else "BEGIN")


def _prepare_server(engine: sa.Engine, name: str) -> None:
    schema = engine.dialect.identifier_preparer.quote(name)

    @sa.event.listens_for(engine, "connect", insert=True)
    def connected(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute(f"SET search_path TO {schema}")
        connection.autocommit = False

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        # Writers follow one another and readers see one state, as in SQLite.
        if connection.get_execution_options().get("write"):
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
