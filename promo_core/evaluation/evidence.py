"""What stands behind each lever's effect: an experiment, an adjusted comparison, or no more than a prediction."""

from __future__ import annotations

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, season_length
from promo_core.features.calendar import calendar_features
from promo_core.models.response import Response
from promo_core.models.response_baseline import clean_cells, plain_level

__all__ = ["LABELS", "LEAST_LEFT", "left_of_variance", "lever_evidence", "randomised_cells"]

LABELS = ("experiment", "adjusted", "predictive")
"""Strongest first."""

LEAST_LEFT = 0.05  # share of a lever's variance that season and demand do not foretell; below it nothing is left to compare
LEAST_CELLS = 20
_BLOCKS = 4
_RIDGES = (0.03, 0.3, 3.0)
_MOST_ROWS = 200_000


def lever_evidence(panel: Panel, response: Response, placebo: pd.DataFrame) -> pd.DataFrame:
    """Return one row per lever that ran: lever, label, reason, left, randomised, cells.

    A lever is experiment-backed when at least half of the cells it ran on were dealt by lot and others were dealt nothing; adjusted when the past compares like with
    like: some of its variance is left after its own forecast from season, events and demand, no placebo shows an effect, and some cells ran without promotion;
    else only predictive. `reason` names the first of "randomised", "few", "no_quiet", "little_left", "placebo_shifted", "placebo_shuffled", "told_wrong" that decides, or "sound".
    """
    grids = _lever_grids(panel)
    known = np.any([np.isfinite(panel.observed(k)) for k in panel.targets], axis=0)
    lot = randomised_cells(panel) & known
    control = int((lot & ~panel.past_plan().promoted).sum())
    lefts = left_of_variance(np.stack(list(grids.values())), known, _drivers(panel, response), panel.frequency) if grids else []
    rows = []
    for (lever, values), left in zip(grids.items(), lefts, strict=True):
        on = (values > 0) & known
        by_lot = float((on & lot).sum() / max(on.sum(), 1))
        reason = _reason(lever, int(on.sum()), left, by_lot if control >= LEAST_CELLS else 0.0, response, placebo)
        rows.append({"lever": lever, "label": "experiment" if reason == "randomised" else "adjusted" if reason == "sound" else "predictive", "reason": reason, "left": left,
                     "randomised": by_lot, "cells": int(on.sum())})
    return pd.DataFrame(rows, columns=["lever", "label", "reason", "left", "randomised", "cells"])


def randomised_cells(panel: Panel) -> np.ndarray:
    """Return (n_series, n_observed) bool: cells whose promotion was dealt by lot, as the file's column `randomised` says."""
    marked = panel.plan.covariates.get("randomised")
    return np.zeros((panel.n_series, panel.n_observed), dtype=bool) if marked is None else np.nan_to_num(marked[:, : panel.n_observed]) >= 0.5


def left_of_variance(values: np.ndarray, known: np.ndarray, drivers: np.ndarray, frequency: str) -> list[float]:
    """Return, for each lever, the share of its variance within series that its own forecast does not foretell (0–1): ridge regressions on `drivers`, each four weeks
    foretold by the others, the best of a few.

    Args:
        values: (L, n, T) levers.
        known: (n, T) bool, cells to use.
        drivers: (n, T, p) what a merchandiser may have decided by.
        frequency: "D" or weekly.
    """
    rows, periods = np.nonzero(known)
    if len(rows) > _MOST_ROWS:
        pick = np.random.default_rng(0).choice(len(rows), _MOST_ROWS, replace=False)
        rows, periods = rows[pick], periods[pick]
    y = (values - values.mean(axis=2, keepdims=True))[:, rows, periods].T
    spread = y.var(axis=0)
    fold = periods // (4 * season_length(frequency) if frequency == "D" else 4) % _BLOCKS
    missed = _missed(drivers[rows, periods], y, fold)
    return [float(np.clip(m / s, 0.0, 1.0)) if s > 1e-12 else 0.0 for m, s in zip(missed, spread, strict=True)]


def _missed(x: np.ndarray, y: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return (L,) mean square errors of the best of a few ridge regressions of y (m, L) on x (m, p), each fold foretold by the others."""
    parts = [(x[fold == k], y[fold == k]) for k in np.unique(fold)]
    grams, moments = np.stack([a.T @ a for a, _ in parts]), np.stack([a.T @ b for a, b in parts])
    error = np.zeros((len(_RIDGES), y.shape[1]))
    for k, (a, b) in enumerate(parts):
        gram, moment = grams.sum(axis=0) - grams[k], moments.sum(axis=0) - moments[k]
        usual = np.trace(gram) / len(gram) * np.eye(len(gram))
        error += [((b - a @ np.linalg.solve(gram + ridge * usual, moment)) ** 2).sum(axis=0) for ridge in _RIDGES]
    return error.min(axis=0) / len(y)


def _lever_grids(panel: Panel) -> dict[str, np.ndarray]:
    """Return lever (one per promotion type) → (n_series, n_observed) of its values, for those that ran."""
    past = panel.past_plan()
    grids = {name: np.nan_to_num(values) for name, values in past.levers.items() if name != "promo_type"}
    if "promo_type" in past.levers:
        grids |= {f"promo_type: {word}": (past.levers["promo_type"] == code).astype(float) for code, word in enumerate(past.promo_types) if code}
    return {name: np.log1p(values) if name == "ad_spend" else values for name, values in grids.items() if (values > 0).any()}


def _drivers(panel: Panel, response: Response) -> np.ndarray:
    """Return (n_series, n_observed, p): calendar, events, and how the demand of each cell's surroundings stands against the series' own."""
    n, t = panel.n_series, panel.n_observed
    calendar = calendar_features(panel.periods[:t], panel.frequency, panel.currency).to_numpy(dtype=float)
    months = np.eye(12)[panel.periods[:t].month.to_numpy() - 1]
    common = np.concatenate([calendar, months], axis=1)
    common = common[:, common.std(axis=0) > 1e-9]
    common = (common - common.mean(axis=0)) / common.std(axis=0)
    level = _demand(panel, response)
    shared = np.broadcast_to(common[None], (n, t, common.shape[1]))
    return np.concatenate([shared, level[..., None], (level * np.abs(level))[..., None], np.ones((n, t, 1))], axis=-1)


def _demand(panel: Panel, response: Response) -> np.ndarray:
    """Return (n, T) the level of the first link without promotion, about its series' mean, in its own spread."""
    first = response.composition_.clean_links(panel)[..., 0] - response.past_effect(panel)[..., 0]
    clean = clean_cells(panel, rested=False)
    level = plain_level(panel, first, clean, clean, grouped=True)
    level = level - level.mean(axis=1, keepdims=True)
    return level / max(float(level.std()), 1e-9)


def _reason(lever: str, cells: int, left: float, by_lot: float, response: Response, placebo: pd.DataFrame) -> str:
    if by_lot >= 0.5 and cells >= LEAST_CELLS:
        return "randomised"
    if cells < LEAST_CELLS:
        return "few"
    if not response.identified_:
        return "no_quiet"
    if left < LEAST_LEFT:
        return "little_left"
    failed = set(placebo.loc[~placebo["passed"].astype(bool), "check"])
    if "shifted" in failed:
        return "placebo_shifted"
    if "shuffled" not in failed or lever != "discount_depth":
        return "sound"
    dealt = placebo.set_index("check").loc["shuffled"]
    return "told_wrong" if dealt["real"] > dealt["high"] else "placebo_shuffled"
