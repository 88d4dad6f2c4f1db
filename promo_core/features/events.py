"""Retail events as a table: what shoppers wait for, when it falls, how long its shadow is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays
from dateutil.easter import easter

from promo_core.errors import N_

__all__ = ["EVENTS", "RetailEvent", "country_of", "events_between", "events_of", "public_holidays"]

_COUNTRIES = {"CNY": "CN", "RMB": "CN", "USD": "US", "EUR": "DE", "GBP": "GB", "JPY": "JP", "KRW": "KR", "INR": "IN", "CAD": "CA", "AUD": "AU", "CHF": "CH",
              "BRL": "BR", "MXN": "MX", "PLN": "PL", "SEK": "SE", "SGD": "SG", "HKD": "HK", "TWD": "TW"}
# The seventh day of the seventh lunar month; other years are told from Mid-Autumn, at most a day off.
_QIXI = {2010: (8, 16), 2011: (8, 6), 2012: (8, 23), 2013: (8, 13), 2014: (8, 2), 2015: (8, 20), 2016: (8, 9), 2017: (8, 28), 2018: (8, 17), 2019: (8, 7),
         2020: (8, 25), 2021: (8, 14), 2022: (8, 4), 2023: (8, 22), 2024: (8, 10), 2025: (8, 29), 2026: (8, 19), 2027: (8, 8), 2028: (8, 26), 2029: (8, 16),
         2030: (8, 5)}


@dataclass(frozen=True, kw_only=True)
class RetailEvent:
    """One yearly event.

    Attributes:
        name: key of the event, used in feature names.
        label: what a reader calls it.
        market: "CN", "US", "west" (everywhere but China) or "all".
        day: year → the day it falls on, `None` where it cannot be told.
        lead_days: days before it on which shoppers already act.
        trail_days: days after it on which demand still differs.
    """

    name: str
    label: str
    market: str
    day: Callable[[int], date | None]
    lead_days: int
    trail_days: int

    def in_market(self, country: str) -> bool:
        """Tell whether shoppers of `country` (ISO code) keep it."""
        return self.market in ("all", country) or (self.market == "west" and country != "CN")


def country_of(currency: str | None) -> str:
    """Return the country whose calendar a currency means; "US" where the file does not say."""
    return _COUNTRIES.get((currency or "USD").upper(), "US")


@cache
def public_holidays(country: str, year: int) -> dict[date, str]:
    """Return day → name of one year's public holidays; names are joined by "; " where two fall on one day."""
    return dict(holidays.country_holidays(country, years=year).items())


def events_of(country: str) -> tuple[RetailEvent, ...]:
    """Return the events kept in one country."""
    return tuple(event for event in EVENTS if event.in_market(country))


def events_between(start: date, end: date, country: str) -> list[tuple[date, RetailEvent]]:
    """Return the events from `start` to `end`, both inclusive, in order."""
    dated = [(event.day(year), event) for year in range(start.year, end.year + 1) for event in events_of(country)]
    return sorted(((day, event) for day, event in dated if day is not None and start <= day <= end), key=lambda pair: pair[0])


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _nth_weekday(month: int, weekday: int, nth: int) -> Callable[[int], date]:
    def day(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))

    return day


def _after_thanksgiving(days: int) -> Callable[[int], date]:
    return lambda year: _nth_weekday(11, 3, 4)(year) + timedelta(days=days)


def _super_bowl(year: int) -> date:
    return _nth_weekday(2, 6, 2 if year >= 2022 else 1)(year)


def _chinese(name: str) -> Callable[[int], date | None]:
    return lambda year: min((day for day, told in public_holidays("CN", year).items() if name in told and "Eve" not in told), default=None)


def _qixi(year: int) -> date | None:
    if year in _QIXI:
        return date(year, *_QIXI[year])
    mid_autumn = _chinese("Mid-Autumn Festival")(year)
    return None if mid_autumn is None else mid_autumn - timedelta(days=38)


def _event(name: str, label: str, market: str, day: Callable[[int], date | None], lead_days: int, trail_days: int) -> RetailEvent:
    return RetailEvent(name=name, label=label, market=market, day=day, lead_days=lead_days, trail_days=trail_days)


EVENTS: tuple[RetailEvent, ...] = (
    _event("new_year", N_("New Year"), "west", _fixed(1, 1), 3, 10),
    _event("spring_festival", N_("Spring Festival"), "CN", _chinese("Spring Festival"), 28, 14),
    _event("super_bowl", N_("Super Bowl"), "US", _super_bowl, 7, 2),
    _event("valentines_day", N_("Valentine's Day"), "all", _fixed(2, 14), 7, 2),
    _event("womens_day", N_("Women's Day"), "CN", _fixed(3, 8), 7, 2),
    _event("easter", N_("Easter"), "west", easter, 14, 7),
    _event("mothers_day", N_("Mother's Day"), "west", _nth_weekday(5, 6, 2), 10, 2),
    _event("may_20", N_("5.20"), "CN", _fixed(5, 20), 5, 2),
    _event("june_18", N_("6.18"), "CN", _fixed(6, 18), 18, 7),
    _event("qixi", N_("Qixi"), "CN", _qixi, 7, 2),
    _event("mid_autumn", N_("Mid-Autumn Festival"), "CN", _chinese("Mid-Autumn Festival"), 10, 3),
    _event("halloween", N_("Halloween"), "west", _fixed(10, 31), 14, 2),
    _event("double_11", N_("Double 11"), "CN", _fixed(11, 11), 21, 7),
    _event("black_friday", N_("Black Friday"), "west", _after_thanksgiving(1), 14, 2),
    _event("cyber_monday", N_("Cyber Monday"), "west", _after_thanksgiving(4), 2, 4),
    _event("double_12", N_("Double 12"), "CN", _fixed(12, 12), 7, 5),
    _event("christmas", N_("Christmas"), "all", _fixed(12, 25), 24, 7),
)
