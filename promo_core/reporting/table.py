"""The CSV of a report: every scenario's promoted series, period by period, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
import math

import pandas as pd

from promo_core.reporting.content import Content
from promo_core.reporting.plan_content import PlanContent

__all__ = ["harmless", "render", "render_plan"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def render(content: Content) -> bytes:
    """Return UTF-8 with a byte order mark: column names as in the outcome file, numbers plain, days as ISO dates, unknown left empty."""
    frame = pd.concat([o.daily.assign(scenario=name) for name, o in zip(content.names, content.outcomes, strict=True)], ignore_index=True)
    return _written_out(frame[["scenario", *(c for c in frame.columns if c != "scenario")]])


def render_plan(content: PlanContent) -> bytes:
    """Return the coming periods, one row per day and measure: the plan with its band, doing nothing, last year."""
    plan, nothing, before = (content.frames[name].set_index(["date", "measure"]) for name in ("path", "baseline", "before"))
    frame = plan[["mean", "p10", "p90"]].assign(baseline=nothing["mean"], last_year=before["last_year"]).rename(columns={"mean": "plan", "p10": "plan_p10", "p90": "plan_p90"})
    return _written_out(frame.reset_index())


def _written_out(frame: pd.DataFrame) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless(c) for c in frame.columns])
    writer.writerows([_written(v) for v in row] for row in frame.itertuples(index=False, name=None))
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
