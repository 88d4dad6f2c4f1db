"""What large panels take, each in a process of its own: `python -m benchmarks.large`.

- trees: LightGBM learns from 2 million rows (5,000 series × 400 days of noise around a season, seed 7) and forecasts 28 days of all of them; seconds and peak memory.
- train: the same rows through all of a training: response, rolling origins, bands, refit, certificate.
- desk: an answer with its attribution on 5,000 series beside one on 64 in the same run, as medians of turns. The campaign runs on one category (a 25th of the series, and a
  quarter). Both ask a response estimated on the demo shop of 64 series (seed 7); base and noise are arrays of the right shape.
- desk-echoes: the same where siblings lose a tenth of a campaign's extra orders, so that every series changes.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.memory import peak_kib
from benchmarks.stamp import stamp
from benchmarks.whatif import HORIZON, untrained
from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.data.panel import Panel, Plan
from promo_core.models.intervals import Intervals
from promo_core.models.trained import TrainedModel
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.simulate import simulate
from promo_core.settings import TrainSettings

SERIES, DAYS = (10, 25, 20), 400


def noise_panel(shape: tuple[int, ...] = SERIES, days: int = DAYS, seed: int = 7) -> Panel:
    """Return a panel of segments × categories × channels whose numbers are a season, campaigns at random and noise."""
    rng = np.random.default_rng(seed)
    names = ("segment", "category", "channel")
    series = pd.MultiIndex.from_product([[f"{name} {i:02d}" for i in range(n)] for name, n in zip(names, shape, strict=True)], names=names).to_frame(index=False).astype("str")
    n = len(series)
    periods = pd.date_range(end="2026-05-31", periods=days, freq="D")
    start = rng.integers(0, 30, (n, 1))
    depth = np.where((np.arange(days) - start) % 30 < 6, rng.choice([0.1, 0.2, 0.3], (n, 1)), 0.0)
    season = 0.2 * np.sin(2 * np.pi * np.arange(days) / 7) + 0.1 * np.sin(2 * np.pi * np.arange(days) / 365)
    visitors = rng.poisson(np.exp(rng.normal(6.5, 0.5, (n, 1)) + season + 0.8 * depth + rng.normal(0, 0.1, (n, days)))).astype(float)
    orders = rng.binomial(visitors.astype(int), np.clip(0.03 * np.exp(1.2 * depth), 0, 0.9)).astype(float)
    gmv = np.round(orders * rng.uniform(60, 200, (n, 1)) * (1 - 0.7 * depth), 2)
    plan = Plan(periods=periods, levers={"discount_depth": depth, "promo_type": (depth > 0).astype(float)}, promo_types=("none", "percent_off"))
    return Panel(series=series, periods=periods, n_observed=days, targets={"visitors": visitors, "orders": orders, "gmv": gmv}, plan=plan, currency="CNY", name="large")


def trees_large() -> dict[str, float]:
    """Let LightGBM learn from two million rows and forecast."""
    from promo_core.models.gbm import GBMConfig, GBMForecaster

    panel = noise_panel()
    start = time.perf_counter()
    base = GBMForecaster(GBMConfig(horizon=HORIZON, threads=1)).fit(panel).base(panel, panel.baseline_plan(HORIZON))
    return {"rows": panel.n_series * panel.n_observed, "forecasts": base.size, "seconds": time.perf_counter() - start, "peak_gb": _peak_gb()}


def train_large() -> dict[str, float]:
    """Train LightGBM and everything that goes with it on two million rows."""
    from promo_core.evaluation.training import train

    panel = noise_panel()
    start = time.perf_counter()
    model = train(panel, TrainSettings(models=("gbm",), quick=True, folds=1, horizon=HORIZON, threads=1))
    total = model.scores[(model.scores["fold"] == "all") & (model.scores["target"] == "gmv")].set_index("model")["wape"]
    return {"rows": panel.n_series * panel.n_observed, "seconds": time.perf_counter() - start, "peak_gb": _peak_gb(), "wape_gbm": float(total["gbm"]), "wape_naive": float(total["naive"])}


def _peak_gb() -> float:
    return peak_kib() / 1e6


def desk_models(echoes: float) -> dict[str, TrainedModel]:
    """Return models of 64 and of 5,000 series that share a response; `echoes` is the share of extra demand that siblings lose."""
    small = untrained(demo_shop(DemoConfig(n_periods=200)).panel)
    for echo in small.response.echo_:
        echo.cross[:] = -echoes
        echo.drawn_values[:, -len(echo.cross):] = np.random.default_rng(7).normal(-echoes, echoes / 4, (len(echo.drawn_values), len(echo.cross)))
    panel = noise_panel(SERIES, 200)
    level = np.nanmean(small.composition.links(panel), axis=1, keepdims=True)
    base = np.repeat(level, HORIZON, axis=1)
    noise = Intervals.of(np.random.default_rng(7).normal(0.0, 0.2, (12, *base.shape)), {})
    return {"small": small, "large": replace(small, panel=panel, response=copy.copy(small.response), bases={"base": base}, noises={"base": noise})}


def answer_times(models: dict[str, TrainedModel], turns: int) -> dict[str, list[float]]:
    """Return milliseconds of processor time (other work on the machine does not count) of an answer with its attribution, the models asked in turns; the first turn, which makes the serving arrays, is left out."""
    times: dict[str, list[float]] = {name: [] for name in models}
    for turn in range(turns + 1):
        for name, model in models.items():
            first = model.panel.origin.date() + timedelta(days=4)
            campaign = Campaign(start=first, end=first + timedelta(days=6), discount_depth=0.1 + 0.01 * (turn % 10), series={"category": [str(model.panel.series["category"].iloc[0])]})
            start = time.process_time()
            simulate(model, Scenario(name="week", campaigns=(campaign,)))
            if turn:
                times[name].append(1000 * (time.process_time() - start))
    return times


def desk(echoes: float, turns: int) -> dict[str, float]:
    """Return medians and 95 % points of answers on 64 and on 5,000 series."""
    times = answer_times(desk_models(echoes), turns)
    told = {f"{name}_{what}_ms": value for name, seen in times.items() for what, value in (("median", statistics.median(seen)), ("p95", float(np.quantile(seen, 0.95))))}
    return {"echoes": echoes, **told, "large ÷ small": told["large_median_ms"] / told["small_median_ms"], "peak_gb": _peak_gb()}


TASKS = {"trees": lambda turns: trees_large(), "train": lambda turns: train_large(), "desk": lambda turns: desk(0.0, turns), "desk-echoes": lambda turns: desk(0.1, turns)}


def main() -> None:
    """Print one JSON line per task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--out", type=Path, help="write what was measured to this CSV")
    parser.add_argument("--here", action="store_true", help="run the one task in this process")
    options = parser.parse_args()
    if options.here:
        told = TASKS[options.tasks[0]](options.turns)
        print(json.dumps({"task": options.tasks[0], **{k: round(v, 3) for k, v in told.items()}}, ensure_ascii=False), flush=True)
        return
    lines = []
    for task in options.tasks:
        command = [sys.executable, "-m", "benchmarks.large", "--here", "--turns", str(options.turns), "--tasks", task]
        told = subprocess.run(command, check=True, capture_output=True, text=True, env={"OPENBLAS_NUM_THREADS": "1", **os.environ}).stdout.strip()  # as `make app` has it
        print(told, flush=True)
        lines.append(json.loads(told.splitlines()[-1]) | stamp())
    if options.out:
        pd.DataFrame(lines).to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
