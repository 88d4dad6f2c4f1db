"""Feature rows look back from their origin only, and future rows are made as training rows are."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from promo_core.features.tabular import Encoding, Tabular, sample_rows
from promo_core.models.base import Composition
from tests.models.battery import future, shop

HORIZON = 14


@pytest.fixture(scope="module", params=("D", "W-SUN"))
def panel(request):
    return shop(n_observed=420 if request.param == "D" else 130, frequency=request.param)


def _tabular(panel, clean, plan=None):
    return Tabular(panel, clean, Encoding.of(panel, HORIZON), plan)


def _some_rows(clean, n=300):
    rows, stops, steps = sample_rows(np.isfinite(clean[..., 0]), HORIZON, n, np.random.default_rng(1))
    return rows, stops, steps


def test_rows_do_not_change_when_what_follows_their_origin_does(panel):
    clean, stop = Composition.of(panel).clean_links(panel), 100
    changed = clean.copy()
    changed[:, stop:] = 50.0
    rows, steps = (grid.ravel() for grid in np.meshgrid(np.arange(panel.n_series), np.arange(1, HORIZON + 1)))
    before, after = (_tabular(panel, links).matrix(0, rows, np.full(len(rows), stop), steps) for links in (clean, changed))
    np.testing.assert_array_equal(before.values, after.values)
    np.testing.assert_array_equal(before.anchor, after.anchor)


def test_future_rows_equal_the_training_rows_of_the_same_cells(panel):
    clean, stop = Composition.of(panel).clean_links(panel), panel.n_observed - HORIZON
    earlier = panel.until(stop)
    encoding = Encoding.of(panel, HORIZON)
    ahead = Tabular(earlier, clean[:, :stop], encoding, future(earlier)).future(1, HORIZON)
    rows, steps = np.repeat(np.arange(panel.n_series), HORIZON), np.tile(np.arange(1, HORIZON + 1), panel.n_series)
    trained = Tabular(panel, clean, encoding).matrix(1, rows, np.full(len(rows), stop), steps)
    assert ahead.names == trained.names
    np.testing.assert_allclose(ahead.values, trained.values, atol=1e-5)


def test_features_of_a_series_do_not_depend_on_its_scale(panel):
    clean = Composition.of(panel).clean_links(panel)
    args = _some_rows(clean)
    small, large = (_tabular(panel, links).matrix(0, *args) for links in (clean, clean + 5.0))
    relative = [i for i, name in enumerate(small.names) if name != "recent_level"]
    np.testing.assert_allclose(small.values[:, relative], large.values[:, relative], atol=1e-4)
    np.testing.assert_allclose(large.anchor, small.anchor + 5.0)


def test_rows_are_few_bytes_and_say_what_they_are(panel):
    matrix = _tabular(panel, Composition.of(panel).clean_links(panel)).matrix(0, np.zeros(3, int), np.full(3, 20), np.array([1, 2, 99]))
    assert matrix.values.dtype == np.float32 and matrix.values.shape == (3, len(matrix.names))
    assert set(matrix.categorical) == {"segment", "category"}
    assert matrix.values[:, matrix.names.index("step")].tolist() == [1, 2, HORIZON]


def test_a_price_paid_and_a_covariate_that_never_moves_are_no_features(panel):
    fixed = {"price": panel.plan.covariates["list_price"], "unit_cost": np.full(panel.plan.shape, 3.0)}
    with_price = replace(panel, plan=replace(panel.plan, covariates={**panel.plan.covariates, **fixed}))
    assert set(Encoding.of(with_price, HORIZON).covariates) == {"list_price"}


def test_an_encoding_survives_json(panel):
    encoding = Encoding.of(panel, HORIZON)
    assert Encoding(**json.loads(json.dumps(encoding.to_dict()))) == encoding


@pytest.mark.parametrize("budget", (50, 500, 5_000, 50_000))
def test_sampled_rows_keep_the_budget_and_stand_on_observed_cells(budget):
    seen = np.random.default_rng(0).random((5, 300)) < 0.6
    rows, stops, steps = sample_rows(seen, HORIZON, budget, np.random.default_rng(2))
    assert 0 < len(rows) <= max(budget, 50)
    assert seen[rows, stops + steps - 1].all()
    assert (stops >= 1).all() and steps.min() >= 1 and steps.max() <= HORIZON
    assert len(set(zip(rows.tolist(), stops.tolist(), steps.tolist(), strict=True))) == len(rows)
