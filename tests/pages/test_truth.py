"""The page that says how right the product is: the arena beside peers, and what the reader's own model was checked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from promo_core import reader
from tests.pages.conftest import run_at, texts


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_arena_and_the_own_model_s_checks_are_shown(small_home: Path, lang: str) -> None:
    app, say = run_at("truth", lang), reader(lang).text
    assert not app.exception and not app.error
    summary = app.table[0].value
    assert {"Liftboard", say("Plain S-learner")} <= set(summary.columns) and say("Level without promotion") in summary.index
    levers = app.table[1].value
    assert say("Evidence") in levers.columns and say("Discount depth") in levers.index
    assert len(app.get("plotly_chart")) >= 3
    assert say("Your model: promotions that never ran") in texts(app)


def test_another_score_can_be_looked_at(small_home: Path) -> None:
    app = run_at("truth")
    confounded = app.table[0].value
    app.segmented_control(key="arena_score").set_value("rank_correlation").run()
    assert not app.exception
    app.segmented_control(key="arena_past").set_value(False).run()
    assert not app.exception and not app.table[0].value.equals(confounded)
