"""The same campaign on every segment: the numbers are `simulate`'s, and a verdict follows from its band."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promo_core.errors import ScenarioError
from promo_core.planning.scenario import Scenario
from promo_core.planning.segments import across_segments
from promo_core.planning.simulate import simulate
from tests.planning.samples import SEGMENTS, sample_model, sample_panel, sample_scenario


@pytest.fixture(scope="module")
def model():
    return sample_model()


def test_every_segment_has_its_own_answer(model) -> None:
    scenario = sample_scenario(model.panel)
    table = across_segments(model, scenario, "segment").set_index("value")
    assert set(table.index) == set(SEGMENTS)
    alone = replace(scenario.campaigns[0], series={"segment": ["new"], "category": ["beauty"]})
    told = simulate(model, Scenario(name="new", campaigns=(alone,)))
    assert table.loc["new", "increment"] == pytest.approx(told.totals.increment["gmv"].mean)
    assert table.loc["new", "margin"] == pytest.approx(told.economics.margin_increment.mean)


def test_the_wasted_discount_is_what_went_to_sales_that_would_have_come_anyway(model) -> None:
    row = across_segments(model, sample_scenario(model.panel, depth=0.3), "segment").set_index("value").loc["vip"]
    told = simulate(model, sample_scenario(model.panel, depth=0.3))
    assert row["wasted"] == pytest.approx(0.3 * told.promoted.baseline["gmv"].mean) and 0 < row["wasted"] < row["discount"]
    assert row["anyway"] == pytest.approx(told.promoted.baseline["gmv"].mean / told.promoted.scenario["gmv"].mean)


def test_a_segment_whose_margin_falls_is_on_the_list_not_to_discount() -> None:
    dear = sample_panel()
    dear.plan.covariates["unit_cost"][:] = 68.0
    table = across_segments(sample_model(dear), sample_scenario(dear, depth=0.3), "segment")
    assert set(table["verdict"]) == {"do_not"} and (table["margin"] <= 0).all()


def test_without_costs_the_increment_is_judged() -> None:
    panel = sample_panel(costs=False)
    table = across_segments(sample_model(panel), sample_scenario(panel), "segment")
    assert table["margin"].isna().all() and (table["judged"] == table["increment"]).all() and set(table["verdict"]) <= {"responds", "unsure", "do_not"}


def test_ad_spend_follows_the_series(model) -> None:
    scenario = sample_scenario(model.panel, ad_spend=4000.0, series={"category": ["beauty"]})
    told = simulate(model, Scenario(name="one", campaigns=(replace(scenario.campaigns[0], series={"segment": ["new"], "category": ["beauty"]}, ad_spend=1000.0),)))
    table = across_segments(model, scenario, "segment").set_index("value")
    assert table.loc["new", "margin"] == pytest.approx(told.economics.margin_increment.mean - 1000.0)


def test_a_dimension_the_data_lacks_is_refused(model) -> None:
    with pytest.raises(ScenarioError, match="planet"):
        across_segments(model, sample_scenario(model.panel), "planet")
