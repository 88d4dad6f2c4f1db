"""Event logs in files through embedded DuckDB: scanned, grouped and spilled by it, never held in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from promo_core.data.events_map import NUMBERS, EventMap
from promo_core.data.events_sql import UNKNOWN, Span, distinct_of, sums_of, with_words, words_of
from promo_core.errors import N_, DataError

__all__ = ["sums_of_files"]

_DIALECT = postgresql.dialect(paramstyle="named")  # DuckDB reads PostgreSQL's SQL
_MOST_CODED = 100_000
_ROWS_AT_ONCE = 5_000_000
_SPANS_AT_ONCE = 2
_MOST_LISTED = 20_000_000
_MOST_READ_AGAIN = 1.5
_WHOLE = {sign + size for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")}
_INT32 = np.iinfo(np.int32)


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
        connection.execute(f"SET memory_limit = '{memory_limit}'; SET temp_directory = {_quoted(spill)}; SET preserve_insertion_order = false; SET GLOBAL TimeZone = 'UTC'")
        if threads is not None:
            connection.execute(f"SET threads = {int(threads)}")
        try:
            kinds = _open(connection, files, events)
            spans, most = _spans(connection, files, events)
            listed = [part for part in counted if kinds[events.columns[part]] in _WHOLE and most <= _MOST_LISTED]
            with ThreadPoolExecutor(_SPANS_AT_ONCE) as pool:  # NumPy sorts one span while DuckDB reads the next
                sums, distinct = zip(*pool.map(lambda span: _summed(connection.cursor(), events, listed, span), spans), strict=True)
            told = {part: pd.concat([counts[part] for counts in distinct]) for part in listed}
            return pd.concat(sums), told | _grouped(connection, events, [part for part in counted if part not in listed], spans)
        except duckdb.Error as error:
            raise DataError(N_("The event log cannot be read: {reason} Mend the files, or map another column."), reason=_first_line(error)) from error


def _open(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], events: EventMap) -> dict[str, str]:
    """Make the view `log`, and return column → type."""
    events.require([row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {_reader(files, {})}").fetchall()])
    text = {column: "VARCHAR" for name, column in {**events.columns, **events.dimensions}.items() if name not in (*NUMBERS, "timestamp")}
    connection.execute(f"CREATE VIEW log AS SELECT * FROM {_reader(files, text)}")
    return {row[0]: row[1] for row in connection.execute("DESCRIBE log").fetchall()}


def _summed(connection: duckdb.DuckDBPyConnection, events: EventMap, listed: Sequence[str], span: Span | None) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return a span's sums and, from lists gathered in the same pass, its distinct counts."""
    table = connection.sql(_text(sums_of(events, _table("log", events), listed=listed, span=span))).to_arrow_table()
    sums = with_words(table.drop_columns(list(listed)).to_pandas(date_as_object=False), events)
    return sums, {part: _distinct(table[part], sums[sums["kind"].isin(words_of(events, part))], events, part) for part in listed}


def _distinct(column: pa.ChunkedArray, sums: pd.DataFrame, events: EventMap, part: str) -> pd.DataFrame:
    """Count the distinct whole numbers in each cell's lists, which lie at the positions that `sums` has as its index, by sorting them."""
    lists = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    starts, known = lists.offsets.to_numpy(), lists.values.is_valid().to_numpy(zero_copy_only=False) if lists.values.null_count else None
    values = (lists.values if known is None else lists.values.fill_null(0)).to_numpy()
    cells = sums.groupby(["date", *events.dimensions]).indices
    counts = []
    for rows in cells.values():
        places = [slice(starts[row], starts[row + 1]) for row in sums.index[rows]]
        counts.append(_count(np.concatenate([values[place] if known is None else values[place][known[place]] for place in places])))
    return pd.MultiIndex.from_tuples(cells, names=["date", *events.dimensions]).to_frame(index=False).assign(**{part: counts})


def _count(values: np.ndarray) -> int:
    """Return how many distinct numbers there are; those of 32 bits are sorted twice as fast."""
    small = len(values) and _INT32.min <= values.min() and values.max() <= _INT32.max
    ordered = np.sort(values.astype(np.int32) if small else values)
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + bool(len(values))


def _grouped(connection: duckdb.DuckDBPyConnection, events: EventMap, counted: Sequence[str], spans: Sequence[Span | None]) -> dict[str, pd.DataFrame]:
    """Count distinct texts by grouping them; where dimensions have few enough values they are numbers meanwhile: distinct rows are found a quarter faster."""
    if not counted:
        return {}
    values = {column: f"coalesce({_name(column)}::VARCHAR, {_quoted(UNKNOWN)})" for column in events.dimensions.values()}
    few = all(connection.execute(f"SELECT approx_count_distinct({_name(column)}) FROM log").fetchone()[0] < _MOST_CODED for column in values)
    if few:
        for i, (column, value) in enumerate(values.items()):
            connection.execute(f"CREATE TYPE dimension_{i} AS ENUM (SELECT DISTINCT {value} FROM log)")
            values[column] = f"{value}::dimension_{i}"
    coded = ", ".join(f"{value} AS {_name(column)}" for column, value in values.items())
    connection.execute(f"CREATE VIEW coded AS SELECT * REPLACE ({coded}) FROM log")
    return {part: pd.concat([connection.sql(_text(distinct_of(events, _table("coded", events), part, coded=True, span=span))).df() for span in spans]) for part in counted}


def _spans(connection: duckdb.DuckDBPyConnection, files: Sequence[Path], events: EventMap) -> tuple[list[Span | None], float]:
    """Return spans of whole local days to count one after another, so that memory and time per event stay as they are however long the log is, and the most events that one of them reads.

    Only where the parquet files lie in order of time, as their statistics tell: elsewhere every span would read the whole log, and one span is all.
    """
    if files[0].suffix.lower() != ".parquet":
        return [None], np.inf
    column, listed = _quoted(events.columns["timestamp"]), ", ".join(_quoted(str(file)) for file in files)
    known = connection.execute(f"""SELECT TRY_CAST(stats_min_value AS TIMESTAMP) AS first, TRY_CAST(stats_max_value AS TIMESTAMP) AS last, num_values AS n, type
                                   FROM parquet_metadata([{listed}]) WHERE path_in_schema = {column}""").df()
    total = int(known["n"].sum())
    count = -(-total // _ROWS_AT_ONCE)
    if count < 2 or (known["type"] != "INT64").any() or known.isna().any(axis=None):  # only real timestamps compare as moments
        return [None], total
    shift = pd.Timedelta(hours=events.utc_offset_hours)
    days = pd.date_range((known["first"].min() + shift).normalize(), (known["last"].max() + shift).normalize() + pd.Timedelta(days=1))
    edges = [days[i] - shift for i in sorted({round(share * (len(days) - 1) / count) for share in range(count + 1)})]
    spans = list(pairwise(edges))
    read = [int(known["n"][(known["first"] < end) & (known["last"] >= start)].sum()) for start, end in spans]
    return ([(start.to_pydatetime(), end.to_pydatetime()) for start, end in spans], max(read)) if sum(read) <= _MOST_READ_AGAIN * total else ([None], total)


def _reader(files: Sequence[Path], text: dict[str, str]) -> str:
    """Return the table function; of CSV, the columns of `text` are taken as they stand (007 stays 007)."""
    listed = ", ".join(_quoted(str(file)) for file in files)
    if files[0].suffix.lower() == ".parquet":
        return f"read_parquet([{listed}], union_by_name = true)"
    types = ", ".join(f"{_quoted(column)}: {_quoted(kind)}" for column, kind in text.items())
    return f"read_csv([{listed}], union_by_name = true, header = true" + (f", types = {{{types}}})" if types else ")")


def _table(view: str, events: EventMap) -> sa.TableClause:
    return sa.table(view, *[sa.column(name) for name in {*events.columns.values(), *events.dimensions.values()}])


def _text(query: sa.Select) -> str:
    return str(query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    return " ".join(str(error).strip().split("\n")[0].split())[:300]
