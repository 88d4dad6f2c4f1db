"""How facts are written on a screen, and read from it: text that stays text, bands, spans of time. Percent signs live here and in the reader only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from promo_core import N_, Quantity, Reader

__all__ = ["MEASURES", "MONEY", "WHOLE_PERCENT", "band", "day_of", "plain", "quantity", "sentence", "signed", "span", "type_label", "worded"]

WHOLE_PERCENT = "%d%%"
MEASURES = {"visitors": N_("Visitors"), "conversion": N_("Conversion"), "orders": N_("Orders"), "units": N_("Units"), "value_per_order": N_("Value per order"), "gmv": N_("GMV")}
_TYPES = {"none": N_("No promotion"), "percent_off": N_("Percent off"), "threshold_off": N_("Money off above a threshold"), "coupon": N_("Coupon"), "gift": N_("Gift"),
          "bundle": N_("Bundle"), "flash_sale": N_("Flash sale"), "promo": N_("Promotion")}
MONEY = ("gmv", "value_per_order")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:])")


def plain(text: object) -> str:
    """Return `text` so that Markdown shows it letter by letter: no link, no formula, no colour from a file's words."""
    return _MARKDOWN.sub(r"\\\1", str(text).replace("\n", " ").replace("\r", " "))


def sentence(text: object) -> str:
    """Return a told message for Markdown: plain, with its marks of code as quotes."""
    return plain(text).replace("\\`", "'")


def worded(reader: Reader, words: Mapping[str, str]) -> Callable[[str], str]:
    """Return what a widget shows for a value: its word in the reader's language, as it is now."""
    return lambda value: reader.text(words.get(value, value))


def type_label(reader: Reader, word: str) -> str:
    """Return a promotion type's name; the file's own words stay as they are."""
    return reader.text(_TYPES.get(word, word))


def day_of(value: Any) -> date | None:
    """Return the day that a table's cell holds; `None` where it is empty."""
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


def quantity(reader: Reader, measure: str, value: float | None, currency: str | None) -> str:
    """Write one value of a measure in its unit."""
    if measure == "conversion":
        return reader.percent(value, 2)
    return reader.money(value, currency) if measure in MONEY else reader.short(value)


def signed(reader: Reader, measure: str, value: float | None, currency: str | None) -> str:
    """Write a difference with its sign; conversion's in percentage points."""
    if value is None:
        return "—"
    sign = "+" if value > 0 else ""
    if measure == "conversion":
        return f"{sign}{reader.number(value * 100, 2)} " + reader.text(N_("pp"))
    return sign + quantity(reader, measure, value, currency)


def band(reader: Reader, measure: str, value: Quantity | None, currency: str | None) -> str:
    """Write the 80 % band of a quantity; empty where it is unknown."""
    if value is None:
        return ""
    return f"{quantity(reader, measure, value.p10, currency)} … {quantity(reader, measure, value.p90, currency)}"


def span(reader: Reader, seconds: float | None) -> str:
    """Write a time left in words a person would use."""
    if seconds is None:
        return ""
    if seconds < 90:
        return reader.say(N_("about {seconds} s left"), seconds=max(5, int(-(-seconds // 5) * 5)))
    return reader.say(N_("about {minutes} min left"), minutes=int(-(-seconds // 60)))
