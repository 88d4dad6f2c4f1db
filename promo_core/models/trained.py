"""A trained model as one record: everything a what-if needs, as plain arrays, so that serving takes NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel
from promo_core.errors import Message
from promo_core.models.base import Composition, Forecaster
from promo_core.settings import TrainSettings

__all__ = ["TrainedModel"]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainedModel:
    """What training leaves behind.

    Attributes:
        panel: the panel trained on.
        composition: the chain of modelled targets (K of them).
        settings: how it was trained.
        horizon: periods it forecasts.
        response: the levers' effect U, shared by every member (`promo_core.models.response.Response`).
        bases: member ("naive", "gbm", "lstm", "blend") → (n_series, horizon, K) forecast without promotion, link scale.
        noises: member → joint residual draws (`promo_core.models.intervals.Intervals`), shared by scenario and baseline.
        forecasters: the fitted members, where they are loaded; empty in a page's process.
        weights: member → its weight in the blend, (K,) or (n_series, 1, K) where segments differ; they sum to 1 over members.
        serves: the member that answers by default, and why.
        scores: backtest rows: model, target, fold, step, wape, mape, rmse, mae, bias, rmspe, pinball, coverage_80.
        importance: global SHAP: model, target, feature, importance (mean absolute contribution, link scale), additivity_error.
        contributions: per-answer SHAP of the bases: member → (n_series, horizon, K, n_features) float32 with `contribution_names[member]`.
        shap_points: a sample of single contributions: model, target, feature, value, contribution.
        certificate: what each lever does when nudged: model, lever, target, status, effect, steps_dead, worst_step.
        evidence: what stands behind each lever's effect: lever, label, reason, left, randomised, cells.
        placebo: promotions that never ran, asked as if they had: check, share, low, high, real, cells, passed.
        notes: warnings that go with every answer of this model.
        meta: created (ISO time), seconds, version, device, data fingerprint.
    """

    panel: Panel
    composition: Composition
    settings: TrainSettings
    horizon: int
    response: Any
    bases: dict[str, np.ndarray]
    noises: dict[str, Any]
    weights: dict[str, np.ndarray]
    serves: str
    serves_why: Message
    scores: pd.DataFrame
    forecasters: dict[str, Forecaster] = field(default_factory=dict)
    importance: pd.DataFrame | None = None
    contributions: dict[str, np.ndarray] = field(default_factory=dict)
    contribution_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shap_points: pd.DataFrame | None = None
    certificate: pd.DataFrame | None = None
    evidence: pd.DataFrame | None = None
    placebo: pd.DataFrame | None = None
    notes: tuple[Message, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)
    key: str = ""
