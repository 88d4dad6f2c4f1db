"""Anything a person can drop: success or one clear message, never a traceback, never a silent guess."""

from __future__ import annotations

import gzip
import io
import random
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promo_core.data.inspection import Inspection
from promo_core.errors import DataError
from tests.data.files import days, look, shop, told

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10"
LOGIN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>expired</body></html>"


@pytest.mark.parametrize(("data", "says"), [
    (b"", "empty"), (b"\n\n \r\n", "empty"), (b"\xef\xbb\xbf", "empty"), (b",,,\n,,,\n", "empty"), (b"date,segment,gmv\n", "header and nothing else"), (b"date,segment,gmv", "header and nothing else"),
    (PNG, "picture"), (b"\xff\xd8\xff\xe0\x00\x10JFIF", "picture"), (b"%PDF-1.7 \xe2\xe3", "PDF"), (LOGIN, "web page"), (b"  \n<html>\n<body>", "web page"),
    (b'{"rows": []}', "JSON"), (b'[{"date": 1}]', "JSON"), (random.Random(7).randbytes(4096), "no text"), (b"\x1f\x8b" + b"x" * 50, ".gz"), (gzip.compress(b"a,b\n1,2\n")[:-9], ".gz"),
    (b"PK\x03\x04" + b"x" * 40, "archive"), (b"PAR1" + b"x" * 40, "parquet"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 40, ".xls"), (b"2026-01-01,vip,100\n2026-01-02,vip,120\n", "column names"),
])
def test_what_is_no_table_is_refused_in_one_line(data, says):
    with pytest.raises(DataError, match=says) as caught:
        look(data)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_a_zip_that_is_no_workbook_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("data.csv", shop())
    with pytest.raises(DataError, match="zip archive"):
        look(out.getvalue())


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_whole_number_too_long_to_be_exact_is_a_number_all_the_same(form):
    text = shop(40, gmv=lambda k: 68_405_562_176_181_320 if k == 0 else 4000)
    out = io.BytesIO()
    pd.read_csv(io.StringIO(text)).to_parquet(out, index=False)
    read = look(text if form == "csv" else out.getvalue())
    assert np.nanmax(read.panel.targets["gmv"]) == 68_405_562_176_181_320.0


def test_a_path_that_is_not_there_is_a_data_error(tmp_path):
    from promo_core.data.inspection import inspect
    with pytest.raises(DataError, match="can be read"):
        inspect(tmp_path / "nothing.csv")


@pytest.mark.parametrize(("text", "says"), [
    (shop(1), "covers 1 days"), (shop(5), "covers 5 days"),
    (shop(gmv=None, orders=None, visitors=None), "No outcome"),
    (shop(date=None), "No column holds dates"),
    (shop(date=lambda k: f"day {k}"), "could not be read as a date"),
    (shop(date=lambda k: "2026-13-45"), "could not be read as a date"),
    (shop(date=lambda k: f"2026-{k % 12 + 1:02d}"), "names months"),
    (shop(date=lambda k: f"{k % 12 + 1:02d}/{k % 11 + 1:02d}/2026"), "day first or with the month first"),
    (shop(date=lambda k: "25/01/2026" if k % 2 else "01/26/2026"), "mixes dates"),
    (shop(discount_depth="3000%"), "above the highest"),
    (shop(discount_depth=3000), "above the highest"),
    (shop(discount_depth=lambda k: 0.2 if k % 2 else 20), "more than one unit"),
    (shop(discount_depth="quite a lot"), "no discount"),
    (shop(gmv=lambda k: -k - 1), "Negative `gmv`"),
    (shop(gmv="inf"), "Infinite `gmv`"),
    (shop(orders=5000), "may be swapped"),
    (shop(gmv=""), ""),
])
def test_a_file_that_cannot_be_used_says_why(text, says):
    found = look(text)
    assert says in told(found, "error") or not says
    assert (found.panel is None) == any(i.severity == "error" for i in found.issues)
    assert found.verdict.usable == (found.panel is not None)


def test_three_hundred_series_of_three_days_are_too_short():
    rows = [f"{d},s{k},{100 + k},{k}" for d in days(3) for k in range(300)]
    found = look("date,segment,gmv,orders\n" + "\n".join(rows))
    assert found.panel is None and "3 days" in told(found, "error")


def test_several_flaws_come_at_once_worst_first_with_rows():
    text = shop(gmv=lambda k: -5 if k == 4 else 100, orders=lambda k: "inf" if k == 7 else 40, discount_depth=lambda k: 30 if k == 9 else 0.2 * (k > 5), date=lambda k: "oops" if k == 11 else days(30)[k])
    found = look(text)
    assert {(i.column, i.rows) for i in found.issues if i.rows} == {("gmv", (6,)), ("orders", (9,)), ("discount_depth", (11,)), ("date", (13,))}
    order = [("error", "warning", "info").index(i.severity) for i in found.issues]
    assert order == sorted(order)
    assert all(str(i.remedy) for i in found.issues)
    panel = found.panel
    assert np.isnan(panel.targets["gmv"][0, [4, 9]]).all() and np.isnan(panel.targets["orders"][0, 7]) and panel.targets["gmv"][0, 7] == 100


def test_ends_before_starts_are_left_out_and_named():
    rows = [f"{days(40)[k]},{days(40)[k + 5] if k != 2 else '2025-12-01'},vip,{100 + k},0.2" for k in range(20)]
    found = look("start_date,end_date,segment,gmv,discount_depth\n" + "\n".join(rows))
    issue = next(i for i in found.issues if "end before they start" in str(i.message))
    assert issue.rows == (4,) and len(found.panel.campaigns) == 19


def test_repeated_rows_are_left_out_once_and_different_ones_are_summed():
    text = shop()
    lines = text.splitlines()
    plain = look(text).panel
    doubled = look("\n".join([*lines, lines[5]]) + "\n")
    assert "repeat another row" in told(doubled, "warning")
    assert np.array_equal(plain.targets["gmv"], doubled.panel.targets["gmv"])
    other = lines[5].split(",")
    other[4] = "1"
    summed = look("\n".join([*lines, ",".join(other)]) + "\n")
    assert "are summed" in told(summed) and summed.panel.targets["gmv"][0, 4] == plain.targets["gmv"][0, 4] + 1


def test_repeated_headers_are_told_and_asked_about():
    lines = shop().splitlines()
    text = "\n".join([lines[0] + ",gmv"] + [f"{line},{k}" for k, line in enumerate(lines[1:])])
    found = look(text)
    assert "Several columns are called gmv" in told(found)
    question = next(i for i in found.issues if i.choices and "could be" in str(i.message))
    assert question.severity == "error" and len(question.choices) == 2
    assert look(text, mapping=question.choices[0].mapping).panel is not None


def test_an_ambiguous_date_is_settled_by_a_choice():
    text = shop(date=lambda k: f"{k % 12 + 1:02d}/{1 + k // 12:02d}/2026")
    question = next(i for i in look(text).issues if i.choices and i.column == "date")
    dates = [look(text, mapping=choice.mapping) for choice in question.choices]
    assert dates[0].mapping.options["date_format"] == "dmy"
    assert dates[0].raw is not None and {d.mapping.options["date_format"] for d in dates} == {"dmy", "mdy"}


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "../../etc/passwd", "😀 sale", "@SUM(1)", "{0}", "{name}", "a" * 5000, "名称", "-1", "NaN", "NA"])
def test_strange_names_are_only_names(name):
    quoted = '"' + name.replace('"', '""') + '"'
    found = look(shop(segment=quoted))
    assert found.panel.series["segment"].tolist() == [name[:200].strip()]
    header = look(shop().replace("segment", quoted))
    assert all(str(i.message) for i in header.issues)


def test_line_breaks_in_names_become_blanks_and_rows_stay_apart():
    found = look(shop(segment='"two\nlines"'))
    assert found.panel.series["segment"].tolist() == ["two lines"] and found.panel.n_observed == 30


def test_rows_of_the_wrong_width_are_left_out_and_numbered():
    lines = shop().splitlines()
    lines.insert(3, "2026-03-01,vip")
    lines.insert(6, "")
    found = look("\n".join(lines))
    issue = next(i for i in found.issues if "cells" in str(i.message))
    assert issue.rows == (4,) and found.panel.n_observed == 30
    assert found.raw.file_rows(np.array([0, 1, 2, 3, 4])) == (2, 3, 5, 6, 8)


def test_a_total_row_at_the_end_is_left_out_and_told():
    found = look(shop() + "Total,,1,1,100000,\n")
    assert found.panel.n_observed == 30 and "could not be read as a date" in told(found, "warning")


def test_a_wrong_year_does_not_blow_up_the_grid():
    found = look(shop(date=lambda k: "2093-01-01" if k == 29 else days(30)[k]))
    assert found.panel is None and "probably wrong" in told(found, "error")


cells = st.one_of(st.sampled_from(["2026-01-05", "05/06/2026", "2026年1月5日", "20%", "8折", "满300减50", "300:50", "¥1,234.50", "1.234,50", "inf", "-3", "", "none", "是", "1e400", "'", '"', "=1+1", "\t", "NaT", "0.2"]),
                  st.text(max_size=6), st.integers(-10, 10**6).map(str), st.dates().map(str))
headers = st.sampled_from(["date", "日期", "start_date", "end_date", "segment", "gmv", "orders", "visitors", "units", "discount_depth", "折扣", "promo", "price", "list_price", "x", "", "销量", "ad_spend", "campaign_id"])


@st.composite
def odd_files(draw):
    width = draw(st.integers(1, 6))
    delimiter = draw(st.sampled_from([",", ";", "\t"]))
    head = [draw(headers) for _ in range(width)]
    column = [draw(st.lists(cells, min_size=1, max_size=3)) for _ in range(width)]
    count = draw(st.integers(0, 25))
    first = draw(st.booleans())
    body = [[days(25)[k] if first and c == 0 else column[c][k % len(column[c])] for c in range(width)] for k in range(count)]
    text = "\n".join(delimiter.join(row) for row in [head, *body])
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"])), "replace")


@given(data=odd_files())
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_odd_files_give_a_data_error_or_an_inspection(data):
    try:
        found = look(data)
    except DataError as error:
        assert "\n" not in str(error)
        return
    assert isinstance(found, Inspection)
    assert (found.panel is None) == any(i.severity == "error" for i in found.issues)
    found.to_dict()


@st.composite
def spoilt_shops(draw):
    lines = [line.split(",") for line in shop(20, promo_type="none").splitlines()]
    for _ in range(draw(st.integers(1, 6))):
        row, column = draw(st.integers(0, 20)), draw(st.integers(0, 6))
        lines[row][column] = draw(headers if row == 0 else cells)
    for column in draw(st.lists(st.integers(0, 6), max_size=2)):
        spoil = draw(st.lists(cells, min_size=1, max_size=3))
        for k, line in enumerate(lines[1:]):
            line[column] = spoil[k % len(spoil)]
    return "\n".join(",".join(line) for line in lines).encode("utf-8", "replace")


@given(data=spoilt_shops())
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_spoilt_files_and_every_answer_to_their_questions_stay_in_words(data):
    try:
        found = look(data)
    except DataError:
        return
    for mapping in [found.mapping, *(choice.mapping for issue in found.issues for choice in issue.choices)]:
        again = look(data, mapping=mapping)
        assert (again.panel is None) == any(i.severity == "error" for i in again.issues)
        assert again.panel is None or all(np.isfinite(values).all() for values in again.panel.plan.levers.values())


@given(data=st.binary(max_size=300))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_random_bytes_give_a_data_error_or_an_inspection(data):
    try:
        found = look(data)
    except DataError as error:
        assert str(error)
    else:
        assert found.panel is None and found.issues, "no 300 random bytes are a shop"


def test_a_damaged_workbook_is_refused():
    out = io.BytesIO()
    pd.DataFrame({"date": days(10), "gmv": range(10)}).to_excel(out, index=False)
    data = bytearray(out.getvalue())
    data[200:260] = b"\x00" * 60
    with pytest.raises(DataError, match="workbook"):
        look(bytes(data))


def test_text_where_numbers_belong_is_told_and_not_used():
    found = look(shop(gmv="cheap"))
    assert "named like GMV" in told(found, "warning") and "gmv" not in found.panel.targets
    some = look(shop(gmv=lambda k: "cheap" if k == 3 else 100))
    assert next(i for i in some.issues if i.column == "gmv").rows == (5,) and np.isnan(some.panel.targets["gmv"][0, 3])
