"""Table cells that know their value and how a reader writes it, so that every format of a report tells the same figures."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from promo_core.planning.outcome import Quantity
from promo_core.reporting.words import MONEY, Words

__all__ = ["Cell", "Table", "change_cell", "count_cell", "day_cell", "measure_cell", "money_cell", "multiple_cell", "percent_cell", "plain", "quantity_cells", "text_cell"]

KINDS = ("text", "day", "money", "money_change", "count", "count_change", "percent", "percent_change", "points_change", "multiple")


@dataclass(frozen=True)
class Cell:
    """One cell: the value for machines (`None` is unknown), the text for people, and one of `KINDS`."""

    value: str | float | date | None
    text: str
    kind: str = "text"

    @property
    def numeric(self) -> bool:
        """Tell whether the cell is a number, known or not."""
        return self.kind not in ("text", "day")


@dataclass(frozen=True)
class Table:
    """A titled table; `heads` name the columns with their units."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def column(self, position: int) -> list[str | float | date | None]:
        """Return one column's values."""
        return [row[position].value for row in self.rows]

    def names(self, position: int = 0) -> list[str]:
        """Return one column's texts."""
        return [row[position].text for row in self.rows]

    def top(self, count: int) -> Table:
        """Return the table's first rows."""
        return Table(self.title, self.heads, self.rows[:count], self.note)


def plain(value: object, longest: int = 200) -> str:
    """Return a user's text in one line, without characters that files cannot hold, not longer than `longest`."""
    text = " ".join("".join(c if unicodedata.category(c) not in ("Cc", "Cs", "Cn", "Co") else " " for c in str(value)).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def text_cell(value: object, longest: int = 200) -> Cell:
    """Return a text cell; nothing to say is a dash."""
    text = "—" if value is None else plain(value, longest) or "—"
    return Cell(text, text)


def day_cell(words: Words, value: object) -> Cell:
    """Return a date cell from a date, a timestamp or an ISO text."""
    day = pd.Timestamp(value).date()
    return Cell(day, words.reader.day(day), "day")


def measure_cell(words: Words, measure: str, value: float | None) -> Cell:
    """Return a measure's value in full."""
    kind = "percent" if measure == "conversion" else "money" if measure in MONEY else "count"
    return Cell(_known(value), words.exact(measure, _known(value)), kind)


def change_cell(words: Words, measure: str, value: float | None) -> Cell:
    """Return a measure's difference in full; a difference of conversions stays a fraction and is told in percentage points."""
    kind = "points_change" if measure == "conversion" else "money_change" if measure in MONEY else "count_change"
    return Cell(_known(value), words.change(measure, _known(value), exact=True), kind)


def money_cell(words: Words, value: float | None, *, change: bool = False) -> Cell:
    """Return an amount to the cent."""
    return change_cell(words, "gmv", value) if change else measure_cell(words, "gmv", value)


def count_cell(words: Words, value: float | None, digits: int = 0) -> Cell:
    """Return a count."""
    return Cell(_known(value), words.reader.number(_known(value), digits), "count")


def percent_cell(words: Words, value: float | None, digits: int = 1, *, change: bool = False) -> Cell:
    """Return a fraction told as a percentage."""
    value = _known(value)
    sign = "+" if change and value is not None and value > 0 else ""
    return Cell(value, sign + words.reader.percent(value, digits), "percent_change" if change else "percent")


def multiple_cell(words: Words, value: float | None) -> Cell:
    """Return a ratio such as ROI, to two decimals."""
    return Cell(_known(value), words.reader.number(_known(value), 2), "multiple")


def quantity_cells(words: Words, measure: str, quantity: Quantity | None, fields: Sequence[str] = ("mean", "p10", "p90"), *, change: bool = False) -> tuple[Cell, ...]:
    """Return a quantity's fields as cells; all unknown when the quantity is."""
    make = change_cell if change else measure_cell
    return tuple(make(words, measure, None if quantity is None else getattr(quantity, field)) for field in fields)


def _known(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
