"""Campaigns and scenarios as a merchandiser states them, checked when made; and the plan they lay on a panel."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import numpy as np

from promo_core.data.panel import NO_PROMO, Panel, Plan
from promo_core.errors import N_, DataError, ScenarioError

__all__ = ["Campaign", "Scenario", "campaign_cells", "day_share", "usual_type"]


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One promotion over `[start, end]`, both days included, on the series that `series` selects.

    Attributes:
        series: dimension → values; a dimension left out means all its values.
        discount_depth: fraction off list price.
        promo_type: one of the plan's words; `None` takes percent_off where the data knows it, else its most frequent type.
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
        for name in ("start", "end"):
            if isinstance(getattr(self, name), datetime):
                object.__setattr__(self, name, getattr(self, name).date())
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
                   horizon=None if horizon is None else _count("horizon", horizon))

    def to_plan(self, panel: Panel, horizon: int) -> Plan:
        """Lay the campaigns on the baseline plan of `panel`: (n_series, horizon) levers.

        Where campaigns overlap on a cell the deepest discount and its type hold, spends add up, visibility takes the larger;
        a campaign without a type (spend or visibility alone) leaves the other's type.
        A weekly period takes a campaign in proportion to the days it shares with it. `ad_spend` spreads evenly over the
        campaign's series and days; what falls on days outside the horizon stays there.

        Raises:
            ScenarioError: when a campaign lies outside the horizon, selects no series, names an unknown promotion type, or
                moves a lever the data lacks.
        """
        return self.lay_on(panel, panel.baseline_plan(horizon))

    def lay_on(self, panel: Panel, baseline: Plan) -> Plan:
        """Lay the campaigns on a baseline plan made before; see `to_plan`."""
        levers = {k: v.copy() for k, v in baseline.levers.items()}
        usual = usual_type(panel) if any(c.promo_type is None for c in self.campaigns) else NO_PROMO
        for campaign in self.campaigns:
            _lay(campaign, panel, baseline, levers, usual)
        return replace(baseline, levers=levers)


def campaign_cells(scenario: Scenario, panel: Panel, plan: Plan) -> np.ndarray:
    """Return (n_series, H) bool: the cells on which any campaign of `scenario` runs."""
    cells = np.zeros(plan.shape, dtype=bool)
    for campaign in scenario.campaigns:
        cells |= np.outer(selected(campaign, panel), day_share(campaign, plan) > 0)
    return cells


def selected(campaign: Campaign, panel: Panel) -> np.ndarray:
    """Return the (n_series,) mask of the campaign's series.

    Raises:
        ScenarioError: when it names a dimension or value the panel lacks, or no series at all.
    """
    try:
        mask = panel.match(campaign.series)
    except DataError as error:
        raise ScenarioError(error.message.text, **error.message.facts) from error
    if not mask.any():
        raise ScenarioError(N_("The campaign selects no series: no row of the data combines {received}. Choose values that occur together."), received=str(campaign.series))
    return mask


def usual_type(panel: Panel) -> str:
    """Return the type a campaign has that names none: percent_off where the data knows it, else its most frequent; "none" without types."""
    words = panel.plan.promo_types
    if len(words) < 2 or "promo_type" not in panel.plan.levers:
        return NO_PROMO
    if "percent_off" in words:
        return "percent_off"
    codes = np.nan_to_num(panel.past_plan().levers["promo_type"]).astype(int)
    return words[1 + int(np.argmax(np.bincount(codes.ravel(), minlength=len(words))[1:]))]


def _lay(campaign: Campaign, panel: Panel, plan: Plan, levers: dict[str, np.ndarray], usual: str) -> None:
    rows = np.flatnonzero(selected(campaign, panel))
    share = day_share(campaign, plan)
    if not share.any():
        raise ScenarioError(N_("The campaign runs {start} to {end}, outside the forecast {first} to {last}. Move it inside, or train with a longer horizon."),
                            start=str(campaign.start), end=str(campaign.end), first=str(plan.periods[0].date()), last=str(plan.periods[-1].date()))
    _require_levers(campaign, levers)
    cells = np.ix_(rows, np.flatnonzero(share))
    part = share[share > 0][None, :]
    if "promo_type" in levers:
        _lay_type(_type_code(campaign, plan, usual), campaign.discount_depth * part, levers, cells)
    for name in ("discount_depth", "feature", "display", "mailer"):
        if name in levers:
            levers[name][cells] = np.maximum(levers[name][cells], getattr(campaign, name) * part)
    if campaign.ad_spend:
        length = ((campaign.end - campaign.start).days + 1) / _days(plan)
        levers["ad_spend"][cells] += campaign.ad_spend * part / (length * len(rows))


def _require_levers(campaign: Campaign, levers: dict[str, np.ndarray]) -> None:
    for name in ("discount_depth", "ad_spend", "feature", "display", "mailer"):
        if getattr(campaign, name) and name not in levers:
            raise ScenarioError(N_("This data has no `{name}`, so its effect is unknown. Leave it at zero."), name=name)
    if campaign.promo_type not in (None, NO_PROMO) and "promo_type" not in levers:
        raise ScenarioError(N_("This data has no `{name}`, so its effect is unknown. Leave it at zero."), name="promo_type")


def _lay_type(code: int, depth: np.ndarray, levers: dict[str, np.ndarray], cells: tuple[np.ndarray, ...]) -> None:
    """Write the type where this campaign is the deepest so far, or the only one with a type."""
    before = levers["promo_type"][cells]
    deepest = depth >= levers["discount_depth"][cells] if "discount_depth" in levers else np.ones_like(before, dtype=bool)
    levers["promo_type"][cells] = np.where((deepest | (before == 0)) & (code > 0), code, before)


def _days(plan: Plan) -> int:
    return 1 if plan.frequency == "D" else 7


def day_share(campaign: Campaign, plan: Plan) -> np.ndarray:
    """Return (H,) the share of each period's days that the campaign covers: 0 or 1 for days, a fraction for weeks."""
    length = _days(plan)
    last = plan.periods.to_numpy().astype("datetime64[D]")
    first = last - np.timedelta64(length - 1, "D")
    start, end = np.datetime64(campaign.start, "D"), np.datetime64(campaign.end, "D")
    shared = (np.minimum(last, end) - np.maximum(first, start)).astype(int) + 1
    return np.clip(shared, 0, length) / length


def _type_code(campaign: Campaign, plan: Plan, usual: str) -> int:
    """Return the code of the campaign's type; where it names none, the usual one if it cuts prices or nothing else could run."""
    if campaign.promo_type is None:
        other = campaign.ad_spend or campaign.feature or campaign.display or campaign.mailer
        word = usual if campaign.discount_depth or not ("discount_depth" in plan.levers or other) else NO_PROMO
    else:
        word = campaign.promo_type
    if word not in plan.promo_types:
        raise ScenarioError(N_("This data has never seen promotion type {received}. Expected one of: {expected}."), received=word, expected=", ".join(plan.promo_types))
    return plan.promo_types.index(word)


def _selection(values: Any) -> dict[str, list[str]]:
    if not isinstance(values, dict):
        raise ScenarioError(N_("`series` maps dimensions to lists of values. Received: {received}."), received=type(values).__name__)
    return {str(k): [str(x) for x in (v if isinstance(v, (list, tuple)) else [v])] for k, v in values.items()}


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e300 or not math.isfinite(value):
        raise ScenarioError(N_("`{name}` is a number. Received: {received}."), name=name, received=repr(value)[:60])
    return float(value)


def _count(name: str, value: Any) -> int:
    number = _number(name, value)
    if number != int(number):
        raise ScenarioError(N_("`{name}` is a whole number. Received: {received}."), name=name, received=repr(value)[:60])
    return int(number)


def _day(name: str, value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ScenarioError(N_("`{name}` is a date such as 2026-06-01. Received: {received}."), name=name, received=repr(value)[:60]) from None
