"""Files made to fill a machine are refused before they do: bombs, endless cells, too many rows and columns."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from promo_core.data import decoding, intake, workbook
from promo_core.data.inspection import inspect
from promo_core.errors import DataError

HEAD = "date,segment,gmv\n"
ROW = "2026-03-01,vip,100\n"
SHEET = '<?xml version="1.0"?>{doctype}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'


def xlsx(sheet: str, **more: bytes) -> bytes:
    """Return a workbook whose first sheet is `sheet`, deflated."""
    out = io.BytesIO()
    pd.DataFrame({"date": ["2026-03-01", "2026-03-02"], "gmv": [1, 2]}).to_excel(out, index=False)
    with zipfile.ZipFile(out) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = sheet.encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**members, **more}.items():
            archive.writestr(name, content)
    return out.getvalue()


def refused(content: bytes, filename: str, said: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=said):
            inspect(content, filename=filename)
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let 20 MB unpacked be the most, so that the tests' bombs are small ones."""
    for module in (decoding, workbook):
        monkeypatch.setattr(module, "MAX_BYTES", 20_000_000)
    return 20_000_000


def test_a_gzip_bomb_is_refused_while_it_unpacks(small_limit: int) -> None:
    bomb = gzip.compress(HEAD.encode() + bytes(3 * small_limit))
    assert len(bomb) < 100_000
    refused(bomb, "a.csv.gz", "unpacks to more")
    refused(gzip.compress(bytes(small_limit // 2)) * 3, "a.csv.gz", "unpacks to more")


def test_a_workbook_bomb_is_refused_by_what_it_says_and_by_what_it_holds(small_limit: int) -> None:
    refused(xlsx(SHEET.format(doctype="", rows=" " * 2 * small_limit)), "a.xlsx", "unpacks to more")
    honest = xlsx(SHEET.format(doctype="", rows="<row><c><v>1</v></c></row>" * 50_000))
    size = zipfile.ZipFile(io.BytesIO(honest)).getinfo("xl/worksheets/sheet1.xml").file_size
    lying = honest.replace(size.to_bytes(4, "little"), (500).to_bytes(4, "little"))
    refused(lying, "a.xlsx", "can't be opened|without one|Expected")


def test_entities_that_grow_are_not_followed() -> None:
    entities = "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 10))
    doctype = f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]>'
    refused(xlsx(SHEET.format(doctype=doctype, rows='<row><c t="inlineStr"><is><t>&a9;</t></is></c></row>' * 3)), "a.xlsx", "Expected")


def test_entities_that_name_files_are_not_read(tmp_path) -> None:
    (tmp_path / "secret").write_text("the secret of the machine")
    doctype = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{tmp_path}/secret">]>'
    rows = '<row><c t="inlineStr"><is><t>date</t></is></c><c t="inlineStr"><is><t>gmv</t></is></c></row>' + '<row><c t="inlineStr"><is><t>&a;</t></is></c><c><v>1</v></c></row>' * 3
    try:
        found = inspect(xlsx(SHEET.format(doctype=doctype, rows=rows)), filename="a.xlsx")
    except DataError:
        return
    assert "secret of the machine" not in str(found.raw.table.to_pydict())


def test_a_parquet_that_unpacks_to_more_is_refused(small_limit: int) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"date": pa.array(["2026-03-01"] * 4_000_000).dictionary_encode(), "gmv": [1.5] * 4_000_000}), out, use_dictionary=False, compression="zstd")
    assert len(out.getvalue()) < small_limit / 4
    refused(out.getvalue(), "a.parquet", "unpacks to more")


@pytest.mark.parametrize("content", [
    lambda: (HEAD + "2026-03-01," + "x" * 40_000 + ",1\n" + ROW * 20).encode(), lambda: (HEAD + '2026-03-01,"' + "x\n" * 40_000 + '",1\n' + ROW * 20).encode()])
def test_an_endless_cell_is_refused(content) -> None:
    refused(content(), "a.csv", "Expected cells of at most|don't close")


def test_too_many_rows_and_columns_are_refused_in_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({f"c{k}": [1, 2] for k in range(600)})
    for name, write in (("a.csv", lambda out: frame.to_csv(out, index=False)), ("a.parquet", frame.to_parquet), ("a.xlsx", lambda out: frame.to_excel(out, index=False))):
        out = io.BytesIO()
        write(out)
        refused(out.getvalue(), name, "at most 500 columns")
    monkeypatch.setattr(intake, "MAX_ROWS", 30)
    refused((HEAD + ROW * 31).encode(), "a.csv", "at most 30 rows")


def test_an_upload_is_bounded_by_the_server() -> None:
    import tomllib
    from pathlib import Path

    server = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text())["server"]
    assert server["maxUploadSize"] <= 400 and server["enableXsrfProtection"] and server["enableCORS"] and server["address"] == "localhost"
