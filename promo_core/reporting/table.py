"""The CSV of a report: every scenario's promoted series, period by period, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
import math

import pandas as pd

from promo_core.reporting.content import Content

__all__ = ["harmless", "render"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def render(content: Content) -> bytes:
    """Return UTF-8 with a byte order mark: column names as in the outcome file, numbers plain, days as ISO dates, unknown left empty."""
    frame = pd.concat([o.daily.assign(scenario=name) for name, o in zip(content.names, content.outcomes, strict=True)], ignore_index=True)
    columns = ["scenario", *(c for c in frame.columns if c != "scenario")]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless(c) for c in columns])
    writer.writerows([_written(v) for v in row] for row in frame[columns].itertuples(index=False, name=None))
    return out.getvalue().encode("utf-8-sig", "replace")


def harmless(text: object) -> str:
    """Return a text that no spreadsheet runs: what would begin a formula gets an apostrophe in front."""
    text = str(text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _written(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else ""
    return "" if value is None else value if isinstance(value, int) else harmless(value)
