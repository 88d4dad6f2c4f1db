"""Bands: joint, calibrated, kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from promo_core.models.base import Composition
from promo_core.models.intervals import Intervals


def correlated(rng: np.random.Generator, blocks: int, shared: float = 0.2, own: float = 0.3) -> np.ndarray:
    """Return residuals (B, 12, 14, 1) with a shock all series share for a whole block, and one of their own."""
    return shared * rng.standard_normal((blocks, 1, 1, 1)) + own * rng.standard_normal((blocks, 12, 1, 1)) + 0.1 * rng.standard_normal((blocks, 12, 14, 1))


def test_totals_of_draws_are_as_wide_as_totals_of_residuals() -> None:
    residuals = correlated(np.random.default_rng(0), 40)
    drawn = Intervals.of(residuals, {}).draw(2000).sum(axis=(1, 2, 3))
    assert drawn.std() == pytest.approx(np.sqrt((residuals.sum(axis=(1, 2, 3)) ** 2).mean()), rel=0.12)


def test_single_cells_of_draws_are_as_wide_as_single_residuals() -> None:
    residuals = correlated(np.random.default_rng(1), 40)
    assert Intervals.of(residuals, {}).draw(2000).std() == pytest.approx(residuals.std(), rel=0.1)


def test_bands_cover_eighty_percent_of_new_blocks_at_every_level() -> None:
    rng, composition = np.random.default_rng(2), Composition(("orders",))
    old, new = correlated(rng, 30), correlated(rng, 200)
    links = np.full((30, 12, 14, 1), 4.0)
    noise = Intervals.of(old, {}).calibrated(links, np.exp(links + old)[..., 0], composition)
    samples = np.exp(4.0 + noise.draw(800)[..., 0])
    for axes, size in ((None, (1, 1)), ((1,), (12, 1)), ((1, 2), (12, 14))):
        drawn, true = (samples, np.exp(4.0 + new[..., 0])) if axes is None else (samples.sum(axis=axes), np.exp(4.0 + new[..., 0]).sum(axis=axes))
        low, middle, high = np.quantile(drawn, [0.1, 0.5, 0.9], axis=0)
        width = noise.width(*size)
        inside = (true >= middle - width * (middle - low)) & (true <= middle + width * (high - middle))
        assert 0.68 <= inside.mean() <= 0.92


def test_unobserved_residuals_are_filled_and_never_reach_a_draw() -> None:
    residuals = correlated(np.random.default_rng(3), 6)
    residuals[:, 3] = np.nan
    residuals[2, :, 5] = np.nan
    assert np.isfinite(Intervals.of(residuals, {"segment": np.repeat([0, 1], 6)}).draw(20)).all()


def test_saved_and_loaded_they_draw_the_same(tmp_path: Path) -> None:
    noise = Intervals.of(correlated(np.random.default_rng(4), 6), {"segment": np.repeat([0, 1], 6)})
    noise.save(tmp_path)
    again = Intervals.load(tmp_path)
    assert np.array_equal(again.draw(10, seed=3), noise.draw(10, seed=3)) and again.levels == noise.levels
