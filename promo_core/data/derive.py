"""Columns a file implies: depth from an item's own highest price, GMV from price and units; offered, and used once confirmed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from promo_core.data.counters import item_codes
from promo_core.data.issues import Choice, Issue, info
from promo_core.data.rows import Rows
from promo_core.errors import N_, Message

__all__ = ["derive"]


def derive(rows: Rows) -> tuple[Rows, tuple[Issue, ...]]:
    """Return the rows with the implied columns the mapping confirms, and an offer for each it does not."""
    numbers, mapping, issues = dict(rows.numbers), rows.mapping, []
    if "price" not in numbers:
        return rows, ()
    price, header = numbers["price"], mapping.columns["price"]
    if not {"discount_depth", "list_price"} & set(numbers):
        if mapping.options.get("list_price") == "highest":
            numbers["discount_depth"] = _below_highest(rows, price)
            issues.append(info(Message(N_("Discount depth is how far `{column}` lies below the item's highest price in the file."), {"column": header}), Message(N_("Nothing to do.")), column=header))
        else:
            issues.append(info(Message(N_("`{column}` alone tells no discount depth: the list price is missing."), {"column": header}), Message(N_("Map a list price, or take each item's highest price for it.")), column=header,
                               choices=(Choice(Message(N_("Take each item's highest price as its list price")), mapping.with_option(list_price="highest")),)))
    if "units" in numbers and "gmv" not in numbers:
        if mapping.options.get("gmv") == "price_times_units":
            numbers["gmv"] = price * numbers["units"]
            issues.append(info(Message(N_("GMV is computed as `{price}` times `{units}`."), {"price": header, "units": mapping.columns["units"]}), Message(N_("Nothing to do."))))
        else:
            issues.append(info(Message(N_("The file has no GMV, but `{price}` times `{units}` would give one."), {"price": header, "units": mapping.columns["units"]}), Message(N_("Use it if the price is what was paid.")),
                               choices=(Choice(Message(N_("GMV is price times units")), mapping.with_option(gmv="price_times_units")),)))
    return replace(rows, numbers=numbers), tuple(issues)


def _below_highest(rows: Rows, price: np.ndarray) -> np.ndarray:
    items = item_codes(rows)
    highest = np.full(int(items.max(initial=0)) + 1, np.nan)
    np.fmax.at(highest, items, price)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(np.where(highest[items] > 0, 1 - price / highest[items], 0.0))
