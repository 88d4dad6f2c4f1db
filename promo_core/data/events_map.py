"""What the columns of an event log mean: a small JSON file, checked when it is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from promo_core import schema
from promo_core.errors import N_, MappingError

__all__ = ["KINDS", "NUMBERS", "EventMap", "money_sums"]

KINDS = ("visit", "order", "exposure")
NEEDED = ("timestamp", "user", "kind")
NUMBERS = ("amount", "quantity", "price", "list_price", "spend")
WORDS = ("campaign", "promo_type")
_COLUMNS = (*NEEDED, *NUMBERS, *WORDS, "order")
_TAKEN = {c.name for c in schema.COLUMNS if c.role is not schema.Role.DIMENSION} | {"exposures", "events", "paid", "listed", "seen", "seen_listed", "seen_paid", "ordered", *_COLUMNS}  # names of sums meanwhile


@dataclass(frozen=True, kw_only=True)
class EventMap:
    """Which column of a log plays which part.

    Attributes:
        columns: part → column of the log: `timestamp`, `user` and `kind` always; `amount` (money paid on an order's line), `quantity` (its pieces),
            `price` and `list_price` (of a piece), `spend` (money an exposure cost), `campaign`, `promo_type`, `order` (the order's number, where
            an order has several lines) where the log has them.
        dimensions: dimension of the panel → column of the log.
        kinds: "visit", "order", "exposure" → the log's words for them; events of other kinds count for nothing.
        utc_offset_hours: hours added to timestamps before the day is taken.
    """

    columns: dict[str, str]
    dimensions: dict[str, str]
    kinds: dict[str, tuple[str, ...]] = field(default_factory=lambda: {kind: (kind,) for kind in KINDS})
    utc_offset_hours: int = 0

    def __post_init__(self) -> None:
        _require_names("columns", self.columns, _COLUMNS)
        _require_names("kinds", self.kinds, KINDS)
        missing = [name for name in NEEDED if name not in self.columns]
        if missing:
            raise MappingError(N_("A map of events names the columns of {expected}. Received none for: {received}. Add them under `columns`."),
                               expected=", ".join(NEEDED), received=", ".join(missing))
        clash = sorted(set(self.dimensions) & _TAKEN)
        if clash or not self.dimensions:
            raise MappingError(N_("`dimensions` gives at least one dimension its column, such as segment or category. Received: {received}."), received=", ".join(clash) or "{}")
        if not any(self.kinds.get(kind) for kind in ("visit", "order")):
            raise MappingError(N_("`kinds` lists the log's words for visit, order or exposure; one of visit and order is needed. Received: {received}."), received=str(self.kinds))
        if not isinstance(self.utc_offset_hours, int) or isinstance(self.utc_offset_hours, bool) or not -12 <= self.utc_offset_hours <= 14:
            raise MappingError(N_("`utc_offset_hours` is a whole number from -12 to 14. Received: {received}."), received=repr(self.utc_offset_hours))

    def words(self, *kinds: str) -> tuple[str, ...]:
        """Return the log's words for these kinds."""
        return tuple(word for kind in kinds for word in self.kinds.get(kind, ()))

    @property
    def known(self) -> tuple[str, ...]:
        """The log's words of every kind that counts."""
        return self.words(*KINDS)

    def require(self, columns: Iterable[str]) -> None:
        """Check that the log has every mapped column.

        Raises:
            MappingError: naming the columns it lacks.
        """
        columns = list(columns)
        missing = sorted({*self.columns.values(), *self.dimensions.values()} - set(columns))
        if missing:
            raise MappingError(N_("The map names columns this log does not have: {received}. Expected some of: {expected}."),
                               received=", ".join(missing), expected=", ".join(columns[:30]))

    @classmethod
    def from_dict(cls, values: Any) -> EventMap:
        """Read the map's JSON.

        Raises:
            MappingError: when it has another shape.
        """
        if not isinstance(values, dict) or set(values) - set(cls.__dataclass_fields__) or not _is_words(values.get("columns")) or not _is_words(values.get("dimensions")):
            raise MappingError(N_("Expected a map of events: an object with `columns` and `dimensions` (name to column), and `kinds` and `utc_offset_hours` where they differ. "
                                  "Received another shape. docs/scale.md shows one."))
        kinds = values.get("kinds")
        if kinds is not None and not (isinstance(kinds, dict) and all(isinstance(w, (str, list)) for w in kinds.values())):
            raise MappingError(N_("`kinds` gives each of {expected} a word of the log, or a list of them. Received: {received}."), expected=", ".join(KINDS), received=repr(kinds)[:80])
        told = {} if kinds is None else {"kinds": {k: (w,) if isinstance(w, str) else tuple(map(str, w)) for k, w in kinds.items()}}
        return cls(columns=values["columns"], dimensions=values["dimensions"], utc_offset_hours=values.get("utc_offset_hours", 0), **told)


def money_sums(number: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the sums of money that tell the depth, in whatever arithmetic an engine's columns have: name → (known where it is, value).

    `paid` and `listed` times the pieces, `seen` and `seen_listed` of single pieces; nothing without a list price and what was paid.

    Args:
        number: role → column, of those mapped.
    """
    pieces = number.get("quantity", 1)
    paid = number["price"] * pieces if "price" in number else number.get("amount")
    if "list_price" not in number or paid is None:
        return {}
    told = {"paid": (paid, paid), "listed": (paid, number["list_price"] * pieces)}
    return told | {"seen": (number["price"], number["price"]), "seen_listed": (number["price"], number["list_price"])} if "price" in number else told


def _is_words(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(k, str) and isinstance(v, str) for k, v in value.items())


def _require_names(what: str, given: dict[str, Any], allowed: tuple[str, ...]) -> None:
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise MappingError(N_("`{name}` knows {expected}. Received: {received}."), name=what, expected=", ".join(allowed), received=", ".join(unknown))
