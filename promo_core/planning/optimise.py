"""Sweeps over depth and start, length or segment: what every choice brings, quickly enough to choose from a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, ScenarioError
from promo_core.models.trained import TrainedModel
from promo_core.planning.cautions import deepest, horizon_of
from promo_core.planning.economics import costs_of
from promo_core.planning.scenario import Campaign, Scenario, day_share, selected
from promo_core.planning.serving import Change, Serving, change_of, serving, shift_of
from promo_core.planning.support import WIDER, past_campaigns, support, what_happened
from promo_core.planning.tally import band, divide

__all__ = ["Surface", "choices", "decision_surface", "moved_to", "response_curve", "sweep"]

_SWEEP_DRAWS = 24
_MOST_DEPTHS = 9


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """What every depth brings along a second choice, over all series and the whole horizon.

    Attributes:
        across: the second choice: "start", "length" or a dimension.
        rows: (N,) its values: first days, periods, or the dimension's values.
        depths: (D,) fractions off list.
        values: measure → (N, D) mean increment; "margin" is less ad spend, "roi" margin ÷ (discount given away + spend). NaN where the campaign
            does not fit the horizon or it can't be told; a measure that can never be told is left out.
        measure: the main measure: GMV, or without money the nearest there is.
    """

    across: str
    rows: tuple[Any, ...]
    depths: tuple[float, ...]
    values: dict[str, np.ndarray]
    measure: str

    @property
    def starts(self) -> tuple[pd.Timestamp, ...]:
        """First days, where they are what is chosen."""
        return self.rows

    @property
    def gain(self) -> np.ndarray:
        """(N, D) mean increment of the main measure."""
        return self.values[self.measure]

    @property
    def margin(self) -> np.ndarray | None:
        """(N, D) mean increment of margin less ad spend; `None` where it can't be told."""
        return self.values.get("margin")

    def frame(self) -> pd.DataFrame:
        """Return one row per choice and depth: `across`, discount_depth, mean (of `measure`), margin; NaN where it does not fit or can't be told."""
        shape = self.gain.shape
        rows = np.repeat(pd.DatetimeIndex(self.rows) if self.across == "start" else np.asarray(self.rows, dtype=object), shape[1])
        return pd.DataFrame({self.across: rows, "discount_depth": np.tile(self.depths, shape[0]),
                             "mean": self.gain.ravel(), "margin": np.full(self.gain.size, np.nan) if self.margin is None else self.margin.ravel()})

    def best(self, goal: str = "gain") -> tuple[Any, float, float]:
        """Return the row, depth and value of the best choice for "gain" or "margin".

        Raises:
            ScenarioError: when the margin is asked for and can't be told.
        """
        grid = self.gain if goal == "gain" else self.margin
        if grid is None:
            raise ScenarioError(N_("The best depth for margin needs `unit_cost`, and units or `list_price`. Map them, or choose the best depth for GMV."))
        row, depth = np.unravel_index(int(np.nanargmax(grid)), grid.shape)
        return self.rows[row], self.depths[depth], float(grid[row, depth])


def sweep(model: TrainedModel, scenario: Scenario, *, depths: Sequence[float] | None = None, starts: Sequence[pd.Timestamp] | None = None, campaign: int = 0,
          use: str | None = None) -> Surface:
    """Move one campaign of a scenario over depths and starts; `decision_surface` with first days given, `None` being the campaign's own."""
    moved = _campaign(scenario, campaign)
    starts = tuple(map(pd.Timestamp, starts)) if starts is not None else (pd.Timestamp(moved.start),)
    return decision_surface(model, scenario, across="start", rows=starts, depths=depths, campaign=campaign, use=use)


def decision_surface(model: TrainedModel, scenario: Scenario, *, across: str, rows: Sequence[Any] | None = None, depths: Sequence[float] | None = None, campaign: int = 0,
                     use: str | None = None) -> Surface:
    """Move one campaign of a scenario over depths and over starts, lengths or the values of a dimension, the others staying as they are.

    A survey, made to be quick: means over a fixed subset of the draws, and of many depths nine are computed and the rest
    interpolated. `simulate` answers one choice exactly.

    Args:
        across: "start", "length" or a dimension; ad spend on one value is its series' share of the campaign's.
        rows: first days, counts of periods, or values; `None` takes all that fit.
        depths: fractions; `None` takes 20 steps up to the deepest ever run.
        campaign: which campaign moves.

    Raises:
        ScenarioError: when the scenario has no such campaign or does not fit the model.
    """
    moved = _campaign(scenario, campaign)
    served, panel, horizon = serving(model, use), model.panel, horizon_of(scenario, model.horizon)
    depths = tuple(map(float, depths)) if depths is not None else tuple(np.round(np.linspace(0.0, max(deepest(panel), 0.05), 20), 4))
    rows = tuple(rows) if rows is not None else choices(across, moved, panel, horizon)
    still = replace(scenario, campaigns=tuple(c for i, c in enumerate(scenario.campaigns) if i != campaign))
    tried, baseline = _tried(depths), panel.baseline_plan(horizon)
    found: dict[str, np.ndarray] = {}
    for i, row in enumerate(rows):
        variant = moved_to(moved, across, row, panel, horizon)
        if variant is None:
            continue
        for j, depth in enumerate(tried):
            plan = replace(still, campaigns=(*still.campaigns, replace(variant, discount_depth=depth))).lay_on(panel, baseline)
            for name, value in _worth(model, served, plan).items():
                found.setdefault(name, np.full((len(rows), len(tried)), np.nan))[i, j] = value
    grids = {name: np.stack([np.interp(depths, tried, line) for line in grid]) for name, grid in found.items() if not np.isnan(grid).all()}
    return Surface(across=across, rows=rows, depths=depths, values=_told(grids, served.main, (len(rows), len(depths))), measure=served.main)


def choices(across: str, moved: Campaign, panel: Panel, horizon: int) -> tuple[Any, ...]:
    """Return what a campaign can be moved to: every start or length inside the horizon, or every value of a dimension."""
    if across == "start":
        return tuple(panel.future_periods(horizon) - pd.Timedelta(days=_step(panel) - 1))
    if across == "length":
        days = (panel.future_periods(horizon)[-1].date() - moved.start).days + 1
        return tuple(range(1, max(1, days // _step(panel)) + 1))
    return tuple(panel.values_of(across))


def moved_to(moved: Campaign, across: str, row: Any, panel: Panel, horizon: int) -> Campaign | None:
    """Return the campaign with another start, length or value of a dimension; `None` where it then does not fit the horizon or the data."""
    if across == "start":
        first = pd.Timestamp(row)
        end = first + (moved.end - moved.start)
        inside = panel.origin < first + pd.Timedelta(days=_step(panel) - 1) and end <= panel.future_periods(horizon)[-1]
        return replace(moved, start=first.date(), end=end.date()) if inside else None
    if across == "length":
        end = moved.start + timedelta(days=int(row) * _step(panel) - 1)
        return replace(moved, end=end) if pd.Timestamp(end) <= panel.future_periods(horizon)[-1] else None
    wide = panel.match({k: v for k, v in moved.series.items() if k != across})
    narrow = wide & panel.match({across: [str(row)]})
    if not narrow.any():
        return None
    return replace(moved, series={**moved.series, across: [str(row)]}, ad_spend=moved.ad_spend * min(1.0, narrow.sum() / panel.match(moved.series).sum()))


def _told(grids: dict[str, np.ndarray], main: str, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Return the measures a reader is shown: costs become the return on them."""
    cost = grids.pop("cost", None)
    grids.setdefault(main, np.full(shape, np.nan))
    if cost is not None and "margin" in grids:
        grids["roi"] = divide(grids["margin"] + grids["spend"], np.where(cost > 0, cost, 0.0))
    grids.pop("spend", None)
    return grids


def _step(panel: Panel) -> int:
    return 1 if panel.frequency == "D" else 7


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
    low, _, high = band(uplift, WIDER[support(scenario, model.panel).grade])
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


def _worth(model: TrainedModel, served: Serving, plan: Plan) -> dict[str, float]:
    """Return the mean increments of every count and of margin less ad spend, and what discount and spend cost (NaN where unknown), at the response's middle."""
    horizon = plan.shape[1]
    change, few = Change(effect=shift_of(model, plan, served)), served.few(_SWEEP_DRAWS)
    rows = np.flatnonzero(change.cells.any(axis=1))
    costs, gains = costs_of(model.panel, plan), dict.fromkeys(few.counts, 0.0)
    for part in few.chunks(rows, horizon):
        samples = {"scenario": few.scenario(part, change), "baseline": few.baseline(part, horizon)}
        for name in gains:
            gains[name] += float((samples["scenario"][name] - samples["baseline"][name]).mean(axis=2, dtype=np.float64).sum())
        costs.add(samples, part)
    margin = costs.margin_increment()
    spend = float(plan.levers["ad_spend"].sum()) if "ad_spend" in plan.levers else 0.0
    left = float(margin.mean()) - spend if margin is not None else (-spend if not len(rows) and costs.unit_cost is not None else np.nan)
    given = 0.0 if not len(rows) else np.nan if costs.discount is None else float(costs.discount.mean())
    return {**gains, "margin": left, "cost": given + spend, "spend": spend}
