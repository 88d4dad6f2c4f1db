"""Figures of very few people are not told in any export."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import openpyxl
import pandas as pd
import pytest
from pptx import Presentation
from pypdf import PdfReader

from promo_core import beside, last_forecast, stock_needed
from promo_core.planning.outcome import Outcome
from promo_core.reporting.report import FORMATS, make_report
from promo_core.reporting.small_cells import without_small_cells, without_small_series, without_small_values
from tests.reporting.records import outcome as make_outcome


def groups(orders: dict[str, float]) -> pd.DataFrame:
    rows = [{"value": value, "measure": measure, "scenario": number * factor, "baseline": number * factor * 0.9, "increment": number * factor * 0.1, "p10": 0.0, "p90": number * factor}
            for value, number in orders.items() for measure, factor in (("orders", 1.0), ("gmv", 87.125))]
    return pd.DataFrame(rows)


@pytest.fixture
def small() -> Outcome:
    return replace(make_outcome(), groups={"segment": groups({"vip": 4.0, "new": 5.0, "usual": 900.0})})


def told(outcome: Outcome, dimension: str = "segment") -> set[str]:
    frame = outcome.groups[dimension]
    return set(frame.loc[frame["scenario"].notna(), "value"])


def test_groups_of_few_people_are_hidden_whole_and_totals_stay(small: Outcome) -> None:
    hidden = without_small_cells(small, 10)
    assert told(hidden) == {"usual"} and hidden.totals == small.totals
    blank = hidden.groups["segment"][hidden.groups["segment"]["value"] != "usual"]
    assert blank[["scenario", "baseline", "increment", "p10", "p90"]].isna().all(axis=None)
    assert "fewer than 10 orders" in str(hidden.warnings[-1]) and told(small) == {"vip", "new", "usual"}


def test_one_hidden_group_takes_the_next_smallest_with_it(small: Outcome) -> None:
    alone = replace(small, groups={"segment": groups({"vip": 4.0, "new": 50.0, "usual": 900.0})})
    assert told(without_small_cells(alone, 10)) == {"usual"}


def test_large_groups_stay_as_they_are(small: Outcome) -> None:
    outcome = replace(small, groups={"segment": groups({"vip": 400.0, "new": 50.0})})
    assert without_small_cells(outcome, 2).groups["segment"] is outcome.groups["segment"] and without_small_cells(outcome, 0).warnings == outcome.warnings


def test_a_series_of_few_people_is_hidden_day_by_day(small: Outcome) -> None:
    daily = small.daily.copy()
    dimensions = [c for c in daily.columns if c in ("segment", "category", "channel")]
    first = daily[dimensions[0]].iloc[0]
    daily["orders"] = np.where(daily[dimensions[0]] == first, 0.01, 100.0)
    hidden = without_small_cells(replace(small, daily=daily), 5)
    assert hidden.daily.loc[daily[dimensions[0]] == first, "gmv"].isna().all()


def test_stock_is_unknown_for_the_values_of_few_people(small_model) -> None:
    plan = small_model.panel.future_plan(small_model.horizon)
    totals, need = beside(small_model, plan, by="segment"), stock_needed(small_model, plan, by="segment")
    orders = totals[totals["measure"] == "orders"].sort_values("mean")
    hidden = without_small_values(need, totals, int(orders[["mean", "baseline"]].min(axis=1).iloc[0]) + 1)
    known = hidden.values.loc[hidden.values["need"].notna(), "value"]
    assert list(known) == [orders["value"].iloc[-1]], "one hidden alone takes the next smallest with it"
    assert set(hidden.weeks.loc[hidden.weeks["need"].notna(), "value"]) == set(known) and need.values["need"].notna().all()
    assert without_small_values(need, totals, 0).weeks is need.weeks


def test_series_of_few_people_are_not_named(small_model) -> None:
    late, panel = last_forecast(small_model), small_model.panel
    people = np.nansum(panel.observed("orders")[:, -small_model.horizon:], axis=1)
    kept = without_small_series(late, panel, int(np.sort(people)[2]))
    assert len(kept.series) == len(late.series) - 2 and list(kept.series.columns) == list(late.series.columns) and kept.wape == late.wape
    names = list(panel.dimensions)
    assert set(map(tuple, kept.series[names].to_numpy())) == set(map(tuple, panel.series[people >= np.sort(people)[2]][names].to_numpy()))
    uncounted = replace(panel, targets={"gmv": panel.targets["gmv"]})
    assert without_small_series(late, uncounted, 10**9) is late


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_export_tells_a_small_groups_figures(small_model, fmt: str) -> None:
    from promo_core import Scenario, simulate

    answer = simulate(small_model, Scenario(name="quiet", campaigns=(), horizon=14))
    outcome = replace(answer, groups={"segment": groups({"vip": 4.0, "new": 5.0, "usual": 900.0})})
    shown, full = (make_report(small_model, [outcome], fmt, now=datetime(2026, 1, 1, tzinfo=UTC), least_people=least) for least in (10, 0))
    if fmt == "csv":  # holds no groups: its rows are the series', day by day
        assert read(shown, fmt) == read(full, fmt)
        return
    assert "435.6" in read(full, fmt) or "¥436" in read(full, fmt)
    assert "435.6" not in read(shown, fmt) and "¥436" not in read(shown, fmt)
    assert "fewer than 10 orders" in read(shown, fmt) and "fewer than 10 orders" not in read(full, fmt)


def read(content: bytes, fmt: str) -> str:
    """Return all that a report tells, as an independent reader finds it."""
    if fmt == "xlsx":
        return " ".join(str(cell) for sheet in openpyxl.load_workbook(io.BytesIO(content)) for row in sheet.iter_rows(values_only=True) for cell in row)
    if fmt == "pdf":
        return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)
    if fmt == "pptx":
        shapes = [shape for slide in Presentation(io.BytesIO(content)).slides for shape in slide.shapes]
        return " ".join([*(shape.text_frame.text for shape in shapes if shape.has_text_frame), *(cell.text for shape in shapes if shape.has_table for row in shape.table.rows for cell in row.cells)])
    return content.decode("utf-8-sig")
