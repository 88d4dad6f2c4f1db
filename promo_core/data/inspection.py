"""From bytes to a panel and a verdict: the one call behind the Data page, the shell and every test on a file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from promo_core.data.build import build_panel, frequency_of
from promo_core.data.counters import ask_about_counters, resolve_counters
from promo_core.data.derive import derive
from promo_core.data.intake import Raw, read, source_bytes
from promo_core.data.issues import Issue, worst_first
from promo_core.data.mapping import Mapping
from promo_core.data.notes import notes
from promo_core.data.panel import Panel
from promo_core.data.privacy import Personal, cleaned, find_personal, personal_notes
from promo_core.data.propose import ask, has_time, propose
from promo_core.data.rows import to_rows
from promo_core.data.validation import check
from promo_core.data.verdict import Verdict, judge

__all__ = ["Inspection", "inspect", "without_personal"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Inspection:
    """What became of a file.

    Attributes:
        fingerprint: sha256 of the file's bytes and its mapping.
        mapping: the mapping used: the one given, or the one proposed.
        issues: every flaw and question, worst first.
        panel: `None` exactly where an issue is an error.
        personal: columns that look personal; `without_personal` leaves them out.
    """

    filename: str
    fingerprint: str
    raw: Raw
    mapping: Mapping
    issues: tuple[Issue, ...]
    verdict: Verdict
    panel: Panel | None
    personal: tuple[Personal, ...] = ()

    @cached_property
    def table(self) -> pd.DataFrame:
        """The file's cells as read, text as categories."""
        return self.raw.table.to_pandas(date_as_object=False)

    @property
    def headers(self) -> tuple[str, ...]:
        """Headers in file order."""
        return self.raw.headers

    @property
    def rows(self) -> int:
        """Rows of the file."""
        return self.raw.table.num_rows

    @property
    def unused(self) -> tuple[str, ...]:
        """Headers that play no part."""
        used = set(self.mapping.columns.values())
        return tuple(h for h in self.raw.headers if h not in used)

    def to_dict(self) -> dict[str, Any]:
        """Return the report that `inspect --out` writes."""
        return {"filename": self.filename, "fingerprint": self.fingerprint, "rows": self.raw.table.num_rows, "headers": list(self.headers), "encoding": self.raw.encoding,
                "mapping": self.mapping.to_dict(), "issues": [issue.to_dict() for issue in self.issues], "verdict": self.verdict.to_dict(), "panel": _panel_facts(self.panel)}


def inspect(source: bytes | Path, *, filename: str | None = None, mapping: Mapping | None = None) -> Inspection:
    """Read a file, map it, check it and build its panel.

    Flaws in the data come back as issues; nothing about them is guessed silently.

    Args:
        source: the bytes of an upload, or a path.
        filename: the name to show; the path's own where `None`.
        mapping: what each column means; `None` proposes one.

    Raises:
        DataError: when the file is no table at all.
        MappingError: when `mapping` names columns the file does not have.
    """
    data, filename = source_bytes(source, filename)
    raw = read(data, filename)
    issues: tuple[Issue, ...] = raw.issues
    if mapping is None:
        mapping, questions = propose(raw)
        issues += questions
    else:
        mapping.require_headers(raw.headers)
    panel, kind, found = _panel(raw, mapping)
    personal = find_personal(raw, mapping)
    issues = worst_first(issues + found + personal_notes(personal))
    fingerprint = hashlib.sha256(hashlib.sha256(data).digest() + json.dumps(mapping.to_dict(), sort_keys=True).encode()).hexdigest()
    if any(issue.severity == "error" for issue in issues):
        panel = None
    if panel is not None:
        panel = replace(panel, name=Path(filename).name.split(".")[0] or "data", fingerprint=fingerprint)
    return Inspection(filename=filename, fingerprint=fingerprint, raw=raw, mapping=mapping, issues=issues, verdict=judge(panel, kind), panel=panel, personal=personal)


def without_personal(inspection: Inspection, key: bytes) -> tuple[bytes, Inspection]:
    """Return a file without what looks personal in it, as bytes and as their inspection.

    Args:
        key: secret of the codes that stand for personal names of groups.
    """
    content, mapping = cleaned(inspection.raw, inspection.mapping, inspection.personal, key)
    return content, replace(inspect(content, filename=inspection.filename, mapping=mapping), personal=())


def _panel(raw: Raw, mapping: Mapping) -> tuple[Panel | None, str, tuple[Issue, ...]]:
    """Return the panel where one can be built, the kind of file, and the issues met."""
    kind = "campaign" if mapping.header("start_date") and not mapping.header("date") else "daily"
    questions = ask(raw, mapping)
    if not has_time(mapping):
        return None, kind, questions
    rows, issues = to_rows(raw, mapping)
    rows, flaws = check(rows)
    issues += questions + flaws + ask_about_counters(rows)
    if rows.keep.any() and kind == "daily" and frequency_of(rows) != "D":
        kind = "weekly"
    if any(issue.severity == "error" for issue in issues):
        return None, kind, issues
    rows, turned = resolve_counters(rows)
    rows, derived = derive(rows)
    panel, built = build_panel(rows)
    issues += turned + derived + built
    return panel, kind, issues + (notes(panel, rows) if panel is not None else ())


def _panel_facts(panel: Panel | None) -> dict[str, Any] | None:
    if panel is None:
        return None
    return {"series": panel.n_series, "periods": len(panel.periods), "observed": panel.n_observed, "frequency": panel.frequency, "first": str(panel.periods[0].date()), "origin": str(panel.origin.date()),
            "dimensions": list(panel.dimensions), "targets": list(panel.targets), "levers": list(panel.plan.levers), "promo_types": list(panel.plan.promo_types),
            "covariates": list(panel.plan.covariates), "currency": panel.currency, "campaigns": 0 if panel.campaigns is None else len(panel.campaigns)}
