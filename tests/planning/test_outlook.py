"""Outlooks: groups add up to the whole, bands are as wide as their level asks, history is what was observed."""

from __future__ import annotations

import numpy as np
import pytest

from promo_core.errors import DataError
from promo_core.planning.outlook import history, outlook
from tests.planning.samples import sample_model, sample_outcome, sample_panel, sample_scenario


@pytest.fixture(scope="module")
def model():
    return sample_model(sample_panel(n_periods=120))


def test_groups_add_up_to_the_whole_every_day(model):
    whole = outlook(model)[0].query("measure == 'gmv'").set_index("date")["mean"]
    parts = outlook(model, by="segment")[0].query("measure == 'gmv'").groupby("date")["mean"].sum()
    assert parts.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-9)


def test_the_outlook_of_a_scenario_is_its_answer(model):
    plan = sample_scenario(model.panel).to_plan(model.panel, 28)
    total = outlook(model, plan)[1].set_index("measure").loc["gmv"]
    told = sample_outcome(model).totals.scenario["gmv"]
    assert (total["mean"], total["p10"], total["p90"]) == pytest.approx((told.mean, told.p10, told.p90), rel=1e-5)  # bands are drawn in single precision


def test_some_series_only(model):
    mask = model.panel.match({"segment": ["vip"]})
    chosen = outlook(model, by="segment", rows=mask)[1]
    assert set(chosen["value"]) == {"vip"}
    everything = outlook(model, by="segment")[1].query("value == 'vip'").reset_index(drop=True)
    assert chosen["mean"].to_numpy() == pytest.approx(everything["mean"].to_numpy())


def test_history_is_what_was_observed(model):
    panel = model.panel
    told = history(model).query("measure == 'gmv'")["observed"].to_numpy()
    assert told == pytest.approx(panel.observed("gmv").sum(axis=0))
    rate = history(model, by="segment").query("measure == 'conversion' and value == 'vip'")["observed"].to_numpy()
    rows = panel.match({"segment": ["vip"]})
    assert rate == pytest.approx(panel.observed("orders")[rows].sum(axis=0) / panel.observed("visitors")[rows].sum(axis=0))


def test_a_day_nobody_observed_is_unknown_and_not_zero():
    panel = sample_panel(n_periods=120)
    panel.targets["gmv"][:, 50] = np.nan
    told = history(sample_model(panel)).query("measure == 'gmv'")["observed"].to_numpy()
    assert np.isnan(told[50]) and np.isfinite(told[51])


def test_a_word_that_is_no_dimension_is_refused(model):
    with pytest.raises(DataError, match="no dimension"):
        outlook(model, by="planet")
