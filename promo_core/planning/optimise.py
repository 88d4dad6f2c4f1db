"""Sweeps over depth and start: the increment of every choice, quickly enough to move a slider over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, ScenarioError
from promo_core.models.trained import TrainedModel
from promo_core.planning.cautions import deepest, horizon_of
from promo_core.planning.economics import costs_of
from promo_core.planning.scenario import Campaign, Scenario, day_share, selected
from promo_core.planning.serving import Change, Serving, change_of, serving
from promo_core.planning.support import past_campaigns, what_happened
from promo_core.planning.tally import band

__all__ = ["Surface", "response_curve", "sweep"]

_SWEEP_DRAWS = 24
_MOST_DEPTHS = 9


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """Increment of every start and depth, over all series and the whole horizon.

    Attributes:
        depths: (D,) fractions off list.
        starts: (N,) first days.
        gain: (N, D) mean increment of GMV (of the main measure without money); NaN where the campaign does not fit the horizon.
        margin: (N, D) mean increment of margin less ad spend; `None` where it can't be told.
        measure: the measure of `gain`.
    """

    depths: tuple[float, ...]
    starts: tuple[pd.Timestamp, ...]
    gain: np.ndarray
    margin: np.ndarray | None
    measure: str

    def frame(self) -> pd.DataFrame:
        """Return one row per start and depth: start, discount_depth, mean (of `measure`), margin; NaN where it does not fit or can't be told."""
        shape = self.gain.shape
        return pd.DataFrame({"start": np.repeat(pd.DatetimeIndex(self.starts), shape[1]), "discount_depth": np.tile(self.depths, shape[0]),
                             "mean": self.gain.ravel(), "margin": np.full(self.gain.size, np.nan) if self.margin is None else self.margin.ravel()})

    def best(self, goal: str = "gain") -> tuple[pd.Timestamp, float, float]:
        """Return the start, depth and value of the best choice for "gain" or "margin".

        Raises:
            ScenarioError: when the margin is asked for and can't be told.
        """
        grid = self.gain if goal == "gain" else self.margin
        if grid is None:
            raise ScenarioError(N_("The best depth for margin needs `unit_cost`, and units or `list_price`. Map them, or choose the best depth for GMV."))
        start, depth = np.unravel_index(int(np.nanargmax(grid)), grid.shape)
        return self.starts[start], self.depths[depth], float(grid[start, depth])


def sweep(model: TrainedModel, scenario: Scenario, *, depths: Sequence[float] | None = None, starts: Sequence[pd.Timestamp] | None = None, campaign: int = 0,
          use: str | None = None) -> Surface:
    """Move one campaign of a scenario over depths and starts, the others staying as they are.

    A survey, made to be quick: means over a fixed subset of the draws, and of many depths nine are computed and the rest
    interpolated. `simulate` answers one choice exactly.

    Args:
        depths: fractions; `None` takes 20 steps up to the deepest ever run.
        starts: first days; `None` keeps the campaign's own.
        campaign: which campaign moves.

    Raises:
        ScenarioError: when the scenario has no such campaign or does not fit the model.
    """
    moved = _campaign(scenario, campaign)
    served, panel, horizon = serving(model, use), model.panel, horizon_of(scenario, model.horizon)
    depths = tuple(map(float, depths)) if depths is not None else tuple(np.round(np.linspace(0.0, max(deepest(panel), 0.05), 20), 4))
    starts = tuple(map(pd.Timestamp, starts)) if starts is not None else (pd.Timestamp(moved.start),)
    still = replace(scenario, campaigns=tuple(c for i, c in enumerate(scenario.campaigns) if i != campaign))
    tried = _tried(depths)
    grid = np.full((2, len(starts), len(tried)), np.nan)
    baseline, last = panel.baseline_plan(horizon), panel.future_periods(horizon)[-1]
    for i, start in enumerate(starts):
        if start <= panel.origin or pd.Timestamp(_shift(moved, start, 0.0).end) > last:
            continue
        for j, depth in enumerate(tried):
            plan = replace(still, campaigns=(*still.campaigns, _shift(moved, start, depth))).lay_on(panel, baseline)
            grid[:, i, j] = _worth(model, served, plan)
    gain, margin = (np.stack([np.interp(depths, tried, row) for row in side]) for side in grid)
    return Surface(depths=depths, starts=starts, gain=gain, margin=None if np.isnan(margin).all() else margin, measure=served.main)


def _tried(depths: tuple[float, ...]) -> np.ndarray:
    """Return the depths to compute, ascending: all of them, or nine spread over them; the rest is interpolated."""
    ordered = np.unique(depths)
    return ordered if len(ordered) <= _MOST_DEPTHS else ordered[np.unique(np.linspace(0, len(ordered) - 1, _MOST_DEPTHS).round().astype(int))]


def response_curve(model: TrainedModel, scenario: Scenario, depths: Sequence[float] | None = None, *, campaign: int = 0, use: str | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell how the campaign days' main measure rises with depth, and what past campaigns on these series really did.

    Returns:
        A curve (discount_depth, mean, p10, p90, seen: whether so deep a cut ever ran) and points (discount_depth, uplift, name, start, promo_type);
        mean, band and uplift are fractions over the level without the campaign.
    """
    moved, served, panel = _campaign(scenario, campaign), serving(model, use), model.panel
    ever = deepest(panel)
    depths = tuple(map(float, depths)) if depths is not None else tuple(np.round(np.linspace(0.0, max(1.2 * ever, 0.05), 13), 4))
    rows = np.flatnonzero(selected(moved, panel))
    curve = [_curve_point(model, served, moved, depth, rows, horizon_of(scenario, model.horizon)) | {"seen": depth <= ever + 1e-9} for depth in depths]
    return pd.DataFrame(curve), _points(panel, rows)


def _curve_point(model: TrainedModel, served: Serving, moved: Campaign, depth: float, rows: np.ndarray, horizon: int) -> dict[str, float]:
    scenario = Scenario(name="curve", campaigns=(replace(moved, discount_depth=depth),))
    plan = scenario.to_plan(model.panel, horizon)
    change = change_of(model, plan, served)
    days = np.flatnonzero(day_share(moved, plan) > 0)
    base, new = served.baseline(rows, horizon)[served.main][:, days], served.scenario(rows, change)[served.main][:, days]
    uplift = new.sum(axis=(0, 1), dtype=np.float64) / base.sum(axis=(0, 1), dtype=np.float64) - 1.0
    low, _, high = band(uplift, 1.0)
    return {"discount_depth": depth, "mean": float(new.mean(dtype=np.float64) / base.mean(dtype=np.float64) - 1.0), "p10": float(low), "p90": float(high)}


def _points(panel: Panel, rows: np.ndarray) -> pd.DataFrame:
    """Return what past campaigns on these series really did."""
    records = []
    for row in past_campaigns(panel).to_dict("records"):
        here = np.intersect1d(row["rows"], rows)
        uplift = what_happened(panel, here, int(row["start"]), int(row["end"]))[1] if len(here) else None
        if uplift is not None:
            records.append({"discount_depth": float(row["discount_depth"]), "uplift": uplift, "name": row["name"], "start": panel.periods[int(row["start"])],
                            "promo_type": row["promo_type"]})
    return pd.DataFrame(records, columns=["discount_depth", "uplift", "name", "start", "promo_type"])


def _campaign(scenario: Scenario, number: int) -> Campaign:
    if not 0 <= number < len(scenario.campaigns):
        raise ScenarioError(N_("A sweep moves one campaign of the scenario. Received number {received} of {count}: add a campaign first."),
                            received=number + 1, count=len(scenario.campaigns))
    return scenario.campaigns[number]


def _shift(campaign: Campaign, start: pd.Timestamp, depth: float) -> Campaign:
    first = start.date()
    return replace(campaign, start=first, end=first + timedelta(days=(campaign.end - campaign.start).days), discount_depth=depth)


def _worth(model: TrainedModel, served: Serving, plan: Plan) -> tuple[float, float]:
    """Return the mean increments of the main measure and of margin less ad spend (NaN where unknown), at the response's middle."""
    horizon = plan.shape[1]
    effect = np.asarray(model.response.effect(model.panel, plan), dtype=np.float64) - served.effect[:, :horizon]
    change, few = Change(effect=effect, deviation=None), served.few(_SWEEP_DRAWS)
    rows = np.flatnonzero(change.cells.any(axis=1))
    costs, gain = costs_of(model.panel, plan), 0.0
    for part in few.chunks(rows, horizon):
        samples = {"scenario": few.scenario(part, change), "baseline": few.baseline(part, horizon)}
        gain += float((samples["scenario"][few.main] - samples["baseline"][few.main]).mean(axis=2, dtype=np.float64).sum())
        costs.add(samples, part)
    margin = costs.margin_increment()
    spend = float(plan.levers["ad_spend"].sum()) if "ad_spend" in plan.levers else 0.0
    return gain, (float(margin.mean()) - spend if margin is not None else (-spend if not len(rows) and costs.unit_cost is not None else np.nan))
