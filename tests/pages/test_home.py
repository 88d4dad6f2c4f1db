"""Home says what is on the desk and, for the demo shop, how near the estimates come to the truth."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui import truth
from promo_core import DemoShop, TrainedModel, Workspace, reader
from tests.pages.conftest import run_at, texts


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_home_tells_the_data_and_the_model_at_a_glance(small_home: Path, lang: str) -> None:
    app = run_at(lang=lang)
    told = {metric.label: metric.value for metric in app.metric}
    say = reader(lang).text
    assert told[say("Series")] == "6" and told[say("Measures")] == "4"
    assert told[say("Model that answers")] in {say(name) for name in ("Seasonal naive", "LightGBM", "Blend")}
    assert say("Demo shop") in [heading.value for heading in app.subheader]


def test_home_works_while_the_first_model_is_in_training(untrained_home: Path, running_job: str) -> None:
    app = run_at()
    assert "Training on" in texts(app)
    assert [b.label for b in app.button] == ["Cancel the training"]
    assert {m.label for m in app.metric} == {"Series", "History in days", "Past campaigns", "Measures"}


def test_home_points_to_training_where_there_is_no_model(untrained_home: Path) -> None:
    app = run_at()
    assert "models" in links(app)


def test_home_shows_the_truth_beside_the_estimates(small_home: Path, small_shop: DemoShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth, "_shop", lambda: small_shop)
    app = run_at()
    table = app.table[0].value
    assert len(table) == 3 * 4 and list(table.columns) == ["Segment", "Depth", "True uplift", "Estimate (80 % band)"]
    assert any("true uplifts lie inside" in caption.value for caption in app.caption)


def test_another_shop_shows_no_truth(small_home: Path) -> None:
    assert "The estimates beside the truth" not in texts(run_at())


def test_true_uplift_grows_from_nothing_and_estimates_follow_it(small_model: TrainedModel, small_shop: DemoShop) -> None:
    table = truth.true_and_estimated(small_model, small_shop)
    twenty = table[table["depth"] == 0.2]
    assert (twenty["truth"] > 0.05).all(), "a fifth off brings GMV in this shop"
    assert (table["p10"] <= table["estimate"]).all() and (table["estimate"] <= table["p90"]).all()
    assert (twenty["estimate"] - twenty["truth"]).abs().mean() < 0.2


def test_the_desk_survives_a_new_session(small_home: Path) -> None:
    run_at()
    assert Workspace(small_home).models.served() is not None
    assert "Demo shop" in texts(run_at())


def links(app: AppTest) -> list[str]:
    """Return the pages that a page links to."""
    return [element.proto.page for element in app.get("page_link")]
