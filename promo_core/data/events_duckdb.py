"""Event logs in files through embedded DuckDB: scanned, grouped and spilled by it, never held in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from promo_core.data.events_map import NUMBERS, EventMap
from promo_core.data.events_sql import UNKNOWN, distinct_of, sums_of
from promo_core.errors import N_, DataError

__all__ = ["sums_of_files"]

_DIALECT = postgresql.dialect(paramstyle="named")  # DuckDB reads PostgreSQL's SQL
_MOST_CODED = 100_000
_ROWS_AT_ONCE = 5_000_000
_MOST_READ_AGAIN = 1.5


def sums_of_files(files: Sequence[Path], events: EventMap, counted: Sequence[str], *, threads: int | None = None, memory_limit: str = "2GB") -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the log's sums and, per part of `counted`, its distinct counts; see `events_sql`.

    Args:
        files: all parquet, or all CSV.
        threads: `None` lets DuckDB take every core.
        memory_limit: what DuckDB may hold before it spills to a temporary folder.

    Raises:
        DataError: when a file cannot be read or a column cannot be cast; says what DuckDB says.
    """
    with tempfile.TemporaryDirectory(prefix="liftboard-events-") as spill, duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{memory_limit}'; SET temp_directory = {_quoted(spill)}; SET preserve_insertion_order = false; SET TimeZone = 'UTC'")
        if threads is not None:
            connection.execute(f"SET threads = {int(threads)}")
        try:
            _open(connection, files, events)
            log, coded = (sa.table(view, *[sa.column(name) for name in {*events.columns.values(), *events.dimensions.values()}]) for view in ("log", "coded"))
            spans = _spans(connection, files, events)
            distinct = {part: pd.concat([_run(connection, distinct_of(events, coded, part, coded=True, span=span)) for span in spans]) for part in counted}
            return _run(connection, sums_of(events, log)), distinct
        except duckdb.Error as error:
            raise DataError(N_("The event log cannot be read: {reason} Mend the files, or map another column."), reason=_first_line(error)) from error


def _open(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], events: EventMap) -> None:
    """Make the views `log` and `coded`, whose dimensions are numbers where they have few enough values: distinct rows are found a quarter faster."""
    events.require([row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {_reader(files, {})}").fetchall()])
    text = {column: "VARCHAR" for name, column in {**events.columns, **events.dimensions}.items() if name not in (*NUMBERS, "timestamp")}
    connection.execute(f"CREATE VIEW log AS SELECT * FROM {_reader(files, text)}")
    values = {column: f"coalesce({_name(column)}::VARCHAR, {_quoted(UNKNOWN)})" for column in events.dimensions.values()}
    few = all(connection.execute(f"SELECT approx_count_distinct({_name(column)}) FROM log").fetchone()[0] < _MOST_CODED for column in values)
    if few:
        for i, (column, value) in enumerate(values.items()):
            connection.execute(f"CREATE TYPE dimension_{i} AS ENUM (SELECT DISTINCT {value} FROM log)")
            values[column] = f"{value}::dimension_{i}"
    coded = ", ".join(f"{value} AS {_name(column)}" for column, value in values.items())
    connection.execute(f"CREATE VIEW coded AS SELECT * REPLACE ({coded}) FROM log")


def _spans(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], events: EventMap) -> list[tuple[datetime, datetime] | None]:
    """Return spans of whole local days to count one after another, so that memory and time per event stay as they are however long the log is.

    Only where the parquet files lie in order of time, as their statistics tell: elsewhere every span would read the whole log, and one span is all.
    """
    if files[0].suffix.lower() != ".parquet":
        return [None]
    column, listed = _quoted(events.columns["timestamp"]), ", ".join(_quoted(str(file)) for file in files)
    known = connection.execute(f"""SELECT TRY_CAST(stats_min_value AS TIMESTAMP) AS first, TRY_CAST(stats_max_value AS TIMESTAMP) AS last, num_values AS n, type
                                   FROM parquet_metadata([{listed}]) WHERE path_in_schema = {column}""").df()
    count = int(-(-known["n"].sum() // _ROWS_AT_ONCE))
    if count < 2 or (known["type"] != "INT64").any() or known.isna().any(axis=None):  # only real timestamps compare as moments
        return [None]
    shift = pd.Timedelta(hours=events.utc_offset_hours)
    days = pd.date_range((known["first"].min() + shift).normalize(), (known["last"].max() + shift).normalize() + pd.Timedelta(days=1))
    edges = [days[i] - shift for i in sorted({round(share * (len(days) - 1) / count) for share in range(count + 1)})]
    spans = list(pairwise(edges))
    read = sum(int(known["n"][(known["first"] < end) & (known["last"] >= start)].sum()) for start, end in spans)
    return [(start.to_pydatetime(), end.to_pydatetime()) for start, end in spans] if read <= _MOST_READ_AGAIN * known["n"].sum() else [None]


def _reader(files: Sequence[Path], text: dict[str, str]) -> str:
    """Return the table function; of CSV, the columns of `text` are taken as they stand (007 stays 007)."""
    listed = ", ".join(_quoted(str(file)) for file in files)
    if files[0].suffix.lower() == ".parquet":
        return f"read_parquet([{listed}], union_by_name = true)"
    types = ", ".join(f"{_quoted(column)}: {_quoted(kind)}" for column, kind in text.items())
    return f"read_csv([{listed}], union_by_name = true, header = true" + (f", types = {{{types}}})" if types else ")")


def _run(connection: duckdb.DuckDBPyConnection, query: sa.Select) -> pd.DataFrame:
    return connection.execute(str(query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))).df()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    return " ".join(str(error).strip().split("\n")[0].split())[:300]
