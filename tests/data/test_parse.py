"""Every way a person writes a number, a discount, a date or a flag."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from promo_core.data.dates import read_dates
from promo_core.data.parse import currency_of, depth_text, numbers, promo_word
from tests.data.files import look, shop, told


def column(*cells):
    return pa.chunked_array([pa.array(cells).dictionary_encode() if isinstance(cells[0], str) else pa.array(cells)])


@pytest.mark.parametrize(("text", "value"), [
    ("¥1,234.50", 1234.5), ("1,234.50元", 1234.5), ("$ 12", 12), ("€1.234,50", 1234.5), ("12,5", 12.5), ("1.234.567", 1234567), ("1,234,567", 1234567), ("(12)", -12), ("1.2万", 12000), ("12%", 0.12),
    ("１２３", 123), ("1e3", 1000), ("-5", -5), ("1 234", 1234), ("inf", np.inf)])
def test_numbers_are_read_as_people_write_them(text, value):
    assert numbers(column(text)).values[0] == pytest.approx(value)


@pytest.mark.parametrize("text", ["", " ", "-", "NA", "n/a", "null"])
def test_blanks_are_unknown_and_not_bad(text):
    read = numbers(column(text, "1"))
    assert np.isnan(read.values[0]) and read.bad is None


@pytest.mark.parametrize("text", ["abc", "1-2", "12 pcs", "1.2.x", "--5", "=1+1"])
def test_what_is_no_number_is_bad_with_an_example(text):
    read = numbers(column(text, "1"))
    assert read.bad.tolist() == [True, False] and read.example == text


def test_the_whole_column_tells_what_a_comma_is():
    assert numbers(column("1,234", "12,5")).values.tolist() == [1.234, 12.5]
    assert numbers(column("1,234", "1,234.5")).values.tolist() == [1234, 1234.5]
    assert numbers(column("1,234", "2,000")).ambiguous == "grouped"
    assert numbers(column("1,234.5", "1.234,5")).ambiguous == "conflict"


def test_a_comma_that_may_be_either_is_asked_about_and_settled():
    text = shop(gmv=lambda k: f"{k % 9 + 1},{100 + k}").replace(",", ";")
    lines = text.splitlines()
    text = "\n".join([lines[0]] + [";".join([*line.split(";")[:4], ",".join(line.split(";")[4:6]), line.split(";")[6]]) for line in lines[1:]])
    found = look(text)
    question = next(i for i in found.issues if i.column == "gmv" and i.severity == "error")
    grouped, decimal = (look(text, mapping=choice.mapping).panel.targets["gmv"][0, 0] for choice in question.choices)
    assert (grouped, decimal) == (1100.0, 1.1)


@pytest.mark.parametrize(("text", "depth"), [
    ("20%", 0.2), ("20% off", 0.2), ("8折", 0.2), ("八折", 0.2), ("85折", 0.15), ("8.5折", 0.15), ("八五折", 0.15), ("七点五折", 0.25), ("满300减50", 1 / 6), ("满300元减50元", 1 / 6), ("300:50", 1 / 6), ("300：50", 1 / 6),
    ("半价", 0.5), ("第二件半价", 0.25), ("无", 0.0), ("原价", 0.0), ("no", 0.0), ("3000%", 30.0)])
def test_discounts_that_tell_their_unit(text, depth):
    assert depth_text(text) == pytest.approx(depth)


@pytest.mark.parametrize("text", ["0.2", "20", "lots", "2026-01-01"])
def test_discounts_that_do_not_tell_their_unit(text):
    assert depth_text(text) is None


@pytest.mark.parametrize(("cell", "depth"), [("0.2", 0.2), ("20", 0.2), ("20%", 0.2), ("8折", 0.2), ("满300减60", 0.2), ("300:60", 0.2)])
def test_a_column_of_discounts_becomes_fractions(cell, depth):
    panel = look(shop(discount_depth=lambda k: cell if k % 5 == 1 else "")).panel
    assert panel.plan.levers["discount_depth"][0, [1, 2]].tolist() == [pytest.approx(depth), 0.0]


@pytest.mark.parametrize(("cells", "units"), [((8, 7.5, 9), {"zhe", "percent"}), ((0.8, 0.7, 1), {"fraction", "price_ratio"}), ((0.2, 20, 30), {"fraction", "percent"})])
def test_units_that_numbers_do_not_tell_are_asked(cells, units):
    found = look(shop(discount_depth=lambda k: cells[k % 3]).replace("discount_depth", "折扣"))
    question = next(i for i in found.issues if i.severity == "error" and i.choices)
    assert {c.mapping.options["depth_unit"] for c in question.choices} == units
    for choice in question.choices:
        assert "more than one unit" not in told(look(shop(discount_depth=lambda k: cells[k % 3]).replace("discount_depth", "折扣"), mapping=choice.mapping))


@pytest.mark.parametrize(("word", "kind"), [("none", "none"), ("", "none"), ("0", "none"), ("否", "none"), ("无", "none"), ("1", "promo"), ("是", "promo"), ("yes", "promo"), ("满减", "threshold_off"), ("满300减50", "threshold_off"),
                                            ("优惠券", "coupon"), ("Coupon", "coupon"), ("买一送一", "gift"), ("秒杀", "flash_sale"), ("8折", "percent_off"), ("直降", "percent_off"), ("20% off", "percent_off"),
                                            ("Type A", "Type A"), ("tpr_only", "tpr_only"), ("feature+display", "feature+display"), ("two\nlines", "two lines")])
def test_promotion_words(word, kind):
    assert promo_word(word) == kind


@pytest.mark.parametrize("text", ["2026-06-01", "2026/6/1", "2026.06.01", "2026年6月1日", "20260601", "2026-06-01 13:45:00", "2026-06-01T00:00:00Z", "1 Jun 2026", "Jun 1, 2026", "01.06.2026"])
def test_dates_that_can_be_read_one_way(text):
    read = read_dates(column(text))
    assert str(read.days[0]) == "2026-06-01" and not read.ambiguous and not read.bad.any()


@pytest.mark.parametrize(("cells", "first"), [(("13/06/2026", "01/06/2026"), "2026-06-13"), (("06/13/2026", "06/01/2026"), "2026-06-13")])
def test_one_date_that_tells_the_order_tells_it_for_all(cells, first):
    read = read_dates(column(*cells))
    assert [str(d) for d in read.days] == [first, "2026-06-01"] and not read.ambiguous


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-02-30", "0000-00-00", "9999-01-01", "12345678901234567890", "٣"])
def test_what_is_no_date_is_bad(text):
    assert read_dates(column(text)).bad.tolist() == [True]


def test_spreadsheet_day_counts_are_read_and_told():
    found = look(shop(date=lambda k: 46027 + k))
    assert str(found.panel.periods[0].date()) == "2026-01-05" and "day counts" in told(found, "warning")


def test_day_first_choice_gives_day_first_dates():
    text = shop(12, date=lambda k: f"0{1 + k // 6}/{k % 6 + 1:02d}/2026")
    question = next(i for i in look(text).issues if i.choices and i.column == "date")
    assert {c.mapping.options["date_format"] for c in question.choices} == {"dmy", "mdy"}


@pytest.mark.parametrize(("text", "code"), [("¥12", "CNY"), ("12元", "CNY"), ("€5", "EUR"), ("$5", "USD"), ("5", None)])
def test_signs_tell_the_currency(text, code):
    assert currency_of(text) == code


def test_the_currency_of_cells_and_headers_reaches_the_panel():
    assert look(shop(gmv=lambda k: f"¥{k * 31 % 97 + 100}")).panel.currency == "CNY"
    assert look(shop().replace("gmv", "GMV (EUR)")).panel.currency == "EUR"
    assert look(shop()).panel.currency is None
