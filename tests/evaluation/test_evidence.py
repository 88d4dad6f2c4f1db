"""Evidence labels and placebo checks: an experiment is recognised, a lever that follows the season claims nothing, a mood before promotions is found out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.data.inspection import inspect
from promo_core.evaluation.evidence import LEAST_LEFT, lever_evidence, randomised_cells
from promo_core.evaluation.identified import unidentified
from promo_core.evaluation.placebo import placebo_checks
from promo_core.models.base import Composition
from promo_core.models.response import Response, ResponseConfig


@pytest.fixture(scope="module")
def panel():
    return demo_shop(DemoConfig(n_segments=3, n_categories=2, n_channels=2, n_periods=420, confounding=0.0)).panel


def fitted(panel):
    return Response(ResponseConfig(quick=True, draws=4, turns=2, threads=1)).fit(panel)


def judged(panel):
    response = fitted(panel)
    placebo = placebo_checks(panel, response, Composition.of(panel))
    return lever_evidence(panel, response, placebo).set_index("lever"), placebo.set_index("check")


@pytest.fixture(scope="module")
def fair(panel):
    return judged(panel)


def with_targets(panel, factor: np.ndarray):
    """Multiply visitors, and what follows from them."""
    return replace(panel, targets={k: np.round(v * factor, 2) for k, v in panel.targets.items()})


def with_levers(panel, on: np.ndarray, depth: float):
    levers = {k: np.zeros_like(v) for k, v in panel.plan.levers.items()}
    levers["discount_depth"][on], levers["promo_type"][on] = depth, 1.0
    return replace(panel, plan=replace(panel.plan, levers=levers), campaigns=None)


def test_promotions_dealt_at_random_are_an_adjusted_comparison_that_placebos_pass(fair):
    evidence, placebo = fair
    assert placebo["passed"].all() and set(placebo.index) == {"shifted", "shuffled"}
    assert (placebo["share"].abs() < 0.1).all() and placebo["real"].between(0.7, 1.3).all()
    assert evidence.loc["discount_depth", "label"] == "adjusted" and evidence.loc["discount_depth", "left"] > 0.5


def test_marked_rows_make_an_effect_experiment_backed(panel):
    marked = replace(panel, plan=replace(panel.plan, covariates={**panel.plan.covariates, "randomised": np.ones((panel.n_series, len(panel.periods)))}))
    evidence, _ = judged(marked)
    assert evidence.loc["discount_depth", "label"] == "experiment" and evidence.loc["discount_depth", "randomised"] == 1.0


def test_the_mark_is_recognised_in_a_file_in_english_and_chinese(panel):
    frame = panel.to_frame().head(4000)
    for header in ("randomised", "experiment", "随机"):
        found = inspect(frame.assign(**{header: 1}).to_csv(index=False).encode(), filename="shop.csv")
        assert found.mapping.header("randomised") == header and randomised_cells(found.panel).mean() > 0.9


def test_a_lot_is_no_feature_of_the_forecast(panel):
    from promo_core.features.tabular import Encoding

    coin = (np.random.default_rng(1).random((panel.n_series, len(panel.periods))) < 0.5).astype(float)
    marked = replace(panel, plan=replace(panel.plan, covariates={**panel.plan.covariates, "randomised": coin}))
    assert "randomised" not in Encoding.of(marked, 14).covariates


def test_a_lever_that_only_follows_the_calendar_makes_no_causal_claim(panel):
    weekend = np.broadcast_to(panel.periods.day_of_week.to_numpy() >= 5, (panel.n_series, len(panel.periods)))
    evidence, _ = judged(with_levers(panel, weekend, 0.2))
    assert evidence.loc["discount_depth", "left"] < LEAST_LEFT
    assert (evidence.loc["discount_depth", "label"], evidence.loc["discount_depth", "reason"]) == ("predictive", "little_left")


def test_a_mood_that_begins_two_weeks_before_promotions_is_found_out(panel):
    mood = np.ones((panel.n_series, len(panel.periods)))
    mood[:, :-14] = np.where(panel.plan.promoted[:, 14:] & ~panel.plan.promoted[:, :-14], 2.0, 1.0)
    evidence, placebo = judged(with_targets(panel, mood))
    assert not placebo.loc["shifted", "passed"] and placebo.loc["shifted", "low"] > 0
    assert evidence.loc["discount_depth", "reason"] == "placebo_shifted"


def test_depths_that_tell_nothing_are_only_predictive(panel):
    rng = np.random.default_rng(3)
    levers = {k: v.copy() for k, v in panel.plan.levers.items()}
    on = levers["discount_depth"] > 0
    levers["discount_depth"][on] = rng.uniform(0.05, 0.45, on.sum())
    evidence, placebo = judged(replace(panel, plan=replace(panel.plan, levers=levers), campaigns=None))
    assert not placebo.loc["shuffled", "passed"] and evidence.loc["discount_depth", "reason"] == "placebo_shuffled"


def test_a_past_without_promotions_has_no_evidence_and_no_placebo(panel):
    quiet = with_levers(panel, np.zeros((panel.n_series, len(panel.periods)), dtype=bool), 0.0)
    response = fitted(quiet)
    placebo = placebo_checks(quiet, response, Composition.of(quiet))
    assert placebo.empty and lever_evidence(quiet, response, placebo).empty and unidentified(quiet, response) == ()


def test_siblings_always_promoted_together_are_said_to_be_so(panel):
    days = np.zeros((panel.n_series, len(panel.periods)), dtype=bool)
    days[:, [d for start in range(20, 400, 25) for d in range(start, start + 6)]] = True
    together = with_levers(panel, days, 0.25)
    told = " ".join(map(str, unidentified(together, fitted(together))))
    assert "promoted together" in told and "on all series at once" in told
    assert "on all series at once" not in " ".join(map(str, unidentified(panel, fitted(panel))))


def test_a_placebo_says_the_same_each_time(panel, fair):
    pd.testing.assert_frame_equal(judged(panel)[1], fair[1])
