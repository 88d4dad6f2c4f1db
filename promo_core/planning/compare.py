"""Several scenarios side by side: what each brings, what each does differently, and which difference brings what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from promo_core.errors import N_, ScenarioError
from promo_core.explain.attribution import Side, attribute_between
from promo_core.models.base import MEASURES
from promo_core.models.trained import TrainedModel
from promo_core.planning.answer import answer
from promo_core.planning.cautions import horizon_of
from promo_core.planning.economics import costs_of
from promo_core.planning.outcome import Comparison, LeverShare, Outcome, Quantity
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.serving import change_of, serving

__all__ = ["MOST", "ScenarioTable", "compare", "explain_difference"]

MOST = 6
_SCOPES = ("totals", "promoted", "series", "after", "others")
_FIELDS = ("series", "start", "end", "promo_type", "discount_depth", "ad_spend", "feature", "display", "mailer")


@dataclass(frozen=True, kw_only=True, eq=False)
class ScenarioTable:
    """Outcomes side by side.

    Attributes:
        names: the scenarios, in the order given; equal names are numbered.
        measures: one row per scenario, scope, side ("scenario", "baseline", "increment") and measure: mean, p10, p50, p90.
        money: one row per scenario: discount_cost, ad_spend, margin_increment, roi (means; NaN is unknown), grade.
        levers: one row per campaign number and field: campaign, field, one column per scenario, differs.
        best: the scenario with the largest mean increment of the main measure.
    """

    names: tuple[str, ...]
    measures: pd.DataFrame
    money: pd.DataFrame
    levers: pd.DataFrame
    best: str


def compare(outcomes: list[Outcome]) -> ScenarioTable:
    """Lay outcomes side by side.

    Raises:
        ScenarioError: when there are none or more than six, or when they differ in currency or origin.
    """
    if not 1 <= len(outcomes) <= MOST:
        raise ScenarioError(N_("Compare one to {expected} scenarios. Received: {received}."), expected=MOST, received=len(outcomes))
    for what, values in ((N_("currency"), {o.currency for o in outcomes}), (N_("origin"), {str(o.origin) for o in outcomes})):
        if len(values) > 1:
            raise ScenarioError(N_("Scenarios compare when they share their {what}. Received: {received}. Run them on the same model."),
                                what=what, received=", ".join(sorted(map(str, values))))
    names = _numbered([o.scenario.name for o in outcomes])
    rows = [row for name, outcome in zip(names, outcomes, strict=True) for row in _rows(name, outcome)]
    main = next(m for m in ("gmv", "orders", "units", "visitors") if outcomes[0].totals.scenario.get(m) is not None)
    gains = [o.totals.increment[main].mean for o in outcomes]
    return ScenarioTable(names=names, measures=pd.DataFrame(rows), money=pd.DataFrame([_money(n, o) for n, o in zip(names, outcomes, strict=True)]),
                         levers=_levers(names, outcomes), best=names[int(np.argmax(gains))])


def explain_difference(model: TrainedModel, reference: Scenario, scenario: Scenario, *, use: str | None = None) -> tuple[LeverShare, ...]:
    """Share out, exactly, how much more `scenario` brings than `reference` to what differs between them.

    Both are taken over the shorter of their horizons.

    Raises:
        ScenarioError: when one of them does not fit the model.
    """
    horizon = min(horizon_of(s, model.horizon) for s in (reference, scenario))
    first, second = (_side(model, s, horizon, use) for s in (reference, scenario))
    return attribute_between(model, serving(model, use), (reference, first), (scenario, second))


def _side(model: TrainedModel, scenario: Scenario, horizon: int, use: str | None) -> Side:
    served, plan = serving(model, use), scenario.to_plan(model.panel, horizon)
    nowhere = np.zeros(plan.shape, dtype=bool)
    result = answer(served, change_of(model, plan, served), nowhere, nowhere, costs_of(model.panel, plan))
    return Side(plan=plan, row_means=result.means(served.main)["scenario"])


def _numbered(names: list[str]) -> tuple[str, ...]:
    seen: Counter[str] = Counter()
    out = []
    for name in names:
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(out)


def _rows(name: str, outcome: Outcome) -> list[dict[str, Any]]:
    rows = []
    for scope in _SCOPES:
        comparison: Comparison | None = getattr(outcome, scope)
        if comparison is None:
            continue
        for side in ("scenario", "baseline", "increment"):
            told = getattr(comparison, side)
            rows += [{"scenario": name, "scope": scope, "side": side, "measure": m, "mean": q.mean, "p10": q.p10, "p50": q.p50, "p90": q.p90}
                     for m in MEASURES if (q := told.get(m)) is not None]
    return rows


def _money(name: str, outcome: Outcome) -> dict[str, Any]:
    told = outcome.economics
    if told is None:
        return {"scenario": name, "discount_cost": np.nan, "ad_spend": np.nan, "margin_increment": np.nan, "roi": np.nan, "grade": outcome.support.grade}
    return {"scenario": name, "discount_cost": _mean(told.discount_cost), "ad_spend": told.ad_spend, "margin_increment": _mean(told.margin_increment),
            "roi": _mean(told.roi), "grade": outcome.support.grade}


def _mean(value: Quantity | None) -> float:
    return np.nan if value is None else value.mean


def _levers(names: tuple[str, ...], outcomes: list[Outcome]) -> pd.DataFrame:
    most = max((len(o.scenario.campaigns) for o in outcomes), default=0)
    rows = []
    for number in range(most):
        campaigns = [o.scenario.campaigns[number] if number < len(o.scenario.campaigns) else None for o in outcomes]
        for field in _FIELDS:
            values = [_field(campaign, field) for campaign in campaigns]
            rows.append({"campaign": number + 1, "field": field, **dict(zip(names, values, strict=True)), "differs": any(v != values[0] for v in values)})
    return pd.DataFrame(rows, columns=["campaign", "field", *names, "differs"])


def _field(campaign: Campaign | None, field: str) -> Any:
    """Return a campaign's field as a table shows it; `None` where there is no such campaign."""
    if campaign is None:
        return None
    value = getattr(campaign, field)
    return "; ".join(f"{k}: {', '.join(v)}" for k, v in value.items()) if field == "series" else value
