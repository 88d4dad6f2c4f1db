"""A sample of single contributions with the values they stand at: what beeswarm and dependence charts are drawn from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from promo_core.data.panel import Plan
from promo_core.models.trained import TrainedModel

__all__ = ["shap_points"]

CELLS, FEATURES = 250, 14
_COLUMNS = ["model", "target", "feature", "value", "contribution"]


def shap_points(model: TrainedModel, past: np.ndarray, plan: Plan, seed: int = 7) -> pd.DataFrame:
    """Return model, target, feature, value, contribution for a few hundred cells and the features that matter most, of each member loaded.

    A value is the feature's own where the member has single features; the network's groups of inputs tell the number they are named by (step, weekday, day of the year,
    recent level), and NaN where there is none.

    Args:
        past: (n_series, n_observed, K) U of the plan that ran.
        plan: the baseline plan that was explained.
    """
    parts = [_member(model, name, past, plan, np.random.default_rng(seed)) for name in model.contributions if name in model.forecasters]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


def _member(model: TrainedModel, name: str, past: np.ndarray, plan: Plan, rng: np.random.Generator) -> pd.DataFrame:
    told, names = model.contributions[name], [n for n in model.contribution_names[name] if n != "average"]
    n, horizon = told.shape[:2]
    cells = np.sort(rng.choice(n * horizon, min(CELLS, n * horizon), replace=False))
    rows, steps = np.divmod(cells, horizon)
    inputs = getattr(model.forecasters[name], "inputs", None)
    read = [_grouped(model, k, past, plan) for k in range(told.shape[2])] if inputs is None else inputs(model.panel, plan, past)
    frames = []
    for k, target in enumerate(model.composition.chain):
        size = [float(np.abs(told[:, :, k, i]).mean()) for i in range(len(names))]
        for i in np.argsort(size)[::-1][:FEATURES]:
            grid = read[k].get(names[i])
            frames.append(pd.DataFrame({"model": name, "target": target, "feature": names[i], "value": np.nan if grid is None else grid[rows, steps], "contribution": told[rows, steps, k, i]}))
    return pd.concat(frames, ignore_index=True)


def _grouped(model: TrainedModel, k: int, past: np.ndarray, plan: Plan) -> dict[str, np.ndarray]:
    """Return group of inputs → (n_series, H) of the number it is named by."""
    shape = plan.shape
    recent = model.composition.clean_links(model.panel, past)[:, -28:, k]
    known = np.isfinite(recent)
    level = np.where(known, recent, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    by_step = {"step": np.arange(1, shape[1] + 1), "weekday": plan.periods.day_of_week.to_numpy(), "season": plan.periods.day_of_year.to_numpy()}
    return {name: np.broadcast_to(values.astype(float), shape) for name, values in by_step.items()} | {"recent_level": np.broadcast_to(level[:, None], shape)}
