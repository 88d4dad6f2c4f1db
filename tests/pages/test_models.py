"""Models are trained, compared, explained, moved in and out, and put on the desk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui import training
from promo_core import JobError, TrainSettings, Workspace, pack_model, reader
from tests.pages.conftest import run_at, texts


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_member_is_scored_on_every_measure(small_home: Path, lang: str) -> None:
    app = run_at("models", lang)
    say = reader(lang).text
    league = app.table[0].value
    assert len(league) == 3 and {"WAPE", "RMSE", "MAE", say("Bias"), say("80 % band held")} <= set(league.columns)
    errors = [(float(cell.strip("*%")), "**" in cell) for cell in league["WAPE"]]
    assert {value for value, bold in errors if bold} == {min(errors)[0]}, "the best stands out"
    assert sum("★" in name for name in league.iloc[:, 0]) == 1, "one model answers"
    app.segmented_control(key="league_target").set_value("conversion").run()
    assert not app.exception and app.table[0].value["WAPE"].tolist() != league["WAPE"].tolist()


def test_levers_and_importance_are_shown(small_home: Path) -> None:
    app = run_at("models")
    levers = app.table[1].value
    assert "Discount depth" in levers.index and "Conversion" in levers.columns
    assert "What the forecast looks at" in texts(app)
    app.segmented_control(key="importance_model").set_value("gbm").run()
    assert not app.exception


def test_training_starts_as_it_was_asked_for(small_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(training, "start_training", lambda workspace, dataset_id, settings: asked.append(settings))
    app = run_at("models")
    next(n for n in app.number_input if n.key.startswith("train_horizon")).set_value(21)
    app.toggle(key="train_quick").set_value(True)
    app.button(key="train").click().run()
    assert asked == [TrainSettings(models=("gbm", "lstm"), horizon=21, quick=True)]


def test_a_training_may_go_on_from_an_earlier_model(small_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(training, "start_training", lambda workspace, dataset_id, settings, **more: asked.append(more))
    monkeypatch.setattr(training, "_is_earlier", lambda record, panel: True)
    app = run_at("models")
    earlier = Workspace(small_home).models.all()[0]
    box = next(s for s in app.selectbox if s.key.startswith("train_start"))
    box.select(earlier.id).run()
    app.button(key="train").click().run()
    assert not app.exception and asked == [{"start_id": earlier.id}]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_going_on_changed_is_told(small_home: Path, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"new_periods": 21, "moved": 0.042, "wape": 0.153, "wape_naive": 0.181, "from": "", "levers": []}
    monkeypatch.setattr(training, "_tuned", lambda model: told)
    assert {"21", "4.2%", "15.3%", "18.1%"} <= set(re.findall(r"[\d.]+%?", texts(run_at("models", lang)).replace(" %", "%")))


def test_a_training_that_cannot_start_is_told(small_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise JobError("Another training runs.")
    monkeypatch.setattr(training, "start_training", refuse)
    app = run_at("models")
    app.button(key="train").click().run()
    assert [e.value for e in app.error] == ["Another training runs\\."]


def test_the_page_stays_usable_while_a_training_runs(untrained_home: Path, running_job: str) -> None:
    app = run_at("models")
    bar = app.get("progress")[0]
    assert "epoch 4 of 10" in bar.text and "5,200 windows per second on CPU" in bar.text and 30 <= bar.value <= 80
    assert app.button(key="train").disabled
    app.button(key=f"cancel_{running_job}").click().run()
    assert not app.exception and "Stopping at the next step" in texts(app)
    assert Workspace(untrained_home).jobs.get(running_job).cancel_asked is not None


def test_a_training_that_died_is_told_and_another_may_start(untrained_home: Path) -> None:
    workspace = Workspace(untrained_home)
    workspace.jobs.add("d" * 16, "train", {"dataset_id": workspace.datasets.all()[0].id, "settings": TrainSettings().to_dict(), "name": "Demo shop"})
    app = run_at("models")
    assert any("ended without a word" in error.value for error in app.error)
    assert not app.button(key="train").disabled


def test_a_finished_training_puts_its_model_on_the_desk(untrained_home: Path, running_job: str) -> None:
    app = run_at("models")
    workspace = Workspace(untrained_home)
    made = workspace.models.restore(workspace.models.all(deleted=True)[0].id)
    workspace.jobs.end(running_job, "done", result_id=made.id)
    app.run()
    assert "Which model is better" in texts(app)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_model_leaves_as_a_zip_and_comes_back(small_home: Path, lang: str) -> None:
    kept = Workspace(small_home).models.all()[0]
    packed = pack_model(Workspace(small_home).models.path(kept.id))
    app = upload(run_at("models", lang), packed)
    assert not app.error
    newest = Workspace(small_home).models.served()
    assert newest.id != kept.id and newest.name == "summer"


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04cut"])
def test_a_zip_that_is_no_model_leaves_the_model_in_use(small_home: Path, content: bytes) -> None:
    before = Workspace(small_home).models.served()
    app = upload(run_at("models"), content)
    assert "Expected a zip that Liftboard saved" in texts(app)
    assert Workspace(small_home).models.served() == before


def test_a_folder_is_loaded_by_its_path(small_home: Path, tmp_path: Path) -> None:
    app = run_at("models")
    app.text_input(key="model_path").set_value(str(tmp_path)).run()
    app.button(key="load_model").click().run()
    assert app.error and len(Workspace(small_home).models.all()) == 1
    app.text_input(key="model_path").set_value(str(Workspace(small_home).models.path(Workspace(small_home).models.all()[0].id))).run()
    app.button(key="load_model").click().run()
    assert not app.error and len(Workspace(small_home).models.all()) == 2


def test_a_deleted_model_comes_back(small_home: Path) -> None:
    kept = Workspace(small_home).models.all()[0].id
    app = run_at("models")
    app.button(key=f"delete_{kept}").click().run()
    assert not app.exception and not Workspace(small_home).models.all()
    app.button(key=f"undo_{kept}").click().run()
    assert not app.exception and "Which model is better" in texts(app)


def upload(app: AppTest, content: bytes) -> AppTest:
    app.file_uploader[0].upload("summer.zip", content, "application/zip").run()
    assert not app.exception, app.exception
    return app
