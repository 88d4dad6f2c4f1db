"""What a file can and cannot answer is said before anything is trained."""

from __future__ import annotations

import pytest

from tests.data.files import look, shop


def words(found):
    return " ".join(map(str, found.verdict.can)), " ".join(map(str, found.verdict.cannot))


@pytest.mark.parametrize(("columns", "cannot"), [
    ({"visitors": None}, "no visitors"), ({"orders": None}, "no orders"), ({"gmv": None}, "no money"), ({"discount_depth": None}, "no discount and no promotion column"),
    ({"discount_depth": 0.2}, "every observed period is promoted"), ({"discount_depth": lambda k: 0.2 * (k % 5 == 0)}, "same depth"), ({"segment": None}, "one series"),
    ({"visitors": 500}, "never change"), ({"promo_type": lambda k: "gift" if k == 4 else "none"}, "type gift: fewer than 3"), ({}, "less than a year"),
])
def test_what_is_missing_is_named(columns, cannot):
    assert cannot in words(look(shop(**columns)))[1]


def test_a_full_file_can_answer_everything_but_long_seasons():
    text = shop(400, discount_depth=lambda k: (0, 0, 0, 0.2, 0.3)[k % 5], unit_cost=40)
    second = shop(400, segment="new", visitors=lambda k: 700 + k * 3 % 17, discount_depth=lambda k: (0, 0.1, 0, 0, 0)[k % 5], unit_cost=40).split("\n", 1)[1]
    can, cannot = words(look(text + second))
    assert "visitors, conversion and orders" in can and "up to 30%" in can and "doing nothing: 70%" in can
    assert cannot == ""


def test_series_that_repeat_each_others_visitors_are_told():
    found = look(shop() + shop(segment="new").split("\n", 1)[1])
    assert "repeat the same" in words(found)[1]


def test_nothing_is_promised_of_a_file_with_errors():
    found = look(shop(3))
    assert not found.verdict.usable and not found.verdict.can and found.panel is None
    assert found.to_dict()["verdict"]["usable"] is False
