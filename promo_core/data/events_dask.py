"""Event logs through Dask DataFrame, where one machine's DuckDB ends: the same sums, shuffled between the cluster's workers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from promo_core.cluster import LOCAL, connected
from promo_core.data.events_map import NUMBERS, WORDS, EventMap, money_sums
from promo_core.data.events_sql import UNKNOWN
from promo_core.errors import N_, DataError

__all__ = ["sums_of_cluster"]

_LOGS_PER_PART = 20  # partitions of the log that share one partition of distinct users


def sums_of_cluster(files: Sequence[Path], events: EventMap, counted: Sequence[str], *, cluster: str | None = None) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the log's sums and, per part of `counted`, its distinct counts, as `events_duckdb.sums_of_files` does; the files must be readable by every worker.

    Raises:
        DataError: when a file cannot be read or a column cannot be cast.
        JobError: when the cluster does not answer.
    """
    with connected(cluster or LOCAL):
        try:
            log = _read(files, events)
            return _sums(log, events), {part: _distinct(log, events, part) for part in counted}
        except (ValueError, TypeError, OSError, pa.ArrowException) as error:
            raise DataError(N_("The event log cannot be read: {reason} Mend the files, or map another column."), reason=" ".join(str(error).split())[:300]) from error


def _read(files: Sequence[Path], events: EventMap) -> dd.DataFrame:
    columns = sorted({*events.columns.values(), *events.dimensions.values()})
    paths = [str(file) for file in files]
    if files[0].suffix.lower() == ".parquet":
        events.require(pa.parquet.read_schema(paths[0]).names)
        return dd.read_parquet(paths, columns=columns)
    events.require(pd.read_csv(paths[0], nrows=0).columns)
    numbers = {column: "float64" for name, column in events.columns.items() if name in NUMBERS}
    packed = any(path.endswith(".gz") for path in paths)
    return dd.read_csv(paths, usecols=columns, dtype={c: numbers.get(c, "str") for c in columns}, keep_default_na=False, na_values=[""], blocksize=None if packed else "64MB")


def _sums(log: dd.DataFrame, events: EventMap) -> pd.DataFrame:
    keys = ["date", *events.dimensions, "kind", *[part for part in WORDS if part in events.columns]]
    rows = log.map_partitions(_rows, events, meta=_rows(log._meta, events))
    return rows.groupby(keys).sum().reset_index().compute()


def _distinct(log: dd.DataFrame, events: EventMap, part: str) -> pd.DataFrame:
    keys = ["date", *events.dimensions]
    rows = log.map_partitions(_named, events, part, meta=_named(log._meta, events, part))
    single = rows.drop_duplicates(split_out=max(1, log.npartitions // _LOGS_PER_PART))
    return single.groupby(keys)["counted"].count().reset_index().rename(columns={"counted": part}).compute()


def _named(log: pd.DataFrame, events: EventMap, part: str) -> pd.DataFrame:
    """Return the distinct keys and users (or order numbers) of a part of the log."""
    log = _counted(log, events)
    value = log[events.columns[part]]
    counts = log[events.columns["kind"]].astype("str").isin(events.words("visit", "order") if part == "user" else events.words("order")) & value.notna()
    return _keys(log, events).assign(counted=value)[counts].drop_duplicates()


def _counted(log: pd.DataFrame, events: EventMap) -> pd.DataFrame:
    return log[log[events.columns["kind"]].astype("str").isin(events.known) & log[events.columns["timestamp"]].notna()]


def _keys(log: pd.DataFrame, events: EventMap) -> pd.DataFrame:
    time = pd.to_datetime(log[events.columns["timestamp"]])
    time = time if time.dt.tz is None else time.dt.tz_convert("UTC").dt.tz_localize(None)
    values = {name: log[column].astype("str").where(log[column].notna(), UNKNOWN) for name, column in events.dimensions.items()}
    return pd.DataFrame({"date": (time + pd.Timedelta(hours=events.utc_offset_hours)).dt.normalize(), **values})


def _rows(log: pd.DataFrame, events: EventMap) -> pd.DataFrame:
    """Return what each event adds to each sum; the columns of `events_sql.sums_of`."""
    log = _counted(log, events)
    number = {name: log[column].astype("float64") for name, column in events.columns.items() if name in NUMBERS}
    words = {part: log[events.columns[part]].astype("str").where(log[events.columns[part]].notna(), "") for part in WORDS if part in events.columns}
    out = _keys(log, events).assign(kind=log[events.columns["kind"]].astype("str"), **words, events=1)
    out = out.assign(**{name: number[name].fillna(0.0) for name in ("quantity", "amount", "spend") if name in number})
    return out.assign(**{name: np.where((number["list_price"] > 0) & known.notna(), value.fillna(0.0), 0.0) for name, (known, value) in money_sums(number).items()})
