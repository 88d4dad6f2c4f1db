"""Flaws of rows: found all at once, named by row, and kept out of the numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.errors
import pytest

from promo_core import schema
from promo_core.data.validation import bounds_schema
from tests.data.files import look, shop, told


def test_the_bounds_come_from_the_schema():
    names = [c.name for c in schema.COLUMNS if c.dtype == "number"]
    sound = pd.DataFrame({n: [0.0, 0.5, np.nan] for n in names})
    assert bounds_schema(names).validate(sound) is not None
    with pytest.raises(pandera.errors.SchemaErrors) as caught:
        bounds_schema(names).validate(sound - 1.0, lazy=True)
    assert set(caught.value.failure_cases["column"]) == set(names)


@pytest.mark.parametrize(("column", "value", "left_out"), [("gmv", -5, False), ("orders", "-inf", False), ("visitors", -1, False), ("discount_depth", 1.5, True), ("discount_depth", -0.5, True), ("ad_spend", -3, True), ("feature", 4, True)])
def test_a_flawed_outcome_is_unknown_and_a_flawed_lever_leaves_its_row_out(column, value, left_out):
    columns = {column: lambda k: value if k == 8 else {"discount_depth": 0.1, "feature": 0}.get(column, 500)}
    found = look(shop(**columns))
    issue = next(i for i in found.issues if i.column == column)
    assert issue.severity == "warning" and issue.rows == (10,) and issue.count == 1
    gone = [name for name, values in found.panel.targets.items() if np.isnan(values[0, 8])]
    assert (len(gone) == 3) if left_out else gone == [column]


def test_many_flaws_are_an_error():
    found = look(shop(gmv=lambda k: -5 if k % 3 == 0 else 100))
    assert found.panel is None and found.issues[0].severity == "error" and found.issues[0].count == 10


def test_a_few_orders_above_visitors_are_a_warning_and_many_a_question():
    few = look(shop(orders=lambda k: 9000 if k == 2 else 40))
    assert "More `orders` than `visitors`" in told(few, "warning") and few.panel is not None
    many = look(shop(orders=lambda k: 9000 + k * 7 % 11))
    question = next(i for i in many.issues if i.choices and i.severity == "error")
    swapped, without = (look(shop(orders=lambda k: 9000 + k * 7 % 11), mapping=c.mapping) for c in question.choices)
    assert swapped.panel.targets["visitors"][0, 0] == 9000 and "visitors" not in without.panel.targets


def test_blank_names_form_a_group_that_is_told():
    found = look(shop(segment=lambda k: "" if k == 5 else "vip"))
    assert set(found.panel.series["segment"]) == {"(blank)", "vip"} and "No `segment`" in told(found, "warning")


def test_names_that_differ_in_blanks_are_one():
    assert look(shop(segment=lambda k: " vip " if k % 2 else "vip")).panel.n_series == 1


def test_steady_growth_over_few_days_is_asked_about_and_sales_are_not():
    total = look(shop(gmv=lambda k: 100000 + 50 * k))
    assert "running total" in told(total, "error")
    assert "running total" not in told(look(shop()))
    question = next(i for i in total.issues if i.severity == "error")
    sales = look(shop(gmv=lambda k: 100000 + 50 * k), mapping=question.choices[0].mapping).panel.targets["gmv"][0]
    assert (sales == 50).all() or (np.isnan(sales[0]) and (sales[1:] == 50).all())
    assert look(shop(gmv=lambda k: 100000 + 50 * k), mapping=question.choices[1].mapping).panel.targets["gmv"][0, 1] == 100050


def test_zeros_at_the_end_are_told():
    found = look(shop(gmv=lambda k: 0 if k > 24 else 100 + k * 7 % 13, orders=lambda k: 0 if k > 24 else 4, visitors=lambda k: 0 if k > 24 else 90 + k * 5 % 7))
    assert "nothing but zeros" in told(found, "warning")


def test_fractions_in_a_promotion_flag_are_asked_about():
    found = look(shop(discount_depth=None, promo=lambda k: 0.3 * (k % 2)))
    question = next(i for i in found.issues if i.severity == "error")
    assert look(shop(discount_depth=None, promo=lambda k: 0.3 * (k % 2)), mapping=question.choices[0].mapping).panel.plan.levers["discount_depth"].max() == pytest.approx(0.3)


def test_a_promotion_column_of_many_words_becomes_one_kind():
    found = look(shop(60, promo_type=lambda k: f"offer {k}" if k % 5 else "none"))
    assert found.panel.plan.promo_types == ("none", "promo") and "too many for types" in told(found, "warning")


def test_depth_is_read_from_promotion_words_where_there_is_no_other():
    panel = look(shop(discount_depth=None, promo_type=lambda k: "满300减60" if k % 5 == 0 else "无")).panel
    assert panel.plan.promo_types == ("none", "threshold_off") and panel.plan.levers["discount_depth"][0, :2].tolist() == [pytest.approx(0.2), 0.0]


def test_counts_with_dots_in_a_file_of_decimal_commas_are_an_error():
    lines = ["date;segment;orders;gmv"] + [f"2026-01-{k + 1:02d};vip;1.{k + 101};{100 + k},55" for k in range(20)]
    assert "dots where other columns have decimal commas" in told(look("\n".join(lines)), "error")
