"""What a panel needs of an event log, as SQLAlchemy statements: DuckDB runs them over files, a warehouse over its own table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from promo_core.data.events_map import NUMBERS, WORDS, EventMap, money_sums

__all__ = ["UNKNOWN", "Span", "distinct_of", "sums_of", "with_words", "words_of"]

UNKNOWN = "unknown"
"""The value of a dimension that an event does not tell."""

Span = tuple[datetime, datetime]


def sums_of(events: EventMap, table: sa.FromClause, *, listed: Sequence[str] = (), span: Span | None = None) -> sa.Select[Any]:
    """Return the statement of sums by date, dimensions, kind and the words of campaign and promotion type; `with_words` finishes its answer.

    Columns: events, and where the log has what they need quantity, amount, spend, and four sums of money that tell the depth: paid and
    listed times the pieces, seen and seen_listed of single pieces, over events that know both prices.

    Args:
        listed: parts ("user", "order") whose values come as a list, under the part's name.
        span: sum events from the first moment (included) to the second (not) alone.
    """
    words = [sa.func.coalesce(sa.cast(table.c[events.columns[part]], sa.String), "").label(part) for part in WORDS if part in events.columns]
    kind = sa.case({word: i for i, word in enumerate(events.known)}, value=_kind(events, table)).label("kind")  # grouped faster than words, or than rows of other kinds are left out
    keys, numbers = [*_keys(events, table, False), kind, *words], _numbers(events, table)
    rows = sa.select(*keys, *numbers, *[table.c[events.columns[part]].label(part) for part in listed]).where(*_within(events, table, span)).subquery()
    sums = [sa.func.count().label("events"), *[sa.func.sum(rows.c[number.name]).label(number.name) for number in numbers], *[sa.func.list(rows.c[part]).label(part) for part in listed]]
    return sa.select(*[rows.c[key.name] for key in keys], *sums).group_by(*[rows.c[key.name] for key in keys])


def with_words(sums: pd.DataFrame, events: EventMap) -> pd.DataFrame:
    """Return what `sums_of` answers with the log's words for kinds, without what has no date or is of no kind that counts."""
    told = sums.dropna(subset=["date", "kind"])
    return told.assign(kind=np.array(events.known, dtype=object)[told["kind"].astype(int)])


def distinct_of(events: EventMap, table: sa.FromClause, part: str, *, coded: bool = False, span: Span | None = None) -> sa.Select[Any]:
    """Return the statement that counts distinct users with a visit or an order (`part` "user"), or distinct orders ("order"), by date and dimensions.

    Distinct rows are grouped and then counted: both steps spill to disk, which a count of distinct values does not.

    Args:
        coded: the dimensions' columns need neither a cast nor a stand-in for null.
        span: count events from the first moment (included) to the second (not) alone.
    """
    keys, value = _keys(events, table, coded), table.c[events.columns[part]].label("counted")
    rows = sa.select(*keys, value).where(_kind(events, table).in_(words_of(events, part)), value.element.is_not(None), table.c[events.columns["timestamp"]].is_not(None), *_within(events, table, span)).distinct().subquery()
    return sa.select(*[rows.c[key.name] for key in keys], sa.func.count().label(part)).group_by(*[rows.c[key.name] for key in keys])


def words_of(events: EventMap, part: str) -> tuple[str, ...]:
    """Return the log's words for events whose user (`part` "user"), or whose order, is counted."""
    return events.words("visit", "order") if part == "user" else events.words("order")


def _keys(events: EventMap, table: sa.FromClause, coded: bool) -> list[sa.Label[Any]]:
    time = sa.cast(table.c[events.columns["timestamp"]], sa.TIMESTAMP)
    local = time if not events.utc_offset_hours else time + sa.literal_column(f"INTERVAL '{events.utc_offset_hours}' HOUR")
    values = {name: table.c[c] if coded else sa.func.coalesce(sa.cast(table.c[c], sa.String), UNKNOWN) for name, c in events.dimensions.items()}
    return [sa.cast(local, sa.Date).label("date"), *[value.label(name) for name, value in values.items()]]


def _within(events: EventMap, table: sa.FromClause, span: Span | None) -> list[sa.ColumnElement[bool]]:
    moment = table.c[events.columns["timestamp"]]
    return [moment >= span[0], moment < span[1]] if span else []


def _kind(events: EventMap, table: sa.FromClause) -> sa.ColumnElement[str]:
    return sa.cast(table.c[events.columns["kind"]], sa.String)


def _numbers(events: EventMap, table: sa.FromClause) -> list[sa.Label[Any]]:
    number = {name: sa.cast(table.c[column], sa.Double) for name, column in events.columns.items() if name in NUMBERS}
    money = {name: sa.case((sa.and_(number["list_price"] > 0, known.is_not(None)), value)) for name, (known, value) in money_sums(number).items()}
    return [value.label(name) for name, value in ({name: number[name] for name in ("quantity", "amount", "spend") if name in number} | money).items()]
