"""Campaigns and scenarios as a merchandiser states them, checked when made; and the plan they lay on a panel."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from promo_core.data.panel import NO_PROMO, Panel, Plan
from promo_core.errors import N_, ScenarioError

__all__ = ["Campaign", "Scenario"]


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One promotion over `[start, end]`, both days included, on the series that `series` selects.

    Attributes:
        series: dimension → values; a dimension left out means all its values.
        discount_depth: fraction off list price.
        ad_spend: money over the whole campaign, all its series together.
        feature, display, mailer: visibility, fractions 0–1.
    """

    start: date
    end: date
    series: dict[str, list[str]] = field(default_factory=dict)
    promo_type: str | None = None
    discount_depth: float = 0.0
    ad_spend: float = 0.0
    feature: float = 0.0
    display: float = 0.0
    mailer: float = 0.0
    name: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.start, date) or not isinstance(self.end, date):
            raise ScenarioError(N_("`start` and `end` are dates such as 2026-06-01. Received: {received}."), received=f"{self.start!r}, {self.end!r}")
        if self.end < self.start:
            raise ScenarioError(N_("A campaign ends on or after its start. Received: start {start}, end {end}."), start=str(self.start), end=str(self.end))
        if not 0 <= self.discount_depth < 1:
            raise ScenarioError(N_("`discount_depth` is a fraction in [0, 1). Received: {received}. Write 20 % as 0.2."), received=self.discount_depth)
        if not 0 <= self.ad_spend < float("inf"):
            raise ScenarioError(N_("`ad_spend` is money, zero or more. Received: {received}."), received=self.ad_spend)
        for name in ("feature", "display", "mailer"):
            if not 0 <= getattr(self, name) <= 1:
                raise ScenarioError(N_("`{name}` is a fraction from 0 to 1. Received: {received}."), name=name, received=getattr(self, name))

    def to_dict(self) -> dict[str, Any]:
        """Return the campaign as the scenario file writes it."""
        extras = {k: getattr(self, k) for k in ("feature", "display", "mailer", "name") if getattr(self, k)}
        return {"series": {k: list(v) for k, v in self.series.items()}, "start": self.start.isoformat(), "end": self.end.isoformat(),
                "promo_type": self.promo_type, "discount_depth": self.discount_depth, "ad_spend": self.ad_spend, **extras}

    @classmethod
    def from_dict(cls, values: Any) -> Campaign:
        """Read one campaign of a scenario file.

        Raises:
            ScenarioError: naming the field that is missing, unknown or out of range.
        """
        if not isinstance(values, dict):
            raise ScenarioError(N_("A campaign is an object with `start` and `end`. Received: {received}."), received=type(values).__name__)
        fields = set(cls.__dataclass_fields__)
        unknown = sorted(set(map(str, values)) - fields)
        if unknown:
            raise ScenarioError(N_("Unknown campaign field: {received}. Expected some of: {expected}."), received=", ".join(unknown), expected=", ".join(sorted(fields)))
        numbers = {k: _number(k, values[k]) for k in ("discount_depth", "ad_spend", "feature", "display", "mailer") if values.get(k) is not None}
        return cls(start=_day("start", values.get("start")), end=_day("end", values.get("end")), series=_selection(values.get("series") or {}),
                   promo_type=None if values.get("promo_type") is None else str(values["promo_type"]), name=str(values.get("name") or ""), **numbers)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Named campaigns laid on the periods after the origin. No campaigns is a scenario too: the baseline."""

    name: str
    campaigns: tuple[Campaign, ...] = ()
    horizon: int | None = None

    def __post_init__(self) -> None:
        if self.horizon is not None and not 1 <= self.horizon <= 400:
            raise ScenarioError(N_("`horizon` is a count of periods from 1 to 400. Received: {received}."), received=self.horizon)

    def renamed(self, name: str) -> Scenario:
        """Return a copy under another name."""
        return replace(self, name=name)

    def to_dict(self) -> dict[str, Any]:
        """Return the scenario as its file writes it."""
        return {"name": self.name, "horizon": self.horizon, "campaigns": [c.to_dict() for c in self.campaigns]}

    @classmethod
    def from_dict(cls, values: Any) -> Scenario:
        """Read a scenario file's content.

        Raises:
            ScenarioError: naming what is wrong and what was expected.
        """
        if not isinstance(values, dict) or not isinstance(values.get("campaigns", []), list):
            raise ScenarioError(N_("A scenario is an object with `name` and a list `campaigns`. Received: {received}."), received=type(values).__name__)
        horizon = values.get("horizon")
        return cls(name=str(values.get("name") or "scenario"), campaigns=tuple(map(Campaign.from_dict, values.get("campaigns", []))),
                   horizon=None if horizon is None else int(_number("horizon", horizon)))

    def to_plan(self, panel: Panel, horizon: int) -> Plan:
        """Lay the campaigns on the baseline plan of `panel`: (n_series, horizon) levers.

        Where campaigns overlap on a cell the deepest discount and its type hold, spends add up, visibility takes the larger.
        A weekly period takes a campaign in proportion to the days it shares with it. `ad_spend` spreads evenly over the
        campaign's series and days.

        Raises:
            ScenarioError: when a campaign lies outside the horizon, selects no series, or names an unknown promotion type.
        """
        plan = panel.baseline_plan(horizon)
        levers = {k: v.copy() for k, v in plan.levers.items()}
        for campaign in self.campaigns:
            _lay(campaign, panel, plan, levers)
        return replace(plan, levers=levers)


def _lay(campaign: Campaign, panel: Panel, plan: Plan, levers: dict[str, np.ndarray]) -> None:
    rows = np.flatnonzero(panel.match(campaign.series))
    share = day_share(campaign, plan)
    if not len(rows):
        raise ScenarioError(N_("The campaign selects no series: no row of the data combines {received}."), received=str(campaign.series))
    if not share.any():
        raise ScenarioError(N_("The campaign runs {start} to {end}, outside the forecast {first} to {last}. Move it inside, or train with a longer horizon."),
                            start=str(campaign.start), end=str(campaign.end), first=str(plan.periods[0].date()), last=str(plan.periods[-1].date()))
    depth = levers.get("discount_depth")
    cells = np.ix_(rows, np.flatnonzero(share))
    part = share[share > 0][None, :]
    wins = np.ones((len(rows), part.shape[1]), dtype=bool) if depth is None else campaign.discount_depth * part >= depth[cells]
    if "promo_type" in levers:
        levers["promo_type"][cells] = np.where(wins, _type_code(campaign, plan), levers["promo_type"][cells])
    for name in ("discount_depth", "feature", "display", "mailer"):
        if name in levers:
            levers[name][cells] = np.maximum(levers[name][cells], getattr(campaign, name) * part)
        elif getattr(campaign, name):
            raise ScenarioError(N_("This data has no `{name}`, so its effect is unknown. Leave it at zero."), name=name)
    if "ad_spend" in levers:
        levers["ad_spend"][cells] += campaign.ad_spend * part / (part.sum() * len(rows))
    elif campaign.ad_spend:
        raise ScenarioError(N_("This data has no `{name}`, so its effect is unknown. Leave it at zero."), name="ad_spend")


def day_share(campaign: Campaign, plan: Plan) -> np.ndarray:
    """Return (H,) the share of each period's days that the campaign covers: 0 or 1 for days, a fraction for weeks."""
    length = 1 if plan.frequency == "D" else 7
    last = plan.periods.to_numpy().astype("datetime64[D]")
    first = last - np.timedelta64(length - 1, "D")
    start, end = np.datetime64(campaign.start, "D"), np.datetime64(campaign.end, "D")
    shared = (np.minimum(last, end) - np.maximum(first, start)).astype(int) + 1
    return np.clip(shared, 0, length) / length


def _type_code(campaign: Campaign, plan: Plan) -> int:
    """Return the code of the campaign's type; where it names none, of the most usual one in the plan's words."""
    word = campaign.promo_type or (plan.promo_types[1] if len(plan.promo_types) > 1 and (campaign.discount_depth or not campaign.promo_type) else NO_PROMO)
    if word not in plan.promo_types:
        raise ScenarioError(N_("This data has never seen promotion type {received}. Expected one of: {expected}."), received=word, expected=", ".join(plan.promo_types))
    return plan.promo_types.index(word)


def _selection(values: Any) -> dict[str, list[str]]:
    if not isinstance(values, dict):
        raise ScenarioError(N_("`series` maps dimensions to lists of values. Received: {received}."), received=type(values).__name__)
    return {str(k): [str(x) for x in (v if isinstance(v, (list, tuple)) else [v])] for k, v in values.items()}


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise ScenarioError(N_("`{name}` is a number. Received: {received}."), name=name, received=repr(value)[:60])
    return float(value)


def _day(name: str, value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ScenarioError(N_("`{name}` is a date such as 2026-06-01. Received: {received}."), name=name, received=repr(value)[:60]) from None
