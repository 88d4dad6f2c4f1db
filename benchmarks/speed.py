"""The README's speed table: reading a large file and answering a what-if, each beside its peer in one run: `python -m benchmarks.speed`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pandas as pd

from benchmarks import intake, whatif


def measure(runs: int) -> pd.DataFrame:
    """Return one row per task: ours ÷ peer (medians of one run), and what else was seen."""
    read = intake.measure(intake.FILE.read_bytes(), intake.FILE.name, runs)
    answer = whatif.measure(runs)
    cores = os.cpu_count()
    rows = [("525 thousand rows to a validated panel", "plain pyarrow.csv read of the same bytes", f"{read['ratio']:.1f} ×", f"peak memory {read['peak_gb']:.2f} GB, {cores} cores"),
            ("a what-if with bands, 64 series × 28 days × 200 draws", "composing both sides anew", f"{answer['ratio_to_scratch']:.2f} ×", f"{answer['answer_ms']:.0f} ms on {cores} cores"),
            ("the same with exact shares of its levers", "the what-if alone", f"{answer['with_attribution_ms'] / answer['answer_ms']:.2f} ×", f"{answer['with_attribution_ms']:.0f} ms on {cores} cores")]
    return pd.DataFrame(rows, columns=["task", "peer", "ours ÷ peer", "seen"])


def main() -> None:
    """Print the table, and write it where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    table = measure(options.runs)
    print(table.to_string(index=False))
    if options.out:
        table.to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
