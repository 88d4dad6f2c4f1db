"""Which windows of a panel the network learns from, and which decide when it stops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promo_core.features.sequences import SequenceSet

__all__ = ["Windows", "all_windows", "split_windows"]

MOST_HELD_OUT = 2048


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Windows by number: series row, origin, the dimension hidden from the network (−1 for none), last period that may be read as a target."""

    index: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, origins: np.ndarray, limit: int) -> Windows:
        """Number windows that share one limit."""
        return cls(index=np.stack([rows, origins, np.full_like(rows, -1), np.full_like(rows, limit)], axis=1).astype(np.int32))

    def __len__(self) -> int:
        return len(self.index)

    def draw(self, size: int, n_dimensions: int, rng: np.random.Generator) -> np.ndarray:
        """Return `size` of the windows in random order (again and again where there are fewer); one in twenty hides a dimension."""
        times = -(-size // len(self.index))
        index = self.index[np.concatenate([rng.permutation(len(self.index)) for _ in range(times)])[:size]].copy()
        index[:, 2] = np.where(rng.random(size) < 0.05, rng.integers(n_dimensions, size=size), -1)
        return index


def all_windows(data: SequenceSet, links: np.ndarray, horizon: int) -> Windows:
    """Return every window that has a past and a target."""
    last = data.n_observed - 1
    return _windows(data, links, horizon, 0, last, last)


def split_windows(data: SequenceSet, links: np.ndarray, horizon: int, seed: int) -> tuple[Windows, Windows, Windows]:
    """Return the windows to train on before the last stretch, some of the last stretch in random order, and all.

    The stretch is two horizons, at most a fifth of the past; nothing in it is a target before it is held out. No stretch where the past is short.
    """
    last = data.n_observed - 1
    everything = all_windows(data, links, horizon)
    stretch = min(2 * horizon, data.n_observed // 5)
    cut = last - stretch
    if stretch < 2:
        return everything, Windows.of(*np.empty((2, 0), dtype=int), last), everything
    held_out = _windows(data, links, horizon, cut, max(last - horizon, cut), last)
    few = np.random.default_rng(seed).permutation(len(held_out))[:MOST_HELD_OUT]
    return _windows(data, links, horizon, 0, cut, cut), Windows(index=held_out.index[few]), everything


def _windows(data: SequenceSet, links: np.ndarray, horizon: int, first: int, last: int, limit: int) -> Windows:
    """Return the windows with an origin from `first` to `last` that have a past, and a target up to `limit`."""
    observed = np.isfinite(links).any(axis=2).cumsum(axis=1)
    origins = np.arange(first, last + 1)
    ends = np.minimum(origins + horizon, limit)
    good = data.observed_before()[:, origins] & (observed[:, ends] > observed[:, origins])
    rows, columns = np.nonzero(good)
    return Windows.of(rows, origins[columns], limit)
