"""The Excel workbook of a report: real tables with number formats and native charts; text is never run as a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from promo_core.errors import N_
from promo_core.reporting.cells import Cell, Table
from promo_core.reporting.content import Content, Part
from promo_core.reporting.plan_content import PlanContent
from promo_core.reporting.sections import daily_table, result_table, segment_table
from promo_core.reporting.theme import BASELINE, NEGATIVE, POSITIVE, SCENARIO

__all__ = ["render", "render_plan"]

MOST_ROWS = 100_000
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": False}
_FORMATS = {"text": "@", "day": "yyyy-mm-dd", "money": "#,##0.00", "money_change": "+#,##0.00;-#,##0.00;0.00", "count": "#,##0", "count_change": "+#,##0;-#,##0;0", "percent": "0.00%",
            "percent_change": "+0.0%;-0.0%;0.0%", "points_change": "+0.000%;-0.000%;0.000%", "multiple": "0.00"}
_WIDTHS = {"text": 34, "day": 12}


def render(content: Content) -> bytes:
    """Return the workbook: Summary, Comparison (of several), Daily, Attribution, Segments, Provenance."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        writer = _Writer(book, content)
        writer.summary()
        if content.comparison is not None:
            writer.comparison()
        writer.daily()
        writer.attribution()
        writer.tables(N_("Segments"), [segment_table(content.words, content.outcomes, content.names)])
        writer.tables(N_("Past campaigns"), [part.alike for part in content.parts])
        writer.tables(N_("Provenance"), [content.provenance])
    return out.getvalue()


def render_plan(content: PlanContent) -> bytes:
    """Return the forecast report's workbook: Summary, Coming weeks, Parts, Promotion calendar, Stock, Late forecasts, Provenance."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        writer = _Writer(book, content)
        writer.plan_summary()
        writer.coming()
        writer.parts()
        for name, table in ((N_("Promotion calendar"), content.campaigns), (N_("Stock"), content.stock), (N_("Late forecasts"), content.late)):
            if table is not None:
                writer.tables(name, [table])
        writer.tables(N_("Provenance"), [content.provenance])
    return out.getvalue()


class _Writer:
    """Lays a report's parts on sheets; numbers its Excel tables."""

    def __init__(self, book: xlsxwriter.Workbook, content: Content | PlanContent) -> None:
        self.book, self.content, self.words = book, content, content.words
        self.count = 0
        self.formats = {kind: book.add_format({"num_format": code, "valign": "top"}) for kind, code in _FORMATS.items()}
        self.title = book.add_format({"bold": True, "font_size": 18})
        self.answer = book.add_format({"bold": True, "font_size": 28, "font_color": SCENARIO})
        self.head = book.add_format({"bold": True, "font_size": 12})
        self.soft = book.add_format({"font_color": "#5A6472"})

    def sheet(self, name: str) -> Worksheet:
        """Add a sheet under its translated name."""
        sheet = self.book.add_worksheet(self.words.text(name)[:31])
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def summary(self) -> None:
        """Write the answer first and largest, then each scenario's figures and sentences."""
        sheet, row = self._top(), 6
        for part in self.content.parts:
            row = self._part(sheet, part, row)

    def plan_summary(self) -> None:
        """Write the answer first and largest, then what it compares with and what deserves a look."""
        sheet = self._top()
        lines = [f"{tile.label}: {tile.value}  {tile.note}" for tile in self.content.tiles] + ["", *self.content.sentences]
        for row, line in enumerate(lines, 6):
            sheet.write_string(row, 0, line)
        sheet.set_column(0, 0, 60)

    def coming(self) -> None:
        """Write the plan period by period with its chart."""
        sheet = self.sheet(N_("The coming weeks"))
        self._path_chart(sheet, self.content.path, 0)
        self.table(sheet, self.content.path, 0)

    def parts(self) -> None:
        """Write the plan by each dimension with a chart and a total that Excel adds up."""
        sheet, row = self.sheet(N_("Segments")), 0
        for table in self.content.parts:
            end = self.table(sheet, table, row)
            self._bars(sheet, table, sheet.get_name(), first=row + 2, count=len(table.rows), column=1, place=(row, len(table.heads) + 1))
            self._totals(sheet, table, row + 2)
            row = max(end + 1, row + 17)

    def _totals(self, sheet: Worksheet, table: Table, first: int) -> None:
        """Add up, by formula, the columns whose parts add up: the plan, doing nothing, and what lies between."""
        last = first + len(table.rows) - 1
        sheet.write_string(last + 1, 0, self.words.text(N_("Total")), self.head)
        for column in (1, 4, 5):
            values = [v for v in table.column(column) if v is not None]
            if len(values) == len(table.rows):
                sheet.write_formula(last + 1, column, f"=SUM({xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(last, column)})", self.formats[table.rows[0][column].kind], sum(values))

    def _top(self) -> Worksheet:
        sheet, content = self.sheet(N_("Summary")), self.content
        for row, (text, form) in enumerate(((content.title, self.title), (content.subtitle, self.soft), (content.lead.label, self.head), (content.lead.value, self.answer), (content.lead.note, self.soft))):
            sheet.write_string(row, 0, text, form)
        sheet.set_row(3, 38)
        return sheet

    def _part(self, sheet: Worksheet, part: Part, row: int) -> int:
        sheet.write_string(row, 0, part.name, self.head)
        lines = [f"{tile.label}: {tile.value}  {tile.note}" for tile in (part.headline, *part.tiles)] + [*part.sentences, *part.reasons, *part.warnings]
        for i, line in enumerate(lines, row + 1):
            sheet.write_string(i, 0, line)
        row = self.table(sheet, part.campaigns, row + len(lines) + 2)
        row = self.table(sheet, result_table(self.words, part.outcome, full=True), row)
        return self.table(sheet, part.money, row) if part.money is not None else row

    def comparison(self) -> None:
        """Write scenarios side by side with a chart of what each adds."""
        sheet, table = self.sheet(N_("Comparison")), self.content.comparison
        end = self.table(sheet, table, 0)
        self._bars(sheet, table, sheet.get_name(), first=2, count=len(table.rows), column=1, place=(end, 0))
        row = end + 17
        if self.content.levers is not None:
            row = self.table(sheet, self.content.levers, row)
        for difference in self.content.differences:
            end = self.table(sheet, difference.table, row)
            self._bars(sheet, difference.table, sheet.get_name(), first=row + 2, count=len(difference.table.rows) - 1, column=1, place=(row, 5))
            row = max(end, row + 17)

    def daily(self) -> None:
        """Write each scenario's path with a chart, and the promoted series' rows."""
        sheet = self.sheet(N_("Daily"))
        row = 0
        for part in self.content.parts:
            sheet.write_string(row, 0, part.name, self.head)
            self._path_chart(sheet, part.path, row + 1)
            row = max(self.table(sheet, part.path, row + 1), row + 21)
        self.tables(N_("Series"), [daily_table(self.words, self.content.outcomes, self.content.names, MOST_ROWS)])

    def _path_chart(self, sheet: Worksheet, table: Table, row: int) -> None:
        chart = self.book.add_chart({"type": "line"})
        last = row + 1 + len(table.rows)
        for column, colour, dash in ((1, BASELINE, "dash"), (2, SCENARIO, "solid"), (3, "#9CC7E4", "round_dot"), (4, "#9CC7E4", "round_dot")):
            chart.add_series({"name": table.heads[column], "categories": [sheet.get_name(), row + 2, 0, last, 0], "values": [sheet.get_name(), row + 2, column, last, column],
                              "line": {"color": colour, "width": 2.0 if column < 3 else 1.0, "dash_type": dash}})
        chart.set_title({"name": table.title, "name_font": {"size": 11}})
        chart.set_y_axis({"name": table.title, "num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E3E7EC"}}})
        chart.set_x_axis({"date_axis": True, "num_format": "mm-dd"})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 720, "height": 360})
        sheet.insert_chart(row, len(table.heads) + 1, chart)

    def attribution(self) -> None:
        """Write what each lever adds, with a chart per scenario."""
        sheet, row = self.sheet(N_("Attribution")), 0
        for part in self.content.parts:
            sheet.write_string(row, 0, part.name, self.head)
            end = self.table(sheet, part.attribution, row + 1)
            if part.attribution.rows:
                self._bars(sheet, part.attribution, sheet.get_name(), first=row + 3, count=len(part.attribution.rows) - 1, column=1, place=(row, 5))
            row = max(end, row + 17)

    def _bars(self, sheet: Worksheet, table: Table, name: str, *, first: int, count: int, column: int, place: tuple[int, int]) -> None:
        chart = self.book.add_chart({"type": "bar"})
        chart.add_series({"name": table.heads[column], "categories": [name, first, 0, first + count - 1, 0], "values": [name, first, column, first + count - 1, column],
                          "fill": {"color": POSITIVE}, "invert_if_negative": True, "invert_if_negative_color": NEGATIVE, "gap": 60})
        chart.set_title({"name": table.title, "name_font": {"size": 11}})
        chart.set_x_axis({"name": table.heads[column], "num_format": "#,##0"})
        chart.set_y_axis({"reverse": True})
        chart.set_legend({"none": True})
        chart.set_size({"width": 640, "height": 300})
        sheet.insert_chart(*place, chart)

    def tables(self, name: str, tables: Sequence[Table]) -> None:
        """Write a sheet of tables, one below the other."""
        sheet, row = self.sheet(name), 0
        for table in tables:
            row = self.table(sheet, table, row)

    def table(self, sheet: Worksheet, table: Table, row: int) -> int:
        """Write title, Excel table and note at `row`; return the first free row after it."""
        sheet.write_string(row, 0, table.title, self.head)
        if not table.rows:
            sheet.write_string(row + 1, 0, "—")
            return row + 3
        self.count += 1
        heads = _distinct(table.heads)
        last = row + 1 + len(table.rows)
        sheet.add_table(row + 1, 0, last, len(heads) - 1, {"name": f"Table{self.count}", "style": "Table Style Light 1", "columns": [{"header": h} for h in heads], "autofilter": len(table.rows) > 8})
        for i, cells in enumerate(table.rows, row + 2):
            for j, cell in enumerate(cells):
                self._cell(sheet, i, j, cell)
        for j, cell in enumerate(table.rows[0]):
            sheet.set_column(j, j, max(16, _WIDTHS.get(cell.kind, 16)))
        if table.note:
            sheet.write_string(last + 1, 0, table.note, self.soft)
        return last + 3

    def _cell(self, sheet: Worksheet, row: int, column: int, cell: Cell) -> None:
        form: Format = self.formats[cell.kind]
        if cell.value is None:
            sheet.write_blank(row, column, None, form)
        elif cell.kind == "day":
            sheet.write_datetime(row, column, cell.value, form)
        elif cell.numeric:
            sheet.write_number(row, column, cell.value, form)
        else:
            sheet.write_string(row, column, cell.text, form)


def _distinct(heads: Sequence[str]) -> list[str]:
    """Return heads that Excel takes: none empty, no two alike in any case."""
    out: list[str] = []
    for head in heads:
        name, number = head or "—", 2
        while name.casefold() in {o.casefold() for o in out}:
            name, number = f"{head} ({number})", number + 1
        out.append(name)
    return out
