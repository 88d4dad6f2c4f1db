"""From upload to a validated panel, beside a plain `pyarrow.csv` read of the same bytes: `python -m benchmarks.intake`.

Both sides run in turns in one process, so that a busy machine slows both; medians are compared. Memory is this process's peak.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from benchmarks.memory import peak_kib
from promo_core.data.inspection import inspect

FILE = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "frat" / "store_upc_week.csv.gz"


def plain_read(data: bytes) -> pa.Table:
    """Read gzipped CSV bytes with pyarrow and do nothing else."""
    return pa_csv.read_csv(pa.CompressedInputStream(pa.BufferReader(data), "gzip"))


def measure(data: bytes, filename: str, runs: int) -> dict[str, float]:
    """Return medians in seconds, their ratio, and the peak memory in GB."""
    plain_read(data)
    inspect(data, filename=filename)
    plain, ours = [], []
    for _ in range(runs):
        plain.append(_seconds(lambda: plain_read(data)))
        ours.append(_seconds(lambda: inspect(data, filename=filename)))
    return {"rows": plain_read(data).num_rows, "plain_read_s": statistics.median(plain), "inspect_s": statistics.median(ours),
            "ratio": statistics.median(ours) / statistics.median(plain), "peak_gb": peak_kib() / 2**20}


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    """Print the numbers as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=FILE)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    print(json.dumps(measure(options.data.read_bytes(), options.data.name, options.runs), indent=1))


if __name__ == "__main__":
    main()
