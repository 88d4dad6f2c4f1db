"""The PDF report: A4, vector charts, a font that has Chinese glyphs embedded."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.graphics.charts.barcharts import HorizontalBarChart
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer
from reportlab.platypus import Table as Grid

from promo_core.errors import N_
from promo_core.reporting.cells import Table
from promo_core.reporting.content import Content, Part, Tile
from promo_core.reporting.plan_content import PlanContent
from promo_core.reporting.theme import BASELINE, NEGATIVE, POSITIVE, SCENARIO
from promo_core.reporting.words import Words

__all__ = ["render", "render_plan"]

FONT = "LiftboardSans"
_FONT_FILE = Path(__file__).resolve().parents[2] / "assets" / "fonts" / "wqy-microhei-gb2312.ttf"
MARGIN = 16 * mm
WIDTH = A4[0] - 2 * MARGIN
MOST_ROWS = 40
_SOFT = colors.HexColor("#5A6472")
_RULE = colors.HexColor("#D9DFE7")


def render(content: Content) -> bytes:
    """Return the document: the answer first, then each scenario, the comparison and where the figures come from."""
    return _document(content.title, content.words, _story(content))


def render_plan(content: PlanContent) -> bytes:
    """Return the forecast report: the answer, what deserves a look, the coming weeks, the calendar, stock, late forecasts."""
    return _document(content.title, content.words, _plan_story(content))


def _document(title: str, words: Words, story: list[Flowable]) -> bytes:
    out = io.BytesIO()
    document = BaseDocTemplate(out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN, title=title, author="Liftboard", lang=words.reader.lang)
    document.addPageTemplates(PageTemplate(frames=[Frame(MARGIN, MARGIN, WIDTH, A4[1] - 2 * MARGIN, 0, 0, 0, 0)], onPage=lambda canvas, _doc: _footer(canvas, words)))
    document.build(story)
    return out.getvalue()


def _register() -> None:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(FONT, str(_FONT_FILE)))
        pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=FONT, italic=FONT, boldItalic=FONT)


def _footer(canvas: Canvas, words: Words) -> None:
    canvas.setFont(FONT, 7.5)
    canvas.setFillColor(_SOFT)
    canvas.drawString(MARGIN, 9 * mm, words.text(N_("Liftboard promotion report")))
    canvas.drawRightString(A4[0] - MARGIN, 9 * mm, str(canvas.getPageNumber()))


def _plan_story(content: PlanContent) -> list[Flowable]:
    _register()
    story = [_text(content.title, 20, leading=25), _text(content.subtitle, 9, colour=_SOFT), Spacer(1, 6 * mm), *_lead(content.lead), *_bullets(content.sentences), Spacer(1, 4 * mm)]
    story += [_tiles(content.tiles), Spacer(1, 4 * mm), *_path(content.path)]
    for table in content.parts:
        story += [*_bars(table, 1), *_table(table)]
    for table in (content.campaigns, content.stock, content.late, content.path):
        story += _table(table) if table is not None else []
    return story + _table(content.provenance)


def _story(content: Content) -> list[Flowable]:
    _register()
    words = content.words
    story = [_text(content.title, 20, leading=25), _text(content.subtitle, 9, colour=_SOFT), Spacer(1, 6 * mm), *_lead(content.lead), *_bullets(content.lead_sentences), Spacer(1, 4 * mm)]
    if content.comparison is not None:
        story += [*_bars(content.comparison, 1), *_table(content.comparison), *(_table(content.levers) if content.levers is not None else [])]
        for difference in content.differences:
            story += [*_bars(difference.table, 1, drop_last=True), *_table(difference.table)]
    for part in content.parts:
        story += _part(words, part, single=len(content.parts) == 1)
    return story + _table(content.provenance)


def _lead(tile: Tile) -> list[Flowable]:
    return [_text(tile.label, 10.5, colour=_SOFT), _text(tile.value, 40, leading=48, colour=colors.HexColor(SCENARIO)), _text(tile.note, 10, colour=_SOFT), Spacer(1, 4 * mm)]


def _part(words: Words, part: Part, *, single: bool) -> list[Flowable]:
    story: list[Flowable] = [] if single else [CondPageBreak(120 * mm), _text(part.name, 15, leading=20), *_lead(part.headline), *_bullets(part.sentences)]
    story += [_tiles(part.tiles), Spacer(1, 4 * mm), *_path(part.path), *_bars(part.attribution, 1, drop_last=True), *_table(part.attribution), *_table(part.campaigns), *_table(part.results)]
    story += _table(part.money) if part.money is not None else []
    for table in part.groups:
        story += _table(table)
    story += [CondPageBreak(60 * mm), _text(f"{words.text(N_('Support in the past'))}: {part.grade}", 11, leading=16), *_bullets(part.reasons), *_table(part.alike)]
    return story + (_bullets(part.warnings) if part.warnings else [])


def _tiles(tiles: Sequence[Tile]) -> Flowable:
    """Lay the tiles three in a row."""
    cells = [[_text(t.label, 8, colour=_SOFT), _text(t.value, 15, leading=19), _text(t.note, 7.5, colour=_SOFT)] for t in tiles]
    rows = [cells[i : i + 3] + [""] * (3 - len(cells[i : i + 3])) for i in range(0, len(cells), 3)] or [["", "", ""]]
    return Grid(rows, colWidths=[WIDTH / 3] * 3, style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOX", (0, 0), (-1, -1), 0.4, _RULE), ("INNERGRID", (0, 0), (-1, -1), 0.4, _RULE)])


def _path(table: Table) -> list[Flowable]:
    """Draw baseline, scenario and its band over time."""
    if not table.rows:
        return []
    drawing = Drawing(WIDTH, 62 * mm)
    chart = HorizontalLineChart()
    chart.x, chart.y, chart.width, chart.height = 22 * mm, 9 * mm, WIDTH - 25 * mm, 44 * mm
    chart.data = [[v if v is not None else None for v in table.column(c)] for c in (1, 2, 3, 4)]
    days = table.names(0)
    step = max(1, len(days) // 7)
    chart.categoryAxis.categoryNames = [d if i % step == 0 else "" for i, d in enumerate(days)]
    for axis in (chart.categoryAxis, chart.valueAxis):
        axis.labels.fontName, axis.labels.fontSize = FONT, 7
        axis.strokeColor = _RULE
    chart.valueAxis.labelTextFormat = lambda v: f"{v:,.0f}" if abs(v) >= 10 else f"{v:,.3g}"
    chart.valueAxis.visibleGrid, chart.valueAxis.gridStrokeColor = True, _RULE
    for i, (colour, width) in enumerate(((BASELINE, 1.2), (SCENARIO, 1.8), ("#9CC7E4", 0.8), ("#9CC7E4", 0.8))):
        chart.lines[i].strokeColor, chart.lines[i].strokeWidth = colors.HexColor(colour), width
    chart.lines[0].strokeDashArray = (3, 2)
    drawing.add(chart)
    for i, (colour, head) in enumerate(((BASELINE, table.heads[1]), (SCENARIO, table.heads[2]), ("#6FA8D0", f"{table.heads[3]} / {table.heads[4]}"))):
        drawing.add(String(22 * mm + i * 45 * mm, 57 * mm, f"— {head}", fontName=FONT, fontSize=7.5, fillColor=colors.HexColor(colour)))
    return [KeepTogether([_text(table.title, 11, leading=16), drawing, Spacer(1, 3 * mm)])]


def _bars(table: Table, column: int, *, drop_last: bool = False) -> list[Flowable]:
    """Draw one bar per row of a column."""
    rows = table.rows[:-1] if drop_last else table.rows
    values = [r[column].value for r in rows]
    if not rows or any(v is None for v in values):
        return []
    drawing = Drawing(WIDTH, (14 + 8 * len(rows)) * mm)
    chart = HorizontalBarChart()
    chart.x, chart.y, chart.width, chart.height = 45 * mm, 7 * mm, WIDTH - 70 * mm, 8 * len(rows) * mm
    chart.data = [list(reversed(values))]
    chart.categoryAxis.categoryNames = [r[0].text[:28] for r in reversed(rows)]
    for axis in (chart.categoryAxis, chart.valueAxis):
        axis.labels.fontName, axis.labels.fontSize, axis.strokeColor = FONT, 7.5, _RULE
    chart.valueAxis.labelTextFormat = lambda v: f"{v:,.0f}"
    chart.valueAxis.valueMin, chart.valueAxis.valueMax = min(0.0, *values), max(0.0, *values)
    for i, value in enumerate(reversed(values)):
        chart.bars[(0, i)].fillColor = colors.HexColor(POSITIVE if value >= 0 else NEGATIVE)
        chart.bars[(0, i)].strokeColor = None
    drawing.add(chart)
    return [KeepTogether([_text(f"{table.title} · {table.heads[column]}", 10, leading=15), drawing])]


def _table(table: Table) -> list[Flowable]:
    """Set a table; long ones are cut with a word about it."""
    if not table.rows:
        return []
    size = 7.5 if len(table.heads) < 8 else 6.4
    rows = [[_text(h, size, colour=_SOFT) for h in table.heads]] + [[_text(c.text, size) for c in cells] for cells in table.rows[:MOST_ROWS]]
    first = 1.6 if len(table.heads) > 2 else 1.0
    unit = WIDTH / (first + len(table.heads) - 1)
    style = [("LINEBELOW", (0, 0), (-1, -1), 0.3, _RULE), ("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 1.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
             ("LEFTPADDING", (0, 0), (-1, -1), 1), ("RIGHTPADDING", (0, 0), (-1, -1), 2)]
    grid = Grid(rows, colWidths=[first * unit, *[unit] * (len(table.heads) - 1)], style=style, repeatRows=1)
    notes = [_text(table.note, 7.5, colour=_SOFT)] if table.note else []
    return [CondPageBreak(30 * mm), _text(table.title, 11, leading=17), grid, *notes, Spacer(1, 5 * mm)]


def _bullets(lines: Sequence[str]) -> list[Flowable]:
    return [_text(f"• {line}", 9.5, leading=14) for line in lines]


def _text(text: str, size: float, *, leading: float | None = None, colour: colors.Color = colors.HexColor("#16202E")) -> Paragraph:  # noqa: B008 - a colour never changes
    style = ParagraphStyle("text", fontName=FONT, fontSize=size, leading=leading or size * 1.3, textColor=colour, wordWrap="CJK")
    return Paragraph(escape(text), style)
