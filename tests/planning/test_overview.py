"""The manager's view: plan beside baseline and last year, and what deserves a look first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from promo_core import Scenario, TrainedModel, beside, findings, laid, last_forecast, last_year, outlook, since_forecast, stock_needed
from promo_core.locale import reader
from tests.planning.samples import sample_model, sample_panel, sample_scenario
from tests.planning.test_stock import with_stock


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return sample_model(sample_panel(n_periods=420))


def told(found: list) -> list[str]:
    return [f"{f.kind}: {reader('en').say(f.message)}" for f in found]


def test_a_plan_without_campaigns_is_the_baseline(model: TrainedModel) -> None:
    plan, refused = laid(model, [])
    table = beside(model, plan, by="segment")
    assert refused == [] and table["mean"].to_numpy() == pytest.approx(table["baseline"].to_numpy())


def test_the_plan_is_every_planned_campaign_together(model: TrainedModel) -> None:
    scenarios = [sample_scenario(model.panel), sample_scenario(model.panel, name="second", series={"segment": ["new"]})]
    plan, _refused = laid(model, scenarios)
    both = Scenario(name="both", campaigns=tuple(c for s in scenarios for c in s.campaigns)).to_plan(model.panel, model.horizon)
    assert all((plan.levers[k] == both.levers[k]).all() for k in plan.levers)
    table = beside(model, plan).set_index("measure")
    assert table.loc["gmv", "mean"] == pytest.approx(outlook(model, both)[1].set_index("measure").loc["gmv", "mean"]) and table.loc["gmv", "mean"] > table.loc["gmv", "baseline"]


def test_last_year_is_what_the_same_weekdays_brought(model: TrainedModel) -> None:
    panel = model.panel
    at = panel.n_observed - 364
    gmv = panel.targets["gmv"][:, at: at + model.horizon]
    days = last_year(model).query("measure == 'gmv'")
    assert days["last_year"].to_numpy() == pytest.approx(gmv.sum(axis=0))
    whole = beside(model, laid(model, [])[0]).set_index("measure")
    assert whole.loc["gmv", "last_year"] == pytest.approx(gmv.sum())
    assert whole.loc["conversion", "last_year"] == pytest.approx(panel.targets["orders"][:, at: at + 28].sum() / panel.targets["visitors"][:, at: at + 28].sum())


def test_a_past_shorter_than_a_year_gives_no_last_year() -> None:
    short = sample_model()
    assert beside(short, laid(short, [])[0])["last_year"].isna().all()


def test_a_campaign_that_does_not_fit_is_told_and_the_others_count(model: TrainedModel) -> None:
    good = sample_scenario(model.panel)
    gone = sample_scenario(model.panel, name="gone", start=good.campaigns[0].start - timedelta(days=300), end=good.campaigns[0].end - timedelta(days=300))
    plan, refused = laid(model, [good, gone])
    assert [s.name for s, _c, _m in refused] == ["gone"] and plan.promoted.any()
    assert any(line.startswith("outside: “gone”") for line in told(findings(model, [good, gone], refused=refused)))


def test_overlaps_deep_cuts_short_stock_and_a_fall_are_worth_a_look(model: TrainedModel) -> None:
    first, deep = sample_scenario(model.panel), sample_scenario(model.panel, name="deep", discount_depth=0.5)
    lines = told(findings(model, [first, deep]))
    assert any(line.startswith("overlap: “618 beauty” and “deep”") for line in lines)
    assert any(line.startswith("support: “deep”") and "50%" in line for line in lines)
    bare = replace(model, panel=with_stock(model.panel, 1.0))
    assert told(findings(bare, [], stock=stock_needed(bare)))[0].startswith("stock: ")
    totals = beside(model, laid(model, [])[0], by="segment").assign(last_year=1e12)
    assert sum(line.startswith("below: ") for line in told(findings(model, [], totals=totals))) == model.panel.series["segment"].nunique()


def test_a_quiet_plan_has_nothing_worth_a_look(model: TrainedModel) -> None:
    assert findings(model, []) == []


def test_the_newest_backtest_forecast_is_judged_by_what_happened(small_model: TrainedModel) -> None:
    late, panel = last_forecast(small_model), small_model.panel
    window = slice(panel.n_observed - small_model.horizon, panel.n_observed)
    assert late.path["actual"].to_numpy() == pytest.approx(panel.targets["gmv"][:, window].sum(axis=0))
    assert late.series["actual"].to_numpy() == pytest.approx(panel.targets["gmv"][:, window].sum(axis=1))
    assert 0 < late.wape < 0.6 and late.held == pytest.approx(1 - late.series["outside"].mean())
    assert (late.series["p10"] < late.series["mean"]).all() and (late.path["p90"] > late.path["mean"]).all()


def test_a_series_that_left_its_band_is_told_with_its_figures(small_model: TrainedModel) -> None:
    late = last_forecast(small_model)
    far = late.series.assign(actual=np.where(late.series.index == 2, 9 * late.series["p90"], late.series["mean"]), outside=late.series.index == 2)
    lines = told(findings(small_model, [], late=replace(late, series=far)))
    assert len(lines) == 1 and lines[0].startswith("late: " + small_model.panel.labels()[2]) and "above its forecast" in lines[0]


def test_a_model_trained_earlier_is_judged_on_what_came_since(small_model: TrainedModel) -> None:
    panel = small_model.panel
    assert since_forecast(small_model, panel) is None, "nothing came since"
    days = pd.date_range(panel.periods[0], periods=panel.n_observed + 5, freq="D")

    def longer(grid: np.ndarray) -> np.ndarray:
        return np.concatenate([grid[:, : panel.n_observed], grid[:, panel.n_observed - 7: panel.n_observed - 2]], axis=1)

    plan = replace(panel.plan, periods=days, levers={k: np.concatenate([v[:, : panel.n_observed], np.zeros((panel.n_series, 5))], axis=1) for k, v in panel.plan.levers.items()},
                   covariates={k: longer(v) for k, v in panel.plan.covariates.items()})
    newer = replace(panel, periods=days, n_observed=panel.n_observed + 5, plan=plan, targets={k: longer(v) for k, v in panel.targets.items()})
    seen = since_forecast(small_model, newer)
    assert len(seen.path) == 5 and seen.path["actual"].to_numpy() == pytest.approx(newer.targets["gmv"][:, -5:].sum(axis=0))
    assert seen.path["mean"].to_numpy() == pytest.approx(outlook(small_model)[0].query("measure == 'gmv'")["mean"].to_numpy()[:5], rel=1e-3)
