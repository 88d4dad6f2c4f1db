"""The desk's stories: rules as they are broken, choosing from a map, segments, six side by side, names, links, and a draft that is never lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.draft import Draft
from pages._ui.table import _campaign, _columns, _frame
from promo_core import Campaign, Guardrails, Scenario, TrainedModel, Workspace, scenario_to_link
from tests.pages.conftest import APP, SECONDS, run_at, texts
from tests.pages.test_whatif import button, depth_slider, draft, headline, unfold


def keep(home: Path, *scenarios: Scenario) -> None:
    workspace = Workspace(home)
    for scenario in scenarios:
        workspace.scenarios.add(scenario, dataset_id=workspace.datasets.all()[0].id)
    workspace.close()


def week(model: TrainedModel, depth: float, **changes: object) -> Campaign:
    first = model.panel.future_periods(3)[-1].date()
    return Campaign(start=first, end=first + timedelta(days=6), **{"series": {"segment": [model.panel.series["segment"].iloc[0]]}, "promo_type": "percent_off", "discount_depth": depth} | changes)


def opened(page: str = "whatif", **query: str) -> AppTest:
    """Open a page by its address, as a new tab does."""
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    app.session_state["lang"] = query.pop("lang", "en")
    app.run()
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    return app


def test_a_broken_rule_is_told_as_it_is_broken_and_rules_are_changed_on_the_desk(small_home: Path) -> None:
    workspace = Workspace(small_home)
    workspace.settings.put("guardrails", Guardrails(prior_price_days=None, most_promoted_days=None).to_dict())
    app = run_at("whatif")
    assert "Every house rule holds" in texts(app) and not app.error
    unfold(app, "house_rules").number_input(key="rule_deepest").set_value(20)
    button(app, "rules_save").click().run()
    assert Guardrails.from_dict(workspace.settings.get("guardrails")) == Guardrails(deepest_discount=0.2, prior_price_days=None, most_promoted_days=None)
    depth_slider(app).set_value(25).run()
    assert any("25% off is deeper than the 20% allowed" in e.value.replace("\\", "") for e in app.error)
    depth_slider(app).set_value(20).run()
    assert not app.error


def test_the_best_cell_of_the_map_is_taken_and_taken_back(small_home: Path) -> None:
    Workspace(small_home).settings.put("guardrails", Guardrails(prior_price_days=None, most_promoted_days=None, deepest_discount=0.3).to_dict())
    app = run_at("whatif")
    app.segmented_control(key="view").set_value("map").run()
    before, campaign = headline(app), next(iter(draft(app).campaigns.values()))
    app.button(key="take_best").click().run()
    taken = next(iter(draft(app).campaigns.values()))
    assert headline(app) != before and (taken.start, taken.discount_depth) != (campaign.start, campaign.discount_depth) and taken.discount_depth <= 0.3
    assert taken.end - taken.start == campaign.end - campaign.start
    button(app, "undo_").click().run()
    assert headline(app) == before


@pytest.mark.parametrize("across", ["length", "segment"])
def test_the_map_is_drawn_over_other_choices_too(small_home: Path, across: str) -> None:
    app = run_at("whatif")
    app.segmented_control(key="view").set_value("map").run()
    app.segmented_control(key="map_across").set_value(across).run()
    assert not app.error and "framed is the choice on the desk" in texts(app)


def test_segments_stand_side_by_side_with_a_verdict_each(small_home: Path, small_model: TrainedModel) -> None:
    app = run_at("whatif")
    app.segmented_control(key="view").set_value("segments").run()
    table = next(d.value for d in app.dataframe if "Verdict" in d.value)
    assert set(table["Segment"]) == set(small_model.panel.series["segment"]) and {"Would have come anyway", "Wasted discount", "Return (ROI)"} <= set(table)
    assert any("iscount" in e.value for e in [*app.warning, *app.success])


def test_six_scenarios_stand_side_by_side_and_what_differs_is_marked(small_home: Path, small_model: TrainedModel) -> None:
    keep(small_home, *(Scenario(name=f"plan {depth}", campaigns=(week(small_model, depth / 100),)) for depth in (5, 10, 15, 20, 25, 30)))
    app = run_at("whatif")
    table = next(d.value for d in app.dataframe if "Increment, everything" in d.value.index)
    assert len(table.columns) == 6 and {"Increment, low case (10 %)", "Increment, high case (90 %)", "Margin increment, before ad spend", "Return (ROI)"} <= set(table.index)
    charts = len(app.get("plotly_chart"))
    app.segmented_control(key="compare_way").set_value("levers").run()
    levers = next(d.value for d in app.dataframe if "Differs" in d.value)
    assert set(levers.loc[levers["Differs"], "What"]) == {"Discount depth"} and len(app.get("plotly_chart")) == charts - 4


def test_a_scenario_is_renamed_and_a_deleted_one_brought_back(small_home: Path, small_model: TrainedModel) -> None:
    keep(small_home, Scenario(name="old name", campaigns=(week(small_model, 0.1),)))
    app, workspace = run_at("whatif"), Workspace(small_home)
    unfold(app, "open").text_input(key="rename_to").set_value("new name")
    button(app, "rename_do").click().run()
    kept = workspace.scenarios.all()[0]
    assert (kept.name, kept.version) == ("new name", 2)
    app.button(key=f"del_{kept.id}").click().run()
    assert not workspace.scenarios.all()
    app.button(key="undo_delete").click().run()
    assert [record.name for record in workspace.scenarios.all()] == ["new name"]


def test_the_draft_outlives_a_reload_a_second_tab_and_a_restart(small_home: Path) -> None:
    first = run_at("whatif")
    depth_slider(first).set_value(17).run()
    mine = draft(first).id
    second = opened()
    assert depth_slider(second).value == 17 and draft(second).id != mine
    depth_slider(second).set_value(23).run()
    again = opened(draft=mine)
    assert depth_slider(again).value == 17 and draft(again).id == mine
    depth_slider(first).set_value(9).run()
    assert draft(first).id != mine and depth_slider(opened(draft=mine)).value == 17 and depth_slider(opened(draft=draft(first).id)).value == 9


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_link_opens_exactly_this_scenario_and_model(small_home: Path, small_model: TrainedModel, lang: str) -> None:
    workspace = Workspace(small_home)
    mine = workspace.models.all()[0]
    other = workspace.models.add(small_model, "Another", mine.dataset_id)
    workspace.models.serve(other.id)
    scenario = Scenario(name="大促", campaigns=(week(small_model, 0.21), week(small_model, 0.07, ad_spend=500.0)), horizon=small_model.horizon)
    app = opened(model=mine.id, use="naive", scenario=scenario_to_link(scenario), lang=lang)
    assert draft(app).scenario(small_model.horizon) == scenario and draft(app).use == "naive" and not app.error
    assert any(b.key == "leave_link" for b in app.button) and workspace.models.served().id == other.id
    app.button(key="leave_link").click().run()
    assert not any(b.key == "leave_link" for b in app.button)


def test_a_broken_link_is_told_and_the_desk_stays(small_home: Path) -> None:
    app = opened(scenario="nonsense", model="no such model")
    assert len(app.warning) >= 2 and headline(app).startswith(("+", "-"))


def test_a_row_of_the_table_is_a_campaign_and_back(small_model: TrainedModel) -> None:
    panel, campaign = small_model.panel, week(small_model, 0.15, name="first", ad_spend=200.0)
    frame = _frame({"a": campaign}, panel)
    assert _campaign(frame.to_dict("records")[0], campaign, panel, 14) == campaign
    added = {name: None for name in frame} | {"start": campaign.start, "discount_depth": 30}
    made = _campaign(added, None, panel, 14)
    assert (made.start, made.discount_depth, made.series, (made.end - made.start).days) == (campaign.start, 0.3, {}, 6)


def test_a_row_takes_what_a_campaign_may_have(small_model: TrainedModel) -> None:
    most = {name: settings["type_config"]["max_value"] for name, settings in _columns(small_model.panel, 14).items() if name in ("discount_depth", "feature", "display", "mailer")}
    assert most == {"discount_depth": 99, "feature": 100, "display": 100, "mailer": 100}


@pytest.mark.parametrize("depth", [85, 99])
def test_a_cut_deeper_than_the_slider_s_usual_end_stays_as_it_is(small_home: Path, small_model: TrainedModel, depth: int) -> None:
    app = opened(scenario=scenario_to_link(Scenario(name="clearance", campaigns=(week(small_model, depth / 100),))))
    assert depth_slider(app).value == depth and next(iter(draft(app).campaigns.values())).discount_depth == depth / 100
    depth_slider(app).set_value(depth - 2).run()
    depth_slider(app).set_value(70).run()
    app.run()
    assert depth_slider(app).value == 70 and depth_slider(app).max == depth and next(iter(draft(app).campaigns.values())).discount_depth == 0.7


def test_what_can_be_undone_ends_somewhere(small_model: TrainedModel) -> None:
    desk = Draft("d", {"a": week(small_model, 0.1)})
    for _change in range(50):
        desk.add(week(small_model, 0.2))
    assert len(desk.before) == 20 and len(desk.campaigns) == 51
    desk.undo()
    assert len(desk.campaigns) == 50


def test_the_table_shows_every_campaign(small_home: Path) -> None:
    app = run_at("whatif")
    app.button(key="add_campaign").click().run()
    before = headline(app)
    app.segmented_control(key="edit_by").set_value("table").run()
    assert not app.error and headline(app) == before and len(draft(app).campaigns) == 2


def test_cards_tell_a_files_words_letter_by_letter() -> None:
    def page() -> None:
        from pages._ui.cards import Card, cards

        cards([Card(name="<b>Orders</b>", value="1 & 2", change="-3", falls=True, lines=("<script>",), about='say "no"')], least=100)

    shown = AppTest.from_function(page).run().get("html")[0].proto.body
    assert "&lt;b&gt;Orders" in shown and "&lt;script&gt;" in shown and "1 &amp; 2" in shown and "&quot;no&quot;" in shown and "falls" in shown
