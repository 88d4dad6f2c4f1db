"""Every flaw of the rows at once: bounds from the schema through pandera, and what must hold between columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from promo_core import schema
from promo_core.data.groups import group_codes
from promo_core.data.issues import Choice, Issue, error, info, warning
from promo_core.data.rows import Rows
from promo_core.errors import N_, Message

__all__ = ["bounds_schema", "check"]

_TOO_MANY = 0.2
_LEAVE_OUT = "discount_depth", "ad_spend", "feature", "display", "mailer"


def check(rows: Rows) -> tuple[Rows, tuple[Issue, ...]]:
    """Return the rows with flawed cells unknown and flawed rows left out, and an issue for each kind of flaw.

    A flawed outcome becomes NaN. A row whose lever is flawed is left out: what ran then is unknown.
    """
    rows, issues = _check_bounds(rows)
    for step in (_check_order_of_days, _check_duplicates, _check_orders_above_visitors):
        rows, found = step(rows)
        issues += found
    return rows, tuple(issues)


def bounds_schema(names: list[str]):
    """Return the pandera schema of numeric columns: finite, and inside the schema's bounds; blanks are allowed."""
    import pandera.pandas as pandera

    def checks(name: str) -> list[pandera.Check]:
        column = schema.column(name)
        bounds = [pandera.Check(lambda s: ~np.isinf(s), name="finite", error="finite")]
        if column.low is not None:
            bounds.append(pandera.Check(lambda s: s >= column.low, name="low", error="low"))
        if name == "discount_depth":
            bounds.append(pandera.Check(lambda s: s < 1.0, name="high", error="high"))
        elif column.high is not None:
            bounds.append(pandera.Check(lambda s: s <= column.high, name="high", error="high"))
        return bounds

    return pandera.DataFrameSchema({name: pandera.Column("float64", checks(name), nullable=True) for name in names})


def _check_bounds(rows: Rows) -> tuple[Rows, list[Issue]]:
    import pandera.errors

    frame = pd.DataFrame(rows.numbers, copy=False)
    if not len(frame.columns):
        return rows, []
    try:
        bounds_schema(list(frame.columns)).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as failed:
        return _without_flaws(rows, failed.failure_cases)
    return rows, []


def _without_flaws(rows: Rows, cases: pd.DataFrame) -> tuple[Rows, list[Issue]]:
    issues, numbers, keep = [], dict(rows.numbers), rows.keep.copy()
    for (name, kind), found in cases.groupby(["column", "check"], sort=False):
        positions = np.sort(found["index"].to_numpy(dtype=np.int64))
        if kind != "finite":
            positions = positions[np.isfinite(rows.numbers[name][positions])]
        if not len(positions):
            continue
        issues.append(_bound_issue(rows, str(name), str(kind), positions))
        if name in _LEAVE_OUT:
            keep[positions] = False
        numbers[name] = numbers[name].copy()
        numbers[name][positions] = np.nan
    covariates = {k: numbers.get(k, v) for k, v in rows.covariates.items()}
    return replace(rows, numbers=numbers, covariates=covariates, keep=keep), issues


def _bound_issue(rows: Rows, name: str, kind: str, positions: np.ndarray) -> Issue:
    header = rows.mapping.header(name)
    count, column = len(positions), schema.column(name)
    text = {"finite": N_("Infinite `{column}` in {count} row(s)."), "low": N_("Negative `{column}` in {count} row(s), such as {received}."),
            "high": N_("`{column}` above the highest that makes sense ({highest}) in {count} row(s), such as {received}.")}[kind]
    facts = {"count": count, "column": header or name, "received": f"{rows.numbers[name][positions[0]]:g}", "highest": f"{column.high or 0:.0%}"}
    fate = N_("Correct them; until then these rows are left out.") if name in _LEAVE_OUT else N_("Correct them (returns belong in a column of their own); until then these values count as unknown.")
    make = error if count > _TOO_MANY * len(rows) else warning
    return make(Message(text, facts), Message(fate), column=header, rows=rows.raw.file_rows(positions), count=count)


def _check_order_of_days(rows: Rows) -> tuple[Rows, list[Issue]]:
    if rows.end is None:
        return rows, []
    wrong = rows.keep & (rows.end < rows.start)
    if not wrong.any():
        return rows, []
    count = int(wrong.sum())
    make = error if count > _TOO_MANY * len(rows) else warning
    issue = make(Message(N_("Campaigns that end before they start: {count}, left out."), {"count": count}), Message(N_("Correct the dates of these rows.")),
                 column=rows.mapping.header("end_date"), rows=rows.raw.file_rows(np.flatnonzero(wrong)), count=count)
    return replace(rows, keep=rows.keep & ~wrong), [issue]


def _check_duplicates(rows: Rows) -> tuple[Rows, list[Issue]]:
    """Leave out rows that repeat another in every cell; rows that repeat only its date and names are summed, and told."""
    parts = [(d.codes, len(d.labels)) for d in rows.dims.values()] + [_days(rows.start)]
    parts += [_days(rows.end)] if rows.end is not None else []
    parts += [(rows.campaign.codes, len(rows.campaign.labels))] if rows.campaign else []
    codes, n_groups = group_codes(parts, len(rows))
    if n_groups == len(rows):
        return rows, []
    counts = np.bincount(codes, minlength=n_groups)
    repeated = np.flatnonzero(counts[codes] > 1)
    frame = rows.raw.table.take(pa.array(repeated)).to_pandas(date_as_object=False)
    same = repeated[frame.duplicated().to_numpy()]
    keep = rows.keep.copy()
    keep[same] = False
    issues = []
    if len(same):
        issues.append(warning(Message(N_("Rows that repeat another row in every cell: {count}, left out."), {"count": len(same)}), Message(N_("Nothing to do, unless they are separate sales.")),
                              rows=rows.raw.file_rows(same), count=len(same)))
    still = np.bincount(codes[keep], minlength=n_groups)
    finer = np.flatnonzero(keep & (still[codes] > 1))
    if len(finer):
        make = info if len(finer) > 0.3 * len(rows) else warning
        issues.append(make(Message(N_("Rows that share date and names with another row but differ in numbers: {count}. Their outcomes are summed."), {"count": len(finer)}),
                           Message(N_("If they are corrections of each other, keep only the right ones; if a column tells them apart, map it as a dimension.")),
                           rows=rows.raw.file_rows(finer), count=len(finer)))
    return replace(rows, keep=keep), issues


def _days(days: np.ndarray) -> tuple[np.ndarray, int]:
    known = days[~np.isnat(days)]
    if not len(known):
        return np.zeros(len(days), dtype=np.int32), 1
    first = known.min()
    codes = np.where(np.isnat(days), 0, (days - first).astype(np.int64) + 1).astype(np.int32)
    return codes, int(codes.max(initial=0)) + 1


def _check_orders_above_visitors(rows: Rows) -> tuple[Rows, list[Issue]]:
    if "orders" not in rows.numbers or "visitors" not in rows.numbers:
        return rows, []
    with np.errstate(invalid="ignore"):
        above = rows.keep & (rows.numbers["orders"] > rows.numbers["visitors"])
    if not above.any():
        return rows, []
    count, mapping = int(above.sum()), rows.mapping
    orders, visitors = mapping.columns["orders"], mapping.columns["visitors"]
    facts = {"count": count, "orders": orders, "visitors": visitors}
    where = {"column": orders, "rows": rows.raw.file_rows(np.flatnonzero(above)), "count": count}
    if count <= _TOO_MANY * len(rows):
        return rows, [warning(Message(N_("More `{orders}` than `{visitors}` in {count} row(s); conversion counts as 100 % there."), facts), Message(N_("Check how visitors are counted on these rows.")), **where)]
    swapped = mapping.without_header(orders).without_header(visitors).with_column("orders", visitors).with_column("visitors", orders)
    return rows, [error(Message(N_("More `{orders}` than `{visitors}` in {count} row(s): the columns may be swapped, or count different things."), facts),
                        Message(N_("Swap them, or take visitors out of the mapping.")),
                        choices=(Choice(Message(N_("Swap them")), swapped), Choice(Message(N_("Leave visitors out")), mapping.without_header(visitors))), **where)]
