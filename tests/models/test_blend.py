"""The blend: weights that earn their place."""

from __future__ import annotations

import numpy as np

from promo_core.models.blend import blend_weights, blended


def test_two_members_with_independent_errors_share_the_weight() -> None:
    rng = np.random.default_rng(0)
    actual = rng.standard_normal((6, 20, 7, 1))
    links = {m: actual + 0.5 * rng.standard_normal(actual.shape) for m in ("gbm", "lstm")}
    weights = blend_weights(links, actual, np.arange(6) // 2)
    assert 0.3 <= weights["gbm"][0] <= 0.7 and np.isclose(weights["gbm"][0] + weights["lstm"][0], 1.0)


def test_a_member_that_only_loses_gets_nothing() -> None:
    rng = np.random.default_rng(1)
    actual = rng.standard_normal((6, 20, 7, 2))
    links = {"gbm": actual + 0.1 * rng.standard_normal(actual.shape), "lstm": actual + 3.0 + rng.standard_normal(actual.shape)}
    assert blend_weights(links, actual, np.arange(6) // 2)["lstm"].tolist() == [0.0, 0.0]


def test_targets_are_weighed_one_by_one() -> None:
    rng = np.random.default_rng(2)
    actual = rng.standard_normal((6, 20, 7, 2))
    good, bad = 0.1 * rng.standard_normal(actual.shape), 2.0 * rng.standard_normal(actual.shape)
    mixed = np.array([True, False])
    links = {"gbm": actual + np.where(mixed, good, bad), "lstm": actual + np.where(mixed, bad, good)}
    weights = blend_weights(links, actual, np.arange(6) // 2)
    assert weights["gbm"][0] > 0.9 and weights["gbm"][1] < 0.1


def test_the_blend_is_the_weighted_mean() -> None:
    bases = {"gbm": np.ones((2, 3, 1)), "lstm": np.zeros((2, 3, 1))}
    assert np.allclose(blended(bases, {"gbm": np.array([0.25]), "lstm": np.array([0.75])}), 0.25)


def test_a_segment_with_enough_evidence_has_weights_of_its_own() -> None:
    rng = np.random.default_rng(3)
    actual = rng.standard_normal((8, 20, 7, 1))
    segment = np.arange(20) // 10
    good, bad = 0.1 * rng.standard_normal(actual.shape), 0.5 * rng.standard_normal(actual.shape)
    first = (segment == 0)[None, :, None, None]
    links = {"gbm": actual + np.where(first, good, bad), "lstm": actual + np.where(first, bad, good)}
    weights = blend_weights(links, actual, np.arange(8) // 2, segment)
    assert weights["gbm"].shape == (20, 1, 1)
    assert weights["gbm"][segment == 0].min() > 0.8 and weights["gbm"][segment == 1].max() < 0.2
    assert np.abs(blended(links, weights) - actual).mean() < 0.1


def test_segments_that_do_not_differ_share_weights() -> None:
    rng = np.random.default_rng(4)
    actual = rng.standard_normal((8, 20, 7, 1))
    links = {m: actual + 0.5 * rng.standard_normal(actual.shape) for m in ("gbm", "lstm")}
    weights = blend_weights(links, actual, np.arange(8) // 2, np.arange(20) // 5)
    assert np.ptp(weights["gbm"]) == 0.0


def test_a_percentage_error_shuns_the_member_that_is_now_and_then_far_too_high() -> None:
    rng = np.random.default_rng(4)
    actual = rng.standard_normal((6, 40, 7, 1))
    high, low = np.where(rng.random(actual.shape) < 0.05, 2.0, 0.05), -0.2 * np.ones(actual.shape)
    links = {"gbm": actual + high, "lstm": actual + low}
    middle, squared = (blend_weights(links, actual, np.arange(6) // 2, percentage=power)["gbm"][0] for power in (0, 2))
    assert middle > 0.7 and squared < 0.3
