"""What must be in stock: quantiles of joint sums, week by week, beside what lies there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promo_core import ScenarioError, forecast, stock_needed
from promo_core.data.panel import Panel
from promo_core.models.trained import TrainedModel
from tests.planning.samples import sample_model, sample_panel

UNITS = ("visitors", "orders", "units", "gmv")


def with_stock(panel: Panel, units: float) -> Panel:
    grid = np.full((panel.n_series, len(panel.periods)), np.nan)
    grid[:, -3] = units
    return replace(panel, plan=replace(panel.plan, covariates={**panel.plan.covariates, "stock": grid}))


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return sample_model(sample_panel(measures=UNITS))


def test_the_need_is_the_quantile_of_the_weeks_summed_draws(model: TrainedModel) -> None:
    need = stock_needed(model, service=0.9).weeks
    draws = forecast(model).samples["orders"]
    each = (model.panel.targets["units"].sum(axis=1) / model.panel.targets["orders"].sum(axis=1))[:, None]
    beauty = (model.panel.series["category"] == "beauty").to_numpy()
    first = need[need["value"] == "beauty"].iloc[0]
    days = (first["end"] - first["start"]).days + 1
    sums = (draws * each)[:, beauty, :days].sum(axis=(1, 2))
    middle, high = np.quantile(sums, [0.5, 0.9])
    width = model.noises["blend"].width(int(beauty.sum()), days)
    assert first["need"] == pytest.approx(middle + width * (high - middle), rel=1e-3)
    assert first["mean"] == pytest.approx(sums.mean(), rel=1e-3)


def test_weeks_run_from_monday_to_sunday_and_hold_every_day_once(model: TrainedModel) -> None:
    weeks = stock_needed(model, by=None).weeks
    assert [s.weekday() for s in weeks["start"]][1:] == [0] * (len(weeks) - 1)
    assert sum((w.end - w.start).days + 1 for w in weeks.itertuples()) == model.horizon


def test_a_higher_service_level_needs_more_and_series_together_need_less_than_each_alone(model: TrainedModel) -> None:
    low, high = (stock_needed(model, by=None, service=level).values["need"].iloc[0] for level in (0.5, 0.95))
    assert high > low
    apart = stock_needed(model, by="category", service=0.95).values["need"].sum()
    assert high <= apart * 1.001


def test_stock_that_runs_out_names_the_week_and_what_is_missing(model: TrainedModel) -> None:
    need = stock_needed(model, service=0.9)
    known = need.values["on_hand"].isna().all() and need.values["short"].isna().all() and need.values["runs_out"].isna().all()
    assert known, "without stock in the file nothing is short and nothing suffices"
    per_series = need.values["need"].iloc[0] / 4 / 2  # half of what the first category needs
    short = stock_needed(replace(model, panel=with_stock(model.panel, per_series)), service=0.9).values.iloc[0]
    assert short["on_hand"] == pytest.approx(4 * per_series) and short["short"] == pytest.approx(short["need"] - short["on_hand"])
    weeks = need.weeks[need.weeks["value"] == short["value"]]
    assert short["runs_out"] == weeks.loc[weeks["need_so_far"] > short["on_hand"], "end"].min()
    plenty = stock_needed(replace(model, panel=with_stock(model.panel, 1e9)), service=0.9).values
    assert (plenty["short"] == 0).all() and plenty["runs_out"].isna().all()


def test_without_units_orders_are_counted_and_it_is_said() -> None:
    orders = sample_model(sample_panel(measures=("visitors", "orders", "gmv")))
    need = stock_needed(orders)
    assert "counted as one unit" in str(need.note) and need.weeks["mean"].sum() == pytest.approx(forecast(orders).samples["orders"].mean(axis=0).sum(), rel=1e-3)
    with pytest.raises(ScenarioError, match="units"):
        stock_needed(sample_model(sample_panel(measures=("gmv",))))


@pytest.mark.parametrize("service", [0.2, 95, 1.0])
def test_a_service_level_that_is_no_share_is_refused(model: TrainedModel, service: float) -> None:
    with pytest.raises(ScenarioError, match="share"):
        stock_needed(model, service=service)
