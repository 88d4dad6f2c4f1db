"""The forecast page: total and by dimension, every measure, planned campaigns marked."""

from __future__ import annotations

from pathlib import Path

import pytest

from promo_core import Scenario, Workspace, load_model, outlook, reader
from tests.pages.conftest import run_at


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_total_is_the_core_s_to_the_last_figure(small_home: Path, lang: str) -> None:
    app, workspace = run_at("forecast", lang), Workspace(small_home)
    model = load_model(workspace.models.path(workspace.models.all()[0].id))
    totals = outlook(model)[1].set_index("measure")
    assert app.metric[0].value.replace("\\", "") == reader(lang).money(totals.loc["gmv", "mean"], model.panel.currency)
    assert app.get("plotly_chart") and not app.error


def test_every_measure_and_dimension_has_its_forecast(small_home: Path) -> None:
    app = run_at("forecast")
    for by in ("segment", "category"):
        app.segmented_control(key="by").set_value(by).run()
        assert not app.error and len(app.dataframe[0].value) >= 2 and app.get("plotly_chart")
    for measure in ("orders", "conversion", "visitors"):
        app.segmented_control(key="forecast_measure").set_value(measure).run()
        assert not app.error and app.metric[0].value != "—"


def test_a_kept_scenario_on_the_plan_changes_the_forecast(small_home: Path) -> None:
    workspace = Workspace(small_home)
    model = load_model(workspace.models.path(workspace.models.all()[0].id))
    first = model.panel.future_periods(5)
    scenario = Scenario.from_dict({"name": "plan", "campaigns": [{"start": str(first[1].date()), "end": str(first[4].date()), "discount_depth": 0.3, "promo_type": "percent_off"}]})
    kept = workspace.scenarios.add(scenario, dataset_id=workspace.datasets.all()[0].id)
    app = run_at("forecast")
    before = app.metric[0].value
    app.selectbox(key="planned").set_value(getattr(kept, "id", kept)).run()
    assert not app.error and app.metric[0].value != before
