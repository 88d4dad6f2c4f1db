"""Every feature a model reads has words of its own, in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from promo_core.data.demo import QUICK, demo_shop
from promo_core.features.tabular import Encoding, Tabular
from promo_core.models.lstm_explain import GROUPS
from promo_core.reporting import charts
from promo_core.reporting.feature_words import feature_label
from promo_core.reporting.words import words_for


def names_of_the_trees() -> tuple[str, ...]:
    """Return the features of a small daily shop, covariates and their changes among them."""
    panel = demo_shop(QUICK).panel
    clean = np.zeros((panel.n_series, panel.n_observed, 1))
    return Tabular(panel, clean, Encoding.of(panel, horizon=7)).matrix(0, np.array([0]), np.array([100]), np.array([1])).names


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_feature_has_words_a_reader_knows(lang):
    words = words_for(lang)
    names = [*names_of_the_trees(), *GROUPS, "average", "promotions", "past promotions"]
    labels = [feature_label(words, name) for name in names]
    assert len(names) > 30
    assert [label for label in labels if "_" in label or label.islower()] == []
    if lang == "zh":
        assert [label for label in labels if label.isascii() and not label.isdigit()] == []


def test_a_covariate_of_the_file_keeps_its_own_name():
    assert feature_label(words_for("en"), "store_count") == "store count"
    assert feature_label(words_for("en"), "store_count_change") == "store count beside its recent mean"


def test_a_member_of_the_blend_without_features_is_called_by_its_name():
    assert feature_label(words_for("en"), "forecast of naive") == "Forecast: Seasonal naive"


def test_a_chart_of_importance_names_features_in_words():
    frame = pd.DataFrame({"model": "gbm", "target": "gmv", "feature": ["recent_mean_7", "event_double_11"], "importance": [0.3, 0.1]})
    figure = charts.importance(frame, lang="zh")
    assert set(figure.data[0].y) == {"近 7 期均值", "双11"}
