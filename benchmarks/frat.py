"""Frat, store × product × week: ours beside mlforecast, skforecast, neuralforecast and seasonal naive.

About 3,900 series, horizon 8 weeks, four rolling origins, levers known ahead; everything is learned anew at each origin.

    python -m benchmarks.frat --peer-python PEERS/bin/python --out benchmarks/results/frat.csv
    python -m benchmarks.frat --entrant mlforecast --origin 3 --peer-python PEERS/bin/python      one step, kept in --cache
    python -m benchmarks.frat --validation …                                                      an earlier origin, for tuning
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.contest import DATA, NAIVE, OURS, PEERS, Contest, carried, indicators, play, run_apart, table, told_twice
from promo_core.data.inspection import inspect
from promo_core.settings import TrainSettings

HORIZON, ORIGINS = 8, 4
EFFORT = 3.0  # chosen on the origin before the four


def contest(validation: bool = False) -> Contest:
    """Return the contest; with `validation`, one origin before the four."""
    panel = inspect(DATA / "frat" / "store_upc_week.csv.gz").panel
    last = panel.n_observed - HORIZON
    origins = (last - ORIGINS * HORIZON,) if validation else tuple(last - HORIZON * i for i in reversed(range(ORIGINS)))
    futr = {"discount_depth": panel.plan.levers["discount_depth"], "list_price": carried(panel.plan.covariates["list_price"]), **indicators(panel.plan)}
    peer = {"lags": [1, 2, 3, 4, 8, 13, 26, 52], "windows": [4, 13], "date_features": ["week", "month"], "input_size": 52, "steps": {"LSTM": 1000, "TFT": 500}, "phases": []}
    return Contest(name="frat-validation" if validation else "frat", panel=told_twice(panel, futr), target="gmv", origins=origins, horizon=HORIZON, futr=futr,
                   static={d: panel.series[d].astype(str).to_numpy() for d in panel.dimensions}, peer=peer)


def main() -> None:
    """Play what is asked, print the table, and write it where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entrant", choices=("ours", NAIVE, *PEERS), help="one entrant only")
    parser.add_argument("--origin", type=int, help="one origin only, 0 the earliest")
    parser.add_argument("--models", default="gbm,lstm", help="ours: which members")
    parser.add_argument("--effort", type=float, default=EFFORT, help="ours: see TrainSettings")
    parser.add_argument("--peer-python", type=Path, help="interpreter of the peers' environment")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "liftboard-contest")
    parser.add_argument("--validation", action="store_true", help="an origin before the four")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    told = contest(options.validation)
    entrants = [options.entrant] if options.entrant else [NAIVE, *(PEERS if options.peer_python else ()), "ours"]
    origins = [options.origin] if options.origin is not None else range(len(told.origins))
    if options.entrant and options.origin is not None:
        settings = TrainSettings(models=tuple(options.models.split(",")), horizon=HORIZON, threads=1, folds=2, effort=options.effort)
        play(told, options.entrant, told.origins[options.origin], options.cache, peer_python=options.peer_python, settings=settings)
    else:
        for entrant in entrants:
            for origin in origins:
                run_apart("benchmarks.frat", _step(options, entrant, origin))
    results = table(told, options.cache, (NAIVE, *PEERS, *OURS.values()))
    print(results.to_string(index=False))
    if options.out:
        results.to_csv(options.out, index=False, lineterminator="\n")


def _step(options: argparse.Namespace, entrant: str, origin: int) -> list[str]:
    peers = ["--peer-python", str(options.peer_python)] if options.peer_python else []
    return ["--entrant", entrant, "--origin", str(origin), "--models", options.models, "--effort", str(options.effort), "--cache", str(options.cache), *(["--validation"] if options.validation else []), *peers]


if __name__ == "__main__":
    main()
