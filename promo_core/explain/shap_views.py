"""What an answer is made of: SHAP contributions of the base forecast, and what each lever adds, on the link scale.

Contributions of a member's base are computed once, after training, where the member is loaded; reading them is NumPy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, ModelError
from promo_core.explain.attribution import shapley
from promo_core.explain.shap_points import shap_points
from promo_core.models.base import Forecaster
from promo_core.models.trained import TrainedModel
from promo_core.planning.scenario import Scenario
from promo_core.schema import LEVERS

__all__ = ["AVERAGE", "compute_contributions", "explain_answer", "explained", "global_importance"]

AVERAGE = "average"
"""The contribution that stands before any feature: the mean answer."""

_COLUMNS = ["model", "target", "feature", "importance", "additivity_error"]


def compute_contributions(forecaster: Forecaster, panel: Panel, plan: Plan, effect: np.ndarray | None = None) -> tuple[np.ndarray, tuple[str, ...]] | None:
    """Return a member's contributions (n_series, H, K, n_features) and their names; `None` for one that has no features (naive).

    Trees tell SHAP values of their features by `contributions`; the network exact Shapley values of groups of inputs by `importance`.
    """
    method = getattr(forecaster, "contributions", None) or getattr(forecaster, "importance", None)
    return None if method is None else tuple(method(panel, plan, effect)[:2])


def explained(model: TrainedModel) -> TrainedModel:
    """Return the model with contributions and importance of every loaded member that has them.

    Sum over the last axis of contributions is the member's base; `importance` keeps how far off that sum is at most.
    """
    plan = model.panel.baseline_plan(model.horizon)
    past = model.response.past_effect(model.panel)
    told = {name: made for name, f in model.forecasters.items() if (made := compute_contributions(f, model.panel, plan, past)) is not None}
    model = replace(model, contributions={name: values.astype(np.float32) for name, (values, _) in told.items()},
                    contribution_names={name: names for name, (_, names) in told.items()}, importance=None)
    return replace(model, importance=global_importance(model), shap_points=shap_points(model, past, plan))


def global_importance(model: TrainedModel) -> pd.DataFrame:
    """Return model, target, feature, importance (mean absolute contribution, link scale) and additivity_error, most important first.

    The feature "promotions" is the mean absolute effect of the levers over the promoted past, where anything ran.
    """
    if model.importance is not None:
        return model.importance
    members = [name for name in model.bases if name in model.contributions or name == "blend" and model.contributions]
    rows = [row for name in members for row in _importance_rows(model, name)]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    return frame.sort_values(["model", "target", "importance"], ascending=[True, True, False], kind="stable", ignore_index=True)


def explain_answer(model: TrainedModel, rows: Sequence[int] | np.ndarray, periods: Sequence[int] | slice | None = None, *, use: str | None = None,
                   scenario: Scenario | None = None) -> pd.DataFrame:
    """Explain the forecast of chosen series and periods, one row per target and feature.

    Args:
        rows: positions or mask of series.
        periods: positions within the horizon; `None` is all of it.
        use: the member; `None` takes the one that serves.
        scenario: whose levers are told as further rows; `None` tells the baseline.

    Returns:
        target, feature, kind ("average", "base" or "lever"), contribution (mean over the cells, link scale; over all features of a
        target they sum to the forecast's link), and factor (exp of it: what a count or value is multiplied by; odds for conversion),
        largest first.

    Raises:
        ModelError: when the member's contributions were not kept.
    """
    use = use or model.serves
    values, names = _contributions(model, use)
    chosen = np.arange(model.horizon)[slice(None) if periods is None else periods]
    cells = values[rows][:, chosen].mean(axis=(0, 1), dtype=np.float64)
    parts = [(target, name, "average" if name == AVERAGE else "base", float(cells[k, i]))
             for k, target in enumerate(model.composition.chain) for i, name in enumerate(names)]
    parts += _lever_parts(model, scenario, rows, chosen)
    frame = pd.DataFrame(parts, columns=["target", "feature", "kind", "contribution"])
    frame["factor"] = np.exp(frame["contribution"])
    return frame.sort_values("contribution", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def _contributions(model: TrainedModel, use: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return a member's contributions; the blend's are its members', weighted, features of one name together."""
    if use in model.contributions:
        return model.contributions[use], tuple(model.contribution_names[use])
    if use != "blend" or not model.contributions:
        raise ModelError(N_("No explanation was kept for `{received}`. Expected one of: {expected}. Train again to keep one."),
                         received=use, expected=", ".join(model.contributions) or "none")
    parts: dict[str, np.ndarray] = {}
    for member, weight in model.weights.items():
        if not np.any(weight):
            continue
        values, names = _contributions(model, member) if member in model.contributions else (model.bases[member][..., None], (f"forecast of {member}",))
        for i, name in enumerate(names):
            part = weight * values[..., i]
            parts[name] = parts[name] + part if name in parts else part
    return np.stack(list(parts.values()), axis=-1), tuple(parts)


def _importance_rows(model: TrainedModel, member: str) -> list[dict[str, object]]:
    values, names = _contributions(model, member)
    size = np.abs(values).mean(axis=(0, 1), dtype=np.float64)
    error = np.abs(values.sum(axis=-1, dtype=np.float64) - model.bases[member]).max(axis=(0, 1))
    rows = [{"model": member, "target": target, "feature": name, "importance": float(size[k, i]), "additivity_error": float(error[k])}
            for k, target in enumerate(model.composition.chain) for i, name in enumerate(names) if name != AVERAGE]
    promoted = model.panel.past_plan().promoted
    if promoted.any():
        lift = np.abs(model.response.past_effect(model.panel)[promoted]).mean(axis=0)
        rows += [{"model": member, "target": target, "feature": "promotions", "importance": float(lift[k]), "additivity_error": float(error[k])}
                 for k, target in enumerate(model.composition.chain)]
    return rows


def _lever_parts(model: TrainedModel, scenario: Scenario | None, rows: Sequence[int] | np.ndarray, chosen: np.ndarray) -> list[tuple[str, str, str, float]]:
    """Return what each lever of a scenario adds to the links, shared out exactly; and what past promotions still do."""
    panel, chain = model.panel, model.composition.chain

    def mean_of(plan: Plan) -> np.ndarray:
        return np.asarray(model.response.effect(panel, plan), dtype=np.float64)[rows][:, chosen].mean(axis=(0, 1))

    baseline = panel.baseline_plan(model.horizon)
    before = mean_of(baseline)
    parts = [(target, "past promotions", "lever", float(before[k])) for k, target in enumerate(chain) if before[k]]
    plan = baseline if scenario is None else scenario.lay_on(panel, baseline)
    moved = [name for name in LEVERS if name in plan.levers and plan.levers[name].any()]
    if not moved:
        return parts
    coalitions = [replace(baseline, levers={k: v if k in moved and mask >> moved.index(k) & 1 else baseline.levers[k] for k, v in plan.levers.items()})
                  for mask in range(2 ** len(moved))]
    worth = np.stack([mean_of(c) for c in coalitions])
    shares = np.stack([shapley(worth[:, k], len(moved)) for k in range(len(chain))])
    return parts + [(target, name, "lever", float(shares[k, i])) for k, target in enumerate(chain) for i, name in enumerate(moved)]
