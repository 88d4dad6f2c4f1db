"""What a panel needs of an event log, as SQLAlchemy statements: DuckDB runs them over files, a warehouse over its own table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from promo_core.data.events_map import NUMBERS, WORDS, EventMap, money_sums

__all__ = ["UNKNOWN", "distinct_of", "sums_of"]

UNKNOWN = "unknown"
"""The value of a dimension that an event does not tell."""


def sums_of(events: EventMap, table: sa.FromClause) -> sa.Select[Any]:
    """Return the statement of sums by date, dimensions, kind and the words of campaign and promotion type.

    Columns: events, and where the log has what they need quantity, amount, spend, and four sums of money that tell the depth: paid and
    listed times the pieces, seen and seen_listed of single pieces, over events that know both prices.
    """
    words = [sa.func.coalesce(sa.cast(table.c[events.columns[part]], sa.String), _text("")).label(part) for part in WORDS if part in events.columns]
    keys = [*_keys(events, table, False), _kind(events, table).label("kind"), *words]
    return sa.select(*keys, *_sums(events, table)).where(_counts(events, table)).group_by(*[key.element for key in keys])


def distinct_of(events: EventMap, table: sa.FromClause, part: str, *, coded: bool = False, span: tuple[datetime, datetime] | None = None) -> sa.Select[Any]:
    """Return the statement that counts distinct users with a visit or an order (`part` "user"), or distinct orders ("order"), by date and dimensions.

    Distinct rows are grouped and then counted: both steps spill to disk, which a count of distinct values does not.

    Args:
        coded: the dimensions' columns need neither a cast nor a stand-in for null.
        span: count events from the first moment (included) to the second (not) alone.
    """
    moment = table.c[events.columns["timestamp"]]
    within = [moment >= span[0], moment < span[1]] if span else []
    keys, value = _keys(events, table, coded), table.c[events.columns[part]]
    counted = _is(events, table, *(("visit", "order") if part == "user" else ("order",)))
    rows = sa.select(*keys, value.label("counted")).where(_counts(events, table), counted, value.is_not(None), *within).distinct().subquery()
    return sa.select(*[rows.c[key.name] for key in keys], sa.func.count().label(part)).group_by(*[rows.c[key.name] for key in keys])


def _keys(events: EventMap, table: sa.FromClause, coded: bool) -> list[sa.Label[Any]]:
    time = sa.cast(table.c[events.columns["timestamp"]], sa.TIMESTAMP)
    local = time if not events.utc_offset_hours else time + sa.literal_column(f"INTERVAL '{events.utc_offset_hours}' HOUR")
    values = {name: table.c[c] if coded else sa.func.coalesce(sa.cast(table.c[c], sa.String), _text(UNKNOWN)) for name, c in events.dimensions.items()}
    return [sa.cast(local, sa.Date).label("date"), *[value.label(name) for name, value in values.items()]]


def _text(value: str) -> sa.ColumnElement[str]:
    """Return a word of ours as SQL itself, so that equal expressions stay equal where parameters would differ."""
    return sa.literal_column(f"'{value}'")


def _counts(events: EventMap, table: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.and_(_kind(events, table).in_(events.known), table.c[events.columns["timestamp"]].is_not(None))


def _kind(events: EventMap, table: sa.FromClause) -> sa.ColumnElement[str]:
    return sa.cast(table.c[events.columns["kind"]], sa.String)


def _is(events: EventMap, table: sa.FromClause, *kinds: str) -> sa.ColumnElement[bool]:
    words = events.words(*kinds)
    return _kind(events, table).in_(words) if words else sa.false()


def _sums(events: EventMap, table: sa.FromClause) -> list[sa.Label[Any]]:
    number = {name: sa.cast(table.c[column], sa.Double) for name, column in events.columns.items() if name in NUMBERS}
    sums = [sa.func.count().label("events"), *[sa.func.sum(number[name]).label(name) for name in ("quantity", "amount", "spend") if name in number]]
    return [*sums, *[sa.func.sum(sa.case((sa.and_(number["list_price"] > 0, known.is_not(None)), value))).label(name) for name, (known, value) in money_sums(number).items()]]
