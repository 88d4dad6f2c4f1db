"""A scenario survives its web address unchanged; a broken address is told."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace

import pytest

from promo_core.errors import ScenarioError
from promo_core.planning.link import scenario_from_link, scenario_to_link
from promo_core.planning.scenario import Scenario
from tests.planning.samples import sample_panel, sample_scenario


@pytest.mark.parametrize("changes", [{}, {"name": "大促 <b>&?#"}, {"ad_spend": 1234.5, "feature": 0.25, "series": {"segment": ["会员", "a&b=c"]}}])
def test_a_scenario_comes_back_as_it_went(changes: dict[str, object]) -> None:
    scenario = replace(sample_scenario(sample_panel(), **changes), horizon=21)
    link = scenario_to_link(scenario)
    assert scenario_from_link(link) == scenario and link.replace("-", "").replace("_", "").isalnum() and link.isascii()


def test_an_empty_scenario_comes_back_too() -> None:
    assert scenario_from_link(scenario_to_link(Scenario(name="nothing"))) == Scenario(name="nothing")


@pytest.mark.parametrize("wrong", ["", "nonsense!", "abcd", "é", scenario_to_link(Scenario(name="cut"))[:-6], base64.urlsafe_b64encode(zlib.compress(b"[1]")).decode(),
                                   base64.urlsafe_b64encode(zlib.compress(b" " * 10_000_000)).decode()])
def test_an_address_that_holds_no_scenario_is_told(wrong: str) -> None:
    with pytest.raises(ScenarioError):
        scenario_from_link(wrong)
