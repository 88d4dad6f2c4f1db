"""Propose a mapping from headers and content, and ask where a file leaves a choice."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from promo_core import schema
from promo_core.data.dates import looks_like_dates, read_dates
from promo_core.data.groups import group_codes
from promo_core.data.intake import Raw
from promo_core.data.issues import Choice, Issue, error, info, shown, warning
from promo_core.data.mapping import COVARIATE, DIMENSION, Mapping, canonical_candidates, looks_derived
from promo_core.data.parse import coded, is_number_column, numbers
from promo_core.errors import N_, Message

__all__ = ["ask", "has_time", "propose"]

_TIME = ("date", "start_date", "end_date")
_OUTCOMES = schema.names(schema.Role.TARGET)
_MAX_VALUES = 300


def propose(raw: Raw) -> tuple[Mapping, tuple[Issue, ...]]:
    """Return the mapping a file suggests, with a question for every part that several columns could play."""
    columns, questions, misfits = {}, [], []
    for name, headers in canonical_candidates(raw.headers).items():
        fitting = [h for h in headers if _fits(raw, name, h)]
        if len(fitting) > 1:
            fitting = _distinct(raw, fitting)
        if len(fitting) > 1:
            questions.append((name, fitting))
        elif fitting:
            columns[name] = fitting[0]
        elif name not in _TIME:
            misfits.append(_misfit(raw, name, headers[0]))
    columns = _settle_time(raw, columns, questions)
    if not any(name in _TIME for name, _ in questions):
        columns = _unreadable_time(raw, columns)
    mapping = Mapping(columns=_with_unknown_dimension(raw, columns))
    return mapping, tuple(_ask_which(mapping, name, headers) for name, headers in questions) + tuple(misfits) + _unused(raw, mapping)


def ask(raw: Raw, mapping: Mapping) -> tuple[Issue, ...]:
    """Return the questions a mapping leaves open: no date, no outcome."""
    issues = []
    if not has_time(mapping):
        issues.append(_no_date(raw, mapping))
    if not any(mapping.header(name) for name in _OUTCOMES):
        issues.append(_no_outcome(raw, mapping))
    return tuple(issues)


def _misfit(raw: Raw, name: str, header: str) -> Issue:
    read = numbers(raw.table.column(header))
    return warning(Message(N_("`{column}` is named like {part} but does not hold numbers: {received}. It is not used."), {"column": header, "part": _label(name), "received": repr(shown(read.example, 40))}),
                   Message(N_("Write plain numbers, or give the column another name.")), column=header, rows=raw.file_rows(np.flatnonzero(read.bad)) if read.bad is not None else (),
                   count=int(read.bad.sum()) if read.bad is not None else 0)


def has_time(mapping: Mapping) -> bool:
    """Say whether a mapping names a date, or a start and an end."""
    return bool(mapping.header("date") or (mapping.header("start_date") and mapping.header("end_date")))


def _fits(raw: Raw, name: str, header: str) -> bool:
    """Say whether a column's content can play the part its header suggests."""
    column, kind = raw.table.column(header), schema.column(name).dtype
    if kind == "date":
        return looks_like_dates(column) or (pa.types.is_integer(column.type) and not read_dates(column).bad.any())
    if kind == "number" and name != "discount_depth":
        sample = column.slice(0, 2000)
        read = numbers(sample)
        return read.bad is None or bool(read.bad.mean() < 0.5)
    return not pa.types.is_temporal(column.type)


def _distinct(raw: Raw, headers: list[str]) -> list[str]:
    """Leave out columns that repeat another's cells."""
    kept = headers[:1]
    for header in headers[1:]:
        if not any(raw.table.column(header).equals(raw.table.column(other)) for other in kept):
            kept.append(header)
    return kept


def _settle_time(raw: Raw, columns: dict[str, str], questions: list[tuple[str, list[str]]]) -> dict[str, str]:
    """Find the date by content where no header tells, and drop half a campaign's dates."""
    if "date" in columns:
        return {k: v for k, v in columns.items() if k not in ("start_date", "end_date")}
    if ("start_date" in columns) and ("end_date" in columns) or any(name in _TIME for name, _ in questions):
        return columns
    taken = set(columns.values()) - {columns.get("start_date"), columns.get("end_date")}
    found = [h for h in raw.headers if h not in taken and looks_like_dates(raw.table.column(h))]
    columns = {k: v for k, v in columns.items() if k not in _TIME}
    if len(found) == 1:
        return {**columns, "date": found[0]}
    if found:
        questions.append(("date", found))
    return columns


def _with_unknown_dimension(raw: Raw, columns: dict[str, str]) -> dict[str, str]:
    """Take text columns of unknown names for dimensions, as long as rows of one date can't be told apart without them."""
    unknown = [h for h in raw.headers if h not in columns.values() and _is_short_text(raw, h)]
    if "date" not in columns or not unknown:
        return columns
    parts = [_date_codes(raw.table.column(columns["date"]))]
    parts += [_text_codes(raw, columns[n]) for n in schema.names(schema.Role.DIMENSION) if n in columns]
    distinct = group_codes(parts, raw.table.num_rows)[1]
    for header in unknown:
        if distinct >= 0.98 * raw.table.num_rows:
            break
        finer = group_codes([*parts, _text_codes(raw, header)], raw.table.num_rows)[1]
        if finer > 1.2 * distinct:
            columns, parts, distinct = {**columns, f"{DIMENSION}{header}": header}, [*parts, _text_codes(raw, header)], finer
    return columns


def _unreadable_time(raw: Raw, columns: dict[str, str]) -> dict[str, str]:
    """Where nothing reads as a date, keep the columns named so: their cells are then shown as what is wrong."""
    if "date" in columns or "start_date" in columns:
        return columns
    named = {name: headers[0] for name, headers in canonical_candidates(raw.headers).items() if name in _TIME and len(headers) == 1}
    if "date" in named:
        return {**columns, "date": named["date"]}
    return {**columns, **named} if {"start_date", "end_date"} <= set(named) else columns


def _is_short_text(raw: Raw, header: str) -> bool:
    return pa.types.is_dictionary(raw.table.schema.field(header).type) and 1 < len(coded(raw.table.column(header))[1]) <= _MAX_VALUES


def _text_codes(raw: Raw, header: str) -> tuple[np.ndarray, int]:
    codes, words = coded(raw.table.column(header))
    return codes, len(words)


def _date_codes(column: pa.ChunkedArray) -> tuple[np.ndarray, int]:
    days = read_dates(column).days.astype(np.int64)
    known = days[days > np.iinfo(np.int64).min]
    low, high = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    return np.where(days < low, 0, days - low + 1), high - low + 2


def _label(name: str) -> str:
    return schema.column(name).label


def _ask_which(mapping: Mapping, name: str, headers: list[str]) -> Issue:
    choices = tuple(Choice(Message(N_("`{column}` is {part}"), {"column": header, "part": _label(name)}), mapping.with_column(name, header)) for header in headers)
    needed = name in _TIME or name in _OUTCOMES
    make = error if needed else warning
    return make(Message(N_("Several columns could be {part}: {received}. None is used until you choose."), {"part": _label(name), "received": shown(", ".join(headers), 200)}),
                Message(N_("Choose the column that is {part}."), {"part": _label(name)}), column=headers[0], choices=choices)


def _no_date(raw: Raw, mapping: Mapping) -> Issue:
    columns = [h for h in raw.headers if h not in mapping.columns.values()]
    return error(Message(N_("No column holds dates: expected `date`, or `start_date` and `end_date`. Without dates nothing can be forecast. Received: {received}."),
                         {"received": shown(", ".join(raw.headers), 200)}),
                 Message(N_("Add a date column with one row per day or week, or map the column that holds it. A one-off test without dates needs a test evaluation, not a forecast.")),
                 choices=tuple(Choice(Message(N_("`{column}` is {part}"), {"column": h, "part": _label("date")}), mapping.with_column("date", h))
                               for h in columns if pa.types.is_integer(raw.table.schema.field(h).type) and not read_dates(raw.table.column(h)).bad.any()))


def _no_outcome(raw: Raw, mapping: Mapping) -> Issue:
    used = set(mapping.columns.values())
    offered = [h for h in raw.headers if h not in used and is_number_column(raw.table.column(h))][:6]
    choices = tuple(Choice(Message(N_("`{column}` is {part}"), {"column": h, "part": _label("gmv")}), mapping.with_column("gmv", h)) for h in offered)
    return error(Message(N_("No outcome was recognised: expected one of `gmv`, `orders`, `units` or `visitors`. Received: {received}."), {"received": shown(", ".join(raw.headers), 200)}),
                 Message(N_("Add or map at least one outcome column: sales money, orders, units or visitors.")), choices=choices)


def _unused(raw: Raw, mapping: Mapping) -> tuple[Issue, ...]:
    used = set(mapping.columns.values())
    numeric = [h for h in raw.headers if h not in used and is_number_column(raw.table.column(h))]
    ahead = [h for h in numeric if not looks_derived(h) and pc.count_distinct(raw.table.column(h).slice(0, 5000)).as_py() > 1]
    if not ahead:
        return ()
    return (info(Message(N_("Number columns not used: {received}."), {"received": shown(", ".join(ahead), 200)}),
                 Message(N_("If one is known before the day it is about (a holiday, a count of stores), add it as a covariate. What follows from sales must stay out.")),
                 choices=tuple(Choice(Message(N_("Use `{column}`: it is known ahead"), {"column": h}), mapping.with_column(f"{COVARIATE}{h}", h)) for h in ahead[:8])),)
