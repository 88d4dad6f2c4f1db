"""Going on from a fitted LightGBM forecaster: a few more trees on the newest past, the old ones kept."""

from __future__ import annotations

from copy import copy

import lightgbm as lgb
import numpy as np

from promo_core.data.panel import Panel
from promo_core.features.tabular import FeatureMatrix, Tabular, sample_rows
from promo_core.models.gbm import GBMForecaster

__all__ = ["refined"]

SHARE_OF_TREES = 0.2
SHARE_OF_ROWS = 0.25
RATE = 0.5  # of the first fit's: the newest weeks correct what was learned, they don't replace it
STRETCH = 6  # horizons of the newest past that the new trees learn from


def refined(forecaster: GBMForecaster, panel: Panel, effect: np.ndarray | None = None) -> GBMForecaster:
    """Return a forecaster whose boosters have grown on; the one given stays as it was, and so do its categories.

    Args:
        forecaster: a fitted one, of the panel's frequency and targets.
        panel: the panel, its origin later than the first fit's.
        effect: U of the plan that ran, (n_series, n_observed, K).

    Raises:
        NotFittedError: before `fit`.
    """
    forecaster._require_fitted("boosters_")
    clean = forecaster.plain_links(panel, effect)
    tabular = Tabular(panel, clean, forecaster.encoding_)
    grown = copy(forecaster)
    grown.boosters_ = [_grown(forecaster, tabular, clean[..., k], k) for k in range(clean.shape[-1])]
    return grown


def _grown(forecaster: GBMForecaster, tabular: Tabular, clean: np.ndarray, link: int) -> list[lgb.Booster]:
    matrix, target = _newest_rows(forecaster, tabular, clean, link)
    if len(target) < 50:
        return forecaster.boosters_[link]
    return [_more_trees(forecaster, booster, loss, matrix, target) for booster, loss in zip(forecaster.boosters_[link], forecaster.config.losses.values(), strict=True)]


def _newest_rows(forecaster: GBMForecaster, tabular: Tabular, clean: np.ndarray, link: int) -> tuple[FeatureMatrix, np.ndarray]:
    horizon = forecaster.encoding_.horizon
    seen = np.isfinite(clean)
    seen[:, : max(0, clean.shape[1] - STRETCH * horizon)] = False
    budget = max(1000, int(SHARE_OF_ROWS * forecaster.config.row_budget))
    rows, stops, steps = sample_rows(seen, horizon, budget, np.random.default_rng([forecaster.config.seed, link, clean.shape[1]]))
    matrix = tabular.matrix(link, rows, stops, steps)
    target = (clean[rows, stops + steps - 1] - matrix.anchor).astype(np.float32)
    known = np.isfinite(target)
    return matrix.take(known), target[known]


def _more_trees(forecaster: GBMForecaster, booster: lgb.Booster, loss: dict[str, object], matrix: FeatureMatrix, target: np.ndarray) -> lgb.Booster:
    params = {**forecaster._params(len(target)), **loss}
    params["learning_rate"] *= RATE
    data = lgb.Dataset(matrix.values, target, feature_name=list(matrix.names), categorical_feature=list(matrix.categorical), params=params, free_raw_data=False)
    return lgb.train(params, data, max(3, round(SHARE_OF_TREES * booster.num_trees())), init_model=booster)
