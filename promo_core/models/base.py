"""What every forecaster keeps: links of the targets, joint samples, and the `Forecaster` contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, ModelError, NotFittedError

__all__ = ["Composition", "Forecast", "Forecaster", "MEASURES"]

MEASURES = ("visitors", "conversion", "orders", "units", "value_per_order", "gmv")
_RATIOS = {"conversion": ("orders", "visitors"), "value_per_order": ("gmv", "orders"), "value_per_visitor": ("gmv", "visitors"), "value_per_unit": ("gmv", "units")}


@dataclass(frozen=True)
class Composition:
    """The chain of factors that multiply to what the file can answer, the last product being GMV where it is known.

    `chain` starts with a count or with "gmv"; each further link is a ratio to the product so far. Counts and values are
    modelled as logs, conversion as a logit: K = len(chain) targets, jointly.
    """

    chain: tuple[str, ...]

    @classmethod
    def of(cls, panel: Panel) -> Composition:
        """Choose the longest chain that the panel's targets allow.

        Raises:
            ModelError: when the panel has none of visitors, orders, units and GMV.
        """
        has = {name for name, values in panel.targets.items() if np.isfinite(values).any()}
        options = (("visitors", "conversion", "value_per_order"), ("visitors", "conversion"), ("orders", "value_per_order"), ("visitors", "value_per_visitor"),
                   ("units", "value_per_unit"), ("gmv",), ("orders",), ("units",), ("visitors",))
        for chain in options:
            needed = {chain[0]} | {part for link in chain[1:] for part in _RATIOS[link]}
            if needed <= has:
                return cls(chain)
        raise ModelError(N_("A model needs `gmv`, `orders`, `units` or `visitors`. Received none of them: map one on the Data page."))

    @property
    def measures(self) -> tuple[str, ...]:
        """What can be told, in reading order: of visitors, conversion, orders, units, value_per_order, gmv."""
        told = set(self.chain) | {_RATIOS[link][0] for link in self.chain[1:]}
        return tuple(m for m in MEASURES if m in told)

    @property
    def products(self) -> tuple[str, ...]:
        """The measure that the chain has multiplied to after each of its links."""
        return (self.chain[0], *(_RATIOS[link][0] for link in self.chain[1:]))

    @property
    def money(self) -> bool:
        """Whether GMV can be told."""
        return "gmv" in self.measures

    def links(self, panel: Panel) -> np.ndarray:
        """Return the modelled targets of the whole panel, (n_series, T, K) float64; NaN where unobserved.

        So that logs exist, counts of zero are read as a half, and conversion is smoothed by half an order at the pooled rate; where
        counts are fractions (a campaign's totals spread over its days) the half shrinks with them. GMV at or below zero is read
        as 5 % of the series' median.
        """
        return np.stack([self._link(panel, name) for name in self.chain], axis=-1)

    def clean_links(self, panel: Panel, effect: np.ndarray | None = None) -> np.ndarray:
        """Return the observed links with the levers' effect taken off, (n_series, n_observed, K); nothing after the origin is read.

        Args:
            panel: the panel.
            effect: U of the plan that ran, (n_series, n_observed, K); `None` means zero.
        """
        links = self.links(panel.until(panel.n_observed))[:, : panel.n_observed]
        return links if effect is None else links - effect

    def _link(self, panel: Panel, name: str) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            if name == "conversion":
                orders, visitors = panel.targets["orders"], panel.targets["visitors"]
                return _smoothed_logit(orders, visitors)
            if name in _RATIOS:
                top, bottom = (panel.targets[part] for part in _RATIOS[name])
                return np.log(np.where((top > 0) & (bottom > 0), top / bottom, np.nan))
            values = panel.targets[name]
            if name == "gmv":
                positive = np.where(values > 0, values, np.nan)
                known = np.isfinite(positive).any(axis=1, keepdims=True)
                middle = np.nanmedian(np.where(known, positive, 1.0), axis=1, keepdims=True)
                return np.log(np.where(np.isfinite(values), np.maximum(values, 0.05 * middle), np.nan))
            return np.log(np.where(np.isfinite(values), np.maximum(values, 0.5 * _unit(values)), np.nan))

    def compose(self, links: np.ndarray) -> dict[str, np.ndarray]:
        """Return every measure on its natural scale from links (..., K); GMV is the product of the chain, always."""
        return self.compose_factors([np.exp(links[..., k]) for k in range(len(self.chain))])

    def compose_factors(self, factors: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """Return every measure from the exponentials of the links, one array per target: `compose(links)` without the exp."""
        parts = {name: factor / (1.0 + factor) if name == "conversion" else factor for name, factor in zip(self.chain, factors, strict=True)}
        product = parts[self.chain[0]]
        out = {self.chain[0]: product}
        for name in self.chain[1:]:
            product = product * parts[name]
            out |= {name: parts[name], _RATIOS[name][0]: product}
        return {m: out[m] for m in self.measures}


def _unit(counts: np.ndarray) -> float:
    """Return 1 for whole counts, less where they are typically fractions."""
    positive = counts[counts > 0]
    return min(1.0, float(np.median(positive))) if len(positive) else 1.0


def _smoothed_logit(orders: np.ndarray, visitors: np.ndarray) -> np.ndarray:
    """Return the logit of orders ÷ visitors, drawn to the pooled rate by half an order; NaN without visitors."""
    both = np.isfinite(orders) & (visitors > 0)
    taken = np.minimum(orders, visitors)
    pooled = float(np.clip(taken[both].sum() / visitors[both].sum(), 1e-4, 0.95)) if both.any() else 0.5
    half = 0.5 * _unit(orders)
    rate = np.where(both, (taken + half) / (visitors + half / pooled), np.nan)
    return np.log(rate) - np.log1p(-rate)


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast:
    """A forecast as joint samples: `link` is its median on the link scale, `noise` what may come on top.

    Attributes:
        periods: (H,) periods forecast.
        composition: the chain that `link`'s last axis follows.
        link: (n_series, H, K) float64.
        noise: (S, n_series, H, K) float32; draw s belongs together over targets, series and periods.
    """

    periods: pd.DatetimeIndex
    composition: Composition
    link: np.ndarray
    noise: np.ndarray

    @cached_property
    def point(self) -> dict[str, np.ndarray]:
        """Measure → (n_series, H), composed of the medians."""
        return self.composition.compose(self.link)

    @cached_property
    def samples(self) -> dict[str, np.ndarray]:
        """Measure → (S, n_series, H), each draw composed by itself, so that the GMV identity holds in every one."""
        return self.composition.compose(self.link[None] + self.noise)

    def take(self, rows: np.ndarray) -> Forecast:
        """Return the forecast of some series only (positions or mask)."""
        return replace(self, link=self.link[rows], noise=self.noise[:, rows])

    def quantiles(self, measure: str, levels: tuple[float, ...] = (0.1, 0.5, 0.9)) -> np.ndarray:
        """Return (len(levels), n_series, H) of one measure."""
        return np.quantile(self.samples[measure], levels, axis=0)


class Forecaster(ABC):
    """The contract of a forecaster.

    A forecaster learns what is left of the links once the levers' effect is taken off, `links − U(the plan that ran)`;
    its forecast of a plan is its base plus U(the plan). `__init__` takes one frozen config and does nothing else; learned
    state ends in `_`; the training data is not kept.
    """

    name: str
    config: Any

    @abstractmethod
    def fit(self, panel: Panel, effect: np.ndarray | None = None) -> Self:
        """Learn from the observed part of `panel`.

        Args:
            panel: the panel; periods after its origin are never read as targets.
            effect: U of the plan that ran, (n_series, n_observed, K); `None` means zero.
        """

    @abstractmethod
    def base(self, panel: Panel, plan: Plan, effect: np.ndarray | None = None) -> np.ndarray:
        """Return the forecast without any promotion, (n_series, H, K) on the link scale, never NaN.

        Only `plan`'s periods and covariates are read: the base does not depend on levers. `effect` is U of the past plan
        of `panel`, (n_series, n_observed, K). The panel may reach further than the one fitted on (a later origin).

        Raises:
            NotFittedError: before `fit`.
        """

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the learned state under `folder` (no pickle)."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; the same input then gives the same numbers."""

    def _require_fitted(self, attribute: str) -> None:
        if not hasattr(self, attribute):
            raise NotFittedError(N_("`{model}` has not been trained yet. Train it on the Models page, or call `fit`."), model=self.name)
