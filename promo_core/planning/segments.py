"""One campaign over every value of a dimension, side by side: who responds, and who would have bought anyway."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel
from promo_core.errors import N_, ScenarioError
from promo_core.models.trained import TrainedModel
from promo_core.planning.cautions import horizon_of
from promo_core.planning.optimise import moved_to
from promo_core.planning.outcome import Outcome, Quantity
from promo_core.planning.scenario import Campaign, Scenario, selected
from promo_core.planning.simulate import simulate

__all__ = ["across_segments"]

_MOST = 30
_COUNTS = ("gmv", "orders", "units", "visitors")


def across_segments(model: TrainedModel, scenario: Scenario, dimension: str, *, campaign: int = 0, use: str | None = None) -> pd.DataFrame:
    """Run one campaign, alone, on each value of a dimension.

    Returns:
        One row per value, the best first (the 30 largest values where there are more): value; increment, p10, p90 of the main measure over all series and
        the whole horizon; usual, during (its totals on the campaign's days without and with it); uplift (fraction); anyway (the share of the campaign days' main measure that would have come without it);
        discount (money given away), wasted (the part of it that went to what would have come anyway); margin, margin_p10, margin_p90 (increment less ad spend);
        roi; judged (what counts for the verdict: margin less ad spend where it is known, else the increment), judged_p10, judged_p90; verdict: "responds"
        (its band lies above zero), "unsure", or "do_not" (its mean does not). Unknown is NaN.

    Raises:
        ScenarioError: when the scenario has no such campaign, the data no such dimension, or the campaign does not fit.
    """
    if not 0 <= campaign < len(scenario.campaigns) or dimension not in model.panel.dimensions:
        raise ScenarioError(N_("Segments are compared for one campaign over one dimension. Received campaign {received} of {count} and `{dimension}`."),
                            received=campaign + 1, count=len(scenario.campaigns), dimension=dimension)
    moved, horizon = scenario.campaigns[campaign], horizon_of(scenario, model.horizon)
    variants = {value: moved_to(moved, dimension, value, model.panel, horizon) for value in _values(model.panel, moved, dimension)}
    rows = [_row(value, simulate(model, Scenario(name=value, campaigns=(variant,), horizon=scenario.horizon), use=use, attribution=False)) for value, variant in variants.items()]
    return pd.DataFrame(rows).sort_values("judged", ascending=False, kind="stable", ignore_index=True)


def _values(panel: Panel, moved: Campaign, dimension: str) -> list[str]:
    """Return the values of a dimension that a campaign could be moved to, at most the 30 with most of the last measure's total."""
    rows = selected(replace(moved, series={d: v for d, v in moved.series.items() if d != dimension}), panel)
    totals = pd.Series(np.nansum(panel.observed(list(panel.targets)[-1])[rows], axis=1)).groupby(panel.series.loc[rows, dimension].astype(str).to_numpy()).sum()
    return sorted(totals.nlargest(_MOST).index)


def _row(value: str, outcome: Outcome) -> dict[str, Any]:
    main = next(m for m in _COUNTS if outcome.totals.scenario.get(m) is not None)
    gain, during, usual = outcome.totals.increment[main], outcome.promoted.scenario[main].mean, outcome.promoted.baseline[main].mean
    money, depth = outcome.economics, outcome.scenario.campaigns[0].discount_depth
    spend = 0.0 if money is None else money.ad_spend
    discount = np.nan if money is None or money.discount_cost is None else money.discount_cost.mean
    wasted = min(discount, depth * usual) if main == "gmv" else np.nan
    margin = None if money is None else money.margin_increment
    left = tuple(v - spend for v in (margin.mean, margin.p10, margin.p90)) if margin is not None else (np.nan,) * 3
    judged = left if margin is not None else (gain.mean, gain.p10, gain.p90)
    return {"value": value, "increment": gain.mean, "p10": gain.p10, "p90": gain.p90, "usual": usual, "during": during, "uplift": during / usual - 1.0 if usual else np.nan,
            "anyway": min(1.0, usual / during) if during else np.nan, "discount": discount, "wasted": wasted, "margin": left[0], "margin_p10": left[1], "margin_p90": left[2],
            "roi": _mean(None if money is None else money.roi), "judged": judged[0], "judged_p10": judged[1], "judged_p90": judged[2], "verdict": _verdict(*judged)}


def _verdict(mean: float, low: float, _high: float) -> str:
    return "do_not" if not mean > 0 else "responds" if low > 0 else "unsure"


def _mean(value: Quantity | None) -> float:
    return np.nan if value is None else value.mean
