"""Forecasts made before, beside what then happened: how good they were, and which series left their band."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.models.base import Composition
from promo_core.models.intervals import Intervals, main_measure
from promo_core.models.trained import TrainedModel
from promo_core.planning.serving import serving
from promo_core.planning.simulate import forecast
from promo_core.planning.tally import points, widen

__all__ = ["LateForecast", "last_forecast", "since_forecast"]


@dataclass(frozen=True, kw_only=True, eq=False)
class LateForecast:
    """A forecast whose periods have passed, told in the main measure.

    Attributes:
        origin: the last day it knew.
        measure: the main measure.
        path: all series together, one row per period: date, mean, p10, p90, actual (NaN where nothing was observed).
        series: one row per series, over all its observed periods: the dimensions, mean, p10, p90, actual, outside (whether the truth left the band).
        wape, bias: over series and periods, fractions of what happened; bias above zero is a forecast too high.
        held: the share of series whose truth lies in the 80 % band.
    """

    origin: date
    measure: str
    path: pd.DataFrame
    series: pd.DataFrame
    wape: float
    bias: float
    held: float


def last_forecast(model: TrainedModel, *, use: str | None = None) -> LateForecast | None:
    """Return the newest forecast of the backtest: made one horizon before the data's end by members that had learned before it, levers known ahead.

    `None` where the model kept no residuals over that horizon.
    """
    use, panel, horizon = use or model.serves, model.panel, model.horizon
    noise = model.noises[use]
    first = panel.n_observed - horizon
    if first < 1 or noise.blocks.shape[2] != horizon:
        return None
    link = model.composition.links(panel)[:, first: panel.n_observed] - noise.blocks[-1]
    drawn = noise.draw(serving(model, use).n_draws, model.settings.seed)
    return _told(model.composition, link, drawn, noise, panel, np.arange(first, panel.n_observed), panel.periods[first - 1].date())


def since_forecast(earlier: TrainedModel, panel: Panel, *, use: str | None = None) -> LateForecast | None:
    """Return what a model trained earlier forecast for periods that `panel` has observed since, under the plan that then ran.

    `None` where they share no series, or nothing was observed since.
    """
    rows, labels = {label: i for i, label in enumerate(panel.labels())}, earlier.panel.labels()
    shared = np.array([i for i, label in enumerate(labels) if label in rows], dtype=int)
    since = np.flatnonzero(panel.periods[: panel.n_observed].isin(earlier.panel.future_periods(earlier.horizon)))
    if not len(shared) or not len(since) or panel.frequency != earlier.panel.frequency or main_measure(earlier.composition) not in panel.targets:
        return None
    here = panel.take(np.array([rows[labels[i]] for i in shared]))
    steps = earlier.panel.future_periods(earlier.horizon).get_indexer(here.periods[since])
    made = forecast(earlier, _ran(earlier, here, shared, since, steps), use=use)
    return _told(earlier.composition, made.link[shared][:, steps], made.noise[:, shared][:, :, steps], earlier.noises[use or earlier.serves], here, since, earlier.panel.origin.date())


def _ran(earlier: TrainedModel, here: Panel, shared: np.ndarray, since: np.ndarray, steps: np.ndarray) -> Plan:
    """Return the earlier model's plan with the levers that then ran on the shared series, at the steps that were observed since."""
    plan = earlier.panel.future_plan(earlier.horizon)
    levers = {name: values.copy() for name, values in plan.levers.items()}
    places = np.ix_(shared, steps)
    for name, values in levers.items():
        ran = here.plan.levers.get(name, np.zeros(here.plan.shape))[:, since]
        values[places] = _recoded(ran, here.plan.promo_types, plan.promo_types) if name == "promo_type" else ran
    return replace(plan, levers=levers)


def _recoded(codes: np.ndarray, words: tuple[str, ...], known: tuple[str, ...]) -> np.ndarray:
    """Return codes into `known`; a type it has never seen is read as its last one."""
    table = np.array([known.index(w) if w in known else len(known) - 1 for w in words], dtype=float)
    return table[np.nan_to_num(codes).astype(int)]


def _told(composition: Composition, link: np.ndarray, drawn: np.ndarray, noise: Intervals, panel: Panel, since: np.ndarray, origin: date) -> LateForecast:
    measure = main_measure(composition)
    actual = panel.targets[measure][:, since]
    known = np.isfinite(actual) & np.isfinite(link).all(axis=2)
    happened = np.where(known, actual, 0.0)
    samples = np.moveaxis(composition.compose(np.nan_to_num(link)[None] + drawn)[measure], 0, 2) * known[..., None]
    middle, size = samples.mean(axis=2), known.sum()
    series = _series(samples, happened, known, noise, panel)
    total = float(happened.sum()) or np.nan
    return LateForecast(origin=origin, measure=measure, path=_path(samples, happened, known, noise, panel.periods[since]), series=series,
                        wape=float(np.abs(middle - happened).sum() / total) if size else np.nan, bias=float((middle - happened).sum() / total) if size else np.nan,
                        held=float(1.0 - series["outside"].mean()) if len(series) else np.nan)


def _series(samples: np.ndarray, happened: np.ndarray, known: np.ndarray, noise: Intervals, panel: Panel) -> pd.DataFrame:
    rows, days = np.flatnonzero(known.any(axis=1)), known.sum(axis=1)
    sums = samples[rows].sum(axis=1)
    width = np.array([noise.width(1, int(n)) for n in days[rows]])
    p10, _, p90 = widen(points(sums), width, 0.0)
    truth = happened[rows].sum(axis=1)
    told = {"mean": sums.mean(axis=1), "p10": p10, "p90": p90, "actual": truth, "outside": (truth < p10) | (truth > p90)}
    return pd.concat([panel.series.iloc[rows].reset_index(drop=True), pd.DataFrame(told)], axis=1)


def _path(samples: np.ndarray, happened: np.ndarray, known: np.ndarray, noise: Intervals, periods: pd.DatetimeIndex) -> pd.DataFrame:
    sums, seen = samples.sum(axis=0), known.sum(axis=0)
    p10, _, p90 = widen(points(sums), np.array([noise.width(int(max(n, 1)), 1) for n in seen]), 0.0)
    whole = pd.DataFrame({"date": periods, "mean": sums.mean(axis=1), "p10": p10, "p90": p90, "actual": happened.sum(axis=0)})
    return whole.where(pd.Series(seen > 0), np.nan).assign(date=periods)
