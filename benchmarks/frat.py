"""Frat, store × product × week: ours beside mlforecast, skforecast, neuralforecast and seasonal naive.

About 3,900 series, horizon 8 weeks, four rolling origins, levers known ahead; everything is learned anew at each origin.

    python -m benchmarks.frat --peer-python PEERS/bin/python --out benchmarks/results/frat.csv
    python -m benchmarks.frat --entrant mlforecast --origin 3 --peer-python PEERS/bin/python      one step, kept in --cache
    python -m benchmarks.frat --validation …                                                      an earlier origin, for tuning
"""

from __future__ import annotations

from benchmarks.contest import DATA, PEERS, Contest, carried, command, indicators, told_twice
from promo_core.data.inspection import inspect

HORIZON, ORIGINS = 8, 4


def contest(validation: bool = False) -> Contest:
    """Return the contest; with `validation`, one origin before the four."""
    panel = inspect(DATA / "frat" / "store_upc_week.csv.gz").panel
    last = panel.n_observed - HORIZON
    origins = (last - ORIGINS * HORIZON,) if validation else tuple(last - HORIZON * i for i in reversed(range(ORIGINS)))
    futr = {"discount_depth": panel.plan.levers["discount_depth"], "list_price": carried(panel.plan.covariates["list_price"]), **indicators(panel.plan)}
    peer = {"lags": [1, 2, 3, 4, 8, 13, 26, 52], "windows": [4, 13], "date_features": ["week", "month"], "input_size": 52, "steps": {"LSTM": 1000, "TFT": 500}, "phases": []}
    return Contest(name="frat-validation" if validation else "frat", panel=told_twice(panel, futr), target="gmv", origins=origins, horizon=HORIZON, futr=futr,
                   static={d: panel.series[d].astype(str).to_numpy() for d in panel.dimensions}, peer=peer)


if __name__ == "__main__":
    command("benchmarks.frat", __doc__, contest, PEERS, folds=2)
