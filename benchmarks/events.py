"""Events to a daily panel, beside DuckDB's own scan-and-group of the same files: `python -m benchmarks.events`.

A generated log of stated seed, one parquet file per million events: visits, orders and exposures of two million users over ninety days, four segments and sixteen
categories. Every measurement is a process of its own with two threads, so that its peak memory is its own; the peers group the same files by the same day and
dimensions, once with plain sums and once with DuckDB's own count of distinct users, which a panel needs.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.stamp import stamp

PER_FILE, DAYS, USERS, THREADS = 1_000_000, 90, 2_000_000, 2
SEGMENTS, CATEGORIES = ("dormant", "loyal", "new", "vip"), tuple(f"category {i:02d}" for i in range(16))
KINDS = ("view", "pay", "impression")
MAP = {"columns": {"timestamp": "occurred", "user": "user_id", "kind": "event", "amount": "paid", "quantity": "pieces", "price": "price", "list_price": "list_price", "promo_type": "promotion"},
       "dimensions": {"segment": "segment", "category": "category"}, "kinds": {"visit": "view", "order": "pay", "exposure": "impression"}}
_KEYS = "CAST(occurred AS DATE), segment, category"
_SUMS = "count(*), sum(CASE WHEN event = 'pay' THEN 1 ELSE 0 END), sum(CASE WHEN event = 'pay' THEN pieces ELSE 0 END), sum(CASE WHEN event = 'pay' THEN paid ELSE 0 END), sum(price), sum(list_price)"
PEERS = {"scan and group": _SUMS, "scan, group, count distinct": f"{_SUMS}, count(DISTINCT user_id)"}


def write_log(folder: Path, n_events: int, seed: int = 7, *, texts: bool = False) -> None:
    """Write the log as parquet files of a million events, in order of time; `texts` tells users by texts of nine letters instead of whole numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    n_files = max(1, n_events // PER_FILE)
    for i in range(n_files):
        table = _events(np.random.default_rng([seed, i]), n_events // n_files, i / n_files, (i + 1) / n_files)
        if texts:
            table = table.set_column(1, "user_id", pc.binary_join_element_wise("u", pc.utf8_lpad(table["user_id"].cast(pa.string()), 8, "0"), ""))
        pq.write_table(table, folder / f"events-{i:05d}.parquet")


def _events(rng: np.random.Generator, n: int, begin: float, end: float) -> pa.Table:
    seconds = np.sort(rng.uniform(begin, end, n)) * DAYS * 86_400
    user = rng.integers(0, USERS, n)
    kind = rng.choice(3, n, p=(0.8, 0.05, 0.15))
    category = rng.integers(0, len(CATEGORIES), n)
    depth = np.where((seconds // 86_400 + category) % 9 < 2, 0.2, 0.0)
    listed = 50.0 + 10.0 * category
    price, pieces = np.round(listed * (1 - depth), 2), rng.integers(1, 4, n)
    return pa.table({
        "occurred": pa.array(((seconds + 1_767_225_600) * 1_000_000).astype("int64"), type=pa.timestamp("us")), "user_id": user, "event": _words(kind, KINDS),
        "segment": _words(user % len(SEGMENTS), SEGMENTS), "category": _words(category, CATEGORIES), "price": price, "list_price": listed, "pieces": pieces,
        "paid": np.where(kind == 1, np.round(price * pieces, 2), 0.0), "promotion": _words((depth > 0).astype(int), ("none", "percent_off"))})


def _words(codes: np.ndarray, words: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype("int8")), pa.array(words)).cast(pa.string())


def ours(folder: Path, engine: str) -> None:
    """Make the panel as the command does, and write it beside the log."""
    from promo_core.data.events import aggregate_events
    from promo_core.data.events_map import EventMap

    cluster = {"cluster": "local"} if engine == "dask" else {}
    pq.write_table(aggregate_events(str(folder / "*.parquet"), EventMap.from_dict(MAP), engine=engine, **cluster), folder.parent / f"panel-{engine}.parquet")


def peer(folder: Path, name: str) -> None:
    """Run DuckDB's own statement over the same files."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {THREADS}; SET memory_limit = '2GB'")
        connection.execute(f"SELECT {_KEYS}, {PEERS[name]} FROM read_parquet('{folder}/*.parquet') GROUP BY {_KEYS}").fetchall()


def measured(folder: Path, task: str) -> tuple[float, float]:
    """Return (seconds, peak GB of memory) of one task in a process of its own, imports not counted in the time."""
    out = subprocess.run([sys.executable, "-m", "benchmarks.events", "--folder", str(folder), "--task", task], capture_output=True, text=True, check=True)
    told = json.loads(out.stdout)
    return told["seconds"], told["peak_gb"]


def one_task(folder: Path, task: str) -> dict[str, float]:
    """Run one task here and tell what it took."""
    import duckdb  # noqa: F401 - imports are not what is timed

    import promo_core.data.events_dask
    import promo_core.data.events_duckdb  # noqa: F401

    start = time.perf_counter()
    ours(folder, task) if task in ("duckdb", "dask") else peer(folder, task)
    seconds = time.perf_counter() - start
    own, children = (resource.getrusage(who).ru_maxrss / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"seconds": seconds, "peak_gb": max(own, children)}


def measure(millions: int, runs: int, engines: tuple[str, ...], *, texts: bool = False) -> dict[str, dict[str, float]]:
    """Return task → median seconds and largest peak memory, the tasks taken in turns on one log."""
    with tempfile.TemporaryDirectory(prefix="liftboard-bench-") as place:
        folder = Path(place) / "log"
        write_log(folder, millions * PER_FILE, texts=texts)
        tasks = (*engines, *PEERS)
        told = {task: [] for task in tasks}
        for _ in range(runs):
            for task in tasks:
                told[task].append(measured(folder, task))
    return {task: {"seconds": statistics.median(s for s, _ in seen), "peak_gb": max(m for _, m in seen)} for task, seen in told.items()}


def main() -> None:
    """Print one line per size and task; ratios are to the peers of the same size, growth is to the smaller size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, nargs="+", default=[5, 50])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--engines", nargs="+", default=["duckdb"], choices=["duckdb", "dask"])
    parser.add_argument("--users", default="numbers", choices=["numbers", "texts"])
    parser.add_argument("--out", type=Path, help="add what was measured to this CSV")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--task")
    options = parser.parse_args()
    if options.task:
        print(json.dumps(one_task(options.folder, options.task)))
        return
    before, lines = {}, []
    for millions in options.millions:
        told = measure(millions, options.runs, tuple(options.engines), texts=options.users == "texts")
        for task, seen in told.items():
            line = {"users": options.users, "million events": millions, "task": task, "seconds": round(seen["seconds"], 2), "peak_gb": round(seen["peak_gb"], 2)}
            if task in options.engines:
                line |= {f"÷ {name}": round(seen["seconds"] / told[name]["seconds"], 2) for name in PEERS}
            if task in before:
                line["growth"] = round(seen["seconds"] / before[task], 2)
            print(json.dumps(line, ensure_ascii=False), flush=True)
            lines.append(line | stamp())
        before = {task: seen["seconds"] for task, seen in told.items()}
    if options.out:
        earlier = [pd.read_csv(options.out)] if options.out.exists() else []
        pd.concat([*earlier, pd.DataFrame(lines)]).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
