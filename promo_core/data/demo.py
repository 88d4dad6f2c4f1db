"""A generated shop from a stated seed, whose true effects are known: its file, its panel and its truth."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from promo_core.data.demo_campaigns import deal_campaigns
from promo_core.data.demo_season import autoregressive, event_height, season_links
from promo_core.data.demo_truth import FORMS, Mechanism, Truth
from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, DataError

__all__ = ["QUICK", "DemoConfig", "DemoShop", "demo_shop"]

_SEGMENTS = ("dormant", "loyal", "new", "vip")
_CATEGORIES = ("beauty", "food", "home", "sports")
_CHANNELS = ("app", "mini", "store", "web")
_LIST_PRICE = {"beauty": 168.0, "food": 79.0, "home": 228.0, "sports": 149.0}
_FUTURE = 400  # periods after the origin whose shocks are drawn, the longest horizon a plan may have


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """What kind of shop; the same config gives the same numbers.

    Attributes:
        n_segments, n_categories, n_channels: values per dimension; series are their combinations.
        n_periods: periods of history.
        end: last observed day (of a weekly shop: the week that holds it is the last).
        frequency: "D" or "W-SUN".
        form: how the effect grows with depth, one of `demo_truth.FORMS`.
        strength: log uplift of orders at depth 0.3, on average over series.
        traffic_share: share of the uplift that comes through traffic.
        confounding: how far past depth and timing follow demand: 0 at random, 1 wholly, below 0 deep where demand is weak.
        promo_share: share of cells promoted.
        pull_forward: share of the extra orders missing afterwards.
        cannibalisation: share of the extra orders taken from sibling series.
        fatigue: share of the effect lost where promotions never stop.
        event_interaction: how much stronger depth acts at the height of a retail event.
        noise: factor on all shocks.
        common_shock: factor on the shocks that all series share.
        stockout: chance per promoted cell that stock runs out.
        flash_only: every campaign is a flash sale of a day or two.
        size: factor on traffic.
    """

    seed: int = 7
    n_segments: int = 4
    n_categories: int = 4
    n_channels: int = 4
    n_periods: int = 731
    end: date = date(2026, 5, 31)
    frequency: str = "D"
    form: str = "hill"
    strength: float = 0.75
    traffic_share: float = 0.45
    confounding: float = 0.6
    promo_share: float = 0.22
    pull_forward: float = 0.15
    cannibalisation: float = 0.12
    fatigue: float = 0.25
    event_interaction: float = 0.2
    noise: float = 1.0
    common_shock: float = 1.0
    stockout: float = 0.0
    flash_only: bool = False
    size: float = 1.0

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise DataError(N_("`form` is one of {expected}. Received: {received}."), expected=", ".join(FORMS), received=self.form)
        if self.frequency not in ("D", "W-SUN"):
            raise DataError(N_("`frequency` is D or W-SUN. Received: {received}."), received=self.frequency)
        if not -1 <= self.confounding <= 1:
            raise DataError(N_("`confounding` lies from -1 to 1. Received: {received}."), received=self.confounding)

    @property
    def days(self) -> int:
        """Days per period."""
        return 1 if self.frequency == "D" else 7


QUICK = DemoConfig(n_segments=3, n_categories=2, n_channels=1, n_periods=200)


@dataclass(frozen=True, kw_only=True, eq=False)
class DemoShop:
    """A generated shop: `frame` is its CSV's rows, `panel` what reading them gives, `truth` what promotions truly do."""

    config: DemoConfig
    frame: pd.DataFrame
    panel: Panel
    truth: Truth


@dataclass(frozen=True, kw_only=True, eq=False)
class _Traits:
    """What one series is, arrays of (n_series,)."""

    visitors: np.ndarray
    conversion: np.ndarray
    list_price: np.ndarray
    units_per_order: np.ndarray
    unit_cost: np.ndarray
    strength: np.ndarray
    traffic_share: np.ndarray


def demo_shop(config: DemoConfig = DemoConfig()) -> DemoShop:  # noqa: B008 - the config is frozen
    """Generate the shop of `config`."""
    series = _series(config)
    traits = _traits(config, series)
    periods = pd.date_range(end=_last_period(config), periods=config.n_periods, freq=config.frequency)
    grid = periods.append(pd.date_range(periods[-1], periods=_FUTURE + 1, freq=config.frequency)[1:])
    event = event_height(grid, config.days)
    links, mood = _demand(config, series, traits, grid, event)
    usual = traits.visitors * traits.conversion * traits.list_price * traits.units_per_order * config.days
    plan, campaigns = deal_campaigns(series=series, periods=periods, mood=mood[:, : config.n_periods], event=event[: config.n_periods], usual_gmv=usual,
                                     confounding=config.confounding, promo_share=config.promo_share, flash_only=config.flash_only,
                                     frequency=config.frequency, rng=_rng(config, 3))
    truth = Truth(mechanism=_mechanism(config, series, traits, usual), past=plan, links=links, event=event, cost_per_order=traits.unit_cost * traits.units_per_order)
    targets, stock = _sell(config, traits, truth)
    covariates = {"list_price": _spread(traits.list_price, plan), "unit_cost": _spread(traits.unit_cost, plan)} | ({} if stock is None else {"stock": stock})
    panel = Panel(series=series, periods=periods, n_observed=config.n_periods, targets=targets, plan=replace(plan, covariates=covariates), frequency=config.frequency,
                  currency="CNY", campaigns=campaigns, name="demo shop", fingerprint=hashlib.sha256(repr(config).encode()).hexdigest())
    return DemoShop(config=config, frame=_frame(panel), panel=panel, truth=truth)


def _rng(config: DemoConfig, stream: int) -> np.random.Generator:
    return np.random.default_rng([config.seed, stream])


def _last_period(config: DemoConfig) -> pd.Timestamp:
    end = pd.Timestamp(config.end)
    return end if config.frequency == "D" else end + pd.Timedelta(days=6 - end.day_of_week)


def _series(config: DemoConfig) -> pd.DataFrame:
    """Return one row per series, sorted by its dimensions, as reading the file sorts them."""
    values = [sorted(_named(known, prefix, count)) for known, prefix, count in
              ((_SEGMENTS, "segment", config.n_segments), (_CATEGORIES, "category", config.n_categories), (_CHANNELS, "channel", config.n_channels))]
    return pd.DataFrame(list(product(*values)), columns=["segment", "category", "channel"], dtype="str")


def _named(known: tuple[str, ...], prefix: str, count: int) -> list[str]:
    return list(known[:count]) + [f"{prefix} {k + 1:02d}" for k in range(len(known), count)]


def _traits(config: DemoConfig, series: pd.DataFrame) -> _Traits:
    """Draw what each series is from effects of its segment, category and channel."""
    rng = _rng(config, 1)
    n = len(series)

    def by(name: str, spread: float) -> np.ndarray:
        codes, values = pd.factorize(series[name])
        return rng.normal(0.0, spread, len(values))[codes]

    price = series["category"].map(_LIST_PRICE).to_numpy(dtype=float, na_value=np.nan)
    price = np.where(np.isnan(price), 140.0 * np.exp(by("category", 0.35)), price)
    eager = np.exp(by("segment", 0.25) + by("category", 0.2) + by("channel", 0.08) + rng.normal(0.0, 0.08, n))
    return _Traits(
        visitors=config.size * 2600.0 * np.exp(by("segment", 0.35) + by("category", 0.3) + by("channel", 0.35) + rng.normal(0.0, 0.1, n)),
        conversion=np.clip(0.028 * np.exp(by("segment", 0.35) + by("category", 0.15) + by("channel", 0.15)), 0.01, 0.06),
        list_price=price, units_per_order=np.clip(1.35 * np.exp(by("segment", 0.1) + by("channel", 0.05)), 1.05, 2.2),
        unit_cost=np.round(price * np.clip(0.42 + by("category", 0.06), 0.3, 0.6), 2),
        strength=config.strength * eager / eager.mean(),
        traffic_share=np.clip(config.traffic_share + by("channel", 0.06) + by("segment", 0.05), 0.0, 1.0))


def _demand(config: DemoConfig, series: pd.DataFrame, traits: _Traits, grid: pd.DatetimeIndex, event: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the links without promotions (n, T, 3), and (n, T) the mood a merchandiser sees, standardised per series."""
    rng = _rng(config, 2)
    n, t = len(series), len(grid)
    season, category = season_links(series["category"], grid, config.days, rng)
    scale, memory = config.noise / np.sqrt(config.days) ** 0.5, 0.6 ** np.sqrt(config.days)
    common = config.common_shock * (autoregressive(rng, (1, t), memory, 0.08 * scale) + autoregressive(rng, (category.max() + 1, t), memory, 0.06 * scale)[category])
    drift = np.cumsum(rng.normal(0.0, 0.006 * config.noise * np.sqrt(config.days), (n, t)), axis=1) + np.linspace(0.0, 1.0, t) * rng.normal(0.12, 0.15, (n, 1))
    drift -= drift[:, config.n_periods // 2, None]
    boom = event * (0.7 + rng.normal(0.0, 0.12, (n, 1)))
    traffic = season + 0.7 * boom + 0.7 * common + drift + autoregressive(rng, (n, t), memory, 0.09 * scale)
    conversion = 0.3 * boom + 0.3 * common + autoregressive(rng, (n, t), memory, 0.06 * scale)
    value = 0.05 * boom + autoregressive(rng, (n, t), memory, 0.03 * scale)
    odds = np.log(traits.conversion / (1 - traits.conversion))
    links = np.stack([np.log(traits.visitors * config.days)[:, None] + traffic, odds[:, None] + conversion,
                      np.log(traits.list_price * traits.units_per_order)[:, None] + value], axis=-1)
    seen = season + boom + common + autoregressive(rng, (n, t), memory, 0.04 * scale)
    return links, (seen - seen.mean(axis=1, keepdims=True)) / seen.std(axis=1, keepdims=True)


def _mechanism(config: DemoConfig, series: pd.DataFrame, traits: _Traits, usual_gmv: np.ndarray) -> Mechanism:
    return Mechanism(form=config.form, strength=traits.strength, traffic_share=traits.traffic_share, spend_unit=0.02 * usual_gmv, badge=0.05 * min(1.0, config.strength),
                     event_interaction=config.event_interaction, fatigue=config.fatigue, pull_forward=config.pull_forward,
                     rivals=config.cannibalisation * _rivals(series, traits), days=config.days)


def _rivals(series: pd.DataFrame, traits: _Traits) -> np.ndarray:
    """Return how one series' extra orders would be taken from its siblings: the same segment, another category or another channel."""
    same = {name: series[name].to_numpy()[:, None] == series[name].to_numpy()[None] for name in series}
    sibling = same["segment"] & (same["category"] ^ same["channel"])
    size = traits.visitors * traits.conversion
    siblings_size = (sibling * size[:, None]).sum(axis=0)
    return sibling * size[None] / np.maximum(siblings_size, 1e-9)[None]


def _sell(config: DemoConfig, traits: _Traits, truth: Truth) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """Return the targets (counts are whole, money has cents) and the stock, `None` where it never runs out."""
    rng = _rng(config, 4)
    links = truth.links[:, : config.n_periods] + truth.mechanism.effect(truth.past, truth.event[: config.n_periods])
    out = (rng.random(links.shape[:2]) < config.stockout) & (truth.past.levers["discount_depth"] > 0)
    visitors = rng.poisson(np.exp(links[..., 0])).astype(float)
    orders = rng.binomial(visitors.astype(int), 1 / (1 + np.exp(-links[..., 1] + 1.6 * out))).astype(float)
    units = orders + rng.poisson(orders * (traits.units_per_order[:, None] - 1.0))
    gmv = np.round(orders * np.exp(links[..., 2] + rng.normal(0.0, 0.45, links.shape[:2]) / np.sqrt(np.maximum(orders, 1.0))), 2)
    stock = np.where(out, 0.0, np.ceil(units * rng.uniform(1.5, 6.0, units.shape))) if config.stockout else None
    return {"visitors": visitors, "orders": orders, "units": units, "gmv": gmv}, stock


def _spread(values: np.ndarray, plan: Plan) -> np.ndarray:
    return np.repeat(values[:, None], plan.shape[1], axis=1)


def _frame(panel: Panel) -> pd.DataFrame:
    """Return the file's rows: the panel in long form, with the campaigns' numbers and names."""
    number = np.full(panel.plan.shape, -1)
    for k, row in enumerate(panel.campaigns.itertuples()):
        number[row.series, row.start: row.end + 1] = k
    number = number.ravel()
    ids, names = (np.append(panel.campaigns[c].to_numpy(dtype=object), "")[number] for c in ("campaign_id", "name"))
    frame = panel.to_frame().assign(campaign_id=pd.array(ids, dtype="str"), campaign_name=pd.array(names, dtype="str"))
    tail: list[Any] = [c for c in ("list_price", "unit_cost", "stock") if c in frame]
    head = ["date", *panel.dimensions, "visitors", "orders", "units", "gmv", "discount_depth", "promo_type", "campaign_id", "campaign_name", *tail, "ad_spend", "feature"]
    return frame[head].astype(dict.fromkeys(("visitors", "orders", "units"), "int64")).sort_values(["date", *panel.dimensions], ignore_index=True)
