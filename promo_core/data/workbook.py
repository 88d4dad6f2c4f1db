"""Excel workbooks and parquet files, bounded in size, as the same kind of table a CSV gives."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from promo_core.data.decoding import MAX_BYTES
from promo_core.data.issues import Issue, info
from promo_core.errors import N_, DataError, Message

__all__ = ["parquet_table", "sheet_as_csv"]


def sheet_as_csv(data: bytes) -> tuple[bytes, tuple[Issue, ...]]:
    """Return the first sheet that holds a table as UTF-8 CSV, and a note where the workbook has more.

    Raises:
        DataError: when the archive is no workbook, is damaged, or is too large.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _require_workbook(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = [(sheet.title, [row for row in sheet.iter_rows(values_only=True)]) for sheet in book.worksheets]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, OSError, SyntaxError, EOFError, RuntimeError, zlib.error):
        raise DataError(N_("Expected an Excel workbook (.xlsx). Received one that can't be opened. Save it again, or as .csv.")) from None
    filled = [(title, rows) for title, rows in sheets if sum(any(cell is not None for cell in row) for row in rows) > 1]
    if not filled:
        raise DataError(N_("Expected a sheet with a header row and data. Received a workbook without one. Put the table on the first sheet."))
    title, rows = filled[0]
    notes = (info(Message(N_("The workbook has {count} sheets with data; `{title}` is read."), {"count": len(filled), "title": title}),
                  Message(N_("To use another sheet, save it as its own file."))),) if len(filled) > 1 else ()
    return _csv(rows), notes


def _require_workbook(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names, size = archive.namelist(), sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise DataError(N_("Expected an Excel workbook (.xlsx). Received an archive that can't be opened. Save or download it again.")) from None
    if not any(name.startswith("xl/") for name in names):
        raise DataError(N_("Expected a table. Received a zip archive. Unpack it and drop the table that is inside."))
    if size > MAX_BYTES:
        raise DataError(N_("Expected at most {limit} MB. Received a workbook that unpacks to more. Save the sheet as .csv."), limit=MAX_BYTES >> 20)


def _csv(rows: list[tuple[Any, ...]]) -> bytes:
    width = max((k + 1 for row in rows for k, cell in enumerate(row) if cell is not None), default=0)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        cells = [_cell(cell) for cell in row[:width]]
        writer.writerow(cells + [""] * (width - len(cells)))
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).replace("\r", " ").replace("\n", " ")


def parquet_table(data: bytes) -> pa.Table:
    """Return a parquet file's flat columns, text dictionary-encoded.

    Raises:
        DataError: when it can't be opened or is too large.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        size = sum(file.metadata.row_group(k).total_byte_size for k in range(file.metadata.num_row_groups))
        if size > MAX_BYTES:
            raise DataError(N_("Expected at most {limit} MB. Received a parquet file that unpacks to more. Drop columns and rows that are not needed."), limit=MAX_BYTES >> 20)
        table = file.read()
    except (pa.ArrowException, OSError, ValueError):
        raise DataError(N_("Expected an intact parquet file. Received one that can't be opened. Write or download it again.")) from None
    if "__index_level_0__" in table.column_names:
        table = table.drop_columns(["__index_level_0__"])
    flat = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
    return pa.table({name: _plain(table.column(name)) for name in flat}) if len(set(flat)) == len(flat) else table


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _text(column.cast(kind.value_type)) if pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type) else column.cast(kind.value_type)
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64(), safe=False)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _text(column)
    return column


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()).dictionary_encode().unify_dictionaries()
