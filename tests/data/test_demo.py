"""The generated shop tells the truth about itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from promo_core.data.demo import QUICK, DemoConfig, DemoShop, demo_shop
from promo_core.data.demo_truth import FORMS
from promo_core.data.inspection import inspect
from promo_core.data.panel import Plan
from promo_core.errors import DataError, ScenarioError


@pytest.fixture(scope="module")
def shop() -> DemoShop:
    return demo_shop(QUICK)


def campaign_plan(shop: DemoShop, depth: float, horizon: int = 28, rows: slice = slice(0, 2)) -> Plan:
    """Lay a percent_off week on some series."""
    plan = shop.panel.baseline_plan(horizon)
    levers = {k: v.copy() for k, v in plan.levers.items()}
    levers["discount_depth"][rows, 3:10] = depth
    levers["promo_type"][rows, 3:10] = plan.promo_types.index("percent_off") if depth else 0
    return replace(plan, levers=levers)


def test_the_truth_keeps_the_gmv_identity(shop):
    told = shop.truth.expected(campaign_plan(shop, 0.3))
    np.testing.assert_allclose(told["gmv"], told["visitors"] * told["conversion"] * told["value_per_order"], rtol=1e-12)


def test_the_baseline_plan_adds_nothing(shop):
    for values in shop.truth.increment(shop.panel.baseline_plan(28)).values():
        assert np.all(values == 0.0)


def test_a_campaign_adds_on_its_days_and_takes_back_after_them_and_from_siblings(shop):
    gain = shop.truth.increment(campaign_plan(shop, 0.3))["orders"]
    assert np.all(gain[:, :3] == 0.0)
    assert gain[:2, 3].min() > 0
    assert gain[:2, 10:].sum() < 0
    assert shop.truth.increment(campaign_plan(shop, 0.3, rows=slice(0, 1)))["orders"][1].sum() < 0


@pytest.mark.parametrize("form", FORMS)
def test_orders_rise_with_depth_in_every_form(form):
    shop = demo_shop(replace(QUICK, form=form))
    orders = shop.truth.curve(0, np.linspace(0, 0.6, 13))[:, :2].sum(axis=1)
    assert orders[0] == 0.0
    assert np.all(np.diff(orders) > 0)
    totals = [shop.truth.increment(campaign_plan(shop, depth))["orders"].sum() for depth in (0.0, 0.1, 0.2, 0.3, 0.4)]
    assert np.all(np.diff(totals) > 0)


def test_the_curve_is_the_effect_of_a_fresh_one_day_promotion():
    shop = demo_shop(replace(QUICK, confounding=0.0, promo_share=0.0, event_interaction=0.0, cannibalisation=0.0))
    assert not shop.panel.plan.promoted.any()
    quiet = shop.panel.baseline_plan(5)
    plan = replace(quiet, promo_types=("none", "coupon"), levers={name: grid.copy() for name, grid in quiet.levers.items()})
    plan.levers["discount_depth"][1, 2], plan.levers["promo_type"][1, 2] = 0.25, 1
    np.testing.assert_allclose(shop.truth.effect(plan)[1, 2], shop.truth.curve(1, [0.25], "coupon")[0], atol=1e-12)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(shop):
    assert demo_shop(QUICK).panel.content_hash() == shop.panel.content_hash()
    assert demo_shop(replace(QUICK, seed=8)).panel.content_hash() != shop.panel.content_hash()


def test_confounding_makes_the_naive_uplift_wrong():
    def naive_error(confounding: float) -> float:
        shop = demo_shop(replace(QUICK, n_periods=731, confounding=confounding))
        depth = shop.panel.past_plan().levers["discount_depth"]
        deep, orders = depth > 0.2, np.log(shop.panel.observed("orders") + 0.5)
        true = shop.truth.mechanism.effect(shop.panel.past_plan(), shop.truth.event[: shop.panel.n_observed])[..., :2].sum(axis=-1)
        return np.mean([orders[i, deep[i]].mean() - orders[i, depth[i] == 0].mean() - true[i, deep[i]].mean() for i in range(len(depth))])

    assert abs(naive_error(0.0)) < 0.08
    assert naive_error(0.9) > naive_error(0.0) + 0.08


def test_the_default_shop_has_realistic_sizes():
    shop = demo_shop(DemoConfig())
    panel, orders = shop.panel, shop.panel.targets["orders"]
    assert panel.plan.shape == (64, 731) and set(panel.plan.promo_types) == {"none", "percent_off", "threshold_off", "coupon", "gift", "flash_sale"}
    assert 10 <= orders.mean(axis=1).min() and orders.mean(axis=1).max() <= 1000
    unpromoted = ~panel.plan.promoted
    conversion = np.array([(orders[i, m].sum() / panel.targets["visitors"][i, m].sum()) for i, m in enumerate(unpromoted)])
    assert 0.009 <= conversion.min() and conversion.max() <= 0.065
    value = panel.targets["gmv"].sum(axis=1) / orders.sum(axis=1)
    assert 70 <= value.min() and value.max() <= 480
    assert 0.15 <= unpromoted.mean() <= 0.85


def test_frame_and_panel_agree(shop):
    wide = shop.frame.pivot(index=list(shop.panel.dimensions), columns="date", values="gmv")
    np.testing.assert_array_equal(wide.to_numpy(), shop.panel.targets["gmv"])
    assert (shop.frame.loc[shop.frame["discount_depth"] > 0, "campaign_id"] != "").all()
    assert (shop.frame.loc[shop.frame["discount_depth"] == 0, "campaign_id"] == "").all()


def test_the_csv_reads_back_as_the_panel(shop):
    inspection = inspect(shop.frame.to_csv(index=False).encode(), filename="demo.csv")
    assert inspection.verdict.usable and inspection.verdict.kind == "daily"
    assert not [issue for issue in inspection.issues if issue.severity == "error"]
    read = inspection.panel
    assert replace(read, currency="CNY").content_hash() == shop.panel.content_hash()
    assert read.plan.promo_types == shop.panel.plan.promo_types
    told = ["series", "start", "end", "promo_type", "discount_depth", "name"]
    pd.testing.assert_frame_equal(read.campaigns[told], shop.panel.campaigns[told], check_dtype=False)


def test_a_weekly_shop_has_weeks():
    shop = demo_shop(replace(QUICK, frequency="W-SUN", n_periods=110))
    assert shop.panel.periods.freqstr == "W-SUN" and shop.panel.origin.day_of_week == 6
    assert shop.truth.increment(campaign_plan(shop, 0.3, horizon=14))["gmv"].sum() > 0


def test_stock_runs_out_only_where_asked():
    assert "stock" not in demo_shop(QUICK).panel.plan.covariates
    stock = demo_shop(replace(QUICK, stockout=0.3)).panel.plan.covariates["stock"]
    assert 0 < (stock == 0).mean() < 0.3


def test_misuse_is_told(shop):
    with pytest.raises(DataError, match="hill, threshold"):
        DemoConfig(form="cubic")
    with pytest.raises(ScenarioError, match="at most 400 periods"):
        shop.truth.expected(shop.panel.baseline_plan(401))
