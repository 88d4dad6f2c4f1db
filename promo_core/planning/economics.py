"""Money beyond GMV: what a scenario gives away and spends, and what is left of it as margin. Knows draws, no model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, Message
from promo_core.planning.outcome import Economics, Quantity
from promo_core.planning.tally import Draws, divide, quantity

__all__ = ["Costs", "costs_of", "economics", "money_notes", "units_per_order"]


@dataclass(kw_only=True, eq=False)
class Costs:
    """Sums, chunk by chunk of series, of the discount given away and the margin of both sides.

    Attributes:
        depth: (n_series, H) the scenario's discount depth; `None` where the data has none.
        unit_cost, list_price: (n_series, H) money per unit; `None` or NaN is unknown.
        units_per_order: (n_series,) of the past; `None` or NaN is unknown.
        discount: (S,) list value − GMV of the scenario, or `None` while nothing is added.
        margin: side → (S,) GMV − unit cost × units.
        unknown: series whose units or cost can't be told were met.
    """

    depth: np.ndarray | None
    unit_cost: np.ndarray | None
    list_price: np.ndarray | None
    units_per_order: np.ndarray | None
    discount: np.ndarray | None = None
    margin: dict[str, np.ndarray] | None = None
    unknown: bool = False

    def add(self, samples: dict[str, Draws], rows: np.ndarray) -> None:
        """Add the (rows, H, S) draws of some series, both sides."""
        if "gmv" not in samples["scenario"]:
            return
        gmv = samples["scenario"]["gmv"]
        if self.depth is not None:
            ratio = self.depth[rows] / (1.0 - self.depth[rows])
            given = np.einsum("nh,nhs->s", ratio, gmv, optimize=False) if ratio.any() else np.zeros(gmv.shape[2])
            self.discount = given if self.discount is None else self.discount + given
        if self.unit_cost is None or self.unknown:
            return
        margin = {side: self._margin(samples[side], rows, side) for side in samples}
        if any(part is None for part in margin.values()):
            self.unknown = True
            return
        self.margin = margin if self.margin is None else {side: self.margin[side] + part for side, part in margin.items()}

    def add_sums(self, sums: dict[str, Draws], rows: np.ndarray) -> None:
        """Add the (rows, S) sums over the horizon of some series without a promotion, both sides; a unit costs them what it does on average."""
        horizon = {name: None if values is None else values[rows].mean(axis=1, keepdims=True) for name, values in (("unit_cost", self.unit_cost), ("list_price", self.list_price))}
        part = replace(self, **horizon, depth=None if self.depth is None else np.zeros((len(rows), 1)), discount=None, margin=None,
                       units_per_order=None if self.units_per_order is None else self.units_per_order[rows])
        part.add({side: {m: values[:, None] for m, values in draws.items()} for side, draws in sums.items()}, np.arange(len(rows)))
        self.unknown = part.unknown
        self.discount = part.discount if self.discount is None or part.discount is None else self.discount + part.discount
        if part.margin is not None:
            self.margin = part.margin if self.margin is None else {side: self.margin[side] + part.margin[side] for side in part.margin}

    def margin_increment(self) -> np.ndarray | None:
        """Return (S,) margin of the scenario less the baseline's; `None` where it can't be told or nothing was added."""
        return None if self.margin is None or self.unknown else self.margin["scenario"] - self.margin["baseline"]

    def _margin(self, samples: Draws, rows: np.ndarray, side: str) -> np.ndarray | None:
        """Return (S,) GMV less cost of the goods; `None` where a unit's cost or the units can't be told."""
        units, cost = self._units(samples, rows, side), self.unit_cost[rows]
        if units is None or not np.isfinite(cost).all():
            return None
        return samples["gmv"].sum(axis=(0, 1), dtype=np.float64) - np.einsum("nh,nhs->s", cost, units, optimize=False)

    def _units(self, samples: Draws, rows: np.ndarray, side: str) -> np.ndarray | None:
        """Units as modelled; else orders × the past's units per order; else list value ÷ list price."""
        if "units" in samples:
            return samples["units"]
        if self.units_per_order is not None and "orders" in samples and np.isfinite(self.units_per_order[rows]).all():
            return samples["orders"] * self.units_per_order[rows][:, None, None]
        if self.list_price is None or not (self.list_price[rows] > 0).all():
            return None
        depth = 0.0 if self.depth is None or side == "baseline" else self.depth[rows]
        return samples["gmv"] / (self.list_price[rows] * (1.0 - depth))[..., None]


def costs_of(panel: Panel, plan: Plan) -> Costs:
    """Return the gatherer of a scenario's costs on this panel."""
    return Costs(depth=plan.levers.get("discount_depth"), unit_cost=plan.covariates.get("unit_cost"), list_price=plan.covariates.get("list_price"),
                 units_per_order=units_per_order(panel))


def units_per_order(panel: Panel) -> np.ndarray | None:
    """Return (n_series,) units per order of the past, NaN where none was observed; `None` where the file has not both."""
    if not {"units", "orders"} <= set(panel.targets):
        return None
    units, orders = panel.observed("units"), panel.observed("orders")
    both = np.isfinite(units) & np.isfinite(orders)
    return divide(np.where(both, units, 0.0).sum(axis=1), np.where(both, orders, 0.0).sum(axis=1))


def economics(costs: Costs, plan: Plan, width: float) -> Economics:
    """Return the money of a scenario, told from the gathered draws; what can't be known is `None`.

    Margin is GMV − unit cost × units, before the ad spend; ROI is the incremental margin ÷ (discount given away + ad spend).
    """
    spend = float(plan.levers["ad_spend"].sum()) if "ad_spend" in plan.levers else 0.0
    discount = None if costs.discount is None else _tell(costs.discount, width, low=0.0)
    margin = costs.margin_increment()
    return Economics(discount_cost=discount, ad_spend=spend, margin_increment=None if margin is None else _tell(margin, width), roi=_roi(margin, costs.discount, spend, width))


def _roi(margin: np.ndarray | None, discount: np.ndarray | None, spend: float, width: float) -> Quantity | None:
    if margin is None or discount is None:
        return None
    cost = discount + spend
    if not cost.mean() > 0:
        return None
    return quantity(divide(margin, cost), float(margin.mean() / cost.mean()), width)


def _tell(draws: np.ndarray, width: float, low: float = -np.inf) -> Quantity | None:
    return quantity(draws, float(draws.mean()), width, low)


def money_notes(costs: Costs, money: bool) -> tuple[Message, ...]:
    """Say which money can't be told, and which column would tell it; nothing where there is no GMV at all."""
    if not money:
        return ()
    notes = []
    if costs.depth is None:
        notes.append(Message(N_("The data has no discount depth, so what the discount costs can't be told. Map a depth, or price and list price.")))
    if costs.unit_cost is None or costs.unknown:
        notes.append(Message(N_("Margin and return can't be told: they need `unit_cost`, and units or `list_price`, for every promoted series.")))
    return tuple(notes)
