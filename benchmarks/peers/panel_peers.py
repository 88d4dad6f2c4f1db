"""Forecasting libraries as peers, in an environment of their own: a folder of parquet in, one parquet and one line of JSON out.

    python benchmarks/peers/panel_peers.py ENTRANT TASK_FOLDER OUT.parquet

The task folder holds `past.parquet` (unique_id, ds, y, seen, covariates), `future.parquet` (unique_id, ds, covariates), `static.parquet` and
`task.json`. Each library gets future covariates the way its documentation says; `y` is already a log, and rows that were not seen carry the
value before them and count for nothing in training. Nothing of Liftboard is imported.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TREES = {"n_estimators": 400, "learning_rate": 0.06, "num_leaves": 63, "min_child_samples": 40, "subsample": 0.8, "subsample_freq": 1, "colsample_bytree": 0.8, "verbosity": -1, "random_state": 7, "n_jobs": 1}


def main() -> None:
    """Run one entrant on one task."""
    entrant, folder, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    task = json.loads((folder / "task.json").read_text())
    past, future, static = (pd.read_parquet(folder / f"{part}.parquet") for part in ("past", "future", "static"))
    run = {"mlforecast": mlforecast, "skforecast": skforecast, "neuralforecast LSTM": neural, "neuralforecast TFT": neural}[entrant]
    prepare(entrant)
    began, wall = time.process_time(), time.perf_counter()
    forecast = run(entrant, task, past, future, static)
    told = {"cpu_seconds": time.process_time() - began, "wall_seconds": time.perf_counter() - wall, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    forecast[["unique_id", "ds", "y_hat"]].to_parquet(out, index=False)
    print(json.dumps(told))


def prepare(entrant: str) -> None:
    """Import what the entrant needs, so that imports are not timed."""
    warnings.simplefilter("ignore")
    if entrant.startswith("neuralforecast"):
        import neuralforecast  # noqa: F401
        import torch

        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        torch.set_num_threads(int(os.environ.get("PEER_THREADS", "1")))
    else:
        __import__(entrant)
        import lightgbm  # noqa: F401


def mlforecast(entrant: str, task: dict[str, Any], past: pd.DataFrame, future: pd.DataFrame, static: pd.DataFrame) -> pd.DataFrame:
    """Recursive LightGBM: lags, rolling means, date features; future covariates through `X_df`; filled rows weigh nothing."""
    from lightgbm import LGBMRegressor
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean

    frame = past.merge(static, on="unique_id").rename(columns={"seen": "weight"})
    for name in task["static"]:
        frame[name] = frame[name].astype("category")
    model = MLForecast(models={"y_hat": LGBMRegressor(**TREES)}, freq=task["freq"], lags=task["lags"], date_features=task["date_features"], num_threads=1,
                       lag_transforms={1: [RollingMean(window) for window in task["windows"]]})
    model.fit(frame, static_features=list(task["static"]), weight_col="weight", dropna=True)
    return model.predict(task["horizon"], X_df=future).reset_index()


def skforecast(entrant: str, task: dict[str, Any], past: pd.DataFrame, future: pd.DataFrame, static: pd.DataFrame) -> pd.DataFrame:
    """Recursive LightGBM over all series: lags, rolling means, exogenous frames by series; gaps stay NaN, which LightGBM takes."""
    from lightgbm import LGBMRegressor
    from skforecast.preprocessing import RollingFeatures
    from skforecast.recursive import ForecasterRecursiveMultiSeries

    codes = {name: static.set_index("unique_id")[name].astype("category").cat.codes.astype(float) for name in task["static"]}
    exog_names = [*task["futr"], *task["date_features"], *task["static"]]
    periods = pd.date_range(past["ds"].min(), past["ds"].max(), freq=task["freq"])

    def by_series(frame: pd.DataFrame, columns: Any, index: pd.DatetimeIndex | None) -> dict[Any, Any]:
        parts = {uid: part.set_index("ds")[columns] for uid, part in frame.groupby("unique_id", observed=True)}
        return {str(uid): part.asfreq(task["freq"]) if index is None else part.reindex(index) for uid, part in parts.items()}  # it takes names, not numbers

    def told(frame: pd.DataFrame) -> pd.DataFrame:
        dates = {name: date_part(frame["ds"], name) for name in task["date_features"]}
        return frame.assign(**dates, **{name: frame["unique_id"].map(values) for name, values in codes.items()})

    series = by_series(past.assign(y=past["y"].where(past["seen"] > 0)), "y", periods)
    longest = max(*task["lags"], *task["windows"])
    short = [uid for uid, values in series.items() if values.first_valid_index() > periods[-longest - 2] or len(values.loc[values.first_valid_index() : values.last_valid_index()]) < longest + 2]
    series |= {uid: series[uid].bfill().ffill() for uid in short}  # the forecaster takes no series shorter, first to last sale, than its longest lag
    model = ForecasterRecursiveMultiSeries(estimator=LGBMRegressor(**TREES), lags=task["lags"], encoding="ordinal", dropna_from_series=False,
                                           window_features=RollingFeatures(stats=["mean"] * len(task["windows"]), window_sizes=task["windows"]))
    model.fit(series=series, exog=by_series(told(past), exog_names, periods), suppress_warnings=True)
    answer = model.predict(steps=task["horizon"], exog=by_series(told(future), exog_names, None), suppress_warnings=True)
    return answer.rename_axis("ds").reset_index().assign(unique_id=answer["level"].astype(int).to_numpy()).rename(columns={"pred": "y_hat"})


def date_part(dates: pd.Series, name: str) -> np.ndarray:
    """Return one part of dates as a number: week, month, dayofweek, day."""
    return (dates.dt.isocalendar().week if name == "week" else getattr(dates.dt, name)).to_numpy(dtype=float)


def neural(entrant: str, task: dict[str, Any], past: pd.DataFrame, future: pd.DataFrame, static: pd.DataFrame) -> pd.DataFrame:
    """LSTM or TFT: `futr_exog_list` with `futr_df`, `stat_exog_list` with `static_df`, gaps by `available_mask`."""
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MAE
    from neuralforecast.models import LSTM, TFT

    codes = static.copy()
    for name in task["static"]:
        codes[name] = codes[name].astype("category").cat.codes.astype(float)
        codes[name] = (codes[name] - codes[name].mean()) / max(codes[name].std(), 1e-9)
    shared = {"h": task["horizon"], "input_size": task["input_size"], "futr_exog_list": task["futr"] + ["season_sin", "season_cos"] + task["phases"], "stat_exog_list": list(task["static"]), "loss": MAE(),
              "scaler_type": "standard", "start_padding_enabled": True, "batch_size": 128, "windows_batch_size": 512, "random_seed": 7, "enable_progress_bar": False, "logger": False, "enable_model_summary": False, "enable_checkpointing": False,
              "accelerator": "cpu"}
    network = LSTM(**shared, max_steps=task["steps"]["LSTM"], encoder_hidden_size=64, decoder_hidden_size=64, encoder_n_layers=1, alias="y_hat") if entrant.endswith("LSTM") else \
        TFT(**{**shared, "windows_batch_size": 256}, max_steps=task["steps"]["TFT"], hidden_size=32, alias="y_hat")
    frame = seasonal(past, task).rename(columns={"seen": "available_mask"})
    model = NeuralForecast(models=[network], freq=task["freq"])
    model.fit(frame, static_df=codes)
    return model.predict(futr_df=seasonal(future, task)).reset_index()


def seasonal(frame: pd.DataFrame, task: dict[str, Any]) -> pd.DataFrame:
    """Add the date as two waves of the year, and weekdays as indicators where days are forecast."""
    angle = 2 * np.pi * frame["ds"].dt.day_of_year / 365.25
    return frame.assign(season_sin=np.sin(angle), season_cos=np.cos(angle), **{name: (frame["ds"].dt.day_of_week == i).astype(float) for i, name in enumerate(task["phases"])})


if __name__ == "__main__":
    main()
