"""Any file to one raw table, every cell as the file has it, or one clear refusal."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from promo_core.data.decoding import refuse_foreign, to_utf8, unpack
from promo_core.data.issues import ROWS_KEPT, Issue, info, shown, warning
from promo_core.data.mapping import text_roles
from promo_core.data.workbook import parquet_table, sheet_as_csv
from promo_core.errors import N_, DataError, Message

__all__ = ["Raw", "read", "source_bytes"]

_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
_NULLS = ["", "NA", "N/A", "n/a", "#N/A", "NULL", "null", "NaN", "nan", "-", "--", "—"]
_DELIMITERS = (",", ";", "\t", "|")
_HEADER_SEARCH = 20
_DATE = re.compile(r"^\s*\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")
MAX_COLUMNS, MAX_ROWS, MAX_CELL = 500, 20_000_000, 32_767


@dataclass(frozen=True, kw_only=True, eq=False)
class Raw:
    """A file as a table of columns, nothing interpreted beyond plain numbers and ISO dates.

    Attributes:
        table: columns under unique headers; text is dictionary-encoded.
        delimiter: what separated cells; empty for workbooks and parquet.
        first_row: file row of the first data row.
        row_numbers: file row per data row, where rows were skipped; else `None`.
        issues: what reading had to decide.
    """

    table: pa.Table
    filename: str
    encoding: str
    delimiter: str
    first_row: int = 2
    row_numbers: np.ndarray | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """Headers in file order."""
        return tuple(self.table.column_names)

    def file_rows(self, positions: np.ndarray) -> tuple[int, ...]:
        """Return file row numbers of the first few `positions` (0-based data rows)."""
        first = np.asarray(positions)[:ROWS_KEPT]
        return tuple(int(p) + self.first_row if self.row_numbers is None else int(self.row_numbers[p]) for p in first)


def source_bytes(source: bytes | Path, filename: str | None) -> tuple[bytes, str]:
    """Return the bytes and a display name of an upload or a path.

    Raises:
        DataError: when the path can't be read.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), filename or "upload.csv"
    path = Path(source)
    try:
        return path.read_bytes(), filename or path.name
    except (OSError, ValueError):
        raise DataError(N_("Expected a file that can be read. Received {received}. Check the path and its permissions."), received=shown(path, 200)) from None


def read(data: bytes, filename: str, as_text: frozenset[str] | None = None) -> Raw:
    """Read bytes of any supported kind.

    Args:
        as_text: headers to keep as text even where they hold numbers; `None` asks the schema by header.

    Raises:
        DataError: when the bytes are no table, or a table past the bounds of rows, columns and cells.
    """
    raw = _read(unpack(data), filename, as_text)
    _require_bounds(raw.table)
    return raw


def _read(data: bytes, filename: str, as_text: frozenset[str] | None) -> Raw:
    if data[:4] == b"PK\x03\x04":
        text, notes = sheet_as_csv(data)
        return _read_text(text, filename, "XLSX", as_text, notes)
    if data[:4] == b"PAR1":
        return _named(parquet_table(data), filename)
    refuse_foreign(data)
    text, encoding = to_utf8(data)
    return _read_text(text, filename, encoding, as_text, ())


def _named(table: pa.Table, filename: str) -> Raw:
    headers, issues = _unique_headers(list(table.column_names))
    _require_rows(table.num_rows)
    return Raw(table=table.rename_columns(headers), filename=filename, encoding="parquet", delimiter="", issues=tuple(issues))


def _read_text(text: bytes, filename: str, encoding: str, as_text: frozenset[str] | None, notes: tuple[Issue, ...]) -> Raw:
    delimiter = _delimiter(text)
    header, lines = _find_header(text, delimiter)
    headers, issues = _unique_headers(header)
    body = _body(text, _line_offset(text, lines))
    if not len(body):
        _require_rows(0)
    kept = text_roles(headers) if as_text is None else [h for h in headers if h in as_text]
    first_row = lines + 1
    table, row_numbers, flaws = _parse(body, headers, delimiter, kept, first_row)
    _require_rows(table.num_rows)
    if encoding == "Windows-1252":
        notes += (warning(Message(N_("The text is not UTF-8; it was read as {encoding}."), {"encoding": encoding}), Message(N_("Check names with accents; if they look wrong, save the file as UTF-8."))),)
    table, dropped = _drop_empty_columns(table)
    return Raw(table=table, filename=filename, encoding=encoding, delimiter=delimiter, first_row=first_row, row_numbers=row_numbers, issues=notes + tuple(issues) + flaws + dropped)


def _require_rows(count: int) -> None:
    if count == 0:
        raise DataError(N_("Expected data rows below the header. Received a header and nothing else. Export the rows too."))


def _require_bounds(table: pa.Table) -> None:
    """Refuse what no campaign file has: it would only fill the memory."""
    if table.num_columns > MAX_COLUMNS:
        raise _too_wide(table.num_columns)
    if table.num_rows > MAX_ROWS:
        raise DataError(N_("Expected at most {limit} rows. Received {received}. Add them up by day and group first, or load them as an event log."), limit=MAX_ROWS, received=table.num_rows)
    for name, column in zip(table.column_names, table.columns, strict=True):
        if (longest := _longest(column)) > MAX_CELL:
            raise DataError(N_("Expected cells of at most {limit} characters. Received {received} in one of `{column}`. A quote there is probably not closed."),
                            limit=MAX_CELL, received=longest, column=name)


def _longest(column: pa.ChunkedArray) -> int:
    """Return the characters of a text column's longest value, the bytes of a binary one's; 0 for numbers."""
    if pa.types.is_dictionary(column.type):
        return max((_longest(pa.chunked_array([chunk.dictionary])) for chunk in column.chunks), default=0)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.max(pc.utf8_length(column)).as_py() or 0
    return pc.max(pc.binary_length(column)).as_py() or 0 if pa.types.is_binary(column.type) else 0


def _too_wide(columns: int) -> DataError:
    return DataError(N_("Expected one row per date and at most {limit} columns. Received {received} columns: dates or products side by side must become rows."), limit=MAX_COLUMNS, received=columns)


def _delimiter(text: bytes) -> str:
    """Return the delimiter that splits the first lines into the most cells, most alike."""
    lines = bytes(text[:65536]).decode("utf-8", "ignore").splitlines()[:_HEADER_SEARCH * 2]
    lines = [line for line in lines if line.strip()]
    if len(text) > 65536:
        lines = lines[:-1] or lines

    def score(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in _records("\n".join(lines), delimiter))
        width, votes = max(((w, v) for w, v in widths.items() if w > 1), key=lambda pair: (pair[1], pair[0]), default=(1, 0))
        return votes * (width > 1), width

    return max(_DELIMITERS, key=lambda d: score(d))


def _records(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(1 << 22)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return [line.split(delimiter) for line in text.splitlines()]


def _find_header(text: bytes, delimiter: str) -> tuple[list[str], int]:
    """Return the header cells and the count of physical lines up to and including them.

    A title line above the table has fewer cells than the table.
    """
    head = text[:262144].decode("utf-8", "ignore")
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    records: list[tuple[list[str], int]] = []
    try:
        for record in reader:
            records.append((record, reader.line_num))
            if len(records) > _HEADER_SEARCH * 2:
                break
    except csv.Error:
        raise DataError(N_("Expected a table of cells. Received text whose quotes or lines don't close. Export it again.")) from None
    filled = [(cells, line) for cells, line in records if any(c.strip() for c in cells) and cells[0].lower() != "sep="]
    if not filled:
        raise DataError(N_("Expected a table with a header row and data. Received an empty file. Export it again."))
    widths = Counter(len(cells) for cells, _ in filled)
    width = max(widths, key=lambda w: (widths[w], w))
    cells, line = next((cells, line) for cells, line in filled if len(cells) == width or len(cells) > 1 and len(cells) >= width - 1)
    if len(cells) > MAX_COLUMNS:
        raise _too_wide(len(cells))
    _require_header(cells)
    return cells, line


def _require_header(cells: list[str]) -> None:
    values = [c for c in cells if _is_number(c)]
    if len(cells) > 1 and (len(values) * 3 >= len([c for c in cells if c.strip()]) or any(_DATE.match(c) for c in cells)):
        raise DataError(N_("Expected column names in the first row. Received values: {received}. Add a header row, with names such as date, segment, orders, gmv."),
                        received=shown(", ".join(cells)))


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip().replace(",", ""))
    except ValueError:
        return False
    return True


def _line_offset(text: bytes, lines: int) -> int:
    offset = 0
    for _ in range(lines):
        found = [i for i in (text.find(b"\n", offset), text.find(b"\r", offset)) if i >= 0]
        if not found:
            return len(text)
        offset = min(found) + 1 + (text[min(found): min(found) + 2] == b"\r\n")
    return offset


def _body(text: bytes, start: int) -> memoryview:
    """Return the rows below the header without the blank lines around them."""
    stop = len(text)
    while stop > start and text[stop - 1] in b" \r\n":
        stop -= 1
    return memoryview(text)[start:stop]


def _unique_headers(cells: list[str]) -> tuple[list[str], list[Issue]]:
    headers: list[str] = []
    repeated: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = shown(cell.removeprefix("\ufeff"), 80) or f"column {position}"
        unique, k = name, 2
        while unique in headers:
            unique, k = f"{name} ({k})", k + 1
        if unique != name:
            repeated.append(name)
        headers.append(unique)
    issues = [warning(Message(N_("Several columns are called {received}; the later ones are read as {renamed}."), {"received": name, "renamed": f"{name} (2)"}),
                      Message(N_("Give each column its own name.")), column=name) for name in dict.fromkeys(repeated)]
    return headers, issues


def _parse(body: memoryview, headers: list[str], delimiter: str, kept: list[str], first_row: int) -> tuple[pa.Table, np.ndarray | None, tuple[Issue, ...]]:
    quoted = b'"' in body.obj if body.obj else False
    try:
        table = _arrow(body, headers, delimiter, kept, quoted)
    except pa.ArrowInvalid:
        return _parse_slowly(body, headers, delimiter, kept, first_row)
    return table, None, ()


def _arrow(body: memoryview, headers: list[str], delimiter: str, kept: list[str], quoted: bool) -> pa.Table:
    table = pa_csv.read_csv(
        pa.BufferReader(pa.py_buffer(body)),
        read_options=pa_csv.ReadOptions(column_names=headers, block_size=4 << 20),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=quoted, ignore_empty_lines=False),
        convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(kept, _DICTIONARY), strings_can_be_null=False, null_values=_NULLS,
                                              auto_dict_encode=True, auto_dict_max_cardinality=5000))
    return table.unify_dictionaries()


def _parse_slowly(body: memoryview, headers: list[str], delimiter: str, kept: list[str], first_row: int) -> tuple[pa.Table, np.ndarray | None, tuple[Issue, ...]]:
    """Read record by record: skip blank lines, mend or leave out rows of the wrong width, and number the rows."""
    reader = csv.reader(io.StringIO(bytes(body).decode("utf-8", "replace"), newline=""), delimiter=delimiter)
    clean = io.StringIO()
    writer = csv.writer(clean)
    numbers: list[int] = []
    wrong: list[int] = []
    csv.field_size_limit(1 << 22)
    try:
        for row, record in enumerate(reader, start=first_row):
            if not any(cell.strip() for cell in record):
                continue
            if len(record) < len(headers) or any(cell.strip() for cell in record[len(headers):]):
                wrong.append(row)
                continue
            writer.writerow([cell.replace("\n", " ").replace("\r", " ") for cell in record[: len(headers)]])
            numbers.append(row)
    except csv.Error:
        raise DataError(N_("Expected a table of cells. Received text whose quotes or lines don't close. Export it again.")) from None
    if not numbers:
        if wrong:
            raise DataError(N_("Expected {expected} cells in every row, as in the header. Received none such. Check the separator and export again."), expected=len(headers))
        _require_rows(0)
    table = _arrow(memoryview(clean.getvalue().encode()), headers, ",", kept, False)
    flaws = (warning(Message(N_("Rows that don't have {expected} cells: {count}, left out."), {"count": len(wrong), "expected": len(headers)}),
                     Message(N_("Check the separator and the quotes in these rows.")), rows=tuple(wrong[:ROWS_KEPT]), count=len(wrong)),) if wrong else ()
    return table, np.asarray(numbers), flaws


def _drop_empty_columns(table: pa.Table) -> tuple[pa.Table, tuple[Issue, ...]]:
    empty = [name for name in table.column_names if pa.types.is_null(table.schema.field(name).type)]
    if not empty or len(empty) == table.num_columns:
        return table, ()
    note = info(Message(N_("Empty columns are ignored: {received}."), {"received": shown(", ".join(empty))}), Message(N_("Nothing to do.")))
    return table.drop_columns(empty), (note,)
