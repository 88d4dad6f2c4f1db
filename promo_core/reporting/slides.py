"""The PowerPoint report: native tables and charts that can be edited, one idea a slide."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pptx import Presentation
from pptx.chart.chart import Chart
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide
from pptx.util import Emu, Inches, Pt

from promo_core.errors import N_
from promo_core.reporting.cells import Table
from promo_core.reporting.content import Content, Part, Tile
from promo_core.reporting.plan_content import PlanContent
from promo_core.reporting.theme import BASELINE, POSITIVE, SCENARIO

__all__ = ["render", "render_plan"]

WIDTH, HEIGHT, MARGIN = Inches(13.333), Inches(7.5), Inches(0.6)
LINE = Inches(0.5)
MOST_ROWS = 12


def render(content: Content) -> bytes:
    """Return the deck: the answer, then per scenario its path, its causes and its segments; a comparison where there are several; provenance last."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT
    _answer(deck, content)
    if content.comparison is not None:
        _chart_and_table(deck, content.comparison.title, content.comparison, column=1)
        if content.levers is not None and content.levers.rows:
            _tables(deck, [content.levers])
        for difference in content.differences:
            _chart_and_table(deck, difference.table.title, difference.table, column=1)
    for part in content.parts:
        _scenario(deck, part)
    return _saved(deck, content.provenance)


def render_plan(content: PlanContent) -> bytes:
    """Return the forecast report's deck: the answer, what deserves a look, the coming weeks, their parts, the calendar, stock, late forecasts; provenance last."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT
    slide = _slide(deck, content.title, content.subtitle)
    _lead(slide, content.lead)
    _tiles(slide, content.tiles, top=Inches(3.9))
    if content.sentences:
        _lines(_slide(deck, content.words.text(N_("Worth a look first")), ""), content.sentences[:MOST_ROWS], top=Inches(1.4), size=15)
    _path(deck, content.path)
    for table in content.parts:
        _chart_and_table(deck, table.title, table.top(MOST_ROWS), column=1)
    _tables(deck, [t for t in (content.campaigns, content.stock, content.late) if t is not None and t.rows], most=20)
    return _saved(deck, content.provenance)


def _saved(deck: Deck, provenance: Table) -> bytes:
    _tables(deck, [provenance], most=20)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _answer(deck: Deck, content: Content) -> None:
    slide = _slide(deck, content.title, content.subtitle)
    _lead(slide, content.lead)
    _lines(slide, content.lead_sentences, top=Inches(3.7))


def _lead(slide: Slide, tile: Tile) -> None:
    _text(slide, tile.label, top=Inches(1.5), size=16, colour="#5A6472")
    _text(slide, tile.value, top=Inches(1.85), size=66, bold=True, colour=SCENARIO, height=Inches(1.2))
    _text(slide, tile.note, top=Inches(3.05), size=16, colour="#5A6472")


def _scenario(deck: Deck, part: Part) -> None:
    slide = _slide(deck, part.name, part.headline.label)
    _tiles(slide, (part.headline, *part.tiles))
    _lines(slide, (*part.sentences, *part.reasons, *part.warnings), top=Inches(3.6), size=15)
    _path(deck, part.path, part.name)
    if part.attribution.rows:
        _chart_and_table(deck, f"{part.name}: {part.attribution.title}", part.attribution, column=1)
    for table in part.groups:
        _chart_and_table(deck, f"{part.name}: {table.title}", table.top(MOST_ROWS), column=3)
    _tables(deck, [t for t in (part.results, part.alike) if t.rows], most=20)


def _path(deck: Deck, table: Table, name: str = "") -> None:
    slide = _slide(deck, f"{name}: {table.title}" if name else table.title, "")
    data = CategoryChartData(number_format="#,##0")
    data.categories = table.names(0)
    for column in (1, 2, 3, 4):
        data.add_series(table.heads[column], table.column(column))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.LINE, MARGIN, Inches(1.4), WIDTH - 2 * MARGIN, Inches(5.6), data).chart
    for series, colour, width in zip(chart.plots[0].series, (BASELINE, SCENARIO, "#9CC7E4", "#9CC7E4"), (2.0, 2.75, 1.25, 1.25), strict=True):
        series.format.line.color.rgb, series.format.line.width, series.smooth = _rgb(colour), Pt(width), False
    chart.has_legend, chart.has_title = True, False
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    chart.value_axis.has_title = True
    chart.value_axis.axis_title.text_frame.text = table.title
    _ticks(chart)


def _chart_and_table(deck: Deck, title: str, table: Table, *, column: int) -> None:
    slide = _slide(deck, title, table.note)
    data = CategoryChartData(number_format="#,##0")
    data.categories = table.names(0)
    data.add_series(table.heads[column], [v if isinstance(v, (int, float)) else 0 for v in table.column(column)])
    chart = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, MARGIN, Inches(1.3), WIDTH - 2 * MARGIN, Inches(2.9), data).chart
    chart.has_legend, chart.has_title = False, False
    chart.category_axis.reverse_order = True
    chart.value_axis.has_title = True
    chart.value_axis.axis_title.text_frame.text = table.heads[column]
    _ticks(chart)
    series = chart.plots[0].series[0]
    series.format.fill.solid()
    series.format.fill.fore_color.rgb, series.invert_if_negative = _rgb(POSITIVE), False
    _grid(slide, table, top=Inches(4.4))


def _ticks(chart: Chart) -> None:
    """Write the axes small, and thousands with separators."""
    labels = chart.value_axis.tick_labels
    labels.number_format, labels.number_format_is_linked = "#,##0", False
    for axis in (chart.value_axis, chart.category_axis):
        axis.tick_labels.font.size = Pt(11)
    chart.value_axis.axis_title.text_frame.paragraphs[0].font.size = Pt(12)


def _tables(deck: Deck, tables: Sequence[Table], most: int = 14) -> None:
    for table in tables:
        _grid(_slide(deck, table.title, table.note), table.top(most), top=Inches(1.5))


def _grid(slide: Slide, table: Table, *, top: Emu) -> None:
    rows, columns = len(table.rows) + 1, len(table.heads)
    height = Inches(0.3) if rows < 9 else Inches(0.26)
    shape = slide.shapes.add_table(rows, columns, MARGIN, top, WIDTH - 2 * MARGIN, height * rows)
    size = 12 if columns < 8 and rows < 10 else 10 if columns < 10 else 9
    for j, head in enumerate(table.heads):
        _fill(shape.table.cell(0, j), head, size, bold=True)
    for i, cells in enumerate(table.rows, 1):
        for j, cell in enumerate(cells):
            _fill(shape.table.cell(i, j), cell.text, size)


def _fill(cell: object, text: str, size: int, *, bold: bool = False) -> None:
    cell.text = text
    cell.margin_top = cell.margin_bottom = Inches(0.02)
    for paragraph in cell.text_frame.paragraphs:
        paragraph.font.size, paragraph.font.bold = Pt(size), bold


def _tiles(slide: Slide, tiles: Sequence[Tile], top: Emu = Inches(1.5)) -> None:  # noqa: B008 - a length never changes
    shown = tiles[:6]
    width = (WIDTH - 2 * MARGIN) // len(shown)
    for i, tile in enumerate(shown):
        left = MARGIN + width * i
        _text(slide, tile.label, left=left, top=top, width=width, size=11, colour="#5A6472", height=Inches(0.6))
        _text(slide, tile.value, left=left, top=top + Inches(0.55), width=width, size=22, bold=True, colour=SCENARIO if not i else "#16202E")
        _text(slide, tile.note, left=left, top=top + Inches(1.2), width=width, size=10, colour="#5A6472", height=Inches(0.7))


def _lines(slide: Slide, lines: Sequence[str], *, top: Emu, size: int = 18) -> None:
    frame = slide.shapes.add_textbox(MARGIN, top, WIDTH - 2 * MARGIN, HEIGHT - top - Inches(0.3)).text_frame
    frame.word_wrap = True
    for i, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
        paragraph.text, paragraph.font.size, paragraph.space_after = f"• {line}", Pt(size), Pt(6)


def _slide(deck: Deck, title: str, subtitle: str) -> Slide:
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    _text(slide, title, top=Inches(0.4), size=28, bold=True)
    if subtitle:
        _text(slide, subtitle, top=Inches(0.95), size=14, colour="#5A6472")
    return slide


def _text(slide: Slide, text: str, *, top: Emu, size: int, left: Emu = MARGIN, width: Emu = WIDTH - 2 * MARGIN, height: Emu = LINE, bold: bool = False,
          colour: str = "#16202E") -> None:
    frame = slide.shapes.add_textbox(left, top, width, height).text_frame
    frame.word_wrap = True
    frame.text = text
    font = frame.paragraphs[0].font
    font.size, font.bold, font.color.rgb = Pt(size), bold, _rgb(colour)


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.lstrip("#").upper())
