"""LightGBM, direct over the horizon: trees per link of the composition, shared by all series and steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import lightgbm as lgb
import numpy as np

from promo_core.data.panel import Panel, Plan, default_horizon
from promo_core.errors import N_, ModelError, ModelFolderError
from promo_core.features.history import fill_from_relatives
from promo_core.features.tabular import Encoding, FeatureMatrix, Tabular, sample_rows
from promo_core.models.base import Composition, Forecaster
from promo_core.models.event_profile import EventProfile
from promo_core.models.gbm_text import require_sound_text

__all__ = ["GBMConfig", "GBMForecaster"]

_FILE = "gbm.json"
_LOSSES = {"l2": {"objective": "l2", "metric": "l1"}, "l1": {"objective": "l1", "metric": "l1"}}
# Squares learn more from clean data, absolute errors withstand closed days and stock-outs: their mean is steadier than either.
_LEAST_LEARN, _LEAST_CHECK = 200, 50
_MANY_ROWS = 120_000  # more than the usual budget: larger trees pay
_LOG_RATIOS, _LEAST_CURVED = (-4.0, 3.0), 0.05


@dataclass(frozen=True, kw_only=True)
class GBMConfig:
    """How the trees are grown.

    Attributes:
        seed: seed of every random choice.
        threads: threads LightGBM may use.
        quick: fewer rows and trees, for a first look and for tests.
        horizon: steps trained for; `None` takes 28 days or 8 weeks.
        rows: most training rows per link.
        trees: most trees per link; early stopping usually keeps fewer.
        learning_rate: step of each tree.
        percentage: answer with the point where a percentage error is least instead of the middle, its mean (1, MAPE) or its mean square (2, RMSPE): it lies
            below, the farther the less is known, for such an error punishes a forecast too high more than one too low. Not on a cluster.
        cluster: address of a Dask scheduler over which trees are grown (see `gbm_cluster`); `None` grows them in this process.
    """

    seed: int = 7
    threads: int = 2
    quick: bool = False
    horizon: int | None = None
    rows: int = 80_000
    trees: int = 400
    learning_rate: float = 0.06
    percentage: int = 0
    cluster: str | None = None

    def __post_init__(self) -> None:
        if self.percentage and self.cluster is not None:
            raise ModelError(N_("Trees for a percentage error grow in one process. Leave `cluster` out, or `percentage`."))

    @property
    def losses(self) -> dict[str, dict[str, object]]:
        """Loss → LightGBM's parameters of it: the boosters whose mean answers."""
        return {"percentage": {"objective": _SLOPES[self.percentage], "metric": "None"}} if self.percentage else _LOSSES

    @property
    def row_budget(self) -> int:
        """Most training rows per link."""
        return min(self.rows, 30_000) if self.quick else self.rows

    @property
    def tree_budget(self) -> int:
        """Most trees per link."""
        return min(self.trees, 120) if self.quick else self.trees


class GBMForecaster(Forecaster):
    """Gradient boosting on features told relative to each origin's level, so that series of every scale share trees."""

    name = "gbm"

    def __init__(self, config: GBMConfig = GBMConfig()) -> None:  # noqa: B008 - the config is frozen
        self.config = config

    def fit(self, panel: Panel, effect: np.ndarray | None = None) -> Self:
        """See `Forecaster.fit`. The count of trees is chosen on the last stretch of targets, then every row is learned from."""
        composition = Composition.of(panel.until(panel.n_observed))
        self.composition_, self.events_ = composition, EventProfile.of(panel, composition.clean_links(panel, effect))
        clean = self.plain_links(panel, effect)
        horizon = self.config.horizon or default_horizon(panel.frequency)
        encoding = Encoding.of(panel, horizon)
        tabular = Tabular(panel, clean, encoding)
        self.boosters_ = [self._fit_link(tabular, clean[..., k], k, horizon) for k in range(clean.shape[-1])]
        self.encoding_ = encoding
        return self

    def plain_links(self, panel: Panel, effect: np.ndarray | None = None) -> np.ndarray:
        """Return the observed links without the levers' effect and what great events add, (n_series, n_observed, K)."""
        return self.composition_.clean_links(panel, effect) - self.events_.level(panel.periods[: panel.n_observed])

    def base(self, panel: Panel, plan: Plan, effect: np.ndarray | None = None) -> np.ndarray:
        """See `Forecaster.base`."""
        self._require_fitted("boosters_")
        links = [self._anchor(matrix, panel) + np.mean([b.predict(matrix.values, num_threads=self.config.threads) for b in boosters], axis=0)
                 for boosters, matrix in self._futures(panel, plan, effect)]
        return np.stack(links, axis=-1).reshape(panel.n_series, len(plan.periods), -1) + self.events_.level(plan.periods)

    def contributions(self, panel: Panel, plan: Plan, effect: np.ndarray | None = None) -> tuple[np.ndarray, tuple[str, ...]]:
        """Tell each base forecast as a sum of its features' SHAP contributions.

        Returns:
            (n_series, H, K, n_features + 1) float32 on the link scale, whose sum over the last axis is `base`, and the names of the
            last axis. `recent_level` carries how far the series' level lies above the mean level of all series; the last
            entry, "average", is that mean level plus the trees' mean answer.

        Raises:
            NotFittedError: before `fit`.
        """
        self._require_fitted("boosters_")
        links, names = [], ()
        for boosters, matrix in self._futures(panel, plan, effect):
            told = np.mean([b.predict(matrix.values, pred_contrib=True, num_threads=self.config.threads) for b in boosters], axis=0)
            anchor = self._anchor(matrix, panel)
            told[:, matrix.names.index("recent_level")] += anchor - anchor.mean()
            told[:, -1] += anchor.mean()
            links.append(told.astype(np.float32))
            names = (*matrix.names, "average")
        told = np.stack(links, axis=1).reshape(panel.n_series, len(plan.periods), len(links), len(names))
        for event, level in self.events_.by_event(plan.periods).items():
            told[..., names.index(f"event_{event}")] += level
        return told, names

    def inputs(self, panel: Panel, plan: Plan, effect: np.ndarray | None = None) -> list[dict[str, np.ndarray]]:
        """Return what `contributions` explains, per link: feature → (n_series, H) of the values that the trees read."""
        self._require_fitted("boosters_")
        return [{name: matrix.values[:, i].reshape(panel.n_series, -1) for i, name in enumerate(matrix.names)} for _, matrix in self._futures(panel, plan, effect)]

    def save(self, folder: Path) -> None:
        """See `Forecaster.save`: LightGBM's own text, one file per link and loss, and JSON."""
        self._require_fitted("boosters_")
        folder.mkdir(parents=True, exist_ok=True)
        for k, boosters in enumerate(self.boosters_):
            for loss, booster in zip(self.config.losses, boosters, strict=True):
                booster.save_model(str(folder / _booster_file(k, loss)))
        told = {"config": {**asdict(self.config), "cluster": None}, "chain": list(self.composition_.chain), "encoding": self.encoding_.to_dict(), "events": self.events_.to_dict()}
        (folder / _FILE).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See `Forecaster.load`.

        Raises:
            ModelFolderError: when a file is missing or is no LightGBM model.
        """
        try:
            told = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            model = cls(GBMConfig(**told["config"]))
            model.composition_ = Composition(tuple(told["chain"]))
            model.encoding_, model.events_ = Encoding(**told["encoding"]), EventProfile.from_dict(told["events"])
            model.boosters_ = [[_read_booster(folder / _booster_file(k, loss)) for loss in model.config.losses] for k in range(len(told["chain"]))]
        except (OSError, ValueError, KeyError, TypeError, IndexError, lgb.basic.LightGBMError) as error:
            raise ModelFolderError(N_("`{folder}` holds no intact LightGBM forecaster ({reason}). Train it again, or load another folder."),
                                   folder=folder.name, reason=str(error)) from error
        return model

    def _fit_link(self, tabular: Tabular, clean: np.ndarray, link: int, horizon: int) -> list[lgb.Booster]:
        rng = np.random.default_rng([self.config.seed, link])
        rows, stops, steps = sample_rows(np.isfinite(clean), horizon, self.config.row_budget, rng)
        matrix = tabular.matrix(link, rows, stops, steps)
        target = (clean[rows, stops + steps - 1] - matrix.anchor).astype(np.float32)
        known = np.isfinite(target)
        if not known.any():  # a link that was never observed: one answer, the anchor
            rows = stops = np.zeros(1, dtype=int)
            return self._grow(tabular.matrix(link, rows, stops, stops + 1), np.zeros(1, dtype=np.float32), known, known)
        matrix, stops, steps, target = matrix.take(known), stops[known], steps[known], target[known]
        targets_at = stops + steps - 1
        cut = clean.shape[1] - max(2 * horizon, clean.shape[1] // 8)
        return self._grow(matrix, target, targets_at < cut, (targets_at >= cut) & (stops >= cut - horizon))

    def _grow(self, matrix: FeatureMatrix, target: np.ndarray, learn: np.ndarray, check: np.ndarray) -> list[lgb.Booster]:
        """Choose each loss's count of trees on the rows to check (masks `learn` and `check`), then learn from every row."""
        params = self._params(len(target))
        data = lgb.Dataset(matrix.values, target, feature_name=list(matrix.names), categorical_feature=list(matrix.categorical), params=params, free_raw_data=False)
        losses = self.config.losses
        trees = dict.fromkeys(losses, self.config.tree_budget // 4)
        if learn.sum() >= _LEAST_LEARN and check.sum() >= _LEAST_CHECK:
            parts = data.subset(np.flatnonzero(learn)), data.subset(np.flatnonzero(check))
            trees = {name: self._best_count({**params, **loss}, *parts) for name, loss in losses.items()}
        if self.config.cluster is not None and len(target) >= _LEAST_LEARN:
            from promo_core.models.gbm_cluster import grow_on_cluster

            return [grow_on_cluster({**params, **loss}, matrix, target, trees[name], self.config.cluster) for name, loss in losses.items()]
        return [lgb.train({**params, **loss}, data, trees[name]) for name, loss in losses.items()]

    def _best_count(self, params: dict[str, object], learn: lgb.Dataset, check: lgb.Dataset) -> int:
        tried = lgb.train(params, learn, self.config.tree_budget, valid_sets=[check], feval=_percentage_error(self.config.percentage) if self.config.percentage else None,
                          callbacks=[lgb.early_stopping(25, verbose=False)])
        return max(1, tried.best_iteration)

    def _params(self, n_rows: int) -> dict[str, object]:
        return {"learning_rate": self.config.learning_rate, "num_leaves": 15 if n_rows < 10_000 else 31 if n_rows < _MANY_ROWS else 63,
                "min_data_in_leaf": int(np.clip(n_rows // 400, 5, 60)), "feature_fraction": 0.6, "bagging_fraction": 1.0 if n_rows < 500 else 0.8, "bagging_freq": 1,
                "lambda_l2": 5.0, "cat_smooth": 20.0, "max_bin": 127, "seed": self.config.seed, "num_threads": self.config.threads,
                "deterministic": True, "force_row_wise": True, "verbosity": -1}

    def _futures(self, panel: Panel, plan: Plan, effect: np.ndarray | None) -> list[tuple[list[lgb.Booster], FeatureMatrix]]:
        tabular = Tabular(panel, self.plain_links(panel, effect), self.encoding_, plan)
        return [(boosters, tabular.future(k, len(plan.periods))) for k, boosters in enumerate(self.boosters_)]

    @staticmethod
    def _anchor(matrix: FeatureMatrix, panel: Panel) -> np.ndarray:
        by_series = matrix.anchor.reshape(panel.n_series, -1)
        return fill_from_relatives(by_series, panel.series).ravel()


def _percentage_slopes(told: np.ndarray, data: lgb.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the slope of |exp(told − true) − 1|, and the same without its sign in place of a curvature, which a jump has not."""
    apart = told - data.get_label()
    ratio = np.exp(np.clip(apart, *_LOG_RATIOS))
    return np.sign(apart) * ratio, np.maximum(ratio, _LEAST_CURVED)


def _squared_percentage_slopes(told: np.ndarray, data: lgb.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return slope and curvature of (exp(told − true) − 1)² / 2; the curvature is kept above zero."""
    ratio = np.exp(np.clip(told - data.get_label(), *_LOG_RATIOS))
    return (ratio - 1.0) * ratio, np.maximum(ratio * (2.0 * ratio - 1.0), _LEAST_CURVED)


_SLOPES = {1: _percentage_slopes, 2: _squared_percentage_slopes}


def _percentage_error(power: int) -> Callable[[np.ndarray, lgb.Dataset], tuple[str, float, bool]]:
    """Return the measure that chooses the count of trees: the mean percentage error, or that of its square."""
    return lambda told, data: ("percentage", float((np.abs(np.expm1(np.clip(told - data.get_label(), *_LOG_RATIOS))) ** power).mean()), False)


def _read_booster(path: Path) -> lgb.Booster:
    require_sound_text(path)
    return lgb.Booster(model_file=str(path))


def _booster_file(link: int, loss: str) -> str:
    return f"link{link}-{loss}.txt"
