"""Levelled regressions: what the level takes of an effect, it takes of its regressor too."""

from __future__ import annotations

import numpy as np
import pytest

from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.models.base import Composition
from promo_core.models.response_baseline import Leveller, clean_cells


@pytest.fixture(scope="module")
def shop():
    return demo_shop(DemoConfig(n_segments=2, n_categories=3, n_channels=2, n_periods=200))


@pytest.fixture(scope="module")
def leveller(shop) -> Leveller:
    y = Composition.of(shop.panel).clean_links(shop.panel)[..., 0]
    return Leveller.of(shop.panel, y, clean_cells(shop.panel, rested=False), np.ones(y.shape, dtype=bool), grouped=True)


def test_levelling_is_linear(shop, leveller) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, shop.panel.n_series, shop.panel.n_observed))
    np.testing.assert_allclose(leveller.regressor(2.0 * a - 3.0 * b), 2.0 * leveller.regressor(a) - 3.0 * leveller.regressor(b), atol=1e-9)


def test_an_effect_is_found_again_though_the_level_takes_most_of_it(shop, leveller) -> None:
    promoted = shop.panel.past_plan().promoted
    depth = shop.panel.past_plan().levers["discount_depth"]
    rng = np.random.default_rng(2)
    y = 1.7 * depth + 0.3 * rng.normal(size=(1, depth.shape[1])) + 0.01 * rng.normal(size=depth.shape)
    x, left = leveller.regressor(depth)[promoted], leveller.regressor(y)[promoted]
    assert np.abs(x).mean() < 0.7 * depth[promoted].mean()
    assert x @ left / (x @ x) == pytest.approx(1.7, abs=0.1)


def test_a_kind_s_part_is_what_levelling_it_alone_gives(shop, leveller) -> None:
    plan = shop.panel.past_plan()
    values, kinds = plan.levers["discount_depth"], plan.levers["promo_type"].astype(int) - 1
    part = leveller.part(values, kinds)
    for kind in range(kinds.max() + 1):
        at = kinds == kind
        np.testing.assert_allclose(part[at], leveller.regressor(np.where(at, values, 0.0))[at], atol=0.02)
