"""The response: what levers do, found in shops whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.data.panel import Plan
from promo_core.errors import NotFittedError
from promo_core.models.response import Response, ResponseConfig
from promo_core.models.response_baseline import clean_cells
from promo_core.models.response_design import carry_over, exposure, hinges

QUICK = ResponseConfig(quick=True, draws=8)


@pytest.fixture(scope="module")
def shop():
    return demo_shop(DemoConfig(n_segments=3, n_categories=2, n_channels=2, n_periods=420))


@pytest.fixture(scope="module")
def response(shop):
    return Response(QUICK).fit(shop.panel)


def campaign(panel, rows, depth: float, start: int = 3, length: int = 5, code: int = 1) -> Plan:
    plan = panel.baseline_plan(28)
    levers = {k: v.copy() for k, v in plan.levers.items()}
    levers["discount_depth"][rows, start : start + length] = depth
    levers["promo_type"][rows, start : start + length] = code if depth else 0
    return replace(plan, levers=levers)


def test_effect_before_fit_is_refused(shop) -> None:
    with pytest.raises(NotFittedError):
        Response().effect(shop.panel, shop.panel.baseline_plan(7))


def test_a_deeper_cut_never_brings_fewer_visitors_or_orders(shop, response) -> None:
    for code in range(1, len(shop.panel.plan.promo_types)):
        plans = [campaign(shop.panel, [0, 5], d, code=code) for d in np.arange(0.02, 0.7, 0.04)]
        own = np.stack([response.own_effect(shop.panel, plan)[[0, 5], 3:8, :2] for plan in plans])
        orders = np.stack([response.effect(shop.panel, plan)[[0, 5], 3:8, :2].sum(axis=-1).mean(axis=1) for plan in plans])
        assert (np.diff(own, axis=0) >= -1e-9).all() and (np.diff(orders, axis=0) >= -1e-9).all()


def test_no_promotion_after_a_quiet_past_has_exactly_no_effect(shop, response) -> None:
    panel = shop.panel
    quiet = replace(panel, plan=replace(panel.plan, levers={k: np.zeros_like(v) for k, v in panel.plan.levers.items()}))
    assert np.array_equal(response.effect(quiet, quiet.baseline_plan(28)), np.zeros((panel.n_series, 28, 3)))
    assert not response.draws(quiet, quiet.baseline_plan(28), 16).any()


def test_the_campaign_s_effect_is_near_the_truth(shop, response) -> None:
    panel, errors, sizes = shop.panel, 0.0, 0.0
    base = panel.baseline_plan(28)
    for depth in (0.1, 0.2, 0.3, 0.4):
        for rows in ([0], [3, 4], [7, 8, 11]):
            plan = campaign(panel, rows, depth)
            told = (response.effect(panel, plan) - response.effect(panel, base))[rows, 3:8, :2].sum(axis=-1)
            true = (shop.truth.effect(plan) - shop.truth.effect(base))[rows, 3:8, :2].sum(axis=-1)
            errors, sizes = errors + abs(told.mean() - true.mean()), sizes + abs(true.mean())
    assert errors / sizes < 0.35  # a plain learner with free levers is wrong by half on shops like this


def test_purchases_brought_forward_show_as_a_dip_afterwards(shop, response) -> None:
    plan = campaign(shop.panel, [0, 1, 2, 3], 0.4, start=2, length=7)
    after = (response.effect(shop.panel, plan) - response.effect(shop.panel, shop.panel.baseline_plan(28)))[:4, 9:14, :2]
    assert after.sum(axis=-1).mean() < 0


def test_a_promotion_that_does_more_on_mondays_is_told_to() -> None:
    panel = demo_shop(DemoConfig(n_segments=3, n_categories=2, n_channels=2, n_periods=420)).panel
    more = np.exp(np.where(panel.periods.day_of_week == 0, 2.0 * panel.plan.levers["discount_depth"], 0.0))
    response = Response(QUICK).fit(replace(panel, targets={name: values * more for name, values in panel.targets.items()}))
    plan = campaign(panel, [0, 5], 0.2, start=0, length=14)
    told = np.exp(response.own_effect(panel, plan)[[0, 5], :14, 0])
    monday = plan.periods[:14].day_of_week == 0
    assert 1.25 < told[:, monday].mean() / told[:, ~monday].mean() < 1.6  # exp(2 · 0.2) = 1.49


def test_draws_tell_uncertainty_where_there_is_an_effect_and_repeat_with_the_seed(shop, response) -> None:
    plan = campaign(shop.panel, [0], 0.3)
    first, second = response.draws(shop.panel, plan, 40), response.draws(shop.panel, plan, 40)
    assert np.array_equal(first, second) and first.dtype == np.float32
    assert first[:, 0, 3:8, 0].std(axis=0).min() > 0


def test_saved_and_loaded_it_says_the_same(tmp_path: Path, shop, response) -> None:
    response.save(tmp_path)
    again, plan = Response.load(tmp_path), campaign(shop.panel, [1, 2], 0.25)
    assert np.allclose(again.effect(shop.panel, plan), response.effect(shop.panel, plan), atol=1e-12)
    assert np.array_equal(again.draws(shop.panel, plan, 8), response.draws(shop.panel, plan, 8))


def test_the_same_seed_gives_the_same_response(shop, response) -> None:
    plan = campaign(shop.panel, [1, 2], 0.25)
    assert np.array_equal(Response(QUICK).fit(shop.panel).effect(shop.panel, plan), response.effect(shop.panel, plan))


def test_what_comes_after_the_origin_changes_nothing(shop) -> None:
    panel = shop.panel
    early = panel.until(300)
    changed = replace(panel, targets={k: np.where(np.arange(v.shape[1]) >= 300, v * 3, v) for k, v in panel.targets.items()}).until(300)
    plan = campaign(early, [0, 1], 0.3)
    assert np.array_equal(Response(QUICK).fit(early).effect(early, plan), Response(QUICK).fit(changed).effect(changed, plan))


def test_a_past_without_promotions_gives_no_effect_and_no_error(shop) -> None:
    panel = replace(shop.panel, plan=shop.panel.plan.without_promotions())
    response = Response(QUICK).fit(panel)
    assert not response.effect(panel, campaign(panel, [0], 0.3)).any()


def test_a_series_never_seen_gets_the_pooled_effect(shop, response) -> None:
    panel = shop.panel
    stranger = replace(panel, series=panel.series.assign(segment="stranger"))
    effect = response.effect(stranger, campaign(stranger, [0], 0.3))
    assert np.isfinite(effect).all() and effect[0, 3:8, :2].sum() > 0


def test_hinges_add_up_to_the_depth_and_flatten_past_the_deepest_seen() -> None:
    depth = np.array([0.0, 0.05, 0.25, 0.4, 0.6])
    total = sum(hinges(depth, (0.0, 0.1, 0.2), 0.4))
    assert np.allclose(total, [0.0, 0.05, 0.25, 0.4, 0.4 + 0.7 * 0.2])


def test_carry_over_looks_back_only() -> None:
    bump = np.zeros((1, 12))
    bump[0, 4] = 1.0
    carried = carry_over(bump, ((1, 1), (2, 3)))
    assert np.flatnonzero(carried[0, :, 0]).tolist() == [5] and np.flatnonzero(carried[0, :, 1]).tolist() == [6, 7]


def test_exposure_shares_extra_demand_among_siblings_by_size() -> None:
    extra, sizes = np.array([[1.0], [0.0], [0.0]]), np.array([10.0, 5.0, 20.0])
    told = exposure(extra, sizes, {"channel": np.zeros(3, dtype=int)})
    assert np.allclose(told[:, 0, 0], [0.0, 10 / 25, 10 / 25])


def test_clean_cells_leave_out_the_week_after_a_promotion(shop) -> None:
    panel = shop.panel
    rested, promoted = clean_cells(panel, rested=True), panel.past_plan().promoted
    assert not (rested & promoted).any()
    assert rested.sum() < clean_cells(panel, rested=False).sum()


def test_levers_that_nearly_always_move_together_are_estimated_all_the_same() -> None:
    panel = demo_shop(DemoConfig(n_segments=4, n_categories=2, n_channels=2, n_periods=420)).panel
    rng, on = np.random.default_rng(7), panel.plan.levers["discount_depth"] > 0
    extra = {name: np.where(on & (rng.random(on.shape) < 0.4), 0.5, 0.0) for name in ("display", "mailer")}
    six = replace(panel, plan=replace(panel.plan, levers={**panel.plan.levers, **extra}))
    told = Response(ResponseConfig(quick=True, threads=1)).fit(six)
    assert np.isfinite(told.past_effect(six)).all() and np.isfinite(told.draws(six, six.baseline_plan(7), 8)).all()
