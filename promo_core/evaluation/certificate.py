"""What each lever does in each member's forecast when nudged, at every step of the horizon: dead, inverted or non-monotone levers are named."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.models.base import Composition
from promo_core.models.response import Response

__all__ = ["FAULTS", "faulty_levers", "lever_certificate"]

GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
TINY = 1e-6
LEAST_REACH = 0.5  # log ratio
QUANTITIES = ("visitors", "conversion", "orders", "units")
FAULTS = ("inverted", "not monotone", "dead at some steps", "runaway")
"""Statuses that block a member from answering scenarios that move the lever. A lever that does nothing anywhere is a finding, not a fault."""

_COLUMNS = ["model", "lever", "target", "status", "effect", "steps_dead", "worst_step"]


def lever_certificate(panel: Panel, response: Response, composition: Composition, bases: dict[str, np.ndarray]) -> pd.DataFrame:
    """Nudge every lever alone, from nothing to the most seen, at each step, and watch what each member then forecasts for that step.

    It is the own effect that is watched: what siblings take from one another when all are nudged at once is no fault of a lever.

    Args:
        bases: member → (n_series, H, K) forecast without promotion, link scale.

    Returns:
        One row per model, lever and target of the chain: status ("sound", "dead" or one of `FAULTS`), effect (mean log ratio at the most seen), steps_dead (count of steps where
        it does nothing), worst_step (the step, from 1, where the lever does worst; 0 where it is sound).
    """
    horizon = next(iter(bases.values())).shape[1]
    baseline, reach = panel.baseline_plan(horizon), _reach(panel, composition)
    rows = []
    for lever, most, code in _nudges(panel):
        effects = [_effect_by_step(panel, response, baseline, lever, most * g, code) for g in GRID]
        name = lever if code is None else f"{lever}: {panel.plan.promo_types[code]}"
        rows += [{"model": member, "lever": name, "target": target, **_verdict(reached, target, reach[target])} for member, base in bases.items() for target, reached in _reached(composition, base, effects)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def faulty_levers(certificate: pd.DataFrame | None, model: str) -> dict[str, str]:
    """Return lever → fault of one member, for levers whose effect on a quantity can't be served."""
    if certificate is None or "model" not in certificate:
        return {}
    found = certificate[(certificate["model"] == model) & certificate["status"].isin(FAULTS)]
    return dict(zip(found["lever"], found["status"], strict=True))


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


def _reached(composition: Composition, base: np.ndarray, effects: list[np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield target and (G, n_series, H) log ratios of a member's forecast under each nudge to its forecast without."""
    silent = composition.compose(base)
    nudged = [composition.compose(base + effect) for effect in effects]
    for k, target in enumerate(composition.chain):
        if target in silent:
            yield target, np.stack([np.log(told[target] / silent[target]) for told in nudged])
        else:
            yield target, np.stack([effect[..., k] for effect in effects])


def _reach(panel: Panel, composition: Composition) -> dict[str, float]:
    """Return how far each link ever lay from its series' median, on any series: no lever may do more on average."""
    links = composition.clean_links(panel)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        far = np.nanmax(np.abs(links - np.nanmedian(links, axis=1, keepdims=True)), axis=(0, 1))
    return {name: float(value) for name, value in zip(composition.chain, np.nan_to_num(far, nan=np.inf), strict=True)}


def _verdict(reached: np.ndarray, target: str, reach: float) -> dict[str, object]:
    """Judge (G, n_series, H) log ratios along the grid; values per order may fall with a lever, quantities may not; none may run beyond all that was seen."""
    by_step = np.abs(reached[-1]).max(axis=0)
    dead = int((by_step < TINY).sum())
    falls, mean = np.diff(reached[1:], axis=0).min(axis=(0, 1)), reached[-1].mean(axis=0)
    status, worst = "sound", 0
    if dead == len(by_step):
        status = "dead"
    elif np.abs(mean).max() > max(reach, LEAST_REACH):
        status, worst = "runaway", int(np.abs(mean).argmax()) + 1
    elif target in QUANTITIES and dead:
        status, worst = "dead at some steps", int(by_step.argmin()) + 1
    elif target in QUANTITIES and mean.min() < -TINY:
        status, worst = "inverted", int(mean.argmin()) + 1
    elif target in QUANTITIES and falls.min() < -1e-9:
        status, worst = "not monotone", int(falls.argmin()) + 1
    return {"status": status, "effect": float(reached[-1].mean()), "steps_dead": dead, "worst_step": worst}
