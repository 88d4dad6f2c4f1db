"""How right is a what-if? Ours and its peers on shops whose true effects are known, in one run.

    python -m benchmarks.arena --seeds 8 --out arena.csv                  judging seeds; goes on where an earlier run of the same file stopped
    python -m benchmarks.arena --seeds 8 --out arena.csv --only ours      one competitor of it, so that several machines can share the work
    python -m benchmarks.arena --building --seeds 2                       building seeds, for tuning
    python -m benchmarks.arena --response-only --building                 the levers' effect alone, on the true level: seconds a shop
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.peers.double_ml import DoubleML, missing_parts
from benchmarks.peers.learners import SLearner
from benchmarks.peers.ours import Ours
from benchmarks.stamp import stamp
from promo_core.evaluation.arena import BUILDING_SEEDS, JUDGING_SEEDS, Form, choose_forms, make_shop, score_competitor, score_response
from promo_core.models.response import Response, ResponseConfig

PEER = "S-learner"
COLUMNS = ("level_error", "conversion_error", "increment_error", "net_increment_error", "order_increment_error", "increment_bias", "rank_correlation", "regret",
           "coverage_80", "increment_coverage_80", "seconds")


def main(arguments: list[str] | None = None) -> None:
    """Run the arena and print its tables."""
    options = _options(arguments)
    pd.set_option("display.width", 240, "display.max_columns", 30, "display.max_rows", 500)
    forms = choose_forms(options.forms if options.forms == "all" else options.forms.split(","))
    seeds = (BUILDING_SEEDS if options.building else JUDGING_SEEDS)[: options.seeds]
    entries = _competitors(options)
    rows = _played(options)
    for form in forms:
        for seed in seeds:
            done = {row["competitor"] for row in rows if (row["form"], row["seed"]) == (form.name, seed)}
            rows += _play({name: make for name, make in entries.items() if name not in done}, form, seed, options)
            if options.out:
                pd.DataFrame(rows).to_csv(options.out, index=False)
        print(form_table(pd.DataFrame(rows), form.name), flush=True)
    if {"ours", PEER} <= {row["competitor"] for row in rows}:
        print(summary(pd.DataFrame(rows), {form.name for form in forms if form.confounded}))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.arena", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8, help="shops per form")
    parser.add_argument("--forms", default="all", help="all, or names with commas")
    parser.add_argument("--out", type=Path, help="CSV of every score; what it holds already is not played again")
    parser.add_argument("--building", action="store_true", help="building seeds instead of judging seeds")
    parser.add_argument("--response-only", action="store_true", help="score the levers' effect on the true level, without a forecaster")
    parser.add_argument("--quick", action="store_true", help="16 scenarios a shop instead of 24, and 3 choices of depth instead of 6")
    parser.add_argument("--only", action="append", help="play this competitor only; may be given again; the others' scores are those in the file")
    parser.add_argument("--again", help="play this competitor anew, although the file has its scores")
    parser.add_argument("--threads", type=int, default=1, help="threads of LightGBM; one is fastest on a busy machine")
    return parser.parse_args(arguments)


def _competitors(options: argparse.Namespace) -> dict[str, Callable[[], Any]]:
    threads = options.threads
    ours = (lambda: Response(ResponseConfig(threads=threads))) if options.response_only else (lambda: Ours(threads=threads))
    entries: dict[str, Callable[[], Any]] = {"ours": ours, PEER: lambda: SLearner(threads=threads), "S-learner, monotone": lambda: SLearner(monotone=True, threads=threads)}
    if missing := missing_parts():
        print(f"EconML's double machine learning is left out: {missing}. Install benchmarks/peers/requirements.txt to have it.\n")
    else:
        entries["double ML"] = lambda: DoubleML(threads=threads)
    return {name: make for name, make in entries.items() if not options.only or name in options.only}


def _play(entries: dict[str, Callable[[], Any]], form: Form, seed: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    count, choices = (16, 3) if options.quick else (24, 6)
    for name, make in entries.items():
        began = time.perf_counter()
        if options.response_only:
            scores = score_response(make, form.name, [seed], count=count, choices=choices).iloc[0].to_dict()
        else:
            scores = score_competitor(make(), make_shop(form, seed), count=count, choices=choices)
        yield {"form": form.name, "seed": seed, "competitor": name, **scores, "seconds": time.perf_counter() - began, **stamp()}


def _played(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the scores that the file holds already."""
    if options.out is None or not options.out.exists():
        return []
    rows = pd.read_csv(options.out, dtype={"commit": str})  # a hash such as 874e851 is no number
    return rows[rows["competitor"] != options.again].to_dict("records")


def form_table(rows: pd.DataFrame, form: str) -> str:
    """Return one form's mean scores by competitor, in words."""
    shown = rows[rows["form"] == form]
    table = shown.groupby("competitor", sort=False)[[c for c in COLUMNS if c in shown]].mean()
    return f"{form}  ({shown['seed'].nunique()} shops)\n{table.round(3).to_string()}\n"


def summary(rows: pd.DataFrame, confounded: set[str]) -> str:
    """Return ours over the plain S-learner per form, and the means over confounded and unconfounded forms."""
    measures = [m for m in ("increment_error", "net_increment_error", "order_increment_error", "regret", "level_error") if m in rows]
    means = rows.groupby(["competitor", "form"], sort=False)[measures].mean()
    ratio = (means.loc["ours"] / means.loc[PEER]).rename(columns=lambda m: f"{m} ratio")
    parts = [f"ours / {PEER}, by form\n{ratio.round(3).to_string()}\n"]
    kinds = rows["form"].isin(confounded).map({True: "confounded", False: "unconfounded"})
    for kind, part in rows.groupby(kinds):
        overall = part.groupby("competitor", sort=False)[[c for c in COLUMNS if c in part]].mean()
        share = overall.loc["ours", measures] / overall.loc[PEER, measures]
        parts.append(f"mean over {kind} forms\n{overall.round(3).to_string()}\nours / {PEER}: " + ", ".join(f"{m} {v:.2f}" for m, v in share.items()) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
