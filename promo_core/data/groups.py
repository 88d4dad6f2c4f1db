"""Several code columns as one: dense group numbers without sorting where the product of sizes allows it."""

from __future__ import annotations

import numpy as np

__all__ = ["group_codes"]

_DENSE = 8_000_000


def group_codes(parts: list[tuple[np.ndarray, int]], length: int) -> tuple[np.ndarray, int]:
    """Return one code per row, 0..n_groups-1 in order of the parts' codes, and n_groups.

    Args:
        parts: (codes (length,), count of distinct codes) per column; none means one group.
    """
    key = np.zeros(length, dtype=np.int64)
    size = 1
    for codes, count in parts:
        if size * max(count, 1) > _DENSE:
            key, size = _dense(key, size)
        key = key * count + codes
        size *= max(count, 1)
    return _dense(key, size)


def _dense(key: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    if not len(key):
        return key, 0
    if size > _DENSE:
        distinct, codes = np.unique(key, return_inverse=True)
        return codes.astype(np.int64), len(distinct)
    seen = np.zeros(size, dtype=bool)
    seen[key] = True
    place = np.cumsum(seen)
    return place[key] - 1, int(place[-1])
