"""Rolling origins: everything is learned before the first of them, then forecast from each with what was known there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from promo_core.cluster import spread
from promo_core.data.panel import Panel, default_horizon, season_length
from promo_core.errors import N_, ModelError
from promo_core.evaluation.metrics import bias, coverage, mae, mape, pinball, rmse, rmspe, wape
from promo_core.models.base import Composition, Forecaster
from promo_core.models.blend import blend_weights, blended
from promo_core.models.intervals import Intervals, main_measure
from promo_core.models.registry import make_forecaster
from promo_core.models.response import Response, ResponseConfig
from promo_core.models.response_design import group_codes
from promo_core.settings import TrainSettings

__all__ = ["Backtest", "Progress", "run_backtest", "shared_groups"]

Progress = Callable[[str, float, str], None]
LEVELS = (0.1, 0.5, 0.9)


@dataclass(frozen=True, kw_only=True, eq=False)
class Backtest:
    """What the rolling origins left.

    Attributes:
        horizon: periods forecast.
        origins: (B,) count of observed periods at each origin, ascending.
        fold: (B,) the fold of each; the first origin of a fold is scored, the ones between only feed the bands.
        links: member → (B, n_series, H, K) forecasts under the plan that ran.
        actual: (B, n_series, H, K) observed links, NaN unobserved.
        measures: measure → (B, n_series, H) what happened, NaN unobserved.
        weights: member → (K,) of the blend, or (n_series, 1, K) where there are segments.
        noises: member → calibrated `Intervals`.
        scores: one row per model, target, fold and step, and totals ("all").
        forecasters: members as fitted before the first origin.
    """

    horizon: int
    origins: np.ndarray
    fold: np.ndarray
    links: dict[str, np.ndarray]
    actual: np.ndarray
    measures: dict[str, np.ndarray]
    weights: dict[str, np.ndarray]
    noises: dict[str, Intervals]
    scores: pd.DataFrame
    forecasters: dict[str, Forecaster]


def run_backtest(panel: Panel, settings: TrainSettings, progress: Progress | None = None) -> Backtest:
    """Learn before the first origin, forecast from every origin, choose the blend, calibrate the bands and score.

    Raises:
        ModelError: when the past is too short for a single origin.
    """
    tell = progress or (lambda stage, fraction, detail: None)
    horizon = settings.horizon or default_horizon(panel.frequency)
    origins, fold = _origins(panel, horizon, settings.folds)
    composition = Composition.of(panel)
    early = panel.until(int(origins[0]))
    tell("response", 0.0, "")
    response = Response(ResponseConfig(seed=settings.seed, threads=settings.threads, quick=settings.quick)).fit(early, composition)
    forecasters = _fitted(early, settings, horizon, response, tell)
    past = response.past_effect(panel)
    links = {name: _roll(f, panel, past, origins, horizon, settings.cluster) for name, f in forecasters.items()}
    tell("bands", 0.0, "")
    actual, measures = _actuals(panel, composition, origins, horizon)
    weights = blend_weights({m: v for m, v in links.items() if m != "naive" or len(links) == 1}, actual, fold, group_codes(panel).get("segment"), settings.percentage)
    links["blend"] = blended(links, weights)
    noises = {m: _intervals(panel, link, actual, measures[main_measure(composition)], composition, settings.seed) for m, link in links.items()}
    scores = _scores(links, noises, measures, composition, fold, settings)
    return Backtest(horizon=horizon, origins=origins, fold=fold, links=links, actual=actual, measures=measures, weights=weights, noises=noises,
                    scores=scores, forecasters=forecasters)


def shared_groups(panel: Panel) -> dict[str, np.ndarray]:
    """Return the dimensions whose series may share a shock: those with 2 to 40 values."""
    return {d: c for d, c in group_codes(panel).items() if c.max() < 40}


def _origins(panel: Panel, horizon: int, folds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return origins a quarter horizon apart over the last `folds` horizons, fewer where the past is short, and the fold of each."""
    least = max(2 * season_length(panel.frequency) if panel.frequency == "D" else 12, horizon)
    room = (panel.n_observed - least) // horizon
    if room < 1:
        raise ModelError(N_("The past is too short: expected at least {expected} periods for a horizon of {horizon}, received {received}. "
                            "Shorten the horizon or add history."), expected=least + horizon, horizon=horizon, received=panel.n_observed)
    folds = min(folds, room)
    first, last = panel.n_observed - folds * horizon, panel.n_observed - horizon
    origins = np.union1d(np.arange(first, last + 1, max(1, horizon // 4)), np.arange(first, last + 1, horizon))
    return origins, (origins - origins[0]) // horizon


def _fitted(panel: Panel, settings: TrainSettings, horizon: int, response: Response, tell: Progress) -> dict[str, Forecaster]:
    effect = response.past_effect(panel)
    out = {}
    for name in ("naive", *settings.models):
        tell(name, 0.0, "")
        out[name] = fit_member(make_forecaster(name, settings, horizon), panel, effect, tell)
    return out


def fit_member(forecaster: Forecaster, panel: Panel, effect: np.ndarray, tell: Progress) -> Forecaster:
    """Fit one member; the network also tells its epochs."""
    return forecaster.fit(panel, effect, progress=tell) if forecaster.name == "lstm" else forecaster.fit(panel, effect)


def _roll(forecaster: Forecaster, panel: Panel, past: np.ndarray, origins: np.ndarray, horizon: int, cluster: str | None) -> np.ndarray:
    """Return (B, n_series, H, K): base of each origin plus the effect of the plan that then ran; the network's stays where the network is."""
    place = None if forecaster.name == "lstm" else cluster
    return np.stack(spread(_from_origin, [(origin,) for origin in map(int, origins)], place, shared=(forecaster, panel, past, horizon)))


def _from_origin(forecaster: Forecaster, panel: Panel, past: np.ndarray, horizon: int, origin: int) -> np.ndarray:
    known = panel.until(origin)
    return forecaster.base(known, known.future_plan(horizon), past[:, :origin]) + past[:, origin : origin + horizon]


def _actuals(panel: Panel, composition: Composition, origins: np.ndarray, horizon: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    links = composition.links(panel)
    windows = [slice(int(o), int(o) + horizon) for o in origins]
    counts = {m: np.stack([panel.targets[m][:, w] for w in windows]) for m in composition.measures if m in panel.targets}
    if "conversion" in composition.measures:
        counts["conversion"] = _ratio(counts["orders"], counts["visitors"])
    if "value_per_order" in composition.measures:
        counts["value_per_order"] = _ratio(counts["gmv"], counts["orders"])
    return np.stack([links[:, w] for w in windows]), {m: counts[m] for m in composition.measures}


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)


def _intervals(panel: Panel, link: np.ndarray, actual: np.ndarray, main: np.ndarray, composition: Composition, seed: int) -> Intervals:
    noise = Intervals.of(actual - link, shared_groups(panel), seed=seed)
    return noise.calibrated(link, main, composition, seed=seed)


def _scores(links: dict[str, np.ndarray], noises: dict[str, Intervals], measures: dict[str, np.ndarray], composition: Composition, fold: np.ndarray,
            settings: TrainSettings) -> pd.DataFrame:
    """Score the first origin of each fold: per step, and over all steps."""
    scored = np.flatnonzero(np.r_[True, np.diff(fold) > 0])
    rows = []
    for model, link in links.items():
        noise = noises[model].draw(min(100, settings.n_samples), settings.seed)
        cell = noises[model].width(1, 1)
        totals: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {m: [] for m in measures}
        for b in scored:
            point, samples = composition.compose(link[b]), composition.compose(link[b][None] + noise)
            for measure, happened in measures.items():
                quantiles = _widened(np.quantile(samples[measure], LEVELS, axis=0), cell)
                quantiles[1] = point[measure]
                totals[measure].append((happened[b], quantiles))
                rows += [{"model": model, "target": measure, "fold": str(fold[b]), "step": str(h + 1), **_row(happened[b][:, h], quantiles[:, :, h])}
                         for h in range(link.shape[2])]
        rows += [{"model": model, "target": measure, "fold": "all", "step": "all",
                  **_row(np.stack([a for a, _ in pairs]), np.stack([q for _, q in pairs], axis=1))} for measure, pairs in totals.items()]
    return pd.DataFrame(rows)


def _widened(quantiles: np.ndarray, factor: float) -> np.ndarray:
    middle = quantiles[1]
    return np.stack([np.maximum(middle + factor * (q - middle), 0.0) for q in quantiles])


def _row(actual: np.ndarray, quantiles: np.ndarray) -> dict[str, float]:
    point = quantiles[1]
    values = {"wape": wape(actual, point), "mape": mape(actual, point), "rmse": rmse(actual, point), "mae": mae(actual, point), "bias": bias(actual, point),
              "rmspe": rmspe(actual, point), "pinball": pinball(actual, quantiles, LEVELS), "coverage_80": coverage(actual, quantiles[0], quantiles[2])}
    return {name: float(value) for name, value in values.items()}

