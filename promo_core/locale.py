"""The reader's language: catalogues under `assets/locale`, numbers, money and dates in the reader's form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import dates, numbers
from babel.messages.pofile import read_po

from promo_core.errors import Message, PromoError

__all__ = ["LANGUAGES", "Count", "Day", "Listed", "Money", "Percent", "Reader", "reader"]

LANGUAGES = {"en": "English", "zh": "中文"}
_BABEL = {"en": "en_US", "zh": "zh_Hans_CN"}
_COMMA = {"en": ", ", "zh": "、"}
_CATALOGUES = Path(__file__).resolve().parent.parent / "assets" / "locale"


@dataclass(frozen=True)
class Reader:
    """One language: `text` translates, the rest writes numbers the way its readers do.

    Unknown values (`None`, NaN) are written as an em dash, never as zero.
    """

    lang: str
    catalogue: dict[str, str]

    @property
    def babel(self) -> str:
        """Return Babel's name of the locale."""
        return _BABEL[self.lang]

    def text(self, source: str) -> str:
        """Translate one marked English text; an unknown text stays English."""
        return self.catalogue.get(source) or source

    def say(self, message: Message | PromoError | str, **facts: Any) -> str:
        """Tell a message (or an error's message) with its facts in this language.

        Facts that are messages or marked words are translated too, but for those in the template's `code marks`: these are a file's or a
        setting's own words. A template that does not fit its facts is shown as it is rather than lost.
        """
        if isinstance(message, PromoError):
            message = message.message
        if isinstance(message, str):
            message = Message(message, facts)
        told = {key: value if isinstance(value, str) and f"`{{{key}}}`" in message.text else self._fact(value) for key, value in message.facts.items()}
        template = self.text(message.text)
        try:
            return template.format(**told) if told else template
        except (KeyError, IndexError, ValueError):
            return template

    def _fact(self, value: Any) -> Any:
        if isinstance(value, Message):
            return self.say(value)
        if isinstance(value, str):
            return self.text(value)
        return value.told(self) if isinstance(value, _Fact) else value

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write a plain number: 1,234.5."""
        if _unknown(value):
            return "—"
        return f"{round(value, digits) + 0.0:,.{digits}f}"

    def percent(self, fraction: float | None, digits: int = 1) -> str:
        """Write a fraction as a percentage: 0.123 → 12.3%."""
        if _unknown(fraction):
            return "—"
        return f"{round(fraction, digits + 2) + 0.0:,.{digits}%}"

    def short(self, value: float | None) -> str:
        """Write a count in three figures: 1.23M, or 123万 in Chinese."""
        return "—" if _unknown(value) else _abbreviate(value, self.lang)

    def money(self, value: float | None, currency: str | None = None) -> str:
        """Write money in three figures with its sign: ¥1.23M, ¥123万, 1.23M where the currency is unknown."""
        if _unknown(value):
            return "—"
        sign = _currency(currency, self.babel)[0] if currency else ""
        body = _abbreviate(abs(value), self.lang)
        return f"{'-' if value < 0 and body != '0' else ''}{sign}{body}"

    def exact_money(self, value: float | None, currency: str | None = None) -> str:
        """Write money to the cent."""
        if _unknown(value):
            return "—"
        if not currency:
            return self.number(value, 2)
        sign, digits = _currency(currency, self.babel)
        return f"{'-' if value < 0 else ''}{sign}{abs(value):,.{digits}f}"

    def listed(self, parts: Iterable[str]) -> str:
        """Write several words in a row: "new, vip", or 新客、会员 in Chinese."""
        return _COMMA[self.lang].join(parts)

    def day(self, value: date, form: str = "medium") -> str:
        """Write a date in the reader's form."""
        return dates.format_date(value, format=form, locale=self.babel)


class _Fact:
    """A fact of a message that the reader writes; as plain text it is English."""

    def __str__(self) -> str:
        return self.told(reader("en"))

    def told(self, reader: Reader) -> str:
        """Return the fact as `reader` writes it."""
        raise TypeError(f"{type(self).__name__} has no way to be told: write its `told`.")


@dataclass(frozen=True)
class Money(_Fact):
    """An amount in a message, written in three figures."""

    value: float | None
    currency: str | None = None

    def told(self, reader: Reader) -> str:
        """See `_Fact.told`."""
        return reader.money(self.value, self.currency)


@dataclass(frozen=True)
class Percent(_Fact):
    """A fraction in a message, written as a percentage."""

    fraction: float | None
    digits: int = 1

    def told(self, reader: Reader) -> str:
        """See `_Fact.told`."""
        return reader.percent(self.fraction, self.digits)


@dataclass(frozen=True)
class Count(_Fact):
    """A number of things in a message."""

    value: float | None

    def told(self, reader: Reader) -> str:
        """See `_Fact.told`."""
        return reader.short(self.value) if self.value is not None and abs(self.value) >= 1e4 else reader.number(self.value)


@dataclass(frozen=True)
class Day(_Fact):
    """A date in a message."""

    value: date

    def told(self, reader: Reader) -> str:
        """See `_Fact.told`."""
        return reader.day(self.value)


@dataclass(frozen=True)
class Listed(_Fact):
    """Several words in a message, translated where they are marked."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))

    def told(self, reader: Reader) -> str:
        """See `_Fact.told`."""
        return reader.listed(map(reader.text, self.words))


def _unknown(value: float | None) -> bool:
    return value is None or not math.isfinite(value)


def _abbreviate(value: float, lang: str) -> str:
    steps = [(1e8, "亿"), (1e4, "万")] if lang == "zh" else [(1e9, "B"), (1e6, "M"), (1e3, "K")]
    size, unit = next(((s, u) for s, u in steps if abs(value) >= s * 0.9995), (1.0, ""))
    scaled = value / size
    digits = max(0, 2 - int(math.floor(math.log10(abs(scaled))))) if abs(scaled) >= 1 else 2
    text = f"{scaled:,.{min(digits, 2)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return ("0" if text in {"-0", ""} else text) + unit


@lru_cache(maxsize=64)
def _currency(currency: str, locale: str) -> tuple[str, int]:
    """Return a currency's sign, yuan's as at home, and its digits. Both languages write 1,234.5: a chart's many figures are formatted by Python, which is far quicker than Babel."""
    return numbers.get_currency_symbol(currency, locale="zh_Hans_CN" if currency == "CNY" else locale), numbers.get_currency_precision(currency)


@lru_cache(maxsize=len(LANGUAGES))
def reader(lang: str = "en") -> Reader:
    """Return the reader of `lang` ("en" or "zh"); an unknown language reads English."""
    lang = lang if lang in LANGUAGES else "en"
    path = _CATALOGUES / lang / "LC_MESSAGES" / "liftboard.po"
    if not path.exists():
        return Reader(lang, {})
    with path.open("rb") as file:
        catalogue = read_po(file, locale=_BABEL[lang])
    return Reader(lang, {m.id: m.string for m in catalogue if isinstance(m.id, str) and m.id and m.string})
