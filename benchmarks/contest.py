"""Ours beside forecasting libraries on one split: writes the peers' parquet, runs every entrant in a process of its own, keeps and scores the answers."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.memory import peak_kib
from benchmarks.stamp import stamp
from promo_core.data.panel import Panel, Plan, season_length
from promo_core.evaluation.metrics import bias, rmspe, wape
from promo_core.evaluation.training import train
from promo_core.settings import TrainSettings

__all__ = ["DATA", "PEERS", "Contest", "carried", "command", "indicators", "told_twice"]

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
PEERS = ("mlforecast", "skforecast", "neuralforecast LSTM", "neuralforecast TFT")
OURS = {"gbm": "ours: LightGBM", "lstm": "ours: LSTM", "blend": "ours: blend"}
NAIVE = "seasonal naive"
Progress = Callable[[str, float, str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Contest:
    """One data set and how it is split.

    Attributes:
        name: what files are called.
        panel: observed to the end, with everything known ahead in its plan.
        target: what is scored.
        origins: counts of observed periods.
        horizon: periods forecast from each.
        futr: future covariates of the peers, name → (n_series, T), the same facts that our levers and covariates carry.
        static: dimension or other fixed column → (n_series,) values.
        peer: settings of the peers: lags, windows, input_size, steps, date_features.
        percentage, effort: how our members answer, and how much they learn from; see `TrainSettings`.
    """

    name: str
    panel: Panel
    target: str
    origins: tuple[int, ...]
    horizon: int
    futr: dict[str, np.ndarray]
    static: dict[str, np.ndarray]
    peer: dict[str, Any]
    percentage: int = 0
    effort: float = 1.0


def play(contest: Contest, entrant: str, origin: int, cache: Path, *, peer_python: Path | None, settings: TrainSettings) -> None:
    """Let one entrant ("ours", the seasonal naive, or a peer) answer from one origin, unless its answer (ours: with these settings) is kept already."""
    folder = cache / contest.name / str(origin)
    folder.mkdir(parents=True, exist_ok=True)
    kept, asked = folder / f"{entrant}.json", {"settings": settings.to_dict()} if entrant == "ours" else {}
    if kept.exists() and all(json.loads(kept.read_text()).get(name) == value for name, value in asked.items()):
        return
    if entrant == "ours":
        for name in OURS.values():  # a member left out now must not be read from an earlier run
            for suffix in (".npy", ".json"):
                (folder / f"{name}{suffix}").unlink(missing_ok=True)
        answers = _ours(contest, origin, settings)
    elif entrant == NAIVE:
        answers = {NAIVE: (_seasonal_naive(contest, origin), {"cpu_seconds": 0.0, "peak_mb": float("nan")})}
    else:
        answers = {entrant: _peer(contest, entrant, origin, folder, peer_python)}
    for name, (forecast, told) in answers.items():
        np.save(folder / f"{name}.npy", forecast.astype(np.float32))
        (folder / f"{name}.json").write_text(json.dumps({**told, **stamp()}))
    if entrant not in answers:  # "ours" is several entrants; this says that they have answered
        kept.write_text(json.dumps({**asked, **stamp()}))


def table(contest: Contest, cache: Path, entrants: tuple[str, ...]) -> pd.DataFrame:
    """Return one row per entrant that has answered: from how many origins, WAPE, bias, RMSPE over them, CPU seconds and peak memory of a fit and a forecast."""
    rows = []
    for name in entrants:
        paths = [cache / contest.name / str(origin) / f"{name}.npy" for origin in contest.origins]
        played = [i for i, path in enumerate(paths) if path.exists()]
        if not played:
            continue
        paths, origins = [paths[i] for i in played], [contest.origins[i] for i in played]
        told = [json.loads(path.with_suffix(".json").read_text()) for path in paths]
        actual = np.stack([contest.panel.targets[contest.target][:, o : o + contest.horizon] for o in origins])
        actual = np.where(actual > 0, actual, np.nan)
        most = [2.0 * np.nanmax(contest.panel.targets[contest.target][:, :o]) for o in origins]  # one that has run away counts as twice the most ever seen: it is told, and leaves a score to read
        forecast = np.stack([np.minimum(np.load(path).astype(float), top) for path, top in zip(paths, most, strict=True)])
        each = [float(wape(a, f)) for a, f in zip(actual, forecast, strict=True)]
        rows.append({"entrant": name, "origins": len(played), "wape": float(wape(actual, forecast)), "worst_origin": max(each), "bias": float(bias(actual, forecast)), "rmspe": float(rmspe(actual, forecast)),
                     "cpu_seconds": float(np.mean([t["cpu_seconds"] for t in told])), "peak_mb": float(np.max([t["peak_mb"] for t in told])), **{name: told[-1][name] for name in ("date", "commit", "cores")}})
    return pd.DataFrame(rows).round({"wape": 4, "worst_origin": 4, "bias": 4, "rmspe": 4, "cpu_seconds": 1, "peak_mb": 0})


def _ours(contest: Contest, origin: int, settings: TrainSettings) -> dict[str, tuple[np.ndarray, dict[str, float]]]:
    """Train on what was known at the origin, as the app does, and answer with every member under the plan that then ran."""
    known = contest.panel.until(origin)
    clock = _Clock()
    model = train(known, settings, progress=clock)
    clock("answer", 0.0, "")
    plan = known.future_plan(contest.horizon)
    effect = model.response.effect(known, plan)
    points = {m: model.composition.compose(model.bases[m] + effect)[contest.target] for m in (*settings.models, "blend")}
    clock("end", 0.0, "")
    peak = peak_kib() / 1024
    network = model.meta.get("network", {})
    return {OURS[m]: (p, {"cpu_seconds": clock.cost(m), "peak_mb": peak, "weight_gbm": float(np.mean(model.weights.get("gbm", 0.0))), "stages": clock.spent,
                          "windows_per_second": network.get("windows_per_second", 0.0)}) for m, p in points.items()}


class _Clock:
    """CPU seconds of each stage of a training."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._stage, self._since = "", time.process_time()

    def __call__(self, stage: str, fraction: float, detail: str) -> None:
        member = detail if stage == "refit" and detail in ("naive", "gbm", "lstm") else ""
        if stage == "refit" and not member and fraction > 0:
            return  # an epoch within a member's refit
        now = time.process_time()
        self.spent[self._stage] = self.spent.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = f"{stage} {member}".strip(), now

    def cost(self, member: str) -> float:
        """Return what one member costs: the levers' effect, its own fit and the answer; the blend costs all there is, backtest included."""
        if member == "blend":
            return sum(self.spent.values())
        own = {"gbm": ("refit gbm",), "lstm": ("lstm", "refit lstm")}[member]
        return sum(self.spent.get(stage, 0.0) for stage in ("refit", *own, "answer"))


def _seasonal_naive(contest: Contest, origin: int) -> np.ndarray:
    """Return the last value of the same season; where it is unknown, the last that is known."""
    values = contest.panel.targets[contest.target][:, :origin]
    season = season_length(contest.panel.frequency)
    filled = pd.DataFrame(values.T).ffill().fillna(0.0).to_numpy().T
    back = [origin + h - season * (1 + h // season) for h in range(contest.horizon)]
    return np.stack([np.where(np.isfinite(values[:, t]), values[:, t], filled[:, -1]) for t in back], axis=1)


def _peer(contest: Contest, entrant: str, origin: int, folder: Path, python: Path | None) -> tuple[np.ndarray, dict[str, float]]:
    if python is None:
        raise SystemExit("The peers need `--peer-python`, the interpreter of an environment with benchmarks/peers/requirements-panel.txt.")
    if not (folder / "task.json").exists():
        _write_task(contest, origin, folder)
    out = folder / f"{entrant}.parquet"
    script = ROOT / "benchmarks" / "peers" / "panel_peers.py"
    done = subprocess.run([python, script, entrant, folder, out], capture_output=True, text=True, env={**os.environ, "CUDA_VISIBLE_DEVICES": ""})
    if done.returncode:
        raise SystemExit(f"{entrant} failed:\n{done.stderr[-3000:]}")
    answer = pd.read_parquet(out)
    wide = answer.pivot(index="unique_id", columns="ds", values="y_hat").reindex(range(contest.panel.n_series))
    return np.expm1(np.clip(wide.to_numpy(), 0, 30)), json.loads(done.stdout.strip().splitlines()[-1])


def _write_task(contest: Contest, origin: int, folder: Path) -> None:
    """Write what the peers are given: from each series' first sight on, rows not seen carrying the value before them and weighing nothing."""
    values = contest.panel.targets[contest.target][:, :origin]
    seen = np.isfinite(values)
    begun = np.maximum.accumulate(seen, axis=1)
    logs = pd.DataFrame(np.log1p(np.where(seen, np.maximum(values, 0.0), np.nan)).T).ffill().to_numpy().T
    past = _long(contest, slice(0, origin)).assign(y=logs.ravel(), seen=seen.astype(float).ravel())[begun.ravel()]
    alive = np.repeat(begun[:, -1], contest.horizon)
    past.to_parquet(folder / "past.parquet", index=False)
    _long(contest, slice(origin, origin + contest.horizon))[alive].to_parquet(folder / "future.parquet", index=False)
    pd.DataFrame({"unique_id": np.flatnonzero(begun[:, -1]), **{k: v[begun[:, -1]] for k, v in contest.static.items()}}).to_parquet(folder / "static.parquet", index=False)
    told = {**contest.peer, "freq": contest.panel.frequency, "horizon": contest.horizon, "futr": list(contest.futr), "static": list(contest.static)}
    (folder / "task.json").write_text(json.dumps(told))


def _long(contest: Contest, window: slice) -> pd.DataFrame:
    n = contest.panel.n_series
    periods = contest.panel.periods[window]
    return pd.DataFrame({"unique_id": np.repeat(np.arange(n), len(periods)), "ds": np.tile(periods, n), **{k: v[:, window].ravel().astype(np.float32) for k, v in contest.futr.items()}})


def carried(values: np.ndarray) -> np.ndarray:
    """Fill NaN with the last known value of the series, else the next, and where a series has none with the middle of all."""
    filled = pd.DataFrame(values.T).ffill().bfill().to_numpy().T
    return np.where(np.isfinite(filled), filled, np.nanmedian(filled))


def indicators(plan: Plan) -> dict[str, np.ndarray]:
    """Return one 0/1 grid per promotion type."""
    return {f"promo_{word}".replace("+", "_and_"): (plan.levers["promo_type"] == code).astype(float) for code, word in enumerate(plan.promo_types) if code} if "promo_type" in plan.levers else {}


def told_twice(panel: Panel, known: dict[str, np.ndarray]) -> Panel:
    """Return the panel with what the peers are given as covariates too, so that our members may learn what the response's form misses.

    This is for forecasting a plan that stands: a what-if's panel leaves levers to the response alone, or its effect would be told twice.
    """
    return replace(panel, plan=replace(panel.plan, covariates={**panel.plan.covariates, **{f"{name}_known": grid for name, grid in known.items() if name not in panel.plan.covariates}}))


def command(module: str, about: str, contest: Callable[[bool], Contest], peers: tuple[str, ...], folds: int) -> None:
    """Be the command line of a contest: play what is asked, each step in a process of its own, print the table, and write it where `--out` says.

    Args:
        module: the benchmark's name, `benchmarks.frat`.
        about: its docstring.
        contest: makes the contest, of earlier origins where validation is asked for.
        peers: who plays beside us and the seasonal naive.
        folds: rolling origins of our own backtest, for bands and blend.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entrant", choices=("ours", NAIVE, *peers), help="one entrant only")
    parser.add_argument("--origin", type=int, help="one origin only, 0 the earliest")
    parser.add_argument("--models", default="gbm,lstm", help="ours: which members")
    parser.add_argument("--effort", type=float, help="ours: see TrainSettings; the contest's own where left out")
    parser.add_argument("--peer-python", type=Path, help="interpreter of the peers' environment")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "liftboard-contest")
    parser.add_argument("--validation", action="store_true", help="what lies before the judged weeks, for tuning")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    told = contest(options.validation)
    entrants = [options.entrant] if options.entrant else [NAIVE, *(peers if options.peer_python else ()), "ours"]
    origins = range(len(told.origins)) if options.origin is None else [options.origin]
    if options.entrant and options.origin is not None:
        settings = TrainSettings(models=tuple(options.models.split(",")), horizon=told.horizon, threads=1, folds=folds, effort=options.effort or told.effort, percentage=told.percentage)
        play(told, options.entrant, told.origins[options.origin], options.cache, peer_python=options.peer_python, settings=settings)
    else:
        for entrant, origin in product(entrants, origins):
            subprocess.run([sys.executable, "-m", module, *_step(options, entrant, origin)], cwd=ROOT, check=True)
    results = table(told, options.cache, (NAIVE, *peers, *OURS.values()))
    print(results.to_string(index=False))
    if options.out:
        results.to_csv(options.out, index=False, lineterminator="\n")


def _step(options: argparse.Namespace, entrant: str, origin: int) -> list[str]:
    """Return the arguments of one step, run apart so that its memory is its own."""
    peers = ["--peer-python", str(options.peer_python)] if options.peer_python else []
    return ["--entrant", entrant, "--origin", str(origin), "--models", options.models, "--cache", str(options.cache), *(["--effort", str(options.effort)] if options.effort else []), *(["--validation"] if options.validation else []), *peers]
