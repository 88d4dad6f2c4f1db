"""Dates of any usual form to days; what can be read two ways is a question, never a guess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promo_core.data.parse import BLANK, coded, is_number_column

__all__ = ["Dates", "looks_like_dates", "read_dates"]

_DAY = "datetime64[D]"
_FIRST, _LAST = np.datetime64("1970-01-01", "D"), np.datetime64("2100-01-01", "D")
_YMD = r"^\s*(\d{4})\s*[-/.年_]\s*(\d{1,2})\s*[-/.月_]\s*(\d{1,2})日?(?:[T\s].*)?$"
_COMPACT = r"^\s*(\d{4})(\d{2})(\d{2})$"
_XXY = r"^\s*(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*[-/.]\s*(\d{2}|\d{4})(?:[T\s,].*)?$"
_MONTH = r"^\s*\d{4}\s*[-/.年]\s*\d{1,2}\s*月?$|^\s*\d{1,2}/\d{4}$"
_ISO_WEEK = r"^\s*(\d{4})-?[Ww](\d{1,2})$"
_WORDED = ("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%b %d %Y", "%d-%b-%y")


@dataclass(frozen=True, kw_only=True, eq=False)
class Dates:
    """A column as days.

    Attributes:
        days: (n,) datetime64[D], NaT where blank or unreadable.
        bad: (n,) bool, text that is no date (blank cells are not bad).
        example: one such text.
        ambiguous: day and month can't be told apart.
        mixed: some rows put the day first, some the month.
        monthly: the cells name months.
        serial: numbers were read as spreadsheet day counts.
        iso_week: cells named ISO weeks, read as their Sundays.
    """

    days: np.ndarray
    bad: np.ndarray
    example: str = ""
    ambiguous: bool = False
    mixed: bool = False
    monthly: bool = False
    serial: bool = False
    iso_week: bool = False


def looks_like_dates(column: pa.ChunkedArray) -> bool:
    """Say whether a column's content is dates, without a header's help (spreadsheet day counts don't count)."""
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return True
    if pa.types.is_floating(column.type) or pa.types.is_boolean(column.type) or pa.types.is_time(column.type):
        return False
    if not len(column):
        return False
    read = read_dates(column.slice(0, 2000))
    return not read.serial and bool((~np.isnat(read.days)).mean() > 0.5)


def read_dates(column: pa.ChunkedArray, order: str | None = None) -> Dates:
    """Read a column as days. `order` ("ymd", "dmy", "mdy") settles what content can't."""
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        days = _arrow_days(column)
        return _bounded(Dates(days=days, bad=np.zeros(len(days), dtype=bool)))
    if is_number_column(column) and not pa.types.is_boolean(column.type):
        return _numeric(column.cast(pa.float64(), safe=False).to_numpy())
    codes, words = coded(column)
    if not words:
        return Dates(days=np.zeros(len(codes), dtype=_DAY), bad=np.zeros(len(codes), dtype=bool))
    read = _bounded(_texts(pd.Series(words, dtype="str"), order))
    blank = np.array([w.strip().lower() in BLANK for w in words])
    bad = np.isnat(read.days) & ~blank
    example = next((w for w, b in zip(words, bad, strict=True) if b), "")
    return Dates(days=read.days[codes], bad=bad[codes], example=example, ambiguous=read.ambiguous, mixed=read.mixed, monthly=read.monthly, iso_week=read.iso_week)


def _arrow_days(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_timestamp(column.type):
        column = pc.cast(column if column.type.tz is None else pc.local_timestamp(column), pa.timestamp("us"), safe=False)
    else:
        column = column.cast(pa.date32())
    return column.to_numpy().astype(_DAY)


def _bounded(read: Dates) -> Dates:
    """Take days outside 1970–2100 for unreadable."""
    strange = ~np.isnat(read.days) & ((read.days < _FIRST) | (read.days >= _LAST))
    if not strange.any():
        return read
    example = str(read.days[strange][0])
    return Dates(days=np.where(strange, np.datetime64("NaT", "D"), read.days), bad=read.bad | strange, example=example, ambiguous=read.ambiguous, mixed=read.mixed,
                 monthly=read.monthly, serial=read.serial, iso_week=read.iso_week)


def _numeric(values: np.ndarray) -> Dates:
    known = np.isfinite(values)
    compact = known & (values >= 19700101) & (values <= 21000101)
    serial = known & (values > 20000) & (values < 73051)
    days = np.full(len(values), np.datetime64("NaT", "D"))
    if compact.any():
        days[compact] = pd.to_datetime(pd.Series(values[compact].astype(np.int64)).astype(str), format="%Y%m%d", errors="coerce").to_numpy().astype(_DAY)
    days[serial] = np.datetime64("1899-12-30", "D") + values[serial].astype(np.int64)
    bad = known & np.isnat(days)
    return Dates(days=days, bad=bad, example=str(values[bad][0]) if bad.any() else "", serial=bool(serial.any()))


def _texts(words: pd.Series, order: str | None) -> Dates:
    days = np.full(len(words), np.datetime64("NaT", "D"))
    for pattern in (_YMD, _COMPACT):
        _fill(days, words.str.extract(pattern))
    ambiguous, mixed = _fill_day_month(days, words, order)
    weeks = words.str.extract(_ISO_WEEK).dropna()
    if len(weeks):
        days[weeks.index] = pd.to_datetime(weeks[0] + "-W" + weeks[1].str.zfill(2) + "-7", format="%G-W%V-%u", errors="coerce").to_numpy().astype(_DAY)
    _fill_worded(days, words)
    months = words.str.match(_MONTH)
    return Dates(days=days, bad=np.isnat(days), ambiguous=ambiguous, mixed=mixed, monthly=bool(months.mean() > 0.5), iso_week=bool(len(weeks)))


def _fill(days: np.ndarray, parts: pd.DataFrame) -> None:
    found = parts.dropna()
    if len(found):
        days[found.index] = _days(found[0], found[1], found[2])


def _days(year: pd.Series, month: pd.Series, day: pd.Series) -> np.ndarray:
    text = year.astype(str).str.zfill(4) + "-" + month.astype(str).str.zfill(2) + "-" + day.astype(str).str.zfill(2)
    return pd.to_datetime(text, format="%Y-%m-%d", errors="coerce").to_numpy().astype(_DAY)


def _fill_day_month(days: np.ndarray, words: pd.Series, order: str | None) -> tuple[bool, bool]:
    """Read `05/06/2024` and its like; return whether the order is a guess, and whether rows contradict each other."""
    parts = words.str.extract(_XXY).dropna()
    if not len(parts):
        return False, False
    first, second, year = parts[0].astype(int), parts[2].astype(int), parts[3]
    short = year.str.len() == 2
    if order == "ymd" or (order is None and short.any() and (first > 31).any()):
        days[parts.index] = _days("20" + parts[0].str.zfill(2), parts[2], parts[3])
        return False, False
    full = year.where(~short, "20" + year)
    day_first, month_first = bool((first > 12).any()), bool((second > 12).any())
    dotted = bool((parts[1] == ".").all())
    mixed = order is None and day_first and month_first
    settled = order or ("dmy" if day_first or dotted else "mdy" if month_first else None)
    dmy = settled != "mdy"
    days[parts.index] = _days(full, parts[2] if dmy else parts[0], parts[0] if dmy else parts[2])
    return settled is None or (order is None and bool(short.all()) and not mixed and not (day_first or month_first)), mixed


def _fill_worded(days: np.ndarray, words: pd.Series) -> None:
    for form in _WORDED:
        left = np.flatnonzero(np.isnat(days))
        if not len(left) or not words.iloc[left].str.contains(r"[A-Za-z]{3}").any():
            return
        days[left] = pd.to_datetime(words.iloc[left].str.strip(), format=form, errors="coerce").to_numpy().astype(_DAY)
