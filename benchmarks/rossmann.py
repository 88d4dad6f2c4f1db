"""Rossmann, store × day: the last six weeks (from 2015-06-20) of 1,115 stores, ours beside mlforecast, neuralforecast and seasonal naive.

    python -m benchmarks.rossmann --peer-python PEERS/bin/python --out benchmarks/results/rossmann.csv
    python -m benchmarks.rossmann --entrant ours --origin 0             one step, kept in --cache
    python -m benchmarks.rossmann --validation …                        the six weeks before, for tuning
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.contest import DATA, Contest, carried, command
from promo_core.data.inspection import inspect
from promo_core.data.panel import Panel

HORIZON = 42
HELD_OUT = pd.Timestamp("2015-06-20")
PEERS = ("mlforecast", "neuralforecast LSTM")


def contest(validation: bool = False) -> Contest:
    """Return the contest; with `validation`, the six weeks before the held-out ones."""
    panel = inspect(DATA / "rossmann" / "store_day.csv.gz").panel
    table = pd.read_csv(DATA / "rossmann" / "store_day.csv.gz", parse_dates=["date"], dtype={"state_holiday": str})
    known, stores = known_ahead(panel, table), store_facts(panel)
    # The promotion runs in all stores or in none: nothing but time tells its effect apart from the day's, so that it is told as a covariate, not as a lever.
    ours = replace(panel, series=stores, plan=replace(panel.plan, levers={"promo_type": np.zeros(panel.plan.shape)}, covariates=known))
    origin = int(panel.periods.searchsorted(HELD_OUT)) - (HORIZON if validation else 0)
    peer = {"lags": [7, 14, 21, 28, 42, 56], "windows": [7, 28], "date_features": ["dayofweek", "week", "month", "day"], "input_size": 84, "steps": {"LSTM": 600, "TFT": 300},
            "phases": [f"day{i}" for i in range(7)]}
    return Contest(name="rossmann-validation" if validation else "rossmann", panel=ours, target="gmv", origins=(origin,), horizon=HORIZON, futr=known,
                   static={d: stores[d].to_numpy() for d in stores if d != "store"} | {"store_code": stores["store"].to_numpy()}, peer=peer, percentage=2, effort=2.0)


def known_ahead(panel: Panel, table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return (n_series, T) of what is known ahead: chain-wide promotion, store promotion rounds, holidays, and on which days a store opens.

    A store's own opening days are in the competition's test file too. The promotion runs chain-wide, so that a closed day knows it from the other stores.
    """
    rows = {label: i for i, label in enumerate(panel.series["store"].astype(str))}
    at = table["unit_id"].astype(str).map(rows).to_numpy(), panel.periods.get_indexer(table["date"])
    grids = {name: _grid(panel, at, table[name].to_numpy(dtype=float)) for name in ("promo2_active", "promo2_round_month", "school_holiday")}
    promo = table.groupby("date")["promo"].max().reindex(panel.periods).fillna(0.0).to_numpy()
    closed_chain = 1.0 - (table.groupby("date")["unit_id"].nunique().reindex(panel.periods).fillna(0) / panel.n_series).to_numpy()
    opened = np.nan_to_num(_grid(panel, at, np.ones(len(table))))
    weekday = panel.periods.day_of_week.to_numpy()
    holiday = (closed_chain > 0.5) & (weekday < 6)
    near = np.array([holiday[max(0, t - 3) : t + 4].any() for t in range(len(holiday))], dtype=float)
    rhythm = {name: _all(panel, values) for name, values in promo_rhythm(promo).items()}
    return {"promo": _all(panel, promo), **rhythm, **{name: carried(grid) for name, grid in grids.items()},
            "open": opened, "state_holiday": _all(panel, holiday.astype(float)), "holiday_near": _all(panel, near),
            "closed_before": _closed(opened, 1), "closed_after": _closed(opened, -1)}


def promo_rhythm(promo: np.ndarray) -> dict[str, np.ndarray]:
    """Return (T,) each: the day within the promotion (0 outside), days since the last one and to the next, at most 14."""
    run, since, until = (np.zeros(len(promo)) for _ in range(3))
    for t in range(1, len(promo)):
        run[t] = run[t - 1] + 1 if promo[t] else 0
        since[t] = 0 if promo[t] else min(14, since[t - 1] + 1)
    for t in range(len(promo) - 2, -1, -1):
        until[t] = 0 if promo[t] else min(14, until[t + 1] + 1)
    return {"promo_day": run, "promo_since": since, "promo_until": until}


def store_facts(panel: Panel) -> pd.DataFrame:
    """Return the dimensions of each series: the store, its type, assortment, promotion scheme, and how far its competition is."""
    facts = pd.read_csv(DATA / "rossmann" / "store.csv").set_index("Store").loc[panel.series["store"].astype(int)].reset_index()
    distance = pd.cut(facts["CompetitionDistance"].fillna(1e6), [0, 300, 1000, 3000, 10_000, 1e9], labels=["next door", "near", "town", "far", "none"]).astype(str)
    scheme = np.where(facts["Promo2"] == 1, facts["PromoInterval"].fillna("").str[:3], "none")
    return pd.DataFrame({"store": panel.series["store"].astype(str).to_numpy(), "store_type": facts["StoreType"], "assortment": facts["Assortment"], "promo2": scheme, "competition": distance})


def _grid(panel: Panel, at: tuple[np.ndarray, np.ndarray], values: np.ndarray) -> np.ndarray:
    grid = np.full((panel.n_series, len(panel.periods)), np.nan)
    grid[at] = values
    return grid


def _all(panel: Panel, values: np.ndarray) -> np.ndarray:
    return np.broadcast_to(values.astype(float), (panel.n_series, len(values))).copy()


def _closed(opened: np.ndarray, shift: int) -> np.ndarray:
    """Return 1 where the day before (shift 1) or after (shift −1) is closed."""
    moved = np.roll(1.0 - opened, shift, axis=1)
    moved[:, 0 if shift == 1 else -1] = 0.0
    return moved


if __name__ == "__main__":
    command("benchmarks.rossmann", __doc__, contest, PEERS, folds=1)
