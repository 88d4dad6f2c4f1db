"""What the network reads, window by window, against plain loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promo_core.features.sequence_spec import Covariate, SequenceSpec
from promo_core.features.sequences import SequenceSet, read_future, read_past, read_targets
from promo_core.features.windows import all_windows, split_windows
from promo_core.models.base import Composition
from tests.models.battery import shop

HORIZON, ENCODER = 14, 28


@pytest.fixture(scope="module")
def panel():
    return shop(n_observed=430)


@pytest.fixture(scope="module")
def links(panel):
    values = Composition.of(panel).links(panel)[:, : panel.n_observed].copy()
    values[0, 60:90] = np.nan
    return values


@pytest.fixture(scope="module")
def spec(panel, links):
    return SequenceSpec.learn(panel, links, Composition.of(panel).chain, ENCODER)


@pytest.fixture(scope="module")
def data(panel, links, spec):
    return SequenceSet.of(panel, links, np.full_like(links, 0.2), spec, ahead=HORIZON)


def at(data, *windows):
    rows, origins = (np.asarray(column) for column in zip(*windows, strict=True))
    return rows, origins, read_past(np, data.grids, data.spec, data.length, rows, origins)


def test_a_window_reads_links_about_its_own_level_and_nothing_after_its_origin(data, links, spec):
    rows, origins, past = at(data, (1, 200), (2, 429))
    for i, (row, origin) in enumerate(zip(rows, origins, strict=True)):
        own = links[row, origin - ENCODER + 1 : origin + 1]
        np.testing.assert_allclose(data.centre[row] + past.level[i], own.mean(axis=0), atol=1e-4)
        np.testing.assert_allclose(past.inputs[i, :, :3], (own - own.mean(axis=0)) / spec.scale, atol=1e-3)


def test_gaps_read_as_zero_with_a_mask_that_says_so(data):
    _, _, past = at(data, (0, 95))
    periods = np.arange(95 - ENCODER + 1, 96)
    hidden = (periods >= 60) & (periods < 90)
    assert (past.inputs[0, hidden, :6] == 0).all() and (past.inputs[0, ~hidden, 3:6] == 1).all()


def test_a_window_before_the_first_period_is_blank_there(data):
    _, _, past = at(data, (1, 4))
    assert (past.inputs[0, : ENCODER - 5] == 0).all() and (past.inputs[0, ENCODER - 5 :, 3:6] == 1).all()


def test_a_window_inside_a_gap_falls_back_to_the_level_before_it(data, links, spec):
    narrow = replace(spec, encoder=14)
    rows, origins = np.array([0]), np.array([88])
    past = read_past(np, data.grids, narrow, data.length, rows, origins)
    np.testing.assert_allclose(data.centre[0] + past.level[0], links[0, :60].mean(axis=0), atol=1e-4)


def test_targets_are_told_about_the_level_and_masked_after_the_limit(data, links, spec):
    rows, origins, past = at(data, (1, 200))
    targets, mask = read_targets(np, data.grids, spec, data.length, rows, origins, HORIZON, past, np.array([207]))
    level = data.centre[1] + past.level[0]
    np.testing.assert_allclose(targets[0, :7], (links[1, 201:208] - level) / spec.scale, atol=1e-3)
    assert (mask[0, :7] == 1).all() and (mask[0, 7:] == 0).all() and (targets[0, 7:] == 0).all()


def test_last_year_is_read_only_where_it_was_known_at_the_origin(data, links, spec):
    rows, origins, past = at(data, (1, 420), (1, 200))
    future = read_future(np, data.grids, spec, data.length, rows, origins, HORIZON, past)
    start = spec.future_names.index("last_year:visitors")
    known = future[..., start + 3 : start + 6]
    assert known[0].all() and not known[1].any()
    like = links[1, 420 + 5 - 364 - 3 : 420 + 5 - 364 + 4].mean(axis=0)
    level = links[1, 420 - 364 - ENCODER + 1 : 420 - 364 + 1].mean(axis=0)
    np.testing.assert_allclose(future[0, 4, start : start + 3], (like - level) / spec.scale, atol=1e-3)


def test_the_rhythm_of_a_step_is_that_of_its_own_weekday(data, links, spec):
    rows, origins, past = at(data, (1, 200))
    future = read_future(np, data.grids, spec, data.length, rows, origins, HORIZON, past)
    start = spec.future_names.index("rhythm:visitors")
    level = data.centre[1] + past.level[0]
    like = [links[1, 203 - 7 * back] - level for back in range(1, ENCODER // 7 + 1)]
    np.testing.assert_allclose(future[0, 2, start : start + 3], np.sum(like, axis=0) / (len(like) + 1) / spec.scale, atol=1e-3)


def test_forecasting_reads_the_same_inputs_as_training_did(panel, links, data, spec):
    origin = panel.n_observed - 1
    known = SequenceSet.of(panel, links, np.full_like(links, 0.2), spec)
    past = known.past()
    rows, origins, trained = at(data, *((row, origin) for row in range(panel.n_series)))
    np.testing.assert_allclose(past.inputs, trained.inputs, atol=1e-5)
    np.testing.assert_allclose(known.future(past, panel.future_plan(HORIZON), HORIZON),
                               read_future(np, data.grids, spec, data.length, rows, origins, HORIZON, trained), atol=1e-5)


def test_no_window_held_out_shares_a_target_with_training(data, links):
    rehearsal, held_out, everything = split_windows(data, links, HORIZON, seed=7)
    cut = rehearsal.index[:, 3].max()
    assert (rehearsal.index[:, 1] < cut).all() and (held_out.index[:, 1] >= cut).all()
    assert len(everything) == len(all_windows(data, links, HORIZON)) > len(rehearsal)


def test_a_price_paid_is_never_an_input_and_a_value_never_seen_has_its_own_code(panel, links):
    priced = replace(panel, plan=replace(panel.plan, covariates={"price": panel.plan.levers["discount_depth"] + 1.0}))
    spec = SequenceSpec.learn(priced, links, Composition.of(panel).chain, ENCODER)
    assert spec.covariates == ()
    codes = spec.codes(panel.series.assign(segment="never seen"))
    assert (codes[:, 0] == spec.unknown_codes()[0]).all() and (codes[:, 1] != spec.unknown_codes()[1]).all()


@pytest.mark.parametrize(("values", "kind"), [([[0.0, 1.0]], "share"), ([[90.0, 110.0]], "log"), ([[-1.0, 4.0]], "raw")])
def test_covariates_are_read_by_their_kind_and_unknown_reads_as_usual(values, kind):
    grid = np.asarray(values)
    told = Covariate.learn("x", grid)
    assert told.kind == kind
    assert told.read(np.full((1, 1), np.nan), told.own_middle(grid)).tolist() == [[0.0]]


def test_a_covariate_that_never_differs_is_left_out():
    assert Covariate.learn("x", np.full((3, 5), 2.0)) is None


def test_a_spec_survives_json(spec):
    import json

    assert SequenceSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
