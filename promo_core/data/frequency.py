"""Days or weeks: told from the weekdays that dates fall on."""

from __future__ import annotations

import numpy as np

__all__ = ["week_ends", "weekday_of_weeks", "WEEKDAYS"]

WEEKDAYS = ("THU", "FRI", "SAT", "SUN", "MON", "TUE", "WED")  # day 0 of the epoch was a Thursday
_SHARE = 0.8


def weekday_of_weeks(days: np.ndarray) -> int | None:
    """Return the weekday (0 = Thursday) of a file of weeks, or `None` where its dates are days.

    A file of weeks may have a few dates on other weekdays, as where a year's first week is cut short.
    """
    known = days[~np.isnat(days)].astype(np.int64)
    if not len(known):
        return None
    low, high = int(known.min()), int(known.max())
    if high - low < 7 or high - low > 100_000:
        return None
    distinct = np.flatnonzero(np.bincount(known - low)) + low
    counts = np.bincount(distinct % 7, minlength=7)
    if counts.max() == len(distinct):
        return int(counts.argmax())
    return int(counts.argmax()) if len(distinct) >= 8 and counts.max() >= _SHARE * len(distinct) and np.median(np.diff(distinct)) == 7 else None


def week_ends(days: np.ndarray, weekday: int) -> np.ndarray:
    """Return the last day of the week each day lies in, where weeks end on `weekday`."""
    return days + ((weekday - days.astype(np.int64)) % 7).astype("timedelta64[D]")
