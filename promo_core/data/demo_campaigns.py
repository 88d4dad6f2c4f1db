"""The past campaigns of a generated shop: dealt at random, or where and when demand was high, as merchandisers do."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from promo_core.data.demo_truth import PROMO_TYPES, PromoType
from promo_core.data.panel import NO_PROMO, Plan

__all__ = ["deal_campaigns"]

_EVENT_NAMES = {2: "Spring Festival", 1: "Spring Festival", 6: "618", 11: "11.11", 12: "12.12"}
_NAMES = {"percent_off": "Sale", "threshold_off": "Spend and save", "coupon": "Coupons", "gift": "Gift with purchase", "flash_sale": "Flash sale"}


@dataclass(frozen=True, kw_only=True)
class _Deal:
    """One campaign as it was dealt, on `rows` over periods `start` to `stop` (exclusive)."""

    rows: np.ndarray
    start: int
    stop: int
    kind: PromoType
    depth: float
    spend_share: float
    feature: float


def deal_campaigns(*, series: pd.DataFrame, periods: pd.DatetimeIndex, mood: np.ndarray, event: np.ndarray, usual_gmv: np.ndarray, confounding: float, promo_share: float,
                   flash_only: bool, frequency: str, rng: np.random.Generator) -> tuple[Plan, pd.DataFrame]:
    """Deal campaigns until `promo_share` of the cells is promoted.

    Args:
        mood: (n, T) demand as the merchandiser saw it, standardised per series.
        event: (T,) height of retail events.
        usual_gmv: (n,) money of a usual period, which ad spend is a share of.
        confounding: how far timing and depth follow the mood; negative: deep where demand is weak.

    Returns:
        the plan that ran, and the campaigns: one row per series and campaign (`Panel.campaigns`, plus `campaign_id`).
    """
    free = np.ones(mood.shape, dtype=bool)
    deals: list[_Deal] = []
    kinds = [PROMO_TYPES[-1]] if flash_only else list(PROMO_TYPES)
    for _ in range(60 * mood.shape[1]):
        if free.mean() <= 1.0 - promo_share:
            break
        deal = _deal(series, mood, event, confounding, kinds, 1 if frequency == "D" else 7, rng)
        rows = deal.rows[free[deal.rows, max(deal.start - 1, 0): deal.stop + 1].all(axis=1)]
        if len(rows):
            deals.append(_Deal(**{**deal.__dict__, "rows": rows}))
            free[rows, deal.start: deal.stop] = False
    deals.sort(key=lambda d: d.start)
    return _plan(deals, periods, usual_gmv, mood.shape, frequency), _campaigns(deals, periods, event)


def _deal(series: pd.DataFrame, mood: np.ndarray, event: np.ndarray, confounding: float, kinds: list[PromoType], days: int, rng: np.random.Generator) -> _Deal:
    mask = np.ones(len(series), dtype=bool)
    for name, chance in (("segment", 0.45), ("category", 0.7), ("channel", 0.35)):
        if rng.random() < chance:
            mask &= (series[name] == rng.choice(series[name].unique())).to_numpy()
    rows = np.flatnonzero(mask)
    local = mood[rows].mean(axis=0)
    pressure = np.exp(1.3 * confounding * local + 0.8 * max(confounding, 0.0) * event)
    start = int(rng.choice(len(local), p=pressure / pressure.sum()))
    kind = kinds[int(rng.choice(len(kinds), p=np.array([k.frequency for k in kinds]) / sum(k.frequency for k in kinds)))]
    shortest = 1 if days == 7 or kind.longest <= 2 else 3
    length = int(rng.integers(shortest, max(kind.longest // days, 1 if days == 1 else 3) + 1))
    stop = min(start + length, len(local))
    seen = float(np.clip(local[start:stop].mean() / 1.1, -2.0, 2.0))
    score = confounding * seen + np.sqrt(1.0 - confounding**2) * rng.normal()
    rank = NormalDist().cdf(score)
    return _Deal(rows=rows, start=start, stop=stop, kind=kind, depth=round(0.05 + 0.45 * rank**1.3, 2), feature=float(rng.random() < 0.25 + 0.3 * abs(confounding) * (rank - 0.5)),
                 spend_share=float(rng.random() < 0.5) * rng.uniform(0.01, 0.06) * np.exp(0.6 * confounding * seen))


def _plan(deals: list[_Deal], periods: pd.DatetimeIndex, usual_gmv: np.ndarray, shape: tuple[int, int], frequency: str) -> Plan:
    words = (NO_PROMO, *sorted({deal.kind.word for deal in deals}))
    levers = {name: np.zeros(shape) for name in ("discount_depth", "promo_type", "ad_spend", "feature")}
    for deal in deals:
        where = np.ix_(deal.rows, np.arange(deal.start, deal.stop))
        spend = np.round(deal.spend_share * usual_gmv[deal.rows], 2)[:, None]
        for name, value in (("discount_depth", deal.depth), ("promo_type", words.index(deal.kind.word)), ("ad_spend", spend), ("feature", deal.feature)):
            levers[name][where] = value
    return Plan(periods=periods, levers=levers, promo_types=words, frequency=frequency)


def _campaigns(deals: list[_Deal], periods: pd.DatetimeIndex, event: np.ndarray) -> pd.DataFrame:
    rows = [{"series": int(row), "start": deal.start, "end": deal.stop - 1, "promo_type": deal.kind.word, "discount_depth": deal.depth, "name": _name(deal, periods, event),
             "campaign_id": f"C{k + 1:04d}"} for k, deal in enumerate(deals) for row in deal.rows]
    table = pd.DataFrame(rows, columns=["series", "start", "end", "promo_type", "discount_depth", "name", "campaign_id"])
    return table.sort_values(["series", "start"], ignore_index=True)


def _name(deal: _Deal, periods: pd.DatetimeIndex, event: np.ndarray) -> str:
    when = periods[deal.start]
    word = _NAMES[deal.kind.word]
    if event[deal.start] >= 0.3 and when.month in _EVENT_NAMES:
        return f"{_EVENT_NAMES[when.month]} {when.year} {word.lower()}"
    return f"{when:%b %Y} {word.lower()}"
