"""House rules for promotions: what a scenario breaks, on which campaigns and days, told in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, Message, ScenarioError
from promo_core.locale import Count, Day, Percent
from promo_core.planning.scenario import Campaign, Scenario, day_share, selected
from promo_core.planning.tally import divide

__all__ = ["Blackout", "Breach", "Guardrails", "allowed_depths", "breaches_of"]


@dataclass(frozen=True, kw_only=True)
class Blackout:
    """Days on which nothing may be promoted, both included."""

    start: date
    end: date
    reason: str = ""

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ScenarioError(N_("A blackout ends on or after its first day. Received: {start} to {end}."), start=str(self.start), end=str(self.end))


@dataclass(frozen=True, kw_only=True)
class Guardrails:
    """The rules of a house; `None` switches a rule off.

    Attributes:
        deepest_discount: the deepest cut allowed, a fraction off list.
        least_margin: the least that must remain of a unit's price after its cost, a fraction of the price paid.
        blackouts: days without promotions.
        prior_price_days: a cut counts against the lowest price of this many days before it (30 in the EU's price indication directive).
        most_promoted_days: days on promotion that one series may have within any `fatigue_window` days.
        fatigue_window: days.
    """

    deepest_discount: float | None = None
    least_margin: float | None = None
    blackouts: tuple[Blackout, ...] = ()
    prior_price_days: int | None = 30
    most_promoted_days: int | None = 21
    fatigue_window: int = 28

    def __post_init__(self) -> None:
        for name in ("deepest_discount", "least_margin"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < 1:
                raise ScenarioError(N_("`{name}` is a fraction in [0, 1). Received: {received}. Write 20 % as 0.2."), name=name, received=value)
        for name, most in (("prior_price_days", 365), ("most_promoted_days", self.fatigue_window), ("fatigue_window", 365)):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                raise ScenarioError(N_("`{name}` is a count of days from 1 to {expected}. Received: {received}."), name=name, expected=most, received=value)

    def to_dict(self) -> dict[str, Any]:
        """Return the rules as plain values."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return told | {"blackouts": [{"start": b.start.isoformat(), "end": b.end.isoformat(), "reason": b.reason} for b in self.blackouts]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Guardrails:
        """Read what `to_dict` wrote."""
        blackouts = tuple(Blackout(start=date.fromisoformat(b["start"]), end=date.fromisoformat(b["end"]), reason=b["reason"]) for b in values.get("blackouts", []))
        return cls(**{name: values[name] for name in cls.__dataclass_fields__ if name in values and name != "blackouts"}, blackouts=blackouts)


@dataclass(frozen=True, kw_only=True)
class Breach:
    """One rule and what breaks it.

    Attributes:
        rule: "overlap", "deepest_discount", "blackout", "minimum_margin", "prior_price" or "fatigue".
        campaigns: positions in the scenario; none where a rule can't be checked at all.
        start, end: the days concerned.
        forbids: the rule is broken; else it is worth knowing.
    """

    rule: str
    message: Message
    campaigns: tuple[int, ...] = ()
    start: date | None = None
    end: date | None = None
    forbids: bool = True


def breaches_of(scenario: Scenario, panel: Panel, rules: Guardrails, horizon: int) -> tuple[Breach, ...]:
    """Return what a scenario breaks or should make known, rules broken first.

    Raises:
        ScenarioError: when a campaign selects no series of the panel.
    """
    laid = _Laid(scenario, panel, horizon, max(rules.prior_price_days or 0, rules.fatigue_window))
    found = [*_overlaps(laid), *_one_by_one(laid, rules), *_margins(laid, rules)]
    return tuple(sorted(found, key=lambda breach: not breach.forbids))


class _Laid:
    """A scenario's campaigns on a grid of series × periods that begins `lookback_days` before the future.

    Attributes:
        rows, share: per campaign, (n_series,) bool and (H,) share of each period's days.
        depth, days_on: (n_series, L + H) what ran: discount, days on promotion per period; the scenario's own campaigns left out.
    """

    def __init__(self, scenario: Scenario, panel: Panel, horizon: int, lookback_days: int) -> None:
        self.panel, self.campaigns = panel, scenario.campaigns
        self.length = 1 if panel.frequency == "D" else 7
        self.future = panel.baseline_plan(horizon)
        self.rows = [selected(c, panel) for c in self.campaigns]
        self.share = [day_share(c, self.future) for c in self.campaigns]
        past = panel.plan.window(max(0, panel.n_observed - self.periods(lookback_days)), panel.n_observed)
        room = np.zeros((panel.n_series, horizon))
        self.lookback = len(past.periods)
        self.depth = np.concatenate([np.nan_to_num(past.levers.get("discount_depth", np.zeros(past.shape))), room], axis=1)
        self.days_on = np.concatenate([self.length * past.promoted, room], axis=1)

    def periods(self, days: int) -> int:
        """Return how many periods hold this many days."""
        return -(-days // self.length)

    def first(self, number: int) -> int | None:
        """Return the grid position of a campaign's first period; `None` where it lies outside the horizon."""
        on = np.flatnonzero(self.share[number])
        return self.lookback + int(on[0]) if len(on) else None

    @cached_property
    def all_days_on(self) -> np.ndarray:
        """(n_series, L + H) days on promotion per period, the scenario's campaigns included."""
        on = self.days_on.copy()
        for rows, share in zip(self.rows, self.share, strict=True):
            on[rows, self.lookback:] = np.maximum(on[rows, self.lookback:], np.round(share * self.length))
        return on


def _overlaps(laid: _Laid) -> Iterator[Breach]:
    for a, b in combinations(range(len(laid.campaigns)), 2):
        first, second = laid.campaigns[a], laid.campaigns[b]
        start, end = max(first.start, second.start), min(first.end, second.end)
        shared = int((laid.rows[a] & laid.rows[b]).sum())
        if start <= end and shared:
            text = N_("Campaigns {first} and {second} overlap from {start} to {end} on {count} series: the deeper discount holds, spends add up.")
            yield Breach(rule="overlap", message=Message(text, {"first": a + 1, "second": b + 1, "start": Day(start), "end": Day(end), "count": Count(shared)}),
                         campaigns=(a, b), start=start, end=end, forbids=False)


def _one_by_one(laid: _Laid, rules: Guardrails) -> Iterator[Breach]:
    for number, campaign in enumerate(laid.campaigns):
        if rules.deepest_discount is not None and campaign.discount_depth > rules.deepest_discount + 1e-9:
            yield _breach("deepest_discount", laid, number, N_("Campaign {number}: {depth} off is deeper than the {limit} allowed."),
                          depth=Percent(campaign.discount_depth, 0), limit=Percent(rules.deepest_discount, 0))
        for blackout in rules.blackouts:
            yield from _blacked_out(laid, number, campaign, blackout)
        if rules.prior_price_days is not None and campaign.discount_depth > 0:
            yield from _prior_price(laid, number, campaign.discount_depth, rules.prior_price_days)
        if rules.most_promoted_days is not None:
            yield from _fatigue(laid, number, rules.most_promoted_days, rules.fatigue_window)


def _blacked_out(laid: _Laid, number: int, campaign: Campaign, blackout: Blackout) -> Iterator[Breach]:
    start, end = max(campaign.start, blackout.start), min(campaign.end, blackout.end)
    if start <= end:
        text = N_("Campaign {number} runs on days without promotions: {start} to {end} ({reason}).") if blackout.reason else N_("Campaign {number} runs on days without promotions: {start} to {end}.")
        facts = {"number": number + 1, "start": Day(start), "end": Day(end), "reason": blackout.reason.replace("{", "(").replace("}", ")")}
        yield Breach(rule="blackout", message=Message(text, facts), campaigns=(number,), start=start, end=end)


def _prior_price(laid: _Laid, number: int, depth: float, days: int) -> Iterator[Breach]:
    """Compare a cut with the lowest price before it, the scenario's other campaigns included."""
    before = _deepest_before(laid, number, days)
    not_lower = int((before >= depth - 1e-9).sum())
    if not_lower:
        yield _breach("prior_price", laid, number, N_("Campaign {number}: on {count} series the price was already {depth} below list within the {days} days before. It is no price cut there."),
                      count=Count(not_lower), depth=Percent(float(before.max()), 0), days=days)
    elif before.any():
        real = 1.0 - (1.0 - depth) / (1.0 - float(before.max()))
        yield _breach("prior_price", laid, number, N_("Campaign {number}: against the lowest price of the {days} days before, {depth} off is {real} off only, on {count} series."),
                      forbids=False, days=days, depth=Percent(depth, 0), real=Percent(real, 0), count=Count(int((before > 0).sum())))


def _deepest_before(laid: _Laid, number: int, days: int) -> np.ndarray:
    """Return the deepest discount of the `days` before a campaign, one per series of it; none outside the horizon."""
    first, rows = laid.first(number), np.flatnonzero(laid.rows[number])
    if first is None:
        return np.zeros(0)
    window = slice(max(0, first - laid.periods(days)), first)
    before = laid.depth[rows, window].max(axis=1, initial=0.0)
    for other, campaign in enumerate(laid.campaigns):
        reach = np.pad(laid.share[other], (laid.lookback, 0))[window]
        if other != number and reach.any():
            before = np.where(laid.rows[other][rows], np.maximum(before, campaign.discount_depth * reach.max()), before)
    return before


def _fatigue(laid: _Laid, number: int, most: int, window_days: int) -> Iterator[Breach]:
    """Count days on promotion in every window that holds a day of the campaign."""
    first = laid.first(number)
    if first is None:
        return
    window, last = laid.periods(window_days), laid.lookback + int(np.flatnonzero(laid.share[number])[-1])
    on = laid.all_days_on[laid.rows[number]]
    sums = np.pad(on.cumsum(axis=1), ((0, 0), (1, 0)))
    ends = np.arange(first + 1, min(last + window, on.shape[1]) + 1)
    counts = (sums[:, ends] - sums[:, np.maximum(ends - window, 0)]).max(axis=1)
    tired = counts > most
    if tired.any():
        yield _breach("fatigue", laid, number, N_("Campaign {number}: {count} series would be on promotion {days} of {window} days; the limit is {limit}."),
                      count=Count(int(tired.sum())), days=int(counts.max()), window=window_days, limit=most)


def _margins(laid: _Laid, rules: Guardrails) -> Iterator[Breach]:
    if rules.least_margin is None or not laid.campaigns:
        return
    margins = _unit_margins(laid.panel, laid.future)
    if margins is None:
        yield Breach(rule="minimum_margin", message=Message(N_("The least margin can't be checked: it needs `unit_cost`, and `list_price` or units.")), forbids=False)
        return
    for number, campaign in enumerate(laid.campaigns):
        rows = laid.rows[number] & np.isfinite(margins)
        left = 1.0 - (1.0 - margins[rows]) / (1.0 - campaign.discount_depth)
        short = left < rules.least_margin - 1e-9
        if short.any():
            yield _breach("minimum_margin", laid, number, N_("Campaign {number}: at {depth} off, {left} of the price remains as margin on the worst of {count} series; the least is {limit}."),
                          depth=Percent(campaign.discount_depth, 0), left=Percent(float(left.min()), 0), count=Count(int(short.sum())), limit=Percent(rules.least_margin, 0))


def allowed_depths(scenario: Scenario, number: int, panel: Panel, rules: Guardrails, horizon: int) -> tuple[float, float] | None:
    """Return (above, up to) the discounts that one campaign may have where it stands; `None` where it may have none at all.

    Raises:
        ScenarioError: when a campaign selects no series of the panel.
    """
    laid = _Laid(scenario, panel, horizon, max(rules.prior_price_days or 0, rules.fatigue_window))
    campaign = laid.campaigns[number]
    blocked = any(True for blackout in rules.blackouts for _breach in _blacked_out(laid, number, campaign, blackout))
    tired = rules.most_promoted_days is not None and any(True for _breach in _fatigue(laid, number, rules.most_promoted_days, rules.fatigue_window))
    if blocked or tired:
        return None
    low = float(_deepest_before(laid, number, rules.prior_price_days).max(initial=0.0)) if rules.prior_price_days is not None else 0.0
    high = min(1.0 if rules.deepest_discount is None else rules.deepest_discount, _margin_limit(laid, number, rules.least_margin))
    return (low, high) if high > low else None


def _margin_limit(laid: _Laid, number: int, least: float | None) -> float:
    """Return the deepest discount that leaves the least margin on every series of a campaign; 1 where that can't be told."""
    margins = None if least is None else _unit_margins(laid.panel, laid.future)
    if margins is None:
        return 1.0
    rows = laid.rows[number] & np.isfinite(margins)
    return float((1.0 - (1.0 - margins[rows]) / (1.0 - least)).min(initial=1.0))


def _unit_margins(panel: Panel, plan: Plan) -> np.ndarray | None:
    """Return (n_series,) the share of a unit's list price that remains after its cost; NaN where unknown, `None` where the data can't tell.

    Without `list_price` the usual price stands in: what a unit brought in unpromoted periods.
    """
    covariates = plan.covariates
    if "unit_cost" not in covariates:
        return None
    price = covariates["list_price"][:, -1] if "list_price" in covariates else _usual_price(panel)
    return None if price is None else 1.0 - divide(covariates["unit_cost"][:, -1], price)


def _usual_price(panel: Panel) -> np.ndarray | None:
    if not {"units", "gmv"} <= set(panel.targets):
        return None
    units, gmv = panel.observed("units"), panel.observed("gmv")
    usual = np.isfinite(units) & np.isfinite(gmv) & ~panel.past_plan().promoted
    return divide(np.where(usual, gmv, 0.0).sum(axis=1), np.where(usual, units, 0.0).sum(axis=1))


def _breach(rule: str, laid: _Laid, number: int, text: str, *, forbids: bool = True, **facts: object) -> Breach:
    campaign = laid.campaigns[number]
    return Breach(rule=rule, message=Message(text, {"number": number + 1, **facts}), campaigns=(number,), start=campaign.start, end=campaign.end, forbids=forbids)
