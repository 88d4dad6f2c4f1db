"""What each lever does when nudged, at every step of the horizon: dead, inverted or non-monotone levers are named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.models.base import Composition
from promo_core.models.response import Response

__all__ = ["lever_certificate"]

GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
TINY = 1e-6


def lever_certificate(panel: Panel, response: Response, composition: Composition, horizon: int) -> pd.DataFrame:
    """Nudge every lever alone, from nothing to the most seen, at each step, and watch the effect of that step.

    Every member carries the same response, so that one certificate holds for all. It is the own effect that is watched: what siblings take
    from one another when all are nudged at once is no fault of a lever.

    Returns:
        One row per lever and target: lever, target, status ("sound", "dead", "inverted", "not monotone"), effect (mean, link scale, at the most seen),
        steps_dead (count of steps where it does nothing).
    """
    baseline = panel.baseline_plan(horizon)
    rows = []
    for lever, most, code in _nudges(panel):
        reached = np.stack([_effect_by_step(panel, response, baseline, lever, most * g, code) for g in GRID])
        for k, target in enumerate(composition.chain):
            rows.append({"lever": lever if code is None else f"{lever}: {panel.plan.promo_types[code]}", "target": target, **_verdict(reached[..., k], target)})
    return pd.DataFrame(rows, columns=["lever", "target", "status", "effect", "steps_dead"])


def _nudges(panel: Panel) -> list[tuple[str, float, int | None]]:
    past = panel.past_plan()
    numeric = [(name, float(np.nanmax(values)), None) for name, values in past.levers.items() if name != "promo_type" and np.nanmax(values) > 0]
    types = [("promo_type", 1.0, code) for code in range(1, len(panel.plan.promo_types))] if "promo_type" in past.levers else []
    return numeric + types


def _effect_by_step(panel: Panel, response: Response, baseline: Plan, lever: str, value: float, code: int | None) -> np.ndarray:
    """Return (n_series, H, K): the effect of each step when all steps are nudged alike, so that no step may be left out."""
    levers = {k: v.copy() for k, v in baseline.levers.items()}
    if code is not None:
        levers["promo_type"][:] = code if value > 0 else 0
        if "discount_depth" in levers and value > 0:
            levers["discount_depth"][:] = 0.1 * value
    else:
        levers[lever][:] = value
        if "promo_type" in levers and value > 0 and len(panel.plan.promo_types) > 1:
            levers["promo_type"][:] = 1
    return response.own_effect(panel, replace(baseline, levers=levers))


def _verdict(reached: np.ndarray, target: str) -> dict[str, object]:
    """Judge (G, n_series, H) effects along the grid; values per order may fall with a lever, quantities may not."""
    by_step = np.abs(reached[-1]).max(axis=0)
    dead = int((by_step < TINY).sum())
    quantity = target in ("visitors", "conversion", "orders", "units")
    falls = np.diff(reached[1:, :, 0], axis=0).min() < -1e-9
    status = "dead" if dead == len(by_step) else "sound"
    if status == "sound" and quantity and reached[-1, :, 0].mean() < -TINY:
        status = "inverted"
    elif status == "sound" and quantity and falls:
        status = "not monotone"
    return {"status": status, "effect": float(reached[-1].mean()), "steps_dead": dead}
