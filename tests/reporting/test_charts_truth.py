"""Charts of how right the product is, and SHAP's usual views: units on the axes, plotly's approval, words when there is nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from promo_core import arena_table
from promo_core.reporting import charts


@pytest.fixture(scope="module")
def points() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.concat([pd.DataFrame({"model": "gbm", "target": "visitors", "feature": name, "value": value, "contribution": rng.normal(0.0, size, 60)})
                      for name, value, size in (("weekday", rng.integers(0, 7, 60).astype(float), 0.2), ("identity", np.nan, 0.1))])


CHECKS = pd.DataFrame([{"check": "shifted", "share": 0.01, "low": -0.05, "high": 0.06, "real": 1.02, "cells": 400, "passed": True},
                       {"check": "shuffled", "share": 0.4, "low": 0.3, "high": 0.5, "real": 0.2, "cells": 400, "passed": False}])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_chart_names_its_unit_and_is_one_that_plotly_accepts(points, lang) -> None:
    table = arena_table()
    made = [charts.placebo(CHECKS, lang=lang), charts.arena_bars(table, "increment_error", lang=lang), charts.arena_bars(table, "rank_correlation", lang=lang),
            charts.beeswarm(points, target="visitors", model="gbm", lang=lang)]
    for figure in made:
        assert go.Figure(figure.to_dict()).data and "%" in figure.layout.xaxis.title.text
    drawn = charts.dependence(points, "weekday", target="visitors", model="gbm", lang=lang)
    assert go.Figure(drawn.to_dict()).data and "%" in drawn.layout.yaxis.title.text


def test_ours_and_its_peers_stand_side_by_side_in_the_committed_arena() -> None:
    table = arena_table()
    assert {"ours", "S-learner"} <= set(table["competitor"]) and table["confounded"].isin([True, False]).all()
    bars = {trace.name for trace in charts.arena_bars(table, "increment_error").data}
    assert {"Liftboard", "Plain S-learner"} <= bars


def test_the_strongest_feature_stands_first_in_a_beeswarm(points) -> None:
    assert charts.beeswarm(points, target="visitors", model="gbm").layout.yaxis.ticktext[0] == "Weekday"


def test_without_anything_to_draw_a_chart_says_why(points, tmp_path) -> None:
    assert arena_table(tmp_path / "none.csv") is None
    for figure in (charts.placebo(None), charts.arena_bars(None, "regret"), charts.beeswarm(None, target="gmv", model="gbm"), charts.dependence(points, "identity", target="visitors", model="gbm")):
        assert not figure.data and figure.layout.annotations[0].text
