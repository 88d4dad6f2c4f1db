"""A table that only grows: the database itself refuses to change or delete its rows."""

from __future__ import annotations

import sqlalchemy as sa

__all__ = ["protect", "unprotect"]

_REFUSAL = "this table is append-only"


def protect(connection: sa.Connection, table: str) -> None:
    """Let the database refuse every change and deletion of `table`'s rows."""
    if connection.dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(f"CREATE TRIGGER {table}_refuses_{event.lower()} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END")
        return
    connection.exec_driver_sql(f"CREATE OR REPLACE FUNCTION {table}_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$")
    connection.exec_driver_sql(f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses()")


def unprotect(connection: sa.Connection, table: str) -> None:
    """Take the refusal away, for the rest of a transaction that ends with `protect`."""
    names = [f"{table}_refuses_update", f"{table}_refuses_delete"] if connection.dialect.name == "sqlite" else [f"{table}_refuses_change ON {table}"]
    for name in names:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
