"""The past promotions of a panel, one row each: read from a campaign file, or found as runs of promoted periods."""

from __future__ import annotations

import numpy as np
import pandas as pd

from promo_core.data.grid import Grid
from promo_core.data.panel import NO_PROMO, Panel
from promo_core.data.rows import Rows

__all__ = ["campaigns_of_rows", "campaigns_of_runs"]


def campaigns_of_rows(rows: Rows, grid: Grid, first: int, n_observed: int) -> pd.DataFrame:
    """Return the campaigns of a campaign file, in periods of a panel that begins at the grid's period `first`."""
    start = grid.row_period - first
    end = start + (rows.end - rows.start).astype(np.int64)
    depth = np.nan_to_num(rows.numbers.get("discount_depth", np.zeros(len(rows))))
    words = np.asarray(rows.promo.labels, dtype=object)[rows.promo.codes] if rows.promo else np.where(depth > 0, "percent_off", "campaign").astype(object)
    names = np.asarray(rows.campaign.labels, dtype=object)[rows.campaign.codes] if rows.campaign else np.full(len(rows), "", dtype=object)
    table = pd.DataFrame({"series": grid.row_series, "start": np.maximum(start, 0), "end": np.minimum(end, n_observed - 1), "promo_type": words, "discount_depth": depth, "name": names})
    return table[(start < n_observed) & (end >= 0)].reset_index(drop=True)


def campaigns_of_runs(panel: Panel, rows: Rows, grid: Grid, first: int) -> pd.DataFrame:
    """Return runs of promoted periods that keep one promotion type (and one campaign, where the file names them)."""
    t = panel.n_observed
    promoted = panel.plan.promoted[:, :t]
    kind = panel.plan.levers.get("promo_type", np.zeros(panel.plan.shape))[:, :t].astype(np.int64)
    names, labels = _campaign_grid(rows, grid)
    name = names[:, first:first + t]
    goes_on = np.zeros(promoted.shape, dtype=bool)
    goes_on[:, 1:] = promoted[:, :-1] & (kind[:, 1:] == kind[:, :-1]) & (name[:, 1:] == name[:, :-1])
    begins = promoted & ~goes_on
    where, run = np.flatnonzero(begins), (np.cumsum(begins) - 1)[promoted.ravel()]
    lengths = np.bincount(run, minlength=len(where))
    depth = panel.plan.levers.get("discount_depth", np.zeros(panel.plan.shape))[:, :t][promoted]
    mean = np.bincount(run, weights=depth, minlength=len(where)) / np.maximum(lengths, 1)
    codes = kind.ravel()[where]
    words = np.where((codes == 0) & (mean > 0), "percent_off", np.asarray(panel.plan.promo_types or (NO_PROMO,), dtype=object)[codes])
    return pd.DataFrame({"series": where // t, "start": where % t, "end": where % t + lengths - 1, "promo_type": words, "discount_depth": mean,
                         "name": np.asarray(labels, dtype=object)[name.ravel()[where]]})


def _campaign_grid(rows: Rows, grid: Grid) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return (n_series, T) campaign codes and their names; all of one nameless campaign where the file names none."""
    if rows.campaign is None:
        return np.broadcast_to(np.zeros(1, dtype=np.int64), grid.shape), ("",)
    codes = np.zeros(grid.shape[0] * grid.shape[1], dtype=np.int64)
    codes[grid.cells] = rows.campaign.codes
    return codes.reshape(grid.shape), rows.campaign.labels
