"""Which column of a file plays which part: proposed from headers and content, changed by people, kept as MAP.json."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from promo_core import schema
from promo_core.errors import N_, MappingError

__all__ = ["COVARIATE", "DIMENSION", "Mapping", "OPTIONS", "canonical_candidates", "looks_derived", "normal_header", "text_roles"]

COVARIATE, DIMENSION = "covariate:", "dimension:"
OPTIONS: dict[str, tuple[str, ...] | None] = {
    "date_format": ("ymd", "dmy", "mdy"),
    "depth_unit": ("fraction", "percent", "zhe", "price_ratio"),
    "decimal": (".", ","),
    "frequency": ("daily", "weekly"),
    "list_price": ("highest",),
    "gmv": ("price_times_units",),
    "currency": None,
    "cumulative": None,
    "per_period": None,
    "dimensions": None,
}
_LISTS = ("cumulative", "per_period", "dimensions")
_DERIVED = re.compile(r"conversion|转化|redempt|redeem|核销|share|占比|rate$|率$|profit|利润|margin|毛利|list_value|roi|revenue|sales|gmv|amount|金额|销售|buyers|买家|units|orders"
                      r"|buyer|refund|退款|comment|评论|click|点击|cart|加购|favou?rite|收藏|logmove|spend$|visit|aov|客单|value", re.I)


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """What each column means and how it is written.

    Attributes:
        columns: canonical name, "covariate:NAME" or "dimension:NAME" → header of the file.
        options: answers that a file can't give by itself (see `OPTIONS`): date_format, depth_unit, decimal, currency, frequency,
            list_price ("highest": an item's highest price is its list price), gmv ("price_times_units"), cumulative and per_period (headers that are, or are not,
            running totals), dimensions (the panel's dimensions; others are summed over).
    """

    columns: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.columns:
            if name not in _CANONICAL and not re.match(r"(covariate|dimension):.", name, re.S):
                raise MappingError(N_("Expected a column name of the schema, `covariate:NAME` or `dimension:NAME`. Received {received}. Correct the mapping."), received=str(name))
            if name.partition(":")[2] in _CANONICAL:
                raise MappingError(N_("`{received}` takes a name that already has a meaning. Map the column as `{expected}`, or choose another name."), received=name, expected=name.partition(":")[2])
        for name, value in self.options.items():
            _check_option(name, value)

    def header(self, name: str) -> str | None:
        """Return the header mapped to a canonical name, or `None`."""
        return self.columns.get(name)

    def with_column(self, name: str, header: str | None) -> Mapping:
        """Return a copy where `header` plays `name` and nothing else; `None` takes the part away."""
        kept = {k: v for k, v in self.columns.items() if k != name and v != header}
        return replace(self, columns={**kept, name: header} if header else kept)

    def with_option(self, **options: Any) -> Mapping:
        """Return a copy with some options set; `None` takes one away."""
        return replace(self, options={k: v for k, v in {**self.options, **options}.items() if v is not None})

    def without_header(self, header: str) -> Mapping:
        """Return a copy that doesn't use `header`."""
        return replace(self, columns={k: v for k, v in self.columns.items() if v != header})

    def dimensions(self) -> dict[str, str]:
        """Return dimension → header, schema order first."""
        known = {n: self.columns[n] for n in schema.names(schema.Role.DIMENSION) if n in self.columns}
        return known | {k.removeprefix(DIMENSION): v for k, v in self.columns.items() if k.startswith(DIMENSION)}

    def covariates(self) -> dict[str, str]:
        """Return covariate → header."""
        known = {n: self.columns[n] for n in schema.names(schema.Role.COVARIATE) if n in self.columns and n != "price"}
        return known | {k.removeprefix(COVARIATE): v for k, v in self.columns.items() if k.startswith(COVARIATE)}

    def require_headers(self, headers: Iterable[str]) -> None:
        """Check that every mapped header is in the file, once.

        Raises:
            MappingError: naming the headers that are missing or used twice.
        """
        headers = list(headers)
        missing = sorted({h for h in self.columns.values() if h not in headers})
        if missing:
            raise MappingError(N_("The mapping names columns this file does not have: {received}. Expected some of: {expected}. Map this file anew, or drop the file the mapping was made for."),
                               received=", ".join(missing), expected=", ".join(headers[:30]))
        used = list(self.columns.values())
        twice = sorted({h for h in used if used.count(h) > 1})
        if twice:
            raise MappingError(N_("The mapping gives one column several parts: {received}. Keep one part for each."), received=", ".join(twice))

    def to_dict(self) -> dict[str, Any]:
        """Return the mapping as MAP.json writes it."""
        return {"columns": dict(self.columns), "options": {k: list(v) if isinstance(v, (tuple, list)) else v for k, v in self.options.items()}}

    @classmethod
    def from_dict(cls, values: Any) -> Mapping:
        """Read what `to_dict` wrote.

        Raises:
            MappingError: when it is no mapping.
        """
        columns, options = (values.get("columns", {}), values.get("options", {})) if isinstance(values, dict) else (None, None)
        if not isinstance(columns, dict) or not isinstance(options, dict) or not all(isinstance(v, str) for v in columns.values()) or set(values) - {"columns", "options"}:
            raise MappingError(N_("Expected a mapping: an object with `columns` (name to header) and `options`. Received another shape. Export a mapping from the Data page to see the form."))
        return cls(columns=dict(columns), options={k: tuple(v) if isinstance(v, list) else v for k, v in options.items()})


def _check_option(name: str, value: Any) -> None:
    if name not in OPTIONS:
        raise MappingError(N_("Unknown mapping option {received}. Expected some of: {expected}."), received=str(name), expected=", ".join(OPTIONS))
    allowed = OPTIONS[name]
    if allowed and value not in allowed:
        raise MappingError(N_("`{name}` is one of {expected}. Received {received}."), name=name, expected=", ".join(allowed), received=str(value))
    if name in _LISTS and not (isinstance(value, tuple) and all(isinstance(v, str) for v in value)):
        raise MappingError(N_("`{name}` is a list of names. Received {received}."), name=name, received=str(value))
    if name == "currency" and not (isinstance(value, str) and re.fullmatch(r"[A-Z]{3}", value)):
        raise MappingError(N_("`currency` is a three-letter code such as CNY. Received {received}."), received=str(value))


def normal_header(header: str) -> str:
    """Return a header in the form aliases are written: lower case, underscores, no unit in brackets."""
    text = unicodedata.normalize("NFKC", header).strip().lower()
    text = re.sub(r"\s*[(\[（【][^)\]）】]*[)\]）】]\s*$", "", text)
    text = re.sub(r"(?<=[a-z0-9])(?=%)", "_", re.sub(r"[\s\-./]+", "_", text))
    return text.strip("_%")


def canonical_candidates(headers: Iterable[str]) -> dict[str, list[str]]:
    """Return canonical name → headers that mean it by name, an exact name alone where there is one."""
    found: dict[str, list[tuple[int, str]]] = {}
    for header in headers:
        name = _BY_ALIAS.get(normal_header(header))
        if name:
            found.setdefault(name, []).append((0 if normal_header(header) == name else 1, header))
    return {name: [h for rank, h in ranked if rank == min(r for r, _ in ranked)] for name, ranked in found.items()}


def looks_derived(header: str) -> bool:
    """Say whether a header reads like something that follows from sales, and so can't be known ahead."""
    return bool(_DERIVED.search(normal_header(header)))


def text_roles(headers: Iterable[str]) -> list[str]:
    """Return headers whose values are names or words, even where they look like numbers."""
    text = {c.name for c in schema.COLUMNS if c.dtype == "text"} - {"promo_type"}
    return [h for h in headers if _BY_ALIAS.get(normal_header(h)) in text]


_CANONICAL = {c.name for c in schema.COLUMNS}
_BY_ALIAS = {normal_header(alias): c.name for c in reversed(schema.COLUMNS) for alias in (*c.aliases, c.name)}
