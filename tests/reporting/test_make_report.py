"""Reports, opened again by independent readers: the figures are the outcome's, and no text does anything."""

from __future__ import annotations

import csv
import io
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import openpyxl
import pytest
from pptx import Presentation
from pypdf import PdfReader

from promo_core.errors import ReportError
from promo_core.locale import reader
from promo_core.planning.outcome import Outcome
from promo_core.reporting.report import FORMATS, make_report
from tests.planning.samples import sample_model, sample_outcome

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NASTY = ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "../../etc", "line\nbreak 😀", "+1+1", "@SUM(A1)")


@pytest.fixture(scope="module")
def model():
    return sample_model()


@pytest.fixture(scope="module")
def outcome(model) -> Outcome:
    return sample_outcome(model)


def named(outcome: Outcome, name: str) -> Outcome:
    return replace(outcome, scenario=outcome.scenario.renamed(name))


def headline(outcome: Outcome, lang: str) -> str:
    gain = outcome.totals.increment["gmv"].mean
    return ("+" if gain > 0 else "") + reader(lang).money(gain, outcome.currency)


def workbook(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def cells(book: openpyxl.Workbook) -> list[object]:
    return [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]


def slide_texts(deck) -> list[str]:
    return [shape.text_frame.text for slide in deck.slides for shape in slide.shapes if shape.has_text_frame]


class Page(HTMLParser):
    """Collects what a page loads, runs and says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads, self.charts, self.said, self._quiet = [], 0, [], 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.loads += [values[k] for k in ("src", "href") if values.get(k) and not str(values[k]).startswith(("#", "data:"))]
        self.charts += "plotly-graph-div" in (values.get("class") or "")
        self._quiet += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.said.append(data)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_says_the_answer_draws_charts_and_loads_nothing(model, outcome, lang: str) -> None:
    page = Page(make_report(model, [outcome], "html", lang, now=NOW).decode())
    assert headline(outcome, lang) in " ".join(page.said)
    assert page.charts >= 3 and page.loads == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_workbook_holds_the_very_numbers_in_tables_beside_native_charts(model, outcome, lang: str) -> None:
    book = workbook(make_report(model, [outcome], "xlsx", lang, now=NOW))
    numbers = [c for c in cells(book) if isinstance(c, float)]
    for comparison in (outcome.totals, outcome.promoted):
        for measure in ("gmv", "orders", "conversion"):
            for side in (comparison.scenario, comparison.baseline, comparison.increment):
                assert any(c == pytest.approx(side[measure].mean, rel=1e-12) for c in numbers), measure
    assert sum(len(sheet.tables) for sheet in book) >= 6 and sum(len(sheet._charts) for sheet in book) >= 2
    assert any(headline(outcome, lang) == c for c in cells(book))


def test_a_row_of_the_workbook_is_a_day_of_the_outcome(model, outcome) -> None:
    sheet = workbook(make_report(model, [outcome], "xlsx", "en", now=NOW))["Daily"]
    path = outcome.path[(outcome.path["measure"] == "gmv") & (outcome.path["side"] == "scenario")].reset_index(drop=True)
    rows = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], datetime)]
    assert [r[0].date() for r in rows] == [p.date() for p in path["period"]]
    assert [r[2] for r in rows] == pytest.approx(path["mean"].tolist(), rel=1e-12)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_slides_have_the_answer_and_native_charts_that_can_be_edited(model, outcome, lang: str) -> None:
    deck = Presentation(io.BytesIO(make_report(model, [outcome], "pptx", lang, now=NOW)))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert headline(outcome, lang) in slide_texts(deck) and len(charts) >= 2
    path = outcome.path[(outcome.path["measure"] == "gmv") & (outcome.path["side"] == "scenario")]
    assert any(list(series.values) == pytest.approx(path["mean"].tolist()) for chart in charts for series in chart.plots[0].series if len(series.values) == len(path))


@pytest.mark.parametrize(("lang", "word"), [("en", "Results"), ("zh", "结果")])
def test_the_pdf_says_the_answer_in_the_reader_s_script(model, outcome, lang: str, word: str) -> None:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(make_report(model, [outcome], "pdf", lang, now=NOW))).pages)
    assert headline(outcome, lang) in text and word in text
    assert reader(lang).exact_money(outcome.totals.scenario["gmv"].mean, outcome.currency) in text


def test_the_csv_holds_every_promoted_series_and_day(model, outcome) -> None:
    content = make_report(model, [outcome], "csv", "en", now=NOW)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(rows) == len(outcome.daily)
    assert [float(r["gmv"]) for r in rows] == pytest.approx(outcome.daily["gmv"].tolist(), abs=1e-5)


@pytest.mark.parametrize("fmt", sorted(FORMATS))
def test_names_that_are_code_stay_text_everywhere(model, outcome, fmt: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        content = make_report(model, [named(outcome, name) for name in NASTY], fmt, "en", now=NOW)
    if fmt == "html":
        assert b"<script>alert(1)" not in content and "&lt;script&gt;alert(1)" in content.decode()
    elif fmt == "xlsx":
        assert not [cell for sheet in workbook(content) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    elif fmt == "csv":
        starts = {row["scenario"][0] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))}
        assert not starts & set("=+@-")
    elif fmt == "pptx":
        assert any(NASTY[0] in text for text in slide_texts(Presentation(io.BytesIO(content))))
    else:
        assert PdfReader(io.BytesIO(content)).pages


@pytest.mark.parametrize("fmt", sorted(FORMATS))
def test_a_comparison_names_every_scenario_and_the_best(model, outcome, fmt: str) -> None:
    content = make_report(model, [named(outcome, "mild"), named(outcome, "deep")], fmt, "en", now=NOW)
    readers = {"html": lambda c: c.decode(), "csv": lambda c: c.decode("utf-8-sig"), "xlsx": lambda c: str(cells(workbook(c))),
               "pptx": lambda c: str(slide_texts(Presentation(io.BytesIO(c)))), "pdf": lambda c: "".join(p.extract_text() for p in PdfReader(io.BytesIO(c)).pages)}
    assert all(name in readers[fmt](content) for name in ("mild", "deep"))


@pytest.mark.parametrize("fmt", ["html", "pdf", "xlsx"])
def test_a_report_says_where_its_figures_come_from(model, outcome, fmt: str) -> None:
    model = replace(model, panel=replace(model.panel, fingerprint="f" * 64), meta={**model.meta, "version": "9.8.7"})
    content = make_report(model, [outcome], fmt, "en", now=NOW)
    text = content.decode() if fmt == "html" else str(cells(workbook(content))) if fmt == "xlsx" else "".join(p.extract_text() for p in PdfReader(io.BytesIO(content)).pages)
    assert "9.8.7" in text and "2026-11-21 12:00" in text and "f" * 40 in text.replace("\n", "")


@pytest.mark.parametrize("fmt", sorted(FORMATS))
def test_a_scenario_without_campaigns_is_the_forecast_itself(fmt: str) -> None:
    from promo_core.planning.scenario import Scenario
    from promo_core.planning.simulate import simulate

    model = sample_model()
    assert make_report(model, [simulate(model, Scenario(name="nothing"))], fmt, "en", now=NOW)


def test_another_format_is_refused_with_what_there_is(model, outcome) -> None:
    with pytest.raises(ReportError, match="html"):
        make_report(model, [outcome], "docx", now=NOW)


def test_more_than_six_scenarios_are_refused(model, outcome) -> None:
    with pytest.raises(ReportError):
        make_report(model, [outcome] * 7, "html", now=NOW)
