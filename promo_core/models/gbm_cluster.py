"""LightGBM over a Dask cluster: its own data-parallel learner, histograms merged between the workers that hold the rows."""

from __future__ import annotations

from typing import Any

import dask.array as da
import lightgbm as lgb
import numpy as np

from promo_core.cluster import connected
from promo_core.features.tabular import FeatureMatrix

__all__ = ["grow_on_cluster"]


def grow_on_cluster(params: dict[str, Any], matrix: FeatureMatrix, target: np.ndarray, trees: int, address: str) -> lgb.Booster:
    """Return trees grown on rows spread over the workers of `address`.

    Split points come from bins that each worker finds on its own rows, so that the trees differ a little from those grown in one process. Early
    stopping is not offered by LightGBM's Dask learner: the count of trees is chosen before, here. Monotone constraints of the methods
    "intermediate" and "advanced" need one process: LightGBM itself goes back to "basic" when the learner is parallel.
    """
    with connected(address) as client:
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        rows = -(-len(target) // workers)
        values = da.from_array(np.asarray(matrix.values), chunks=(rows, matrix.values.shape[1]))
        # `seed` stays: each worker draws its bags with it. Threads are the worker's own.
        kept = {k: v for k, v in params.items() if k not in ("num_threads", "metric")}
        model = lgb.DaskLGBMRegressor(client=client, n_estimators=trees, tree_learner="data", **kept)
        model.fit(values, da.from_array(target, chunks=rows), categorical_feature=[matrix.names.index(name) for name in matrix.categorical])
        return model.booster_
