"""A raw table under a mapping becomes typed rows: days, coded dimensions, numbers; what can't be read is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from promo_core import schema
from promo_core.data.dates import Dates, read_dates
from promo_core.data.depths import read_depth
from promo_core.data.frequency import week_ends, weekday_of_weeks
from promo_core.data.intake import Raw
from promo_core.data.issues import Choice, Issue, error, info, shown, warning
from promo_core.data.mapping import Mapping, looks_derived
from promo_core.data.panel import NO_PROMO
from promo_core.data.parse import clean_label, coded, currency_of, depth_text, is_number_column, numbers, promo_word
from promo_core.errors import N_, Message

__all__ = ["Coded", "Rows", "to_rows"]

BLANK_LABEL = "(blank)"
_PART_OF_ALL = 0.05
_MAX_TYPES = 40


@dataclass(frozen=True, eq=False)
class Coded:
    """Text as codes: `labels[codes]` is the column."""

    codes: np.ndarray
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Typed rows of a file.

    Attributes:
        start: (n,) datetime64[D], the row's day, its week's last day, or its campaign's first day; NaT is unreadable.
        end: the campaign's last day; `None` where a row is one period.
        dims: dimension → coded text.
        numbers: outcome, numeric lever and price → (n,) float64, NaN is blank.
        covariates: name → (n,) float64.
        promo: promotion type per row, label 0 is "none"; `None` where the file has none.
        campaign: campaign name or id per row.
        keep: (n,) bool, rows that can be used.
        currency: code of the money, where the file tells.
    """

    raw: Raw
    mapping: Mapping
    start: np.ndarray
    end: np.ndarray | None
    dims: dict[str, Coded]
    numbers: dict[str, np.ndarray]
    covariates: dict[str, np.ndarray]
    promo: Coded | None
    campaign: Coded | None
    keep: np.ndarray
    currency: str | None = None

    def __len__(self) -> int:
        return len(self.start)

    @property
    def outcomes(self) -> dict[str, np.ndarray]:
        """The outcome columns."""
        return {k: v for k, v in self.numbers.items() if k in schema.names(schema.Role.TARGET)}


def to_rows(raw: Raw, mapping: Mapping) -> tuple[Rows, tuple[Issue, ...]]:
    """Read every mapped column; issues tell what could not be read."""
    issues: list[Issue] = []
    start, end = _read_times(raw, mapping, issues)
    values, covariates, symbols, comma = _read_numbers(raw, mapping, issues)
    issues += _dots_beside_commas(raw, mapping) if comma else []
    promo = _read_promo(raw, mapping, issues)
    values |= _read_depths(raw, mapping, values, issues)
    if promo is None and "discount_depth" in mapping.columns:
        promo = _promo_of_depth_words(raw, mapping)
    keep = ~np.isnat(start) if end is None else ~(np.isnat(start) | np.isnat(end))
    currency = mapping.options.get("currency") or _header_currency(mapping) or next(iter(symbols), None)
    rows = Rows(raw=raw, mapping=mapping, start=start, end=end, dims={name: _read_labels(raw, header, name, issues) for name, header in mapping.dimensions().items()},
                numbers=values, covariates=covariates, promo=promo, campaign=_read_campaign(raw, mapping), keep=keep, currency=currency)
    return rows, tuple(issues)


def _read_times(raw: Raw, mapping: Mapping, issues: list[Issue]) -> tuple[np.ndarray, np.ndarray | None]:
    parts = ("date",) if mapping.header("date") else ("start_date", "end_date")
    days = []
    for part in parts:
        header = mapping.columns[part]
        read = read_dates(raw.table.column(header), mapping.options.get("date_format"))
        issues += _date_issues(raw, mapping, header, read)
        days.append(read.days)
    if len(days) == 1:
        days[0] = _by_last_day(raw, mapping, days[0], issues)
    return days[0], days[1] if len(days) == 2 else None


def _by_last_day(raw: Raw, mapping: Mapping, days: np.ndarray, issues: list[Issue]) -> np.ndarray:
    """Name weeks by their last day, where the file is one of weeks."""
    weekday, header = weekday_of_weeks(days), mapping.columns["date"]
    if weekday is None or mapping.options.get("frequency") == "daily":
        return days
    off = np.flatnonzero(~np.isnat(days) & (days.astype(np.int64) % 7 != weekday))
    if len(off):
        issues.append(warning(Message(N_("Off the usual weekday of this weekly file: {count} row(s). They count to the week they lie in."), {"count": len(off)}),
                              Message(N_("Check these dates.")), column=header, rows=raw.file_rows(off), count=len(off)))
    if not _names_week_start(header):
        return week_ends(days, weekday)
    issues.append(info(Message(N_("`{column}` is taken for each week's first day; weeks are named by their last day."), {"column": header}), Message(N_("Nothing to do.")), column=header))
    return week_ends(days, (weekday + 6) % 7)


def _names_week_start(header: str) -> bool:
    low = header.lower()
    return any(word in low for word in ("start", "begin", "commencing", "monday", "开始", "起"))


def _date_issues(raw: Raw, mapping: Mapping, header: str, read: Dates) -> list[Issue]:
    issues = []
    orders = (("dmy", N_("Day first: 05/06 is 5 June")), ("mdy", N_("Month first: 05/06 is May 6")))
    choices = tuple(Choice(Message(label), mapping.with_option(date_format=order)) for order, label in orders)
    if read.mixed:
        issues.append(error(Message(N_("`{column}` mixes dates with the day first and with the month first."), {"column": header}),
                            Message(N_("Write all dates as 2026-06-01.")), column=header, choices=choices))
    elif read.ambiguous:
        issues.append(error(Message(N_("`{column}` can be read with the day first or with the month first."), {"column": header}),
                            Message(N_("Say which, or write dates as 2026-06-01.")), column=header, choices=choices))
    if read.monthly:
        issues.append(error(Message(N_("`{column}` names months. Expected days or weeks: within a month a promotion can't be told from the rest."), {"column": header}),
                            Message(N_("Export the file by day or by week.")), column=header))
    if read.serial:
        issues.append(warning(Message(N_("`{column}` holds spreadsheet day counts; they were read as dates."), {"column": header}), Message(N_("Check the dates, or format the column as a date.")), column=header))
    if read.iso_week:
        issues.append(info(Message(N_("`{column}` names ISO weeks; each was read as its Sunday."), {"column": header}), Message(N_("Nothing to do.")), column=header))
    blank = np.isnat(read.days) & ~read.bad
    issues += _unread(raw, header, read.bad, read.example, N_("a date")) if not read.monthly else []
    if blank.any():
        issues.append(warning(Message(N_("No date in `{column}`: {count} row(s), left out."), {"count": int(blank.sum()), "column": header}),
                              Message(N_("Fill in the dates, or delete total rows.")), column=header, rows=raw.file_rows(np.flatnonzero(blank)), count=int(blank.sum())))
    return issues


def _unread(raw: Raw, header: str, bad: np.ndarray | None, example: str, expected: str) -> list[Issue]:
    """Tell of cells that are not what the column holds; above one row in twenty the column itself is wrong."""
    if bad is None or not bad.any():
        return []
    count = int(bad.sum())
    make = error if count > max(2, _PART_OF_ALL * len(bad)) else warning
    return [make(Message(N_("`{column}` could not be read as {expected} in {count} row(s), such as {received}."),
                         {"count": count, "column": header, "expected": expected, "received": repr(shown(example, 40))}),
                 Message(N_("Correct these cells, or map another column. They are left out.")), column=header, rows=raw.file_rows(np.flatnonzero(bad)), count=count)]


def _read_numbers(raw: Raw, mapping: Mapping, issues: list[Issue]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], list[str], bool]:
    plain = {c.name for c in schema.COLUMNS if c.dtype == "number"} - {"discount_depth"}
    values: dict[str, np.ndarray] = {}
    covariates: dict[str, np.ndarray] = {}
    symbols, comma = [], False
    wanted = [(name, mapping.columns[name], values) for name in plain & set(mapping.columns)]
    wanted += [(name, header, covariates) for name, header in mapping.covariates().items() if name not in plain]
    for name, header, home in sorted(wanted, key=lambda item: item[0]):
        read = numbers(raw.table.column(header), mapping.options.get("decimal"))
        if read.ambiguous == "conflict" or read.ambiguous and raw.delimiter == ";":
            issues.append(_ask_decimal(mapping, header))
        issues += _unread(raw, header, read.bad, read.example, N_("a number"))
        symbols += [read.symbol] if read.symbol else []
        comma |= read.comma
        home[name] = read.values if home is values else _finite(raw, header, read.values, issues)
        if home is covariates and looks_derived(header):
            issues.append(warning(Message(N_("`{column}` is used as known ahead, but reads like something that follows from sales."), {"column": header}),
                                  Message(N_("Take it out unless it is truly known before the day.")), column=header))
    covariates |= {n: values[n] for n in schema.names(schema.Role.COVARIATE) if n in values and n != "price"}
    return values, covariates, symbols, comma


def _finite(raw: Raw, header: str, values: np.ndarray, issues: list[Issue]) -> np.ndarray:
    infinite = np.isinf(values)
    if infinite.any():
        issues.append(warning(Message(N_("Infinite `{column}` in {count} row(s)."), {"count": int(infinite.sum()), "column": header}), Message(N_("Correct them; until then these values count as unknown.")),
                              column=header, rows=raw.file_rows(np.flatnonzero(infinite)), count=int(infinite.sum())))
    return np.where(infinite, np.nan, values)


def _dots_beside_commas(raw: Raw, mapping: Mapping) -> list[Issue]:
    """Tell of counts with decimal dots in a file whose other columns have decimal commas: the dots probably group thousands."""
    found = [h for n in schema.COUNT_TARGETS if (h := mapping.header(n)) and is_number_column(raw.table.column(h)) and _has_fractions(numbers(raw.table.column(h)).values)]
    return [error(Message(N_("`{column}` has dots where other columns have decimal commas: 1.234 may mean 1234."), {"column": h}),
                  Message(N_("Write numbers without separators of thousands.")), column=h) for h in found]


def _has_fractions(values: np.ndarray) -> bool:
    known = values[np.isfinite(values)]
    return bool((known != np.floor(known)).any())


def _ask_decimal(mapping: Mapping, header: str) -> Issue:
    choices = (Choice(Message(N_("The comma groups thousands: 1,234 is one thousand two hundred thirty-four")), mapping.with_option(decimal=".")),
               Choice(Message(N_("The comma is a decimal sign: 1,234 is a little over one")), mapping.with_option(decimal=",")))
    return error(Message(N_("In `{column}` a comma may group thousands or stand for the decimal sign."), {"column": header}),
                 Message(N_("Say which, or write plain numbers such as 1234.5.")), column=header, choices=choices)


def _header_currency(mapping: Mapping) -> str | None:
    money = [c.name for c in schema.COLUMNS if c.unit == "money"]
    return next((code for name in money if name in mapping.columns and (code := currency_of(mapping.columns[name]))), None)


def _read_labels(raw: Raw, header: str, name: str, issues: list[Issue]) -> Coded:
    codes, words = coded(raw.table.column(header))
    labels = [clean_label(w) or BLANK_LABEL for w in words]
    result = _merged(codes, labels)
    blank = np.isin(codes, [k for k, label in enumerate(labels) if label == BLANK_LABEL])
    if blank.any():
        issues.append(warning(Message(N_("No `{column}` in {count} row(s); they form a group called {label}."), {"count": int(blank.sum()), "column": header, "label": BLANK_LABEL}),
                              Message(N_("Fill in the cells if these rows belong to a known group.")), column=header, rows=raw.file_rows(np.flatnonzero(blank)), count=int(blank.sum())))
    return result


def _merged(codes: np.ndarray, labels: Iterable[str], first: str | None = None) -> Coded:
    """Give equal labels one code, in order of label; `first` gets code 0."""
    labels = list(labels)
    distinct = sorted(set(labels) - {first}) if first is not None else sorted(set(labels))
    distinct = [first, *distinct] if first is not None else distinct
    place = {label: k for k, label in enumerate(distinct)}
    lookup = np.array([place[label] for label in labels] or [0], dtype=np.int32)
    return Coded(lookup[codes], tuple(distinct))


def _read_promo(raw: Raw, mapping: Mapping, issues: list[Issue]) -> Coded | None:
    header = mapping.header("promo_type")
    if not header:
        return None
    column = raw.table.column(header)
    if is_number_column(column):
        values = numbers(column).values
        known = values[np.isfinite(values)]
        if len(known) and (known != np.floor(known)).any():
            issues.append(error(Message(N_("`{column}` holds fractions. Expected promotion types or a 0/1 flag."), {"column": header}),
                                Message(N_("Say what the fractions are.")), column=header,
                                choices=(Choice(Message(N_("A discount depth")), mapping.with_column("discount_depth", header)),
                                         Choice(Message(N_("A share on display")), mapping.with_column("display", header)))))
    codes, words = coded(column)
    kinds = [promo_word(w) for w in words]
    if len(set(kinds)) > _MAX_TYPES:
        issues.append(warning(Message(N_("`{column}` has {count} different words, too many for types of promotion; any of them counts as one kind of promotion."), {"column": header, "count": len(set(kinds))}),
                              Message(N_("Write a few types, such as percent_off, coupon or gift; put names into a column `campaign_name`.")), column=header))
        kinds = [NO_PROMO if kind == NO_PROMO else "promo" for kind in kinds]
    return _merged(codes, kinds, first=NO_PROMO)


def _promo_of_depth_words(raw: Raw, mapping: Mapping) -> Coded | None:
    """Return types that a depth column's own words tell (满减 beside 折), if it has such words."""
    column = raw.table.column(mapping.columns["discount_depth"])
    if is_number_column(column):
        return None
    codes, words = coded(column)
    if not any("满" in w or ":" in w for w in words):
        return None
    labels = [NO_PROMO if not depth_text(w) else "threshold_off" if ("满" in w or ":" in w) else "percent_off" for w in words]
    return _merged(codes, labels, first=NO_PROMO)


def _read_campaign(raw: Raw, mapping: Mapping) -> Coded | None:
    header = mapping.header("campaign_name") or mapping.header("campaign_id")
    if not header:
        return None
    codes, words = coded(raw.table.column(header))
    return _merged(codes, map(clean_label, words), first="")


def _read_depths(raw: Raw, mapping: Mapping, values: dict[str, np.ndarray], issues: list[Issue]) -> dict[str, np.ndarray]:
    header = mapping.header("discount_depth")
    if header:
        depth, found = read_depth(raw, mapping, header)
        issues += found
        return {"discount_depth": depth}
    if "price" in values and "list_price" in values:
        with np.errstate(divide="ignore", invalid="ignore"):
            depth = np.where(values["list_price"] > 0, 1 - values["price"] / values["list_price"], np.nan)
        issues.append(info(Message(N_("Discount depth is computed from {price} and {list_price}."), {"price": mapping.columns["price"], "list_price": mapping.columns["list_price"]}),
                           Message(N_("Nothing to do."))))
        return {"discount_depth": np.nan_to_num(np.maximum(depth, 0.0))}
    return _depth_of_promo_words(raw, mapping, issues)


def _depth_of_promo_words(raw: Raw, mapping: Mapping, issues: list[Issue]) -> dict[str, np.ndarray]:
    """Read depths from promotion words that tell one (`满300减50`, `8折`), where the file has no other depth."""
    header = mapping.header("promo_type")
    if not header or is_number_column(raw.table.column(header)):
        return {}
    codes, words = coded(raw.table.column(header))
    depths = np.array([depth_text(word) or 0.0 for word in words] or [0.0])
    if not np.nan_to_num(depths).any():
        return {}
    issues.append(info(Message(N_("Discount depth is read from the words of `{column}`."), {"column": header}), Message(N_("Nothing to do, unless the file has a better column for it.")), column=header))
    return {"discount_depth": np.nan_to_num(depths)[codes]}
