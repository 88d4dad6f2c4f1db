"""Frozen settings of a training run, checked when they are made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from promo_core.errors import N_, ModelError

__all__ = ["MODEL_LABELS", "MODEL_NAMES", "VERSION", "TrainSettings"]

VERSION = "0.1.0"
MODEL_LABELS = {"naive": N_("Seasonal naive"), "gbm": N_("LightGBM"), "lstm": N_("LSTM"), "blend": N_("Blend")}
MODEL_NAMES = tuple(MODEL_LABELS)


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """How a model is trained; the same settings and data give the same numbers.

    Attributes:
        models: forecasters to train, of "gbm" and "lstm"; naive and blend always come along.
        horizon: periods to forecast; `None` takes 28 days or 8 weeks.
        seed: seed of every random draw.
        folds: rolling origins of the backtest.
        n_samples: joint samples behind each band.
        quick: smaller models, for a first look and for tests.
        threads: threads LightGBM and the network may use.
        cluster: address of a Dask scheduler, or "local" for workers started here, over which training spreads; `None` trains in this process.
        effort: how many times the usual rows and trees (LightGBM) and windows (network) are allowed; more pays on thousands of series.
        percentage: members answer with the middle of what may happen (0), or with the point where a percentage error is least: its mean (1, MAPE) or its mean square (2, RMSPE).
            Such points lie below, the farther the less is known: sums of them come out too small, so that plans in money want 0.
    """

    models: tuple[str, ...] = ("gbm", "lstm")
    horizon: int | None = None
    seed: int = 7
    folds: int = 3
    n_samples: int = 200
    quick: bool = False
    threads: int = 2
    effort: float = 1.0
    percentage: int = 0
    cluster: str | None = None

    def __post_init__(self) -> None:
        unknown = [name for name in self.models if name not in ("gbm", "lstm")]
        if unknown or not self.models:
            raise ModelError(N_("`models` names forecasters out of gbm and lstm. Received: {received}."), received=", ".join(self.models) or "nothing")
        if self.horizon is not None and not 1 <= self.horizon <= 400:
            raise ModelError(N_("`horizon` is a count of periods from 1 to 400. Received: {received}."), received=self.horizon)
        if not 0.1 <= self.effort <= 50:
            raise ModelError(N_("`effort` is a factor from 0.1 to 50. Received: {received}."), received=self.effort)
        if self.percentage not in (0, 1, 2):
            raise ModelError(N_("`percentage` is 0, 1 or 2. Received: {received}."), received=self.percentage)
        if not 1 <= self.folds <= 20:
            raise ModelError(N_("`folds` is a count of rolling origins from 1 to 20. Received: {received}."), received=self.folds)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for JSON; where it was trained is none of them."""
        return {**{name: value for name, value in asdict(self).items() if name != "cluster"}, "models": list(self.models)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TrainSettings:
        """Make settings from `to_dict`'s values."""
        return cls(**{**values, "models": tuple(values["models"])})
