"""Event logs (visits, orders, exposures) become the campaign panel's table, on whichever engine holds them."""

from __future__ import annotations

import glob
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from promo_core.data.events_map import KINDS, WORDS, EventMap
from promo_core.data.panel import NO_PROMO
from promo_core.errors import N_, DataError, MappingError

__all__ = ["ENGINES", "aggregate_events", "event_files", "panel_of_log", "parquet_bytes", "read_event_map"]

ENGINES = ("duckdb", "dask")
_FORMS = (".parquet", ".csv", ".csv.gz")
_COUNTS = ("visitors", "orders", "units", "exposures")


def aggregate_events(source: str, events: EventMap, *, engine: str = "duckdb", table: str | None = None, cluster: str | None = None) -> pa.Table:
    """Return the log as the product's CSV contract has it: one row per day and series, ready to be written as parquet.

    A day of the log on which a series has no event between its first and its last day is a true zero. Distinct visitors are users with a
    visit or an order that day. The depth is 1 − paid ÷ list value of what was ordered, or, where nothing was, of what was seen.

    Args:
        source: a file, folder or glob of parquet or CSV; or, with `table`, a database as an SQLAlchemy URL.
        engine: "duckdb" or "dask", for files.
        table: the log's table in a database, which then does the work in its own SQL.
        cluster: address of a Dask scheduler; without one Dask starts workers here.

    Raises:
        DataError: when nothing can be read; says why and what to do.
        MappingError: when the map does not fit the log.
    """
    counted = [part for part, kind in (("user", "visit"), ("order", "order")) if part in events.columns and events.words(kind)]
    if table is not None:
        from promo_core.data.events_warehouse import sums_of_warehouse

        sums, distinct = sums_of_warehouse(source, table, events, counted)
    elif engine == "duckdb":
        from promo_core.data.events_duckdb import sums_of_files

        sums, distinct = sums_of_files(event_files(source), events, counted)
    elif engine == "dask":
        from promo_core.data.events_dask import sums_of_cluster

        sums, distinct = sums_of_cluster(event_files(source), events, counted, cluster=cluster)
    else:
        raise DataError(N_("`engine` is one of {expected}. Received: {received}."), expected=", ".join(ENGINES), received=engine)
    return pa.Table.from_pandas(_panel_frame(sums, distinct, events), preserve_index=False)


def panel_of_log(map_file: Path) -> tuple[bytes, str]:
    """Return the panel file, and its name, of the log that a map names under `events`: a file, folder or pattern beside the map, never outside its folder.

    Raises:
        DataError: when the map names none, or one elsewhere, or the log cannot be read.
    """
    named, folder = _read_json(map_file).get("events"), map_file.resolve().parent
    if not isinstance(named, str) or ".." in Path(named).parts or not (folder / named).is_relative_to(folder) or not all(file.resolve().is_relative_to(folder) for file in event_files(str(folder / named))):
        raise DataError(N_("A map opened here names its log under `events`, in its own folder: {expected}. Received: {received}."), expected='"events": "logs/*.parquet"', received=repr(named))
    return parquet_bytes(aggregate_events(str(folder / named), read_event_map(map_file))), f"{map_file.stem}.parquet"


def read_event_map(path: Path) -> EventMap:
    """Read a map of events from its JSON file; what it says under `events` is for `panel_of_log`.

    Raises:
        MappingError: when it is no such map.
    """
    return EventMap.from_dict({name: value for name, value in _read_json(path).items() if name != "events"})


def parquet_bytes(table: pa.Table) -> bytes:
    """Return a table as a parquet file."""
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MappingError(N_("`{path}` is no map of events ({reason}). Expected a JSON file; docs/scale.md shows one."), path=path.name, reason=str(error)) from error
    if not isinstance(told, dict):
        raise MappingError(N_("`{path}` is no map of events ({reason}). Expected a JSON file; docs/scale.md shows one."), path=path.name, reason=type(told).__name__)
    return told


def event_files(source: str) -> list[Path]:
    """Return the files of a path: itself, a folder's (and its sub-folders'), or those a glob finds; sorted.

    Raises:
        DataError: when there are none, or they are not all of one form.
    """
    path = Path(source)
    found = [path] if path.is_file() else sorted(path.rglob("*")) if path.is_dir() else [Path(name) for name in sorted(glob.glob(source, recursive=True))]
    forms = {file: next((form for form in _FORMS if file.name.lower().endswith(form)), None) for file in found if file.is_file()}
    files = [file for file, form in forms.items() if form]
    if not files:
        raise DataError(N_("No event files at {received}. Expected {expected}: a file, a folder or a pattern."), received=source, expected=", ".join(_FORMS))
    if len({forms[file] == ".parquet" for file in files}) > 1:
        raise DataError(N_("Event files are all parquet or all CSV. Received both at {received}: name the ones to read with a pattern such as {example}."),
                        received=source, example="logs/*.parquet")
    return files


def _panel_frame(sums: pd.DataFrame, distinct: dict[str, pd.DataFrame], events: EventMap) -> pd.DataFrame:
    if sums.empty:
        raise DataError(N_("The log holds no event of the kinds {expected}. Say under `kinds` what it calls its visits and orders."), expected=", ".join(events.known))
    keys, sums = ["date", *events.dimensions], _by_kind(_typed(sums, events), events)
    words = [part for part in WORDS if part in events.columns]
    frame = sums.drop(columns=words).groupby(keys, as_index=False).sum()
    for part, counts in distinct.items():
        name = "visitors" if part == "user" else "ordered"
        frame = frame.drop(columns=name, errors="ignore").merge(_typed(counts, events).rename(columns={part: name}), on=keys, how="left")
    frame = _with_depth(_gapless(frame, keys)).rename(columns={"ordered": "orders"})
    for part in words:
        frame = frame.merge(_most_frequent(sums, keys, part), on=keys, how="left")
        frame[part] = frame[part].fillna(NO_PROMO if part == "promo_type" else "").astype("str")
    return _told(frame.rename(columns={"campaign": "campaign_id"}), keys)


def _by_kind(sums: pd.DataFrame, events: EventMap) -> pd.DataFrame:
    """Turn sums per kind of event into the panel's sums: of orders, of visits and of exposures."""
    of = {name: sums["kind"].isin(events.words(name)) for name in KINDS}
    parts = {"ordered": ("order", "events"), "units": ("order", "quantity"), "gmv": ("order", "amount"), "exposures": ("exposure", "events"), "ad_spend": ("exposure", "spend"),
             "paid": ("order", "paid"), "listed": ("order", "listed"), "seen_paid": ("visit", "seen"), "seen_listed": ("visit", "seen_listed")}
    told = {name: sums[column].where(of[kind], 0.0).fillna(0.0) for name, (kind, column) in parts.items() if column in sums and events.words(kind)}
    keys = ["date", *events.dimensions, *[part for part in WORDS if part in sums]]
    return sums[keys].assign(**told)


def _told(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return whole counts and money in cents, sorted."""
    whole = {name: frame[name].round().astype("int64") for name in _COUNTS if name in frame}
    return frame.assign(**whole, **{name: frame[name].round(2) for name in ("gmv", "ad_spend") if name in frame}).sort_values(list(keys), ignore_index=True)


def _typed(frame: pd.DataFrame, events: EventMap) -> pd.DataFrame:
    """Return dates as timestamps, dimensions and words as text, and sums as float64, whatever the engine gave."""
    text = {name: "str" for name in (*events.dimensions, *WORDS, "kind") if name in frame}
    return frame.assign(date=pd.to_datetime(frame["date"])).astype(text | {c: "float64" for c in frame if c not in text and c != "date"})


def _gapless(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return every series on every day of the log from its first to its last; what did not happen is 0."""
    days = np.sort(frame["date"].unique())
    place = np.searchsorted(days, frame["date"].to_numpy())
    span = frame.assign(place=place).groupby(list(keys[1:]), sort=True)["place"].agg(["min", "max"]).reset_index()
    length = (span["max"] - span["min"] + 1).to_numpy()
    row = np.repeat(np.arange(len(span)), length)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
    grid = span.drop(columns=["min", "max"]).iloc[row].reset_index(drop=True).assign(date=days[span["min"].to_numpy()[row] + offset])
    full = grid.merge(frame, on=list(keys), how="left")
    numbers = [c for c in full if c not in keys]
    return full[[*keys, *numbers]].fillna(dict.fromkeys(numbers, 0))


def _most_frequent(sums: pd.DataFrame, keys: Sequence[str], part: str) -> pd.DataFrame:
    """Return each cell's most frequent word among its order events; of equals the first in the alphabet."""
    if "ordered" not in sums:
        return sums[[*keys, part]].iloc[:0]
    counts = sums[(sums[part] != "") & (sums["ordered"] > 0)].groupby([*keys, part], as_index=False)["ordered"].sum()
    return counts.sort_values(["ordered", part], ascending=[False, True], kind="stable").drop_duplicates(list(keys))[[*keys, part]]


def _with_depth(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the sums of paid and list value into `discount_depth`; where nothing is known the depth is unknown."""
    sums = [(frame[a], frame[b]) for a, b in (("paid", "listed"), ("seen_paid", "seen_listed")) if b in frame]
    if not sums:
        return frame
    paid, listed = sums[0]
    for other, its_list in sums[1:]:
        paid, listed = paid.where(listed > 0, other), listed.where(listed > 0, its_list)
    depth = (1.0 - paid / listed.where(listed > 0)).clip(0.0, 1.0).round(6)
    return frame.assign(discount_depth=depth).drop(columns=[c for c in ("paid", "listed", "seen_paid", "seen_listed") if c in frame])
