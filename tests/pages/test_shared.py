"""The app on what several servers share: records in a real PostgreSQL, files in an object store."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st

from promo_core import DemoShop, TrainedModel, Workspace, add_file
from tests.pages.conftest import run_at, texts


@pytest.fixture
def shared_home(postgres_url: str, small_shop: DemoShop, small_model: TrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace another server filled; this server's own folder is empty."""
    files = f"memory://{tmp_path.name}"
    other = Workspace(tmp_path / "other", url=postgres_url, files=files)
    dataset = add_file(other, small_shop.frame.to_csv(index=False).encode(), filename="shop.csv", name="Shared shop")
    other.settings.put("demo_dataset", dataset.id)
    other.models.serve(other.models.add(small_model, "Shared shop", dataset.id).id)
    for key, value in {"LIFTBOARD_HOME": str(tmp_path / "home"), "DATABASE_URL": postgres_url, "LIFTBOARD_FILES": files}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    yield other
    st.cache_resource.clear()
    other.close()


def test_a_second_server_answers_with_the_firsts_model_and_saves_where_the_first_reads(shared_home: Workspace) -> None:
    app = run_at("whatif")
    next(button for button in app.button if button.key == "save").click().run()
    assert not app.exception
    assert [record.dataset_id for record in shared_home.scenarios.all()] == [shared_home.datasets.all()[0].id]
    assert [entry.action for entry in shared_home.audit.entries(limit=1)] == ["scenarios.add"]


def test_files_by_path_stay_closed_where_only_some_folders_are_open(small_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "secret.csv").write_text("date,gmv\n2026-01-01,1\n")
    monkeypatch.setenv("LIFTBOARD_FOLDERS", str(tmp_path / "open"))
    app = run_at("data")
    app.text_input(key="data_path").set_value(str(tmp_path / "secret.csv")).run()
    assert "stay closed" in texts(app) and not app.exception


def test_the_receipt_of_a_data_set_is_shown(small_home: Path) -> None:
    kept = Workspace(small_home).datasets.all()[0]
    app = run_at("data")
    assert f"{len(kept.receipt['kept'])} columns" in texts(app) and "No column looked personal." in texts(app)
