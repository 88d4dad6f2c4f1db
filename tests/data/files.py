"""Small files made of text, for tests of what a person may drop."""

from __future__ import annotations

from datetime import date, timedelta

from promo_core.data.inspection import Inspection, inspect

FIRST = date(2026, 1, 5)


def days(count: int, step: int = 1) -> list[str]:
    """Return ISO days from Monday 2026-01-05."""
    return [(FIRST + timedelta(days=step * k)).isoformat() for k in range(count)]


def shop(count: int = 30, **columns) -> str:
    """Return a CSV of one segment with `count` days; `columns` adds or replaces columns (a value, or a function of the row)."""
    base = {"date": lambda k: days(count)[k], "segment": "vip", "visitors": lambda k: 1000 + 37 * (k * 7 % 11), "orders": lambda k: 40 + (k * 5 % 13),
            "gmv": lambda k: 4000 + 90 * (k * 5 % 17), "discount_depth": lambda k: 0.2 if k % 10 in (3, 4) else 0}
    columns = {k: v for k, v in {**base, **columns}.items() if v is not None}
    lines = [",".join(columns)]
    lines += [",".join(str(v(k) if callable(v) else v) for v in columns.values()) for k in range(count)]
    return "\n".join(lines) + "\n"


def look(text: str | bytes, **options) -> Inspection:
    """Inspect a text as a file."""
    return inspect(text.encode() if isinstance(text, str) else text, filename="file.csv", **options)


def told(inspection: Inspection, severity: str | None = None) -> str:
    """Return every issue's message in one string."""
    return "\n".join(str(i.message) for i in inspection.issues if severity in (None, i.severity))
