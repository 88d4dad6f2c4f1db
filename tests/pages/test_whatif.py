"""The desk: a scenario is set, answered, kept, opened again and compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from promo_core import Campaign, Scenario, Workspace, load_model, reader, simulate
from tests.pages.conftest import run_at, texts


def depth_slider(app: AppTest):
    return next(s for s in app.slider if s.key.startswith("depth_"))


def button(app: AppTest, start: str):
    return next(b for b in app.button if b.key.startswith(start))


def chosen_campaign(app: AppTest):
    return next(c for c in app.segmented_control if c.key.startswith("chosen_"))


def draft(app: AppTest):
    return next(iter(app.session_state["drafts"].values()))


def unfold(app: AppTest, popover: str) -> AppTest:
    """Open a popover: what it holds is drawn only then."""
    app.session_state[popover] = True
    return app.run()


def headline(app: AppTest) -> str:
    return app.metric[0].value.replace("\\", "")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_desk_answers_at_once_in_the_reader_s_language(small_home: Path, lang: str) -> None:
    app = run_at("whatif", lang)
    assert not app.error and app.title[0].value == reader(lang).text("What if")
    assert app.metric[0].label == reader(lang).text("GMV increment") and headline(app).startswith(("+", "-"))
    assert len(app.get("plotly_chart")) >= 2


def test_a_deeper_cut_changes_the_answer(small_home: Path) -> None:
    app = run_at("whatif")
    before = headline(app)
    depth_slider(app).set_value(5).run()
    assert not app.error and headline(app) != before


def test_the_page_says_what_the_core_says(small_home: Path) -> None:
    app = run_at("whatif")
    workspace = Workspace(small_home)
    model = load_model(workspace.models.path(workspace.models.all()[0].id))
    app.button(key="save").click().run()
    told = simulate(model, workspace.scenarios.all()[0].scenario).totals.increment["gmv"]
    assert headline(app) == f"{'+' if told.mean > 0 else ''}{reader('en').money(told.mean, model.panel.currency)}"


@pytest.mark.parametrize("view", ["days", "why", "map", "depth", "segments", "groups", "models"])
def test_every_view_of_an_answer_is_drawn(small_home: Path, view: str) -> None:
    app = run_at("whatif")
    app.segmented_control(key="view").set_value(view).run()
    assert not app.error and not app.exception and app.get("plotly_chart")


def test_a_campaign_is_added_and_taken_away_and_brought_back(small_home: Path) -> None:
    app = run_at("whatif")
    before = headline(app)
    app.button(key="add_campaign").click().run()
    assert len(chosen_campaign(app).options) == 2
    for _campaign in range(2):
        button(app, "drop_").click().run()
    assert not app.error and headline(app).strip("¥") in {"0", "¥0"}
    assert app.info and not [s for s in app.slider if s.key.startswith("depth_")]
    for _change in range(3):
        button(app, "undo_").click().run()
    assert headline(app) == before and button(app, "undo_").disabled


def test_another_campaign_is_chosen_and_both_are_kept(small_home: Path) -> None:
    app = run_at("whatif")
    depth_slider(app).set_value(11).run()
    app.button(key="add_campaign").click().run()
    depth_slider(app).set_value(22).run()
    chosen_campaign(app).set_value(next(iter(draft(app).campaigns))).run()
    assert depth_slider(app).value == 11
    app.button(key="save").click().run()
    assert [c.discount_depth for c in Workspace(small_home).scenarios.all()[0].scenario.campaigns] == [0.11, 0.22]


def test_a_scenario_is_saved_versioned_duplicated_deleted_and_brought_back(small_home: Path) -> None:
    app, workspace = run_at("whatif"), Workspace(small_home)
    app.button(key="save").click().run()
    depth_slider(app).set_value(12).run()
    app.button(key="save").click().run()
    kept = workspace.scenarios.all()
    assert len(kept) == 1 and kept[0].version == 2 and kept[0].scenario.campaigns[0].discount_depth == pytest.approx(0.12)
    unfold(app, "open").button(key=f"dup_{kept[0].id}").click().run()
    assert len(workspace.scenarios.all()) == 2
    app.button(key=f"del_{kept[0].id}").click().run()
    assert len(workspace.scenarios.all()) == 1
    app.button(key="undo_delete").click().run()
    assert len(workspace.scenarios.all()) == 2


def test_saved_scenarios_stand_side_by_side(small_home: Path) -> None:
    app = run_at("whatif")
    for depth, name in ((10, "mild"), (30, "deep")):
        depth_slider(app).set_value(depth).run()
        next(t for t in app.text_input if t.key.startswith("name_")).set_value(name).run()
        app.button(key="save").click().run()
    app.run()
    table = next(d.value for d in app.dataframe if any("mild" in str(c) for c in d.value.columns))
    assert len(table.columns) == 2 and table.loc["Increment, everything"].nunique() == 2


def test_a_cut_twice_as_deep_as_ever_is_refused_and_the_desk_stays(small_home: Path) -> None:
    app = run_at("whatif")
    depth_slider(app).set_value(80).run()
    assert app.warning and not app.exception
    depth_slider(app).set_value(20).run()
    assert headline(app).startswith(("+", "-"))


def test_a_name_that_is_markup_stays_text(small_home: Path) -> None:
    app = run_at("whatif")
    next(t for t in app.text_input if t.key.startswith("name_")).set_value("<script>alert(1)</script> [x](http://a.b)").run()
    app.segmented_control(key="view").set_value("why").run()
    assert not app.error and "[x](http" not in texts(app)


def test_a_scenario_of_another_model_is_told_and_the_others_stay(small_home: Path) -> None:
    workspace = Workspace(small_home)
    dataset = workspace.datasets.all()[0]
    stranger = Campaign.from_dict({"start": "2031-01-01", "end": "2031-01-03", "discount_depth": 0.2})
    workspace.scenarios.add(Scenario(name="far away", campaigns=(stranger,)), dataset_id=dataset.id)
    app = run_at("whatif")
    assert any("far away" in w.value for w in app.warning) and not app.exception
