"""Going on from a trained model beside training anew, on the demo shop: CPU seconds of each, and the error on the periods after: `python -m benchmarks.tuning`.

The first model knows all but the last eight weeks, the other two all but the last four; all three forecast those four.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import pandas as pd

from benchmarks.contest import stamp
from promo_core.data.demo import demo_shop
from promo_core.data.panel import Panel
from promo_core.evaluation.metrics import bias, wape
from promo_core.evaluation.training import train
from promo_core.evaluation.tuning import fine_tune
from promo_core.models.trained import TrainedModel
from promo_core.settings import TrainSettings

HORIZON = 28


def measure(settings: TrainSettings) -> pd.DataFrame:
    """Return one row per way to learn the newest four weeks."""
    panel = demo_shop().panel
    last = panel.n_observed - HORIZON
    known, older = panel.until(last), panel.until(last - HORIZON)
    rows, first = [], train(older, settings)
    began = time.process_time()
    anew = train(known, settings)
    rows.append({"way": "train anew", "cpu_seconds": time.process_time() - began, **_errors(anew, panel, last)})
    began = time.process_time()
    tuned = fine_tune(first, known)
    rows.append({"way": "go on", "cpu_seconds": time.process_time() - began, **_errors(tuned, panel, last)})
    table = pd.DataFrame(rows).assign(share=lambda t: t["cpu_seconds"] / t["cpu_seconds"].iloc[0])
    return table.round({"cpu_seconds": 1, "wape": 4, "bias": 4, "share": 2}).assign(**stamp())


def _errors(model: TrainedModel, panel: Panel, last: int) -> dict[str, float]:
    effect = model.response.effect(model.panel, panel.until(last).future_plan(HORIZON))
    forecast = model.composition.compose(model.bases["blend"] + effect)["gmv"]
    actual = panel.targets["gmv"][:, last : last + HORIZON]
    return {"wape": float(wape(actual, forecast)), "bias": float(bias(actual, forecast))}


def main() -> None:
    """Print the table, and write it where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="gbm,lstm")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    table = measure(TrainSettings(models=tuple(options.models.split(",")), horizon=HORIZON, quick=True, threads=options.threads))
    print(table.to_string(index=False))
    if options.out:
        table.to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
