"""The network's speed: windows per CPU second of a training step beside the like network in neuralforecast, and milliseconds of the decoder alone.

    python -m benchmarks.network --peer-python PEERS/bin/python

Both learn 64 series × 700 days with 56 days of past, 28 ahead, one LSTM layer of 64 units, batches of 512 windows, on one thread. The decoder is that of
the app's own network (32 units), for 64 series × 28 days from a kept state of the encoder, after warm-up. All times are CPU times, so that a busy machine tells the same.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.contest import ROOT, stamp
from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.data.panel import Panel
from promo_core.models.lstm import LSTMConfig, LSTMForecaster

SHOP = DemoConfig(n_segments=4, n_categories=8, n_channels=2, n_periods=700)
UNITS, BATCH, STEPS, PAST, AHEAD = 64, 512, 32, 56, 28


def measure(peer_python: Path | None, threads: int = 1, repeats: int = 60) -> dict[str, float]:
    """Return windows per CPU second of ours and of neuralforecast (NaN without it), the ratio, and the decoder's median milliseconds."""
    panel = demo_shop(SHOP).panel
    panel = replace(panel, targets={"gmv": panel.targets["gmv"]})
    _, few, many = (_cpu_seconds(panel, epochs, threads) for epochs in (1, 1, 2))  # the first pays for imports
    ours, theirs = STEPS * BATCH / (many - few), _peer(panel, peer_python, threads) if peer_python else float("nan")
    usual = LSTMForecaster(LSTMConfig(batch=BATCH, horizon=AHEAD, ensemble=1, epochs=1, refit_epochs=0, per_epoch=BATCH, threads=threads)).fit(panel)
    return {"ours": ours, "neuralforecast": theirs, "ratio": ours / theirs, "decoder_ms": _decoder_ms(usual, panel, repeats)}


def _cpu_seconds(panel: Panel, epochs: int, threads: int) -> float:
    """Return the CPU seconds of a fit of so many epochs; each also looks at the held-out windows, as in use."""
    config = LSTMConfig(units=UNITS, batch=BATCH, encoder=PAST, horizon=AHEAD, ensemble=1, epochs=epochs, refit_epochs=0, per_epoch=STEPS * BATCH, patience=9, quantiles=(0.5,), threads=threads)
    began = time.process_time()
    LSTMForecaster(config).fit(panel)
    return time.process_time() - began


def _decoder_ms(model: LSTMForecaster, panel: Panel, repeats: int) -> float:
    state, plan = model.encode(panel), panel.future_plan(AHEAD)
    future, spans = state.sequences.future(state.past, plan, AHEAD), []
    for _ in range(repeats):
        began = time.process_time()
        model.deviations(future, state.hidden)
        spans.append(time.process_time() - began)
    return 1000 * statistics.median(spans[repeats // 4 :])


def _peer(panel: Panel, python: Path, threads: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.parquet"
        _long(panel).to_parquet(path, index=False)
        told = {"units": UNITS, "batch": BATCH, "past": PAST, "ahead": AHEAD}
        done = subprocess.run([python, ROOT / "benchmarks" / "peers" / "network_peer.py", path, json.dumps(told)], capture_output=True, text=True, check=True,
                              env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "PEER_THREADS": str(threads)})
    return float(done.stdout.strip().splitlines()[-1])


def _long(panel: Panel) -> pd.DataFrame:
    values = panel.observed("gmv")
    n, t = values.shape
    plan = panel.past_plan()
    depth = plan.levers["discount_depth"]
    return pd.DataFrame({"unique_id": np.repeat(np.arange(n), t), "ds": np.tile(panel.periods[:t], n), "y": np.log1p(np.nan_to_num(values)).ravel(), "depth": depth.ravel(),
                         **{f"day{d}": np.tile((panel.periods[:t].day_of_week == d).astype(float), n) for d in range(7)}})


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    row = pd.DataFrame([{**measure(options.peer_python, options.threads), **stamp()}]).round({"ours": 0, "neuralforecast": 0, "ratio": 2, "decoder_ms": 2})
    print(row.to_string(index=False))
    if options.out:
        row.to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
