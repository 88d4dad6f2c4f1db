"""The arena judges by the truth alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.arena import form_table, summary
from benchmarks.peers.learners import SLearner
from promo_core.data.demo import QUICK, DemoShop, demo_shop
from promo_core.data.panel import Panel, Plan
from promo_core.errors import PromoError
from promo_core.evaluation.arena import BUILDING_SEEDS, FORMS, JUDGING_SEEDS, Answer, choose_forms, make_cases, make_shop, score_competitor, score_response


class Oracle:
    """Answers with the truth, its lift over the baseline multiplied by `boost`, with bands `width` wide."""

    name = "oracle"

    def __init__(self, shop: DemoShop, boost: float = 1.0, width: float = 0.0) -> None:
        self.shop, self.boost, self.width = shop, boost, width

    def fit(self, panel: Panel) -> Oracle:
        return self

    def outcomes(self, plan: Plan, *, samples: bool = False) -> Answer:
        told, baseline = self.shop.truth.expected(plan), self.shop.truth.expected(plan.without_promotions())
        told = {m: baseline[m] + self.boost * (told[m] - baseline[m]) for m in ("visitors", "orders", "gmv")}
        scale = np.linspace(1 - self.width, 1 + self.width, 41)[:, None, None]
        return Answer(plan=told, baseline=baseline, plan_samples=scale * told["gmv"], baseline_samples=scale * baseline["gmv"])


class TrueResponse:
    """The true effect, as a response tells it."""

    shop: DemoShop

    def fit(self, panel: Panel) -> TrueResponse:
        seed, form = next((s, f) for s in BUILDING_SEEDS[:2] for f in FORMS[:1] if make_shop(f, s).panel.content_hash() == panel.content_hash())
        self.shop = make_shop(form, seed)
        return self

    def effect(self, panel: Panel, plan: Plan) -> np.ndarray:
        return self.shop.truth.effect(plan)


@pytest.fixture(scope="module")
def shop() -> DemoShop:
    return demo_shop(QUICK)


def test_the_truth_scores_without_error(shop):
    scores = score_competitor(Oracle(shop, width=0.05), shop, count=8, choices=2)
    for name in ("level_error", "increment_error", "increment_error_series", "order_increment_error", "net_increment_error", "regret", "conversion_error"):
        assert scores[name] == pytest.approx(0.0, abs=1e-9), name
    assert scores["rank_correlation"] == pytest.approx(1.0)
    assert scores["coverage_80"] == 1.0


def test_half_too_much_scores_half_wrong(shop):
    scores = score_competitor(Oracle(shop, boost=1.5), shop, count=8, choices=2)
    assert scores["increment_error"] == pytest.approx(0.5)
    assert scores["net_increment_error"] == pytest.approx(0.5)
    assert scores["regret"] >= 0
    assert scores["coverage_80"] < 1.0


def test_the_true_response_scores_without_error():
    row = score_response(TrueResponse, "hill", BUILDING_SEEDS[:1], count=4, choices=1).iloc[0]
    assert row["increment_error"] == pytest.approx(0.0, abs=1e-9) and row["log_error"] == pytest.approx(0.0, abs=1e-9)


def test_questions_stay_within_what_the_past_has_seen(shop):
    past, cases = shop.panel.past_plan(), make_cases(shop, 20)
    for case in cases:
        depth = case.plan.levers["discount_depth"]
        assert 0.08 <= depth.max() <= past.levers["discount_depth"].max()
        assert (depth > 0).sum() == len(case.rows) * (case.stop - case.start)
        assert not case.at_depth(0.0).promoted.any()
    assert [c.depth for c in cases] == [c.depth for c in make_cases(shop, 20)]


def test_building_and_judging_never_share_a_shop():
    assert not set(BUILDING_SEEDS) & set(JUDGING_SEEDS)


@pytest.mark.parametrize("form", [f for f in FORMS if not f.large], ids=lambda f: f.name)
def test_every_form_makes_a_shop_with_promotions_to_learn_from(form):
    shop = make_shop(replace(form, config=replace(form.config, n_segments=2, n_categories=2, n_channels=1)), BUILDING_SEEDS[0])
    promoted = shop.panel.past_plan().levers["discount_depth"] > 0
    assert 0.04 <= promoted.mean() <= 0.5
    assert all(np.isfinite(values).all() for values in shop.panel.targets.values())


def test_an_unknown_form_is_told():
    with pytest.raises(PromoError, match="weekly_hill"):
        choose_forms("square")


def test_the_plain_learner_answers_and_adds_nothing_for_the_baseline(shop):
    learner = SLearner(rounds=30, threads=1).fit(shop.panel)
    plan = shop.panel.baseline_plan(28)
    answer = learner.outcomes(plan)
    np.testing.assert_array_equal(answer.plan["gmv"], answer.baseline["gmv"])
    true = shop.truth.expected(plan)["gmv"]
    assert np.abs(answer.baseline["gmv"] - true).sum() / true.sum() < 0.5


def test_the_summary_divides_ours_by_the_plain_learner():
    rows = pd.DataFrame([{"form": form, "seed": 1, "competitor": who, "increment_error": error, "net_increment_error": error, "seconds": 1.0}
                         for form in ("hill", "random_hill") for who, error in (("ours", 0.1), ("S-learner", 0.4))])
    assert "0.1 " in form_table(rows, "hill")
    told = summary(rows, {"hill"})
    assert "mean over confounded forms" in told and "mean over unconfounded forms" in told and "increment_error 0.25" in told
