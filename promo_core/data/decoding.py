"""Tell what bytes are: refuse what is no table, unpack gzip, and turn text of any usual encoding into UTF-8."""

from __future__ import annotations

import re
import zlib

from promo_core.errors import N_, DataError

__all__ = ["MAX_BYTES", "to_utf8", "refuse_foreign", "unpack"]

MAX_BYTES = 1 << 30
_REMEDY_TABLE = N_("Expected a table: .csv, .csv.gz, .tsv, .parquet or .xlsx. Received {received}. Export the table itself and drop that file.")
_MAGIC = ((b"\x89PNG", N_("a picture (PNG)")), (b"\xff\xd8\xff", N_("a picture (JPEG)")), (b"GIF8", N_("a picture (GIF)")), (b"BM", N_("a picture (BMP)")),
          (b"II*\x00", N_("a picture (TIFF)")), (b"MM\x00*", N_("a picture (TIFF)")), (b"%PDF", N_("a PDF document")), (b"\x7fELF", N_("a program")), (b"MZ", N_("a program")),
          (b"SQLite format 3", N_("a database file")), (b"Rar!", N_("a RAR archive")), (b"7z\xbc\xaf", N_("a 7-Zip archive")), (b"{\\rtf", N_("a text document (RTF)")))
_JSON = re.compile(rb'^\s*(\{\s*"|\[\s*[\[{"\d]|<\?xml)')
_HTML = re.compile(rb"^\s*(<!doctype html|<html|<head|<body|<!--|<script|<table)", re.I)


def unpack(data: bytes) -> bytes:
    """Return `data`, gunzipped where it is gzip.

    Raises:
        DataError: when the archive is damaged, or larger than 1 GiB unpacked.
    """
    if data[:2] != b"\x1f\x8b":
        return data
    parts, left, total = [], data, 0
    while left[:2] == b"\x1f\x8b":
        engine = zlib.decompressobj(31)
        try:
            parts.append(engine.decompress(left, MAX_BYTES + 1 - total))
        except zlib.error:
            raise DataError(N_("Expected an intact .gz file. Received one that can't be unpacked. Compress or download it again.")) from None
        total += len(parts[-1])
        if total > MAX_BYTES or engine.unconsumed_tail:
            raise DataError(N_("Expected at most {limit} MB of text. Received a .gz file that unpacks to more. Split it, or drop columns and rows that are not needed."), limit=MAX_BYTES >> 20)
        if not engine.eof:
            raise DataError(N_("Expected an intact .gz file. Received one that is cut short. Compress or download it again."))
        left = engine.unused_data
    return parts[0] if len(parts) == 1 else b"".join(parts)


def refuse_foreign(data: bytes) -> None:
    """Refuse what is clearly no table.

    Raises:
        DataError: for nothing at all, pictures, documents, programs, web pages and JSON.
    """
    if not data[:4096].strip(b" \t\r\n\xef\xbb\xbf\xff\xfe") and not data.strip(b" \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise DataError(N_("Expected a table with a header row and data. Received an empty file. Export it again."))
    head = data[:512]
    for magic, what in _MAGIC:
        if head.startswith(magic) and (magic not in (b"BM", b"MZ") or b"\x00" in head):
            raise DataError(_REMEDY_TABLE, received=what)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        raise DataError(_REMEDY_TABLE, received=N_("a picture (WebP)"))
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise DataError(N_("Expected .xlsx or .csv. Received an old Excel workbook (.xls), or one with a password. Open it and save it as .xlsx or .csv."))
    text = head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if _HTML.match(text):
        raise DataError(N_("Expected a table. Received a web page: the download probably ended at a login page. Sign in, download again, and drop that file."))
    if _JSON.match(text):
        raise DataError(_REMEDY_TABLE, received=N_("JSON or XML"))


def to_utf8(data: bytes) -> tuple[bytes, str]:
    """Return the text as UTF-8 bytes without BOM, and the encoding it came in.

    Raises:
        DataError: when the bytes are no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode(data, "utf-16"), "UTF-16"
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\x00" in data[:4096]:
        even, odd = data[0:4096:2].count(0), data[1:4096:2].count(0)
        if min(even, odd) * 4 > max(even, odd):
            raise _no_text()
        return _decode(data, "utf-16-le" if odd > even else "utf-16-be"), "UTF-16"
    _refuse_control_characters(data)
    if data.isascii() or _is_utf8(data):
        return data, "UTF-8"
    encoding = "gb18030" if _mostly_pairs(data) else "cp1252"
    return _decode(data, encoding), {"gb18030": "GB18030", "cp1252": "Windows-1252"}[encoding]


def _decode(data: bytes, encoding: str) -> bytes:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise _no_text() from None
    encoded = text.removeprefix("\ufeff").encode("utf-8", "replace")
    _refuse_control_characters(encoded)
    return encoded


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mostly_pairs(data: bytes) -> bool:
    """Say whether high bytes come in runs, as Chinese does, and not singly, as accents do."""
    runs = re.findall(rb"[\x80-\xff]+", data[: 1 << 20])
    return sum(len(run) > 1 for run in runs) * 2 >= len(runs)


def _refuse_control_characters(data: bytes) -> None:
    head = data[: 1 << 16]
    strange = len(head) - len(head.translate(None, bytes(range(9)) + bytes(range(14, 32)) + b"\x7f"))
    if strange > max(2, len(head) // 200):
        raise _no_text()


def _no_text() -> DataError:
    return DataError(_REMEDY_TABLE, received=N_("bytes that are no text"))
