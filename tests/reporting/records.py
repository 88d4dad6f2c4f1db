"""Outcomes made by hand, so that reports are tested against numbers that no planner rounded."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd

from promo_core.errors import Message
from promo_core.planning.outcome import Comparison, Economics, LeverShare, Outcome, Quantity, Support
from promo_core.planning.scenario import Campaign, Scenario

ORIGIN = date(2026, 5, 31)
HORIZON = 28
MEASURES = ("visitors", "conversion", "orders", "value_per_order", "gmv")


def quantity(mean: float, spread: float) -> Quantity:
    """A number with a band of `spread` on either side."""
    return Quantity(mean=mean, p10=mean - spread, p50=mean - spread / 20, p90=mean + spread)


def comparison(scale: float, lift: float, *, money: bool = True, visitors: bool = True) -> Comparison:
    """A scope of `scale` daily visitors-thousands whose orders grow by the fraction `lift`."""
    def side(factor: float) -> dict[str, float | None]:
        traffic, orders = 31234.5 * scale, 1017.25 * scale * factor
        known = {"visitors": traffic, "conversion": orders / traffic, "orders": orders, "value_per_order": 187.435, "gmv": orders * 187.435}
        known |= {} if money else {"value_per_order": None, "gmv": None}
        return known | ({} if visitors else {"visitors": None, "conversion": None})
    new, old = side(1 + lift), side(1.0)
    wrap = {k: None if v is None else quantity(v, 0.08 * v) for k, v in new.items()}
    base = {k: None if v is None else quantity(v, 0.07 * v) for k, v in old.items()}
    gain = {k: None if v is None else quantity(v - old[k], 0.03 * v) for k, v in new.items()}
    return Comparison(scenario=wrap, baseline=base, increment=gain)


def daily_and_path(lift: float, measures: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two promoted series over the horizon, a campaign in the first week and a dip after it."""
    days = pd.date_range(ORIGIN, periods=HORIZON + 1)[1:]
    week = 1 + 0.15 * np.sin(np.arange(HORIZON) * 2 * np.pi / 7)
    factor = np.where(np.arange(HORIZON) < 7, 1 + lift, np.where(np.arange(HORIZON) < 12, 1 - 0.12 * abs(lift), 1.0))
    rows = []
    for share, category in ((0.6, "beauty"), (0.4, "snacks")):
        base = pd.DataFrame({"visitors": 1200.4 * week * share, "conversion": 0.0341, "value_per_order": 187.435})
        orders = base["visitors"] * base["conversion"]
        frame = base.assign(date=days, segment="vip", category=category, orders=orders * factor, conversion=0.0341 * factor, gmv=orders * factor * 187.435, baseline_gmv=orders * 187.435)
        rows.append(frame.assign(gmv_p10=frame["gmv"] * 0.85, gmv_p90=frame["gmv"] * 1.18))
    daily = pd.concat(rows, ignore_index=True)[["date", "segment", "category", "visitors", "conversion", "orders", "gmv", "gmv_p10", "gmv_p90", "baseline_gmv"]]
    path = []
    whole = daily.groupby("date")[["visitors", "orders", "gmv", "baseline_gmv"]].sum()
    for measure in measures:
        new = {"conversion": whole["orders"] / whole["visitors"], "value_per_order": whole["gmv"] / whole["orders"]}.get(measure, whole.get(measure)).to_numpy()
        old = new if measure in ("visitors", "value_per_order") else new / factor
        for side, mean in (("scenario", new), ("baseline", old), ("increment", new - old)):
            spread = 0.12 * np.abs(mean) + (0.02 * new if side == "increment" else 0)
            path.append(pd.DataFrame({"period": days, "measure": measure, "side": side, "mean": mean, "p10": mean - spread, "p50": mean, "p90": mean + spread}))
    return daily, pd.concat(path, ignore_index=True)


def outcome(name: str = "618 beauty", lift: float = 0.31, *, money: bool = True, visitors: bool = True, category: str = "beauty", currency: str | None = "CNY") -> Outcome:
    """A whole answer; without `money` or `visitors` the measures that need them are `None`."""
    told = tuple(m for m in MEASURES if (money or m not in ("gmv", "value_per_order")) and (visitors or m not in ("visitors", "conversion")))
    daily, path = daily_and_path(lift, told)
    daily = daily.assign(category=daily["category"].replace("beauty", category))
    main = "gmv" if money else "orders"
    gain = comparison(40, lift * 0.2, money=money, visitors=visitors).increment[main].mean
    groups = pd.DataFrame({"value": [category, "snacks", "home"], "measure": main, "scenario": [9.1e5, 4.2e5, 2.2e5], "baseline": [7.0e5, 3.9e5, 2.35e5],
                           "increment": [2.1e5, 0.3e5, -0.15e5], "p10": [1.6e5, 0.1e5, -0.3e5], "p90": [2.7e5, 0.6e5, -0.02e5]})
    campaign = Campaign(start=date(2026, 6, 1), end=date(2026, 6, 7), series={"segment": ["vip"], "category": [category, "snacks"]}, promo_type="percent_off",
                        discount_depth=0.3, ad_spend=12000.0, name=name)
    alike = ({"name": "=HYPERLINK(\"http://x\")", "start": date(2025, 6, 1), "end": date(2025, 6, 9), "promo_type": "percent_off", "discount_depth": 0.25,
              "gmv_per_period": 91234.56, "uplift": 0.27, "distance": 0.4},)
    return Outcome(scenario=Scenario(name=name, campaigns=(campaign,), horizon=HORIZON), model="blend", origin=ORIGIN, horizon=HORIZON, frequency="D", currency=currency,
                   totals=comparison(40, lift * 0.2, money=money, visitors=visitors), promoted=comparison(3, lift, money=money, visitors=visitors),
                   series=comparison(12, lift * 0.25, money=money, visitors=visitors), after=comparison(9, -0.03, money=money, visitors=visitors),
                   others=comparison(28, -0.01, money=money, visitors=visitors), daily=daily, path=path, groups={"category": groups},
                   economics=Economics(discount_cost=quantity(81234.56, 4000), ad_spend=12000.0, margin_increment=None, roi=quantity(1.42, 0.3)) if money else None,
                   attribution=(LeverShare(lever="discount_depth", gmv=0.92 * gain), LeverShare(lever="ad_spend", gmv=0.2 * gain), LeverShare(lever="after_effects", gmv=-0.12 * gain)),
                   support=Support(grade="B", alike=alike, reasons=(Message("Discounts of 30% ran {count} times before.", {"count": 4}),)),
                   warnings=(Message("Traffic is taken as given: ads are not part of the file."),),
                   sentences=(Message("{name} adds money over four weeks, nearly all of it in the first.", {"name": name}),
                              Message("The five days after the campaign give some of it back.")))


def model() -> SimpleNamespace:
    """What a report reads of a trained model."""
    scores = pd.DataFrame({"model": ["naive", "gbm", "lstm", "blend"], "target": "gmv", "fold": 0, "step": 1, "wape": [0.31, 0.22, 0.24, 0.20],
                           "bias": [0.02, 0.01, -0.03, 0.0], "coverage_80": [0.71, 0.82, 0.78, 0.81]})
    importance = pd.DataFrame({"model": ["gbm", "gbm", "lstm", "lstm"], "target": "gmv", "feature": ["weekday", "lag_7", "weekday", "trend"],
                               "importance": [0.3, 0.2, 0.25, 0.1], "additivity_error": 1e-9})
    return SimpleNamespace(panel=SimpleNamespace(name="shop.csv", fingerprint="9f" * 32, frequency="D", currency="CNY", n_observed=730, n_series=6), settings=SimpleNamespace(seed=7),
                           horizon=HORIZON, serves="blend", serves_why=Message("It had the smallest error in the backtest."), scores=scores, importance=importance,
                           notes=(), key="abc123", meta={"created": "2026-06-01T08:00:00", "version": "0.1.0"})
