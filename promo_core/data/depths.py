"""Discount columns to fractions off list: the column's unit is told by its words, its numbers, or asked for."""

from __future__ import annotations

import numpy as np

from promo_core.data.intake import Raw
from promo_core.data.issues import Choice, Issue, error, info, shown
from promo_core.data.mapping import Mapping
from promo_core.data.parse import coded, depth_text, is_number_column, numbers
from promo_core.errors import N_, Message

__all__ = ["read_depth"]

_UNITS = {
    "fraction": N_("Fractions off list: 0.2 is 20 % off"),
    "percent": N_("Percent off list: 20 is 20 % off"),
    "zhe": N_("Tenths of list that remain (折): 8 is 20 % off"),
    "price_ratio": N_("Share of list that remains: 0.8 is 20 % off"),
}


def read_depth(raw: Raw, mapping: Mapping, header: str) -> tuple[np.ndarray, list[Issue]]:
    """Return (n,) fractions off list, 0 where blank, NaN where unreadable, and the issues met."""
    column = raw.table.column(header)
    if is_number_column(column):
        plain = numbers(column).values
        depth, bad, example = np.full(len(plain), np.nan), None, ""
    else:
        codes, words = coded(column)
        told = [depth_text(w) for w in words]
        read = numbers(column, mapping.options.get("decimal"))
        spoken = np.array([t is not None for t in told] or [False])[codes]
        depth = np.array([np.nan if t is None else t for t in told] or [np.nan])[codes]
        plain = np.where(spoken, np.nan, read.values)
        bad = (np.isnan(depth) & spoken) | (False if read.bad is None else read.bad & ~spoken)
        example = next((words[c] for c in codes[bad][:1]), "")
    issues: list[Issue] = []
    unit = mapping.options.get("depth_unit") or _unit(mapping, header, plain, issues)
    depth = np.where(np.isfinite(plain) | np.isinf(plain), _fraction(plain, unit), depth)
    issues += _unreadable(raw, header, bad, example)
    blank = np.isnan(depth) & ~(bad if bad is not None else np.zeros(len(depth), dtype=bool))
    if blank.any():
        issues.append(info(Message(N_("Blank `{column}` in {count} row(s) is read as no discount."), {"count": int(blank.sum()), "column": header}),
                           Message(N_("Write 0 where nothing was discounted.")), column=header, rows=raw.file_rows(np.flatnonzero(blank)), count=int(blank.sum())))
    slightly_above_list = (depth < 0) & (depth > -0.02)
    return np.where(blank | slightly_above_list, 0.0, depth), issues


def _fraction(values: np.ndarray, unit: str) -> np.ndarray:
    if unit == "percent":
        return values / 100
    if unit == "zhe":
        return np.where(values == 0, 0.0, 1 - np.where(values > 10, values / 100, values / 10))
    return np.where(values == 0, 0.0, 1 - values) if unit == "price_ratio" else values


def _unit(mapping: Mapping, header: str, values: np.ndarray, issues: list[Issue]) -> str:
    """Tell the unit of plain numbers, or put the question into `issues`."""
    known = values[np.isfinite(values) & (values != 0)]
    if not len(known):
        return "fraction"
    small, tenths = (known <= 1).mean(), ((known > 1) & (known <= 10)).mean()
    says_percent = "%" in header or any(w in header.lower() for w in ("pct", "percent"))
    if says_percent and small < 0.95:
        return _told_percent(header, issues)
    if small == 1 and ((known == 1).mean() > 0.1 or ("折" in header and np.median(known) > 0.5)):
        return _ask(mapping, header, issues, ("fraction", "price_ratio"))
    if small > 0.9 or says_percent and small == 1 and known.max() <= 1:
        return "fraction" if not says_percent else _ask(mapping, header, issues, ("fraction", "percent"))
    if small > 0.05:
        return _ask(mapping, header, issues, ("fraction", "percent"))
    if small + tenths > 0.95:
        return _ask(mapping, header, issues, ("zhe", "percent"))
    return _told_percent(header, issues)


def _told_percent(header: str, issues: list[Issue]) -> str:
    issues.append(info(Message(N_("`{column}` is read as percent off list: 20 is 20 % off."), {"column": header}), Message(N_("Nothing to do.")), column=header))
    return "percent"


def _ask(mapping: Mapping, header: str, issues: list[Issue], units: tuple[str, ...]) -> str:
    choices = tuple(Choice(Message(_UNITS[unit]), mapping.with_option(depth_unit=unit)) for unit in units)
    issues.append(error(Message(N_("The numbers of `{column}` can be read in more than one unit."), {"column": header}), Message(N_("Say what a number means.")), column=header, choices=choices))
    return units[0]


def _unreadable(raw: Raw, header: str, bad: np.ndarray | None, example: str) -> list[Issue]:
    if bad is None or not bad.any():
        return []
    count = int(bad.sum())
    return [error(Message(N_("`{column}` is no discount in {count} row(s), such as {received}."), {"count": count, "column": header, "received": repr(shown(example, 40))}),
                  Message(N_("Write discounts as 0.2, 20%, 8折, 满300减50 or 300:50.")), column=header, rows=raw.file_rows(np.flatnonzero(bad)), count=count)]
