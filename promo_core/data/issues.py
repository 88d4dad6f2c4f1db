"""Flaws of a file as values: what is wrong, in which rows, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promo_core.errors import Message

if TYPE_CHECKING:
    from promo_core.data.mapping import Mapping

__all__ = ["Choice", "Issue", "SEVERITIES", "error", "info", "shown", "warning", "worst_first"]

SEVERITIES = ("error", "warning", "info")
ROWS_KEPT = 20


@dataclass(frozen=True)
class Choice:
    """One answer to a question a file raises: `mapping` is the mapping with that answer in it."""

    label: Message
    mapping: Mapping


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One flaw, or one question.

    Attributes:
        severity: "error" keeps the file from use, "warning" changes or limits answers, "info" tells what was read how.
        message: what is wrong, or what was done.
        remedy: what to do about it.
        column: the header concerned.
        rows: file row numbers of the first cases, as a spreadsheet counts them (the header is row 1).
        count: how many rows are concerned; 0 where it is about the file.
        choices: answers to pick from, where the issue is a question.
    """

    severity: str
    message: Message
    remedy: Message
    column: str | None = None
    rows: tuple[int, ...] = ()
    count: int = 0
    choices: tuple[Choice, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Return the issue as plain values, for JSON."""
        return {"severity": self.severity, "message": str(self.message), "remedy": str(self.remedy), "column": self.column, "rows": list(self.rows), "count": self.count,
                "choices": [{"label": str(c.label), "mapping": c.mapping.to_dict()} for c in self.choices]}


def error(message: Message, remedy: Message, **where: Any) -> Issue:
    """Return an issue that keeps the file from use."""
    return Issue(severity="error", message=message, remedy=remedy, **where)


def warning(message: Message, remedy: Message, **where: Any) -> Issue:
    """Return an issue that changes or limits answers."""
    return Issue(severity="warning", message=message, remedy=remedy, **where)


def info(message: Message, remedy: Message, **where: Any) -> Issue:
    """Return an issue that tells how something was read."""
    return Issue(severity="info", message=message, remedy=remedy, **where)


def worst_first(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Return issues by severity, then by how many rows they concern."""
    return tuple(sorted(issues, key=lambda issue: (SEVERITIES.index(issue.severity), -issue.count)))


def shown(value: Any, length: int = 60) -> str:
    """Return a value from a stranger's file as one short printable line."""
    text = "".join(c if c.isprintable() else " " for c in str(value)).strip()
    return text if len(text) <= length else text[: length - 1] + "…"
