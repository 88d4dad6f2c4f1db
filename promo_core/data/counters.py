"""Running totals: recognised by never falling, asked about, and turned into sales per period once confirmed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from promo_core.data.groups import group_codes
from promo_core.data.issues import Choice, Issue, error, info
from promo_core.data.rows import Coded, Rows
from promo_core.errors import N_, Message

__all__ = ["ask_about_counters", "item_codes", "resolve_counters"]

_SAMPLE = 60_000
_COUNTED = ("units", "orders", "gmv", "visitors")


def ask_about_counters(rows: Rows) -> tuple[Issue, ...]:
    """Return a question for every outcome that looks like a running total and hasn't been settled."""
    options, mapping = rows.mapping.options, rows.mapping
    settled = {*options.get("cumulative", ()), *options.get("per_period", ())}
    issues = []
    names = [n for n in _COUNTED if n in rows.numbers and mapping.header(n) not in settled and rows.end is None]
    sample, items = _sample(rows) if names else (rows, np.zeros(0))
    for name in names:
        header = mapping.header(name)
        if not _never_falls(sample, items, sample.numbers[name]):
            continue
        total = mapping.with_option(cumulative=(*options.get("cumulative", ()), header))
        sales = mapping.with_option(per_period=(*options.get("per_period", ()), header))
        issues.append(error(Message(N_("`{column}` almost never falls from one period to the next: it looks like a running total, not the sales of each period."), {"column": header}),
                            Message(N_("Say which it is. A running total is turned into sales by taking differences.")), column=header,
                            choices=(Choice(Message(N_("A running total: take differences")), total), Choice(Message(N_("Sales of each period: use as it is")), sales))))
    return tuple(issues)


def resolve_counters(rows: Rows) -> tuple[Rows, tuple[Issue, ...]]:
    """Turn confirmed running totals into differences between neighbouring periods of one item."""
    headers = rows.mapping.options.get("cumulative", ())
    names = [n for n in _COUNTED if n in rows.numbers and rows.mapping.header(n) in headers]
    if not names:
        return rows, ()
    numbers, issues = dict(rows.numbers), []
    for name in names:
        numbers[name], fallen = _differences(rows, rows.numbers[name])
        header = rows.mapping.columns[name]
        issues.append(info(Message(N_("`{column}` is a running total: sales are its differences from one period to the next of the same item."), {"column": header}), Message(N_("Nothing to do.")), column=header))
        if len(fallen):
            issues.append(info(Message(N_("`{column}` falls in {count} row(s); sales count as unknown there."), {"column": header, "count": len(fallen)}), Message(N_("Nothing to do, unless the counter was reset.")),
                               column=header, rows=rows.raw.file_rows(fallen), count=len(fallen)))
    return replace(rows, numbers=numbers), tuple(issues)


def item_codes(rows: Rows) -> np.ndarray:
    """Return one code per item: all dimensions together, but a product is the same item whatever else its row says."""
    parts: list[Coded] = [rows.dims["product"]] if "product" in rows.dims else list(rows.dims.values())
    parts = parts + ([rows.dims["store"]] if "product" in rows.dims and "store" in rows.dims else [])
    return group_codes([(d.codes, len(d.labels)) for d in parts], len(rows))[0]


def _ordered(rows: Rows, items: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return usable positions in order of item, day and value."""
    usable = np.flatnonzero(rows.keep & np.isfinite(values))
    return usable[np.lexsort((values[usable], rows.start[usable], items[usable]))]


def _sample(rows: Rows) -> tuple[Rows, np.ndarray]:
    """Return the rows of some items, whole items at a time, and their item codes."""
    items = item_codes(rows)
    if len(rows) <= _SAMPLE:
        return rows, items
    chosen = np.flatnonzero(items % (len(rows) // _SAMPLE) == 0)
    return replace(rows, start=rows.start[chosen], keep=rows.keep[chosen], numbers={k: v[chosen] for k, v in rows.numbers.items()}), items[chosen]


def _never_falls(rows: Rows, items: np.ndarray, values: np.ndarray) -> bool:
    order = _ordered(rows, items, values)
    same = (items[order][1:] == items[order][:-1]) & (rows.start[order][1:] > rows.start[order][:-1])
    steps = np.diff(values[order])[same]
    if len(steps) < 4:
        return False
    rises, falls = (steps > 0).sum(), (steps < 0).sum()
    level = np.median(values[order][1:][same])
    if not (rises > 0.2 * len(steps) and rises > 6 * falls and np.median(np.abs(steps)) < 0.2 * level):
        return False
    return bool(falls < 0.03 * len(steps) or _items_without_a_fall(items[order][1:][same], steps) > 0.5)


def _items_without_a_fall(items: np.ndarray, steps: np.ndarray) -> float:
    """Return the share of items that never fall, of those seen often enough to tell."""
    counts, falls = np.bincount(items), np.bincount(items, weights=steps < 0)
    often = counts >= 4
    return float((falls[often] == 0).mean()) if often.any() else 0.0


def _differences(rows: Rows, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sales per row (n,), NaN at each item's first row, after a gap and where the counter fell; and the rows where it fell."""
    items = item_codes(rows)
    order = _ordered(rows, items, values)
    days = rows.start[order].astype(np.int64)
    step = int(np.min(np.diff(np.unique(days)), initial=7)) if len(days) else 1
    neighbours = (items[order][1:] == items[order][:-1]) & (np.diff(days) <= step)
    change = np.where(neighbours, np.diff(values[order]), np.nan)
    out = np.full(len(values), np.nan)
    out[order[1:]] = np.where(change >= 0, change, np.nan)
    return out, np.sort(order[1:][neighbours & (change < 0)])
