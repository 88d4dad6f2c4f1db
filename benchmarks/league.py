"""Rolling-origin scores of naive, LightGBM, LSTM and their blend on real and generated shops: `python -m benchmarks.league`.

Everything is learned before the first origin; levers are known ahead. Seasonal naive is the peer, with the same response on top.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from promo_core.data.demo import demo_shop
from promo_core.data.inspection import inspect
from promo_core.data.panel import Panel
from promo_core.evaluation.training import backtest
from promo_core.settings import TrainSettings

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SETS = {"demo shop (seed 7)": None, "Frat, tier × category, weekly": "frat/segment_category_week.csv", "Rossmann, store type, daily": "rossmann/storetype_day.csv"}


def panel_of(name: str) -> Panel:
    """Return the panel of one set."""
    source = SETS[name]
    return demo_shop().panel if source is None else inspect(DATA / source).panel


def league(name: str, settings: TrainSettings) -> pd.DataFrame:
    """Return one row per model: GMV's WAPE, bias and coverage of the 80 % band over all folds."""
    scores = backtest(panel_of(name), settings)
    totals = scores[(scores["fold"] == "all") & (scores["target"] == "gmv")]
    return totals[["model", "wape", "bias", "rmse", "mae", "coverage_80"]].round(3).assign(data=name)[["data", "model", "wape", "bias", "rmse", "mae", "coverage_80"]]


def main() -> None:
    """Print the table, and write it where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--models", default="gbm,lstm")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    settings = TrainSettings(models=tuple(options.models.split(",")), seed=options.seed)
    table = pd.concat([league(name, settings) for name in SETS])
    print(table.to_string(index=False))
    if options.out:
        table.to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
