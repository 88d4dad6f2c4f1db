"""Every text a reader sees has its Chinese with the same facts, and both languages write numbers, money and dates their own way."""

from __future__ import annotations

import ast
import math
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel import numbers
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from reportlab.pdfbase.ttfonts import TTFont

from promo_core.errors import DataError, Message
from promo_core.locale import Count, Day, Listed, Money, Percent, Reader, reader

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [*sorted((ROOT / "promo_core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py")), ROOT / "app.py"]
MARKS = {"N_": None, "_": None}
EN, ZH = reader("en"), reader("zh")


@cache
def collected() -> frozenset[str]:
    """Return the texts that `make messages` collects."""
    texts: set[str] = set()
    for path in SOURCES:
        with path.open("rb") as source:
            texts |= {text for _line, text, _comments, _context in extract("python", source, keywords=MARKS) if isinstance(text, str)}
    return frozenset(texts)


def marked(path: Path) -> set[str]:
    """Return the texts that Python sees in `N_("…")` and `_("…")`, implicit concatenations joined."""
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args)
    return {call.args[0].value for call in calls if call.func.id in MARKS and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)}


def placeholders(text: str) -> list[tuple[str, str, str]]:
    """Return name, conversion and format of every placeholder, sorted."""
    return sorted((name, conversion or "", form or "") for _literal, name, form, conversion in Formatter().parse(text) if name is not None)


def test_every_text_has_its_chinese():
    missing = sorted(text for text in collected() if not ZH.catalogue.get(text))
    assert missing == [], "Run `make messages` and write the Chinese of these."


def test_a_text_that_is_marked_can_be_collected():
    """Babel does not look inside f-strings: a mark there would never reach the catalogue."""
    unseen = {str(path.relative_to(ROOT)): sorted(texts) for path in SOURCES if (texts := marked(path) - collected())}
    assert unseen == {}


def test_nothing_but_texts_is_collected():
    """A key looked up inside `_(…)` would be taken for a text, and then be translated wherever it is a fact."""
    assert sorted(collected() - set().union(*(marked(path) for path in SOURCES))) == []


def test_the_catalogue_holds_no_text_that_is_gone():
    assert sorted(set(ZH.catalogue) - collected()) == []


def test_the_chinese_has_the_same_facts():
    wrong = {text: ZH.catalogue[text] for text in collected() if placeholders(text) != placeholders(ZH.catalogue.get(text, text))}
    assert wrong == {}


def test_the_chinese_keeps_code_and_bold_marks():
    wrong = {text: told for text in collected() for told in [ZH.catalogue.get(text, text)] for mark in ("`", "**") if text.count(mark) != told.count(mark)}
    assert wrong == {}


def test_percent_signs_follow_their_number_in_chinese():
    assert [told for told in ZH.catalogue.values() if " %" in told] == []


def test_the_chinese_uses_full_width_punctuation():
    def halves(text: str) -> bool:
        return any(mark in ",;:!?()" and ("一" <= before <= "鿿" or "一" <= after <= "鿿") for before, mark, after in zip(text, text[1:], text[2:], strict=False))

    assert [told for told in ZH.catalogue.values() if halves(told)] == []


def test_the_catalogue_says_each_text_once_and_for_certain():
    with (ROOT / "assets/locale/zh/LC_MESSAGES/liftboard.po").open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans_CN")
    assert [m.id for m in catalogue if m.id and m.fuzzy] == []
    assert not catalogue.obsolete


def test_the_font_of_the_reports_can_draw_every_chinese_text():
    font = TTFont("chinese", str(ROOT / "assets/fonts/wqy-microhei-gb2312.ttf"))
    unknown = {character for told in ZH.catalogue.values() for character in told if ord(character) not in font.face.charToGlyph}
    assert unknown == set()


@pytest.mark.parametrize(("value", "digits", "told"), [(1234.5, 1, "1,234.5"), (1234567, 0, "1,234,567"), (0, 0, "0"), (-0.04, 1, "0.0"), (-3.25, 2, "-3.25")])
def test_a_number_is_grouped_by_thousands_in_both_languages(value, digits, told):
    assert EN.number(value, digits) == ZH.number(value, digits) == told


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_unknown_is_a_dash_and_never_zero(lang, unknown):
    read = reader(lang)
    assert {read.number(unknown), read.percent(unknown), read.short(unknown), read.money(unknown, "CNY"), read.exact_money(unknown, "CNY")} == {"—"}


@pytest.mark.parametrize(("value", "english", "chinese"), [
    (0.0, "0", "0"), (0.256, "0.26", "0.26"), (7.5, "7.5", "7.5"), (999.0, "999", "999"), (1234.0, "1.23K", "1,234"), (9999.0, "10K", "1万"), (12345.0, "12.3K", "1.23万"),
    (1_230_000.0, "1.23M", "123万"), (-1_230_000.0, "-1.23M", "-123万"), (345_600_000.0, "346M", "3.46亿"), (2_500_000_000.0, "2.5B", "25亿")])
def test_a_large_count_is_told_in_three_figures(value, english, chinese):
    assert (EN.short(value), ZH.short(value)) == (english, chinese)


def test_money_carries_the_sign_its_readers_know():
    assert (EN.money(1_234_000, "CNY"), ZH.money(1_234_000, "CNY")) == ("¥1.23M", "¥123万")
    assert (EN.money(-1_234_000, "USD"), ZH.money(-1_234_000, "USD")) == ("-$1.23M", "-US$123万")
    assert (EN.money(1_234_000), ZH.money(1_234_000)) == ("1.23M", "123万")
    assert EN.money(-0.001, "CNY") == "¥0"


def test_money_to_the_cent_keeps_its_cents():
    assert EN.exact_money(1234.5, "CNY") == ZH.exact_money(1234.5, "CNY") == "¥1,234.50"
    assert EN.exact_money(1234.5) == "1,234.50"


@pytest.mark.parametrize("value", [1234.5, -1234567.891, 0.0049, -0.4, 98765432.1])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_figures_are_written_as_babel_writes_them(lang, value):
    read = reader(lang)
    assert read.number(value, 2) == numbers.format_decimal(value, format="#,##0.00", locale=read.babel)
    assert read.percent(value / 1000, 1) == numbers.format_percent(value / 1000, format="#,##0.0%", locale=read.babel).replace("-0.0%", "0.0%")
    for currency in ("USD", "EUR", "JPY", "CHF"):
        assert read.exact_money(value, currency) == numbers.format_currency(value, currency, locale=read.babel)


def test_a_fraction_is_told_as_percent():
    assert EN.percent(0.1234) == ZH.percent(0.1234) == "12.3%"
    assert EN.percent(0.2, 0) == "20%"
    assert ZH.percent(0.03456, 2) == "3.46%"


def test_a_date_is_written_as_its_readers_write_it():
    assert EN.day(date(2026, 6, 18)) == "Jun 18, 2026"
    assert ZH.day(date(2026, 6, 18)) == "2026年6月18日"


def test_words_in_a_row_are_parted_as_their_readers_part_them():
    assert (EN.listed(["new", "vip"]), ZH.listed(["新客", "会员"])) == ("new, vip", "新客、会员")


def test_an_unknown_language_reads_english():
    assert reader("fr").lang == "en"
    assert reader("fr").text("Orders") == "Orders"


def test_an_unknown_text_stays_english():
    assert ZH.text("No catalogue has this.") == "No catalogue has this."


def test_facts_are_told_in_the_readers_language():
    message = Message("{amount} orders", {"amount": Count(12_300)})
    assert (EN.say(message), ZH.say(message)) == ("12.3K orders", "订单 1.23万 单")
    nested = Message("“{name}” loses {amount} over {horizon} periods, between {low} and {high} with 80% confidence; that is {share} of what the promoted series sell without it.",
                     {"name": "618", "amount": Message("{amount} of GMV", {"amount": Money(50_000, "CNY")}), "horizon": Count(28), "low": Money(-80_000, "CNY"),
                      "high": Money(-20_000, "CNY"), "share": Percent(0.05)})
    assert ZH.say(nested) == "“618”在 28 期内减少成交额 ¥5万，有 80% 的把握在 -¥8万 至 -¥2万 之间；相当于参与促销的序列不做促销时的 5.0%。"
    assert ZH.say("Compare promotion types: {types}.", types=Listed(("coupon", "店庆"))) == "比较促销类型：优惠券、店庆。"
    assert str(Day(date(2026, 6, 1))) == "Jun 1, 2026"


def test_a_marked_word_is_translated_but_a_files_own_word_is_not():
    assert ZH.say("Forecast {what}.", what="orders") == "预测订单数。"
    told = ZH.say("`{column}` is {part}", column="orders", part="Orders")
    assert told == "`orders` 是订单数"


def test_an_error_is_told_in_the_readers_language():
    error = DataError("{file}: {problem}", file="a.csv", problem=Message("Correct the rows named above."))
    assert (EN.say(error), ZH.say(error)) == ("a.csv: Correct the rows named above.", "a.csv：请修正上面指出的行。")


@pytest.mark.parametrize("template", ["{count} rows of {missing}", "{count", "{count:d} rows", "{0} rows"])
def test_a_template_that_does_not_fit_its_facts_is_shown_rather_than_lost(template):
    assert Reader("en", {}).say(template, count="three") == template


def test_a_text_without_facts_is_shown_with_its_braces():
    assert EN.say("{count} rows") == "{count} rows"
