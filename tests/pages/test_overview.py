"""The manager's pages: the figures are the core's, what is put on the plan counts at once, stock follows the service level."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import promo_core
from pages._ui import manage
from promo_core import Scenario, TrainedModel, Workspace, beside, laid, load_model, reader, since_forecast, stock_needed, without_small_values
from tests.pages.conftest import run_at, texts


def opened(home: Path) -> tuple[Workspace, TrainedModel]:
    workspace = Workspace(home)
    return workspace, load_model(workspace.models.path(workspace.models.all()[0].id))


def keep(workspace: Workspace, model: TrainedModel, depth: float = 0.3) -> str:
    days = model.panel.future_periods(6)
    scenario = Scenario.from_dict({"name": "618", "campaigns": [{"start": str(days[1].date()), "end": str(days[5].date()), "discount_depth": depth, "promo_type": "percent_off"}]})
    return workspace.scenarios.add(scenario, dataset_id=workspace.datasets.all()[0].id).id


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_overview_tells_the_core_s_figures(small_home: Path, lang: str) -> None:
    app, (_workspace, model) = run_at("overview", lang), opened(small_home)
    whole = beside(model, laid(model, [])[0]).set_index("measure").loc["gmv"]
    read = reader(lang)
    assert app.metric[0].value.replace("\\", "") == read.money(whole["mean"], model.panel.currency)
    assert read.money(whole["p10"], model.panel.currency) in texts(app).replace("\\", "")
    assert len(app.get("plotly_chart")) == 3 and not app.error


def test_a_scenario_put_on_the_plan_counts_at_once_and_comes_off_again(small_home: Path) -> None:
    workspace, model = opened(small_home)
    kept = keep(workspace, model)
    app = run_at("overview")
    before = app.metric[0].value
    app.multiselect(key="on_plan_").set_value([kept]).run()
    assert not app.exception and workspace.scenarios.get(kept).planned is not None
    planned = beside(model, laid(model, [workspace.scenarios.get(kept).scenario])[0]).set_index("measure").loc["gmv", "mean"]
    assert app.metric[0].value != before and app.metric[0].value.replace("\\", "") == reader("en").money(planned, model.panel.currency)
    app.multiselect(key=f"on_plan_{kept}").set_value([]).run()
    assert not app.exception and workspace.scenarios.get(kept).planned is None and app.metric[0].value == before


def test_drilling_down_shows_the_part_and_splits_it_further(small_home: Path) -> None:
    _workspace, model = opened(small_home)
    app = run_at("overview")
    assert len(app.dataframe[0].value) == model.panel.series["segment"].nunique()
    segment = str(model.panel.series["segment"].iloc[0])
    app.selectbox(key="drill_segment").set_value(segment).run()
    assert not app.exception and "Category" in app.dataframe[0].value.columns
    part = beside(model, laid(model, [])[0], by="category", rows=model.panel.match({"segment": [segment]})).query("measure == 'gmv'")["mean"].max()
    assert app.dataframe[0].value["Plan"].iloc[0] == reader("en").money(part, model.panel.currency)


def test_a_deeper_cut_than_ever_is_worth_a_look(small_home: Path) -> None:
    workspace, model = opened(small_home)
    workspace.scenarios.plan(keep(workspace, model, depth=0.6))
    assert "“618”" in texts(run_at("overview")).replace("\\", "")


def keep_earlier(workspace: Workspace, model: TrainedModel) -> TrainedModel:
    """Keep a model of a week before that forecast far too little."""
    earlier = replace(model, panel=model.panel.until(model.panel.n_observed - 7), bases={name: base - 1.0 for name, base in model.bases.items()})
    served = workspace.models.all()[0]
    kept = workspace.models.add(earlier, "Earlier", served.dataset_id)
    workspace.models.serve(served.id)
    return workspace.models.load(kept.id)


def test_an_earlier_model_s_forecast_is_judged_as_soon_as_it_is_kept(small_home: Path) -> None:
    workspace, model = opened(small_home)
    app = run_at("overview")
    assert "backtest" in texts(app) and app.metric[3].value.replace("\\", "") == app.metric[4].value.replace("\\", "")
    earlier = keep_earlier(workspace, model)
    late = since_forecast(earlier, model.panel)
    app.run()
    say = reader("en")
    assert f"A model trained up to {say.day(late.origin)} made it" in texts(app) and app.metric[3].value.replace("\\", "") == say.percent(late.wape)
    assert late.series["outside"].any() and "above its forecast" in texts(app), "what is worth a look is found anew"


def test_the_report_judges_the_forecast_that_the_page_judges(small_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, model = opened(small_home)
    judged = []
    monkeypatch.setattr(promo_core, "make_forecast_report", lambda *a, **facts: judged.append(facts["late"].origin) or b"report")
    app = run_at("reports", about="forecast")
    keep_earlier(workspace, model)
    app.run()
    assert judged == [model.panel.periods[model.panel.n_observed - model.horizon - 1].date(), model.panel.periods[model.panel.n_observed - 8].date()]


def test_only_models_of_the_same_periods_and_less_data_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def record(name: str, origin: str, frequency: str = "D") -> SimpleNamespace:
        return SimpleNamespace(id=name, summary={"origin": origin, "frequency": frequency})
    kept = [record("now", "2026-03-01"), record("same", "2026-03-01"), record("b", "2026-02-01"), record("a", "2026-01-01"), record("weekly", "2026-02-01", "W")]
    monkeypatch.setattr(manage, "workspace", lambda: SimpleNamespace(models=SimpleNamespace(all=lambda: kept)))
    monkeypatch.setattr(manage, "current_record", lambda: kept[0])
    assert manage.earlier_models() == ("a", "b")
    monkeypatch.setattr(manage, "current_record", lambda: None)
    assert manage.earlier_models() == ()


def test_the_stock_file_tells_nothing_of_very_few_people(small_model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, written = manage.stock_of(small_model, [], "segment", 0.9), manage.stock_to_export(small_model, [], "segment", 0.9)
    assert written.weeks.equals(shown.weeks) and shown.weeks["need"].notna().all()
    monkeypatch.setattr(manage, "without_small_values", lambda need, totals: without_small_values(need, totals, 10**9))
    assert manage.stock_to_export(small_model, [], "segment", 0.9).weeks[["mean", "need", "need_so_far"]].isna().all(axis=None)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_stock_page_tells_the_need_and_follows_the_service_level(small_home: Path, lang: str) -> None:
    app, (_workspace, model) = run_at("stock", lang), opened(small_home)
    for level in (0.95, 0.8):
        need = stock_needed(model, service=level)
        assert app.metric[0].value.replace("\\", "") == reader(lang).short(need.values["need"].sum())
        assert app.dataframe[0].value.iloc[0, 0] == reader(lang).number(need.weeks["need"].iloc[0])
        app.segmented_control(key="service").set_value(0.8).run()
        assert not app.exception
