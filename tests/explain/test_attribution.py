"""Shapley shares: exact on known games, additive to the cent on answers."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from promo_core.explain.attribution import _in_cents, shapley
from promo_core.planning.simulate import simulate
from tests.planning.samples import sample_model, sample_outcome, sample_panel, sample_scenario

LEVERS = {"discount_depth": 0.2, "promo_type": "percent_off", "ad_spend": 400.0, "feature": 0.5}


def test_shares_are_the_averages_over_all_orders():
    rng = np.random.default_rng(1)
    values = rng.normal(size=16)
    by_order = np.zeros(4)
    for order in permutations(range(4)):
        mask = 0
        for player in order:
            by_order[player] += values[mask | 1 << player] - values[mask]
            mask |= 1 << player
    assert shapley(values, 4) == pytest.approx(by_order / 24, abs=1e-12)


def test_a_lever_that_does_nothing_has_no_share_and_equals_share_alike():
    values = np.array([0.0, 1.0, 1.0, 3.0, 0.0, 1.0, 1.0, 3.0])
    assert shapley(values, 3) == pytest.approx([1.5, 1.5, 0.0])


@pytest.mark.parametrize("seed", range(20))
def test_cents_add_up_to_the_rounded_total(seed):
    shares = np.random.default_rng(seed).normal(0, 1e6, 6)
    told = _in_cents(shares, float(shares.sum()))
    assert round(sum(round(100 * s) for s in told)) == round(100 * float(shares.sum()))
    assert np.abs(np.array(told) - shares).max() < 0.0100001


@pytest.mark.parametrize("use", ["naive", "gbm", "lstm", "blend"])
@pytest.mark.parametrize("cross", [0.0, -0.05])
def test_shares_of_an_answer_add_up_to_its_increment_to_the_cent(use, cross):
    model = sample_model(cross=cross)
    outcome = simulate(model, sample_scenario(model.panel, **LEVERS), use=use)
    assert {s.lever for s in outcome.attribution} == set(LEVERS)
    assert sum(s.gmv for s in outcome.attribution) == pytest.approx(outcome.totals.increment["gmv"].mean, abs=0.006)


@pytest.mark.parametrize("measures", [("gmv",), ("orders", "gmv"), ("visitors", "orders"), ("units",)])
def test_shares_add_up_whatever_the_file_can_tell(measures):
    outcome = sample_outcome(sample_model(sample_panel(measures=measures)), ad_spend=300.0)
    main = "gmv" if "gmv" in measures else measures[-1]
    assert sum(s.gmv for s in outcome.attribution) == pytest.approx(outcome.totals.increment[main].mean, abs=0.006)


def test_only_levers_that_moved_have_a_share():
    assert {s.lever for s in sample_outcome().attribution} == {"discount_depth", "promo_type"}


def test_a_single_lever_has_it_all():
    outcome = sample_outcome(discount_depth=0.0, promo_type=None, ad_spend=500.0)
    assert len(outcome.attribution) == 1
    assert outcome.attribution[0].gmv == pytest.approx(outcome.totals.increment["gmv"].mean, abs=0.006)


def test_attribution_can_be_left_out():
    model = sample_model()
    assert simulate(model, sample_scenario(model.panel), attribution=False).attribution == ()


def test_the_largest_share_stands_first():
    shares = [abs(s.gmv) for s in sample_outcome(ad_spend=100.0).attribution]
    assert shares == sorted(shares, reverse=True)
