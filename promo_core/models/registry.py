"""The forecasters by name: a further model is one file and one line here."""

from __future__ import annotations

from pathlib import Path

from promo_core.errors import N_, ModelError
from promo_core.models.base import Forecaster
from promo_core.settings import TrainSettings

__all__ = ["load_forecaster", "make_forecaster"]


def make_forecaster(name: str, settings: TrainSettings, horizon: int) -> Forecaster:
    """Return an unfitted forecaster of that name.

    Raises:
        ModelError: when no forecaster has that name.
    """
    if name == "naive":
        from promo_core.models.naive import NaiveConfig, NaiveForecaster

        return NaiveForecaster(NaiveConfig(seed=settings.seed))
    if name == "gbm":
        from promo_core.models.gbm import GBMConfig, GBMForecaster

        rows, trees = (round(usual * settings.effort) for usual in (GBMConfig.rows, GBMConfig.trees))
        return GBMForecaster(GBMConfig(seed=settings.seed, threads=settings.threads, quick=settings.quick, horizon=horizon, rows=rows, trees=trees, percentage=settings.percentage, cluster=settings.cluster))
    if name == "lstm":
        from promo_core.models.lstm import LSTMConfig, LSTMForecaster

        windows = round(LSTMConfig.per_epoch * settings.effort)
        return LSTMForecaster(LSTMConfig(seed=settings.seed, threads=settings.threads, quick=settings.quick, horizon=horizon, per_epoch=windows, percentage=settings.percentage))
    raise ModelError(N_("No forecaster is called `{received}`. Expected one of: {expected}."), received=name, expected="naive, gbm, lstm")


def load_forecaster(name: str, folder: Path) -> Forecaster:
    """Read a forecaster that its `save` wrote."""
    kind = type(make_forecaster(name, TrainSettings(), 1))
    return kind.load(folder)
