"""Mappings: proposed from headers and content, checked, kept as JSON, and asked for where a file leaves a choice."""

from __future__ import annotations

import json

import pytest

from promo_core import schema
from promo_core.data.mapping import Mapping, canonical_candidates, looks_derived, normal_header
from promo_core.errors import MappingError
from tests.data.files import look, shop, told


def test_every_alias_of_the_schema_is_recognised_and_no_two_columns_share_one():
    seen: dict[str, str] = {}
    for column in schema.COLUMNS:
        for alias in (column.name, *column.aliases):
            assert canonical_candidates([alias]) == {column.name: [alias]}
            assert seen.setdefault(normal_header(alias), column.name) == column.name


@pytest.mark.parametrize(("header", "name"), [(" GMV ", "gmv"), ("Order Date", "date"), ("支付金额（元）", "gmv"), ("GMV (CNY)", "gmv"), ("Discount %", "discount_depth"), ("list-price", "list_price"), ("Sales Amount", "gmv"), ("ＧＭＶ", "gmv")])
def test_headers_are_recognised_however_they_are_dressed(header, name):
    assert list(canonical_candidates([header])) == [name]


def test_an_exact_name_wins_over_an_alias():
    found = look(shop(sales=lambda k: k * 17 % 31))
    assert found.mapping.header("gmv") == "gmv" and "sales" in found.unused


def test_two_aliases_of_one_part_are_asked_about():
    text = shop(gmv=None, sales=lambda k: 100 + k * 17 % 31, revenue=lambda k: 90 + k * 13 % 29)
    question = next(i for i in look(text).issues if i.choices)
    assert question.severity == "error" and [c.mapping.header("gmv") for c in question.choices] == ["sales", "revenue"]
    assert look(text, mapping=question.choices[1].mapping).panel.targets["gmv"][0, 0] == 90


def test_two_columns_with_the_same_cells_are_one():
    found = look(shop(gmv=None, sales=lambda k: 100 + k * 17 % 31, revenue=lambda k: 100 + k * 17 % 31))
    assert found.panel is not None and found.mapping.header("gmv") == "sales"


def test_a_date_is_found_by_content():
    found = look(shop().replace("date", "Buchung"))
    assert found.mapping.header("date") == "Buchung" and found.panel is not None


def test_an_unknown_text_column_that_tells_rows_apart_becomes_a_dimension():
    one, two = shop(Kunde="a"), shop(Kunde="b").split("\n", 1)[1]
    found = look(one + two)
    assert found.mapping.columns["dimension:Kunde"] == "Kunde" and found.panel.dimensions == ("segment", "Kunde") and found.panel.n_series == 2


def test_columns_that_follow_from_sales_are_neither_used_nor_offered():
    found = look(shop(conversion=lambda k: k % 7 / 100, profit=lambda k: k % 5, redemption_rate=lambda k: k % 3 / 10, holiday=lambda k: int(k % 7 > 4), n_stores=lambda k: 10 + k % 3))
    assert not found.panel.plan.covariates
    offered = [c.mapping for i in found.issues if i.severity == "info" for c in i.choices]
    assert {next(iter(set(m.columns) - set(found.mapping.columns))) for m in offered} == {"covariate:holiday", "covariate:n_stores"}
    assert list(look(shop(holiday=lambda k: int(k % 7 > 4)), mapping=look(shop(holiday=lambda k: int(k % 7 > 4))).mapping.with_column("covariate:holiday", "holiday")).panel.plan.covariates) == ["holiday"]


@pytest.mark.parametrize("header", ["tpr_unit_share", "list_value", "profit", "margin", "转化率", "refund_amount", "sales_lag"])
def test_headers_of_outcomes_look_derived(header):
    assert looks_derived(header)


def test_a_covariate_that_follows_from_sales_is_warned_about():
    text = shop(bonus=lambda k: 2 * (4000 + 90 * (k * 5 % 17)))
    found = look(text * 1, mapping=look(text).mapping.with_column("covariate:bonus", "bonus"))
    assert "moves exactly with gmv" in told(found, "warning") or found.panel.n_observed <= 30


def test_price_never_stands_in_the_plan_as_a_covariate():
    panel = look(shop(discount_depth=None, price=lambda k: 80 if k % 5 == 0 else 100, list_price=100)).panel
    assert list(panel.plan.covariates) == ["list_price"]
    assert panel.plan.levers["discount_depth"][0, :2].tolist() == [pytest.approx(0.2), 0.0]


def test_a_mapping_survives_json():
    mapping = Mapping(columns={"date": "日期", "covariate:x": "x"}, options={"date_format": "dmy", "cumulative": ("a", "b"), "currency": "CNY"})
    again = Mapping.from_dict(json.loads(json.dumps(mapping.to_dict())))
    assert again == mapping


@pytest.mark.parametrize("values", [None, [], {"columns": []}, {"columns": {"gmv": 3}}, {"options": {"colour": 1}}, {"options": {"date_format": "xyz"}}, {"options": {"cumulative": "a"}}, {"options": {"currency": "euro"}},
                                    {"columns": {"turnip": "a"}}, {"columns": {"covariate:gmv": "a"}}, {"columns": {"gmv": "a"}, "rows": []}])
def test_a_broken_mapping_is_refused_in_words(values):
    with pytest.raises(MappingError, match="[Ee]xpected|one of|list of|three-letter|Map the column"):
        Mapping.from_dict(values)


def test_a_mapping_of_another_file_names_the_missing_columns():
    with pytest.raises(MappingError, match="turnover"):
        look(shop(), mapping=Mapping(columns={"date": "date", "gmv": "turnover"}))


def test_one_column_cannot_play_two_parts():
    with pytest.raises(MappingError, match="several parts"):
        look(shop(), mapping=Mapping(columns={"date": "date", "gmv": "gmv", "orders": "gmv"}))
    mapping = Mapping(columns={"gmv": "a"}).with_column("orders", "a")
    assert mapping.columns == {"orders": "a"}


def test_options_are_taken_away_with_none():
    assert Mapping(options={"currency": "EUR"}).with_option(currency=None).options == {}
