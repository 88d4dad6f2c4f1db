"""What to refuse, and what to say beside an answer: depths, types and campaigns that the past hardly covers."""

from __future__ import annotations

import numpy as np

from promo_core.data.panel import NO_PROMO, Panel, Plan
from promo_core.errors import N_, Message, ScenarioError
from promo_core.models.base import Composition
from promo_core.planning.scenario import Campaign, Scenario, selected, usual_type
from promo_core.schema import PROMO_TYPES

__all__ = ["cautions", "deepest", "horizon_of"]

_RARE_CELLS = 20


def horizon_of(scenario: Scenario, longest: int) -> int:
    """Return the periods a scenario asks for.

    Raises:
        ScenarioError: when they are more than the model forecasts.
    """
    if scenario.horizon is not None and scenario.horizon > longest:
        raise ScenarioError(N_("The scenario asks for {received} periods; this model forecasts {expected}. Shorten it, or train with a longer horizon."),
                            received=scenario.horizon, expected=longest)
    return scenario.horizon or longest


def deepest(panel: Panel, rows: np.ndarray | None = None) -> float:
    """Return the deepest discount that ever ran on these series (all: `None`); 0 where none did."""
    depth = panel.past_plan().levers.get("discount_depth")
    if depth is None:
        return 0.0
    part = depth if rows is None else depth[rows]
    return float(np.nanmax(part)) if np.isfinite(part).any() else 0.0


def cautions(scenario: Scenario, panel: Panel, plan: Plan, composition: Composition) -> tuple[Message, ...]:
    """Return what a reader must know beside the answer, most important first.

    Raises:
        ScenarioError: when a discount is more than twice as deep as any that ran.
    """
    notes: dict[str, Message] = {}
    for campaign in scenario.campaigns:
        for message in _campaign_cautions(campaign, panel, plan):
            notes.setdefault(str(message), message)
    for message in _measure_cautions(panel, composition):
        notes.setdefault(str(message), message)
    return tuple(notes.values())


def _campaign_cautions(campaign: Campaign, panel: Panel, plan: Plan) -> list[Message]:
    notes = _depth_cautions(campaign, panel) + _type_cautions(campaign, panel) + _past_cautions(campaign, panel)
    first = panel.origin.date()
    if campaign.start <= first or campaign.end > plan.periods[-1].date():
        notes.append(Message(N_("The campaign {start} to {end} reaches outside the forecast; only its part from {first} to {last} is counted."),
                             {"start": str(campaign.start), "end": str(campaign.end), "first": str(plan.periods[0].date()), "last": str(plan.periods[-1].date())}))
    if plan.frequency != "D" and ((campaign.end - campaign.start).days + 1) % 7:
        notes.append(Message(N_("The data is weekly: a week that the campaign covers in part takes its discount in proportion to the days.")))
    return notes


def _depth_cautions(campaign: Campaign, panel: Panel) -> list[Message]:
    if not campaign.discount_depth or "discount_depth" not in panel.plan.levers:
        return []
    ever, here = deepest(panel), deepest(panel, selected(campaign, panel))
    if campaign.discount_depth > 2 * ever + 1e-9:
        raise ScenarioError(N_("A discount of {received:.0%} is more than twice the deepest ever run ({deepest:.0%}): nothing in the data can tell what it does. "
                               "Choose at most {limit:.0%}."), received=campaign.discount_depth, deepest=ever, limit=np.floor(min(2 * ever, 0.99) * 100) / 100)
    if campaign.discount_depth > ever + 1e-9:
        return [Message(N_("A discount of {depth:.0%} is deeper than any in the data ({deepest:.0%}); its effect is extended beyond what was seen."),
                        {"depth": campaign.discount_depth, "deepest": ever})]
    if campaign.discount_depth > here + 1e-9:
        return [Message(N_("A discount of {depth:.0%} is deeper than any on these series ({deepest:.0%}); its effect is taken from other series."),
                        {"depth": campaign.discount_depth, "deepest": here})]
    return []


def _type_cautions(campaign: Campaign, panel: Panel) -> list[Message]:
    word = campaign.promo_type or (usual_type(panel) if campaign.discount_depth else NO_PROMO)
    if word == NO_PROMO or word not in panel.plan.promo_types:
        return []
    seen = panel.past_plan().levers["promo_type"] == panel.plan.promo_types.index(word)
    everywhere, here = int(seen.sum()), int(seen[selected(campaign, panel)].sum())
    told = PROMO_TYPES.get(word, word)
    if everywhere < _RARE_CELLS:
        return [Message(N_("Promotion type {type} was seen on {count} series-periods only; its effect is uncertain."), {"type": told, "count": everywhere})]
    if here == 0:
        return [Message(N_("Promotion type {type} never ran on these series; its effect is taken from other series."), {"type": told})]
    return []


def _past_cautions(campaign: Campaign, panel: Panel) -> list[Message]:
    """Say where the series addressed have hardly a past, or none of late."""
    rows = selected(campaign, panel)
    seen = np.isfinite(next(panel.observed(name) for name in ("gmv", "orders", "units", "visitors") if name in panel.targets)[rows])
    least, lately = (14, 56) if panel.frequency == "D" else (4, 8)
    thin = seen.sum(axis=1) < least
    silent = ~thin & ~seen[:, -lately:].any(axis=1)
    notes = []
    if thin.any():
        notes.append(Message(N_("{count} of the series addressed have hardly a past (fewer than {least} periods): their level is taken from series like them."),
                             {"count": int(thin.sum()), "least": least}))
    if silent.any():
        notes.append(Message(N_("{count} of the series addressed have not been seen since {day}: their level may have changed."),
                             {"count": int(silent.sum()), "day": str(panel.periods[max(0, panel.n_observed - lately)].date())}))
    return notes


def _measure_cautions(panel: Panel, composition: Composition) -> list[Message]:
    notes = []
    if "conversion" not in composition.measures:
        missing = "visitors" if "visitors" not in composition.measures else "orders"
        notes.append(Message(N_("Conversion is not given: the data has no usable `{missing}`. It is orders ÷ visitors and is never invented."), {"missing": missing}))
    if not composition.money:
        notes.append(Message(N_("GMV, margin and return are not given: the data has no money column. The answer is told in {measure} instead."), {"measure": _stand_in(composition)}))
    return notes


def _stand_in(composition: Composition) -> str:
    return "orders" if "orders" in composition.measures else composition.chain[0]
