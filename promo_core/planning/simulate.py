"""A what-if in NumPy alone: baseline and scenario on shared draws, told over the campaign, after it, and everywhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.explain.attribution import Side, attribute
from promo_core.explain.narrative import narrate
from promo_core.models.base import Forecast
from promo_core.models.trained import TrainedModel
from promo_core.planning.answer import SIDES, Answer, answer
from promo_core.planning.cautions import cautions, horizon_of
from promo_core.planning.economics import costs_of, economics, money_notes
from promo_core.planning.evidence import evidence_of, require_sound
from promo_core.planning.frames import Width, daily_frame, extent, group_frame, path_frame
from promo_core.planning.outcome import Comparison, Outcome
from promo_core.planning.scenario import Scenario, campaign_cells
from promo_core.planning.serving import Change, change_of, serving
from promo_core.planning.support import WIDER, support
from promo_core.planning.tally import Draws, Scope, compare_draws

__all__ = ["forecast", "simulate"]

_NO_TABLE = pd.DataFrame()


def simulate(model: TrainedModel, scenario: Scenario, *, use: str | None = None, attribution: bool = True, tables: bool = True) -> Outcome:
    """Answer a scenario: its forecast, the baseline's, and the difference, draw by draw on shared noise.

    A scenario without campaigns tells the baseline over all series; every increment is then exactly zero.

    Args:
        use: the member that answers; `None` takes the one that serves.
        attribution: whether to share the increment out to the levers.
        tables: whether to tell `daily`, `groups` and the past campaigns alike; without, they are empty.

    Raises:
        ScenarioError: when the scenario does not fit the data or the model's horizon.
        ModelError: when the model has no member `use`, or a lever that the scenario moves is faulty in it.
    """
    use = use or model.serves
    served, panel = serving(model, use), model.panel
    horizon = horizon_of(scenario, model.horizon)
    plan = scenario.to_plan(panel, horizon)
    require_sound(model, use, plan)
    notes, evidence = cautions(scenario, panel, plan, model.composition), evidence_of(model, plan)
    change = change_of(model, plan, served)
    promoted = campaign_cells(scenario, panel, plan) if scenario.campaigns else np.ones(plan.shape, dtype=bool)
    after = _after(promoted)
    result = answer(served, change, promoted, after, costs_of(panel, plan))
    graded = support(scenario, panel, alike=tables)
    outcome = _tell(model, scenario, use, plan, change, result, promoted, after, WIDER[graded.grade], tables)
    shares = attribute(model, served, *_sides(panel, plan, served.main, result, change)) if attribution and scenario.campaigns else ()
    weak = tuple(e.why for e in evidence if e.label == "predictive")
    outcome = replace(outcome, attribution=shares, support=graded, evidence=evidence,
                      warnings=notes + weak + money_notes(result.costs, model.composition.money) + tuple(model.notes))
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


def _sides(panel: Panel, plan: Plan, main: str, result: Answer, change: Change) -> tuple[Side, Side]:
    means_of = result.means(main)
    return Side(plan=panel.baseline_plan(plan.shape[1]), row_means=means_of["baseline"]), Side(plan=plan, row_means=means_of["scenario"], shift=change.effect)


def _after(promoted: np.ndarray) -> np.ndarray:
    """Return (n_series, H) bool: the cells of a promoted series after its last campaign cell."""
    reached = np.flip(np.logical_or.accumulate(np.flip(promoted, axis=1), axis=1), axis=1)
    return ~reached & promoted.any(axis=1, keepdims=True)


def _tell(model: TrainedModel, scenario: Scenario, use: str, plan: Plan, change: Change, result: Answer, promoted: np.ndarray, after: np.ndarray,
          wider: float, tables: bool) -> Outcome:
    width: Width = model.noises[use].width
    chosen = promoted.any(axis=1)
    whole, none = np.ones_like(promoted), ~chosen[:, None] & np.ones_like(promoted)
    of_series = whole & chosen[:, None]

    def compare(sums: dict[str, Draws], mask: np.ndarray) -> Comparison:
        return compare_draws(sums["scenario"], sums["baseline"], Scope(size=extent(mask), changed=extent(mask & change.cells), wider=wider), width)

    return Outcome(
        scenario=scenario, model=use, origin=model.panel.origin.date(), horizon=plan.shape[1], frequency=plan.frequency, currency=model.panel.currency,
        totals=compare(result.sums(), whole), promoted=compare({s: result.promoted[s] for s in SIDES}, promoted),
        series=compare(result.sums(chosen), of_series), after=compare(result.after, after) if after.any() else None,
        others=compare(result.sums(~chosen), none) if none.any() else None,
        daily=daily_frame(model.panel, plan, result, chosen, width) if tables else _NO_TABLE, path=path_frame(plan, result, int(chosen.sum()), width, wider),
        groups={d: group_frame(model.panel.series[d], result, change.cells, width, wider) for d in model.panel.dimensions if tables},
        economics=economics(result.costs, plan, wider * max(1.0, width(*extent(change.cells)))) if model.composition.money else None)
