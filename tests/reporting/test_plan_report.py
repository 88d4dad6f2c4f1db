"""The forecast report and the difference between scenarios, opened again by independent readers: the figures are the core's."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import openpyxl
import pytest
from pptx import Presentation
from pypdf import PdfReader

from promo_core import (
    Scenario,
    TrainedModel,
    beside,
    explain_difference,
    laid,
    last_forecast,
    make_forecast_report,
    make_report,
    outlook,
    simulate,
    stock_needed,
)
from promo_core.locale import reader
from promo_core.reporting import plan_content as written
from promo_core.reporting.plan_content import plan_content
from promo_core.reporting.report import FORMATS
from tests.reporting.test_make_report import Page, cells, slide_texts, workbook

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def model(small_model: TrainedModel) -> TrainedModel:
    return small_model


@pytest.fixture(scope="module")
def planned(model: TrainedModel) -> list[Scenario]:
    days = [str(d.date()) for d in model.panel.future_periods(8)]
    campaign = {"start": days[1], "end": days[6], "promo_type": "percent_off", "discount_depth": 0.3}
    return [Scenario.from_dict({"name": name, "campaigns": [campaign | {"series": {"segment": [str(model.panel.series["segment"].unique()[i])]}}]})
            for i, name in enumerate(("618 <b>one</b>", "=618 two"))]


@pytest.fixture(scope="module")
def headline(model: TrainedModel, planned: list[Scenario]) -> float:
    return beside(model, laid(model, planned)[0]).set_index("measure").loc["gmv", "mean"]


def numbers(book: openpyxl.Workbook) -> list[float]:
    return [cell for cell in cells(book) if isinstance(cell, float)]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_says_the_plan_draws_charts_and_loads_nothing(model, planned, headline, lang: str) -> None:
    page = Page(make_forecast_report(model, planned, "html", lang, now=NOW).decode())
    said = " ".join(page.said)
    assert reader(lang).money(headline, model.panel.currency) in said and "618 <b>one</b>" in said
    assert page.charts == 4 and page.loads == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_workbook_holds_plan_parts_stock_and_late_forecast(model, planned, headline, lang: str) -> None:
    book = workbook(make_forecast_report(model, planned, "xlsx", lang, now=NOW))
    held = numbers(book)
    plan = laid(model, planned)[0]
    parts = beside(model, plan, by="category").query("measure == 'gmv'")
    for value in (*outlook(model, plan)[0].query("measure == 'gmv'")["mean"], *parts["mean"], *stock_needed(model, plan).weeks["need"], *last_forecast(model).path["p90"]):
        assert any(c == pytest.approx(value, rel=1e-12) for c in held)
    assert sum(len(sheet._charts) for sheet in book) >= 3 and sum(len(sheet.tables) for sheet in book) >= 6
    assert reader(lang).money(headline, model.panel.currency) in [str(c) for c in cells(book)]


def test_totals_of_the_workbook_are_formulas_over_their_rows(model, planned, headline) -> None:
    content = make_forecast_report(model, planned, "xlsx", "en", now=NOW)
    sums = [cell for row in workbook(content)["Segments"].iter_rows() for cell in row if cell.data_type == "f"]
    assert sums and all(str(cell.value).startswith("=SUM(") for cell in sums)
    told = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["Segments"]
    assert told[sums[0].coordinate].value == pytest.approx(headline, rel=1e-6)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_slides_and_pdf_say_the_plan_in_the_reader_s_script(model, planned, headline, lang: str) -> None:
    told = reader(lang).money(headline, model.panel.currency)
    deck = Presentation(io.BytesIO(make_forecast_report(model, planned, "pptx", lang, now=NOW)))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    path = outlook(model, laid(model, planned)[0])[0].query("measure == 'gmv'")["mean"].tolist()
    assert told in slide_texts(deck) and any(list(s.values) == pytest.approx(path) for chart in charts for s in chart.plots[0].series if len(s.values) == len(path))
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(make_forecast_report(model, planned, "pdf", lang, now=NOW))).pages)
    assert told in text and {"en": "Promotion calendar", "zh": "促销日历"}[lang] in text


def test_the_report_tells_the_late_forecast_it_is_given(model, planned) -> None:
    given = replace(last_forecast(model), origin=date(2020, 2, 29), wape=0.4321)
    told = plan_content(model, planned, "en", NOW, late=given)
    assert told.late_forecast is given and {"43.2%", "made as of Feb 29, 2020"} <= {text for tile in told.tiles for text in (tile.value, tile.note)} and "43.2%" in told.late.note
    assert plan_content(model, planned, "en", NOW).late_forecast.origin == last_forecast(model).origin


def test_without_a_category_what_deserves_a_look_is_told_by_the_first_dimension(model, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}
    monkeypatch.setattr(written, "findings", lambda *a, **facts: asked.update(facts) or [])
    renamed = replace(model, panel=replace(model.panel, series=model.panel.series.rename(columns={"category": "shelf"})), key="renamed")
    told = plan_content(renamed, [], "en", NOW)
    first = renamed.panel.dimensions[0]
    assert first != "category" and set(asked["totals"]["value"]) == set(told.stock.column(0)) == set(renamed.panel.series[first].astype(str)) and told.stock_need.by == first


def test_nothing_of_very_few_people_is_told(model, planned) -> None:
    late = last_forecast(model)
    late = replace(late, series=late.series.assign(actual=2 * late.series["p90"], outside=True))
    open_to_all, hidden = (plan_content(model, planned, "en", NOW, late=late, least_people=least) for least in (0, 10**9))
    assert any("above its forecast" in sentence for sentence in open_to_all.sentences) and not any("above its forecast" in sentence for sentence in hidden.sentences)
    for table, columns in ((hidden.stock, (3, 4, 5)), *((part, (1, 2, 3, 4, 5, 6)) for part in hidden.parts)):
        assert all(value is None for column in columns for value in table.column(column)) and "fewer than" in table.note
    assert not open_to_all.stock.note and all(value is not None for value in open_to_all.stock.column(4))
    assert hidden.lead == open_to_all.lead and hidden.path == open_to_all.path


def test_the_csv_holds_every_day_beside_nothing_and_last_year(model, planned) -> None:
    rows = list(csv.DictReader(io.StringIO(make_forecast_report(model, planned, "csv", now=NOW).decode("utf-8-sig"))))
    path = outlook(model, laid(model, planned)[0])[0]
    assert len(rows) == len(path) and list(rows[0]) == ["date", "measure", "plan", "plan_p10", "plan_p90", "baseline", "last_year"]
    gmv = [float(r["plan"]) for r in rows if r["measure"] == "gmv"]
    assert gmv == pytest.approx(path.query("measure == 'gmv'")["mean"].tolist(), abs=1e-5)
    assert rows[0]["last_year"] == "", "the small shop has less than a year"


@pytest.mark.parametrize("fmt", sorted(set(FORMATS) - {"csv"}))
def test_a_comparison_shares_out_why_the_best_brings_more(model, planned, fmt: str) -> None:
    outcomes = [simulate(model, s) for s in planned]
    best, other = sorted(outcomes, key=lambda o: -o.totals.increment["gmv"].mean)
    shares = explain_difference(model, other.scenario, best.scenario)
    gap = best.totals.increment["gmv"].mean - other.totals.increment["gmv"].mean
    assert sum(s.gmv for s in shares) == pytest.approx(gap, rel=1e-6)
    content = make_report(model, outcomes, fmt, "en", now=NOW)
    if fmt == "xlsx":
        held = numbers(workbook(content))
        assert all(any(c == pytest.approx(s.gmv, rel=1e-9) for c in held) for s in shares)
        return
    told = reader("en").exact_money(max(s.gmv for s in shares), "CNY")
    deck = Presentation(io.BytesIO(content)) if fmt == "pptx" else None
    text = {"html": lambda: " ".join(Page(content.decode()).said), "pdf": lambda: "\n".join(p.extract_text() for p in PdfReader(io.BytesIO(content)).pages),
            "pptx": lambda: str(slide_texts(deck)) + str([c.text for slide in deck.slides for shape in slide.shapes if shape.has_table for row in shape.table.rows for c in row.cells])}[fmt]()
    assert f"+{told}" in text and "where the difference comes from" in text


def test_a_report_without_a_plan_tells_the_forecast(model) -> None:
    page = Page(make_forecast_report(model, [], "html", now=NOW).decode())
    assert reader("en").money(outlook(model)[1].set_index("measure").loc["gmv", "mean"], "CNY") in " ".join(page.said) and page.charts == 3
