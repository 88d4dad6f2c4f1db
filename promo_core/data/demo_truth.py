"""What promotions truly do in a generated shop: the levers' effect on traffic, conversion and value per order, exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from promo_core.data.panel import NO_PROMO, Plan
from promo_core.errors import N_, ScenarioError

__all__ = ["FORMS", "PROMO_TYPES", "Mechanism", "PromoType", "Truth", "depth_curve", "measures_of_links"]

FORMS = ("hill", "threshold", "log", "elastic")
_UNIT_DEPTH = 0.3  # every form's curve is 1 here, so that strengths compare


@dataclass(frozen=True, kw_only=True)
class PromoType:
    """How one promotion type differs: share of the depth that buyers really pay less, pull, and where it pulls.

    Attributes:
        word: its name in the file.
        pull: factor on the depth's effect.
        traffic: added to the share of the effect that comes through traffic.
        paid_share: share of the depth that leaves the money paid (a coupon is not always redeemed, a gift costs no GMV).
        basket: what it adds to log value per order at depth 0.3 (buyers filling up to a threshold).
        longest: most days a campaign of it lasts.
        frequency: how often it is chosen.
    """

    word: str
    pull: float
    traffic: float
    paid_share: float
    basket: float
    longest: int
    frequency: float


PROMO_TYPES: tuple[PromoType, ...] = (
    PromoType(word="percent_off", pull=1.0, traffic=0.0, paid_share=1.0, basket=0.02, longest=14, frequency=0.34),
    PromoType(word="threshold_off", pull=0.85, traffic=-0.1, paid_share=0.7, basket=0.14, longest=14, frequency=0.24),
    PromoType(word="coupon", pull=0.75, traffic=-0.15, paid_share=0.6, basket=0.03, longest=10, frequency=0.2),
    PromoType(word="gift", pull=0.55, traffic=0.1, paid_share=0.0, basket=0.06, longest=10, frequency=0.1),
    PromoType(word="flash_sale", pull=1.35, traffic=0.2, paid_share=1.0, basket=0.0, longest=2, frequency=0.12),
)


def depth_curve(form: str, depth: np.ndarray) -> np.ndarray:
    """Return how strongly a depth acts, 0 at 0 and 1 at 0.3, rising; `form` is one of `FORMS`.

    Raises:
        ScenarioError: when the form is unknown.
    """
    curves = {"hill": lambda d: d**1.8 / (d**1.8 + 0.22**1.8), "threshold": lambda d: 1 / (1 + np.exp(-(d - 0.18) / 0.035)) - 1 / (1 + np.exp(0.18 / 0.035)),
              "log": lambda d: np.log1p(12 * d), "elastic": lambda d: -np.log1p(-d)}
    if form not in curves:
        raise ScenarioError(N_("`form` is one of {expected}. Received: {received}."), expected=", ".join(FORMS), received=form)
    return curves[form](np.asarray(depth, dtype=float)) / curves[form](_UNIT_DEPTH)


@dataclass(frozen=True, kw_only=True, eq=False)
class Mechanism:
    """The levers' true effect on the links log visitors, logit conversion, log value per order.

    Attributes:
        form: one of `FORMS`.
        strength: (n_series,) log uplift of orders at depth 0.3 by percent_off, fresh.
        traffic_share: (n_series,) share of that uplift that comes through traffic.
        spend_unit: (n_series,) money that counts as one unit of ad spend.
        badge: log uplift of any discount, however small.
        event_interaction: how much stronger a depth acts at the height of a retail event.
        fatigue: share of the effect lost where promotions never stop.
        pull_forward: share of the extra orders that is missing afterwards.
        rivals: (n_series, n_series) share of extra demand of the column that the row's series loses, relative to its size.
        days: days per period.
    """

    form: str
    strength: np.ndarray
    traffic_share: np.ndarray
    spend_unit: np.ndarray
    badge: float
    event_interaction: float
    fatigue: float
    pull_forward: float
    rivals: np.ndarray
    days: int = 1

    def effect(self, plan: Plan, event: np.ndarray) -> np.ndarray:
        """Return (n_series, T, 3) effects of a plan that starts after a promotion-free past.

        Args:
            plan: levers `discount_depth` and `promo_type`, and where they are used `ad_spend` and `feature`.
            event: (T,) height of retail events, 0–1.
        """
        depth = plan.levers["discount_depth"]
        kind = {name: _by_type(plan, name) for name in ("pull", "traffic", "paid_share", "basket")}
        running = (depth > 0).astype(float)
        curve = depth_curve(self.form, depth)
        tired = 1.0 - self.fatigue * _recent(running, 0.97**self.days)
        demand = (self.strength[:, None] * curve * kind["pull"] * (1.0 + self.event_interaction * event) + self.badge * running) * tired
        share = np.clip(self.traffic_share[:, None] + kind["traffic"], 0.0, 1.0)
        feature = plan.levers.get("feature", np.zeros_like(depth))
        spend = plan.levers.get("ad_spend", np.zeros_like(depth)) / self.spend_unit[:, None]
        traffic = share * demand + 0.12 * np.log1p(spend) + 0.18 * feature
        conversion = (1.0 - share) * demand + 0.04 * feature
        extra = np.expm1(traffic + conversion)
        lost = np.log1p(-np.minimum(self.pull_forward * _recent(extra, 0.85**self.days), 0.8)) + np.log1p(-np.minimum(self.rivals @ extra, 0.6))
        value = np.log1p(-kind["paid_share"] * depth) + kind["basket"] * curve
        return np.stack([traffic + 0.5 * lost, conversion + 0.5 * lost, value], axis=-1)


def _by_type(plan: Plan, name: str) -> np.ndarray:
    """Return (n_series, T) of one property of the promotion type that runs in each cell."""
    known = {kind.word: getattr(kind, name) for kind in PROMO_TYPES}
    unknown = [word for word in plan.promo_types if word != NO_PROMO and word not in known]
    if unknown:
        raise ScenarioError(N_("The demo shop knows the promotion types {expected}. Received: {received}."), expected=", ".join(known), received=", ".join(unknown))
    neutral = getattr(PROMO_TYPES[0], name)
    table = np.array([known.get(word, neutral) for word in plan.promo_types])
    return table[plan.levers["promo_type"].astype(int)]


def _recent(values: np.ndarray, decay: float) -> np.ndarray:
    """Return the exponentially weighted mean of the periods before each one, (n_series, T)."""
    out = np.zeros((values.shape[1], values.shape[0]))
    for t, before in enumerate(values.T[:-1], start=1):
        out[t] = decay * out[t - 1] + (1.0 - decay) * before
    return out.T


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """The true expectation of any future plan, given the shocks that come anyway (the same under every plan).

    Attributes:
        mechanism: how levers act.
        past: the plan that ran.
        links: (n_series, T + future, 3) log visitors, logit conversion, log value per order without any promotion.
        event: (T + future,) height of retail events.
        cost_per_order: (n_series,) cost of the goods in one order.
    """

    mechanism: Mechanism
    past: Plan
    links: np.ndarray
    event: np.ndarray
    cost_per_order: np.ndarray

    def effect(self, plan: Plan) -> np.ndarray:
        """Return (n_series, H, 3), the effect of `plan` after the past that was, on the link scale.

        Raises:
            ScenarioError: when the plan does not start right after the origin or reaches beyond the generated future.
        """
        start, horizon = len(self.past.periods), plan.shape[1]
        if plan.periods[0] <= self.past.periods[-1] or start + horizon > self.links.shape[1]:
            raise ScenarioError(N_("A plan covers at most {expected} periods after {origin}. Received: {horizon} periods from {first}."),
                                expected=self.links.shape[1] - start, origin=str(self.past.periods[-1].date()), horizon=horizon, first=str(plan.periods[0].date()))
        names = ("discount_depth", "promo_type", "ad_spend", "feature")
        levers = {k: np.concatenate([self.past.levers[k], plan.levers[k]], axis=1) for k in names if k in plan.levers}
        joined = replace(plan, periods=self.past.periods.append(plan.periods), levers=levers, covariates={})
        return self.mechanism.effect(joined, self.event[: start + horizon])[:, start:]

    def expected_links(self, plan: Plan) -> np.ndarray:
        """Return (n_series, H, 3), the expected links under `plan`."""
        start = len(self.past.periods)
        return self.links[:, start: start + plan.shape[1]] + self.effect(plan)

    def expected(self, plan: Plan) -> dict[str, np.ndarray]:
        """Return visitors, conversion, orders, value_per_order and gmv under `plan`, each (n_series, H)."""
        return measures_of_links(self.expected_links(plan))

    def increment(self, plan: Plan) -> dict[str, np.ndarray]:
        """Return visitors, orders and gmv of `plan` less those of its baseline, each (n_series, H): during, after, and in other series."""
        with_promotion, without = self.expected(plan), self.expected(plan.without_promotions())
        return {name: with_promotion[name] - without[name] for name in ("visitors", "orders", "gmv")}

    def margin(self, plan: Plan) -> np.ndarray:
        """Return (n_series, H): GMV less the cost of the goods and the ad spend."""
        told = self.expected(plan)
        return told["gmv"] - told["orders"] * self.cost_per_order[:, None] - plan.levers.get("ad_spend", 0.0)

    def curve(self, row: int, depths: np.ndarray, promo_type: str = "percent_off") -> np.ndarray:
        """Return (len(depths), 3): a fresh one-period promotion's effect on one series' links, outside events, by depth."""
        depths = np.asarray(depths, dtype=float)
        one = replace(self.mechanism, rivals=np.zeros((len(depths),) * 2),
                      **{k: np.repeat(getattr(self.mechanism, k)[row], len(depths)) for k in ("strength", "traffic_share", "spend_unit")})
        plan = Plan(periods=self.past.periods[-1:], promo_types=(NO_PROMO, promo_type), frequency=self.past.frequency,
                    levers={"discount_depth": depths[:, None], "promo_type": (depths[:, None] > 0).astype(float)})
        return one.effect(plan, np.zeros(1))[:, 0]


def measures_of_links(links: np.ndarray) -> dict[str, np.ndarray]:
    """Return visitors, conversion, orders, value_per_order and gmv of links (..., 3)."""
    visitors, conversion, value = np.exp(links[..., 0]), 1 / (1 + np.exp(-links[..., 1])), np.exp(links[..., 2])
    orders = visitors * conversion
    return {"visitors": visitors, "conversion": conversion, "orders": orders, "value_per_order": value, "gmv": orders * value}
