"""A what-if in NumPy alone: baseline and scenario on shared draws, told over the campaign, after it, and everywhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.explain.attribution import Side, attribute
from promo_core.explain.narrative import narrate
from promo_core.models.base import MEASURES, Forecast
from promo_core.models.trained import TrainedModel
from promo_core.planning.answer import SIDES, Answer, answer
from promo_core.planning.cautions import cautions, horizon_of
from promo_core.planning.economics import costs_of, economics, money_notes
from promo_core.planning.outcome import Comparison, Outcome
from promo_core.planning.scenario import Scenario, campaign_cells
from promo_core.planning.serving import Change, change_of, serving
from promo_core.planning.support import support
from promo_core.planning.tally import Draws, Scope, band, compare_draws, divide, means, told

__all__ = ["forecast", "simulate"]

Width = Callable[[int, int], float]


def simulate(model: TrainedModel, scenario: Scenario, *, use: str | None = None, attribution: bool = True) -> Outcome:
    """Answer a scenario: its forecast, the baseline's, and the difference, draw by draw on shared noise.

    A scenario without campaigns tells the baseline over all series; every increment is then exactly zero.

    Args:
        use: the member that answers; `None` takes the one that serves.
        attribution: whether to share the increment out to the levers.

    Raises:
        ScenarioError: when the scenario does not fit the data or the model's horizon.
        ModelError: when the model has no member `use`.
    """
    use = use or model.serves
    served, panel = serving(model, use), model.panel
    horizon = horizon_of(scenario, model.horizon)
    plan = scenario.to_plan(panel, horizon)
    notes = cautions(scenario, panel, plan, model.composition)
    change = change_of(model, plan, served)
    promoted = campaign_cells(scenario, panel, plan) if scenario.campaigns else np.ones(plan.shape, dtype=bool)
    after = _after(promoted)
    result = answer(served, change, promoted, after, costs_of(panel, plan))
    outcome = _tell(model, scenario, use, plan, change, result, promoted, after)
    shares = attribute(model, served, *_sides(panel, plan, served.main, result)) if attribution and scenario.campaigns else ()
    outcome = replace(outcome, attribution=shares, support=support(scenario, panel),
                      warnings=notes + money_notes(result.costs, model.composition.money) + tuple(model.notes))
    return replace(outcome, sentences=narrate(outcome))


def forecast(model: TrainedModel, plan: Plan | None = None, *, use: str | None = None) -> Forecast:
    """Return the joint forecast of a plan; without one, of what the file already knows of the future.

    Raises:
        ModelError: when the model has no member `use`.
    """
    use = use or model.serves
    plan = plan if plan is not None else model.panel.future_plan(model.horizon)
    horizon = plan.shape[1]
    effect = np.asarray(model.response.effect(model.panel, plan), dtype=np.float64)
    noise = model.noises[use].draw(serving(model, use).n_draws, model.settings.seed)[:, :, :horizon]
    if effect.any():
        noise = noise + np.asarray(model.response.draws(model.panel, plan, len(noise)), dtype=np.float32)
    return Forecast(periods=plan.periods, composition=model.composition, link=model.bases[use][:, :horizon] + effect, noise=noise)


def _sides(panel: Panel, plan: Plan, main: str, result: Answer) -> tuple[Side, Side]:
    means_of = {side: result.rows[side][main].mean(axis=1) for side in SIDES}
    return Side(plan=panel.baseline_plan(plan.shape[1]), row_means=means_of["baseline"]), Side(plan=plan, row_means=means_of["scenario"])


def _after(promoted: np.ndarray) -> np.ndarray:
    """Return (n_series, H) bool: the cells of a promoted series after its last campaign cell."""
    reached = np.flip(np.logical_or.accumulate(np.flip(promoted, axis=1), axis=1), axis=1)
    return ~reached & promoted.any(axis=1, keepdims=True)


def _tell(model: TrainedModel, scenario: Scenario, use: str, plan: Plan, change: Change, result: Answer, promoted: np.ndarray, after: np.ndarray) -> Outcome:
    width: Width = model.noises[use].width
    chosen = promoted.any(axis=1)
    whole, none = np.ones_like(promoted), ~chosen[:, None] & np.ones_like(promoted)
    of_series = whole & chosen[:, None]

    def compare(sums: dict[str, Draws], mask: np.ndarray) -> Comparison:
        return compare_draws(sums["scenario"], sums["baseline"], Scope(size=_extent(mask), changed=_extent(mask & change.cells)), width)

    def rows(mask: np.ndarray) -> dict[str, Draws]:
        return {side: {m: values[mask].sum(axis=0) for m, values in result.rows[side].items()} for side in SIDES}

    return Outcome(
        scenario=scenario, model=use, origin=model.panel.origin.date(), horizon=plan.shape[1], frequency=plan.frequency, currency=model.panel.currency,
        totals=compare(rows(np.ones(len(chosen), dtype=bool)), whole), promoted=compare({s: result.promoted[s] for s in SIDES}, promoted),
        series=compare(rows(chosen), of_series), after=compare(result.after, after) if after.any() else None,
        others=compare(rows(~chosen), none) if none.any() else None,
        daily=_daily(model.panel, plan, result, chosen, width), path=_path(plan, result, int(chosen.sum()), width),
        groups={d: _group(model.panel.series[d], result, change, width) for d in model.panel.dimensions},
        economics=economics(result.costs, plan, width(*_extent(change.cells))) if model.composition.money else None)


def _extent(mask: np.ndarray) -> tuple[int, int]:
    """Return (series, periods) that a mask spans, at least (1, 1)."""
    return max(1, int(mask.any(axis=1).sum())), max(1, int(mask.any(axis=0).sum()))


def _daily(panel: Panel, plan: Plan, result: Answer, chosen: np.ndarray, width: Width) -> pd.DataFrame:
    """Return one row per promoted series and period; unknown measures are NaN."""
    n, horizon = int(chosen.sum()), plan.shape[1]
    cells = result.cells["scenario"]
    columns: dict[str, object] = {"date": np.tile(plan.periods.to_numpy(), n)}
    columns |= {d: np.repeat(panel.series[d].to_numpy()[chosen], horizon) for d in panel.dimensions}
    columns |= {m: cells[m].ravel() if m in cells else np.full(n * horizon, np.nan) for m in ("visitors", "orders", "gmv")}
    columns["conversion"] = divide(cells["orders"], cells["visitors"]).ravel() if {"orders", "visitors"} <= set(cells) else np.full(n * horizon, np.nan)
    lower, middle, upper = result.cell_band
    factor = width(1, 1)
    money = "gmv" in cells
    columns["gmv_p10"] = np.maximum(middle - factor * (middle - lower), 0.0).ravel() if money else np.full(n * horizon, np.nan)
    columns["gmv_p90"] = (middle + factor * (upper - middle)).ravel() if money else np.full(n * horizon, np.nan)
    columns["baseline_gmv"] = result.cells["baseline"]["gmv"].ravel() if money else np.full(n * horizon, np.nan)
    if "units" in cells:
        columns["units"] = cells["units"].ravel()
    frame = pd.DataFrame(columns)
    leading = ["date", *panel.dimensions, "visitors", "conversion", "orders", "gmv", "gmv_p10", "gmv_p90", "baseline_gmv"]
    return frame[leading + [c for c in frame if c not in leading]]


def _path(plan: Plan, result: Answer, n: int, width: Width) -> pd.DataFrame:
    """Return the promoted series together, one row per period, measure and side."""
    sides = {side: told(result.path[side]) for side in SIDES}
    centres = {side: means(result.path[side]) for side in SIDES}
    factor, parts = width(n, 1), []
    for measure in (m for m in MEASURES if m in sides["scenario"]):
        draws = {side: sides[side][measure] for side in SIDES} | {"increment": sides["scenario"][measure] - sides["baseline"][measure]}
        mean = {side: centres[side][measure] for side in SIDES} | {"increment": centres["scenario"][measure] - centres["baseline"][measure]}
        for side, values in draws.items():
            p10, p50, p90 = band(values, factor, -np.inf if side == "increment" else 0.0, 1.0 if measure == "conversion" else np.inf)
            parts.append({"period": plan.periods, "measure": measure, "side": side, "mean": mean[side], "p10": p10, "p50": p50, "p90": p90})
    return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)


def _group(labels: pd.Series, result: Answer, change: Change, width: Width) -> pd.DataFrame:
    """Return one row per value of a dimension and measure: scenario, baseline, increment and the increment's band."""
    codes, values = pd.factorize(labels.astype(str), sort=True)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(values)))
    sums = {side: {m: np.add.reduceat(draws[order], starts, axis=0) for m, draws in result.rows[side].items()} for side in SIDES}
    draws, mean = {s: told(sums[s]) for s in SIDES}, {s: means(sums[s]) for s in SIDES}
    factors = np.array([width(*_extent(change.cells[codes == g])) for g in range(len(values))])
    parts = []
    for measure in (m for m in MEASURES if m in draws["scenario"]):
        low, middle, high = np.quantile(draws["scenario"][measure] - draws["baseline"][measure], (0.1, 0.5, 0.9), axis=-1)
        parts.append(pd.DataFrame({
            "value": values, "measure": measure, "scenario": mean["scenario"][measure], "baseline": mean["baseline"][measure],
            "increment": mean["scenario"][measure] - mean["baseline"][measure],
            "p10": middle - factors * (middle - low), "p90": middle + factors * (high - middle)}))
    return pd.concat(parts, ignore_index=True)


