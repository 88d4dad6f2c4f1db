"""Bands from rolling-origin residuals, joint over targets, series and periods, with a conformal factor per reporting level.

A draw mixes the residual blocks of several origins with normal weights: what all series share with one set of weights,
what a dimension's value shares with another, what is a series' own with its own. Each draw keeps the days of a block together,
so that totals are as wide as they should be (a sum of row bounds covers 99 % instead of 80, independent draws 5 %).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from promo_core.models.base import Composition

__all__ = ["Intervals", "Level"]

LEVEL = 0.8


@dataclass(frozen=True)
class Level:
    """One reporting level: how many cells its sums take, and the factor that makes its bands cover what they say."""

    name: str
    cells: int
    factor: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Intervals:
    """Residual blocks of one member.

    Attributes:
        blocks: (B, n_series, H, K) link residuals, actual − forecast; filled, no NaN.
        groups: dimension → (n_series,) codes, for what a value's series share.
        levels: conformal factors, by ascending cells.
    """

    blocks: np.ndarray
    groups: dict[str, np.ndarray] = field(default_factory=dict)
    levels: tuple[Level, ...] = ()

    @classmethod
    def of(cls, residuals: np.ndarray, groups: dict[str, np.ndarray], *, seed: int = 7) -> Self:
        """Make intervals from residuals (B, n_series, H, K), NaN where nothing was observed."""
        return cls(blocks=_filled(residuals, np.random.default_rng(seed)).astype(np.float32), groups=groups)

    def draw(self, n: int, seed: int = 7) -> np.ndarray:
        """Return (n, n_series, H, K) float32 joint draws around zero; the same seed gives the same draws."""
        rng = np.random.default_rng(seed)
        count, rows = self.blocks.shape[:2]
        scale = 1.0 / np.sqrt(count)
        shared = self.blocks.mean(axis=1)
        left = self.blocks - shared[:, None]
        out = np.tensordot(_weights(rng, (n,), count) * scale, shared, 1)[:, None].repeat(rows, axis=1)
        for codes in self.groups.values():
            one_hot = np.eye(codes.max() + 1, dtype=np.float32)[codes]
            mean = np.einsum("ng,bnhk->bghk", one_hot / one_hot.sum(axis=0), left)
            left = left - mean[:, codes]
            out += np.einsum("sgb,bghk->sghk", _weights(rng, (n, one_hot.shape[1]), count) * scale, mean)[:, codes]
        own = _weights(rng, (n, rows), count) * scale
        flat = left.transpose(1, 0, 2, 3).reshape(rows, count, -1)
        out += np.matmul(own.transpose(1, 0, 2), flat).transpose(1, 0, 2).reshape(out.shape)
        return out.astype(np.float32)

    def width(self, n_series: int, n_periods: int) -> float:
        """Return the factor on a band's half-widths for a sum over that many series and periods, between the measured levels."""
        if not self.levels:
            return 1.0
        sizes, factors = np.log([level.cells for level in self.levels]), np.log([level.factor for level in self.levels])
        return float(np.exp(np.interp(np.log(max(n_series * n_periods, 1)), sizes, factors)))

    def calibrated(self, links: np.ndarray, actual: np.ndarray, composition: Composition, *, seed: int = 7, n: int = 100) -> Self:
        """Return a copy whose factors make the 80 % bands of cells, series, groups and the total cover as said.

        Args:
            links: (B, n_series, H, K) forecasts at the blocks' origins.
            actual: (B, n_series, H) what happened to the main measure, NaN unobserved.
            composition: the chain; its last product is the main measure.
        """
        rng = np.random.default_rng(seed)
        rows = np.sort(rng.choice(actual.shape[1], 400, replace=False)) if actual.shape[1] > 400 else np.arange(actual.shape[1])
        noise, main = self.draw(n, seed)[:, rows], main_measure(composition)
        groups = {"cell": None, "series": np.arange(len(rows)), **{d: c[rows] for d, c in self.groups.items()}, "total": np.zeros(len(rows), dtype=int)}
        scores: dict[str, list[np.ndarray]] = {name: [] for name in groups}
        for link, truth in zip(links[:, rows], actual[:, rows], strict=True):
            samples = composition.compose(link[None] + noise)[main]
            for name, codes in groups.items():
                scores[name].append(_scores(samples, truth, codes))
        levels = [Level(name, _cells(actual[:, rows].shape, codes), _factor(np.concatenate(scores[name]))) for name, codes in groups.items()]
        return type(self)(blocks=self.blocks, groups=self.groups, levels=tuple(sorted(levels, key=lambda level: level.cells)))

    def save(self, folder: Path) -> None:
        """Write under `folder`: npz without pickle, and JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / "blocks.npz", blocks=self.blocks, **{f"group|{d}": c for d, c in self.groups.items()})
        (folder / "levels.json").write_text(json.dumps([[v.name, v.cells, v.factor] for v in self.levels]), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(folder / "blocks.npz", allow_pickle=False) as arrays:
            groups = {name.split("|", 1)[1]: arrays[name] for name in arrays.files if name.startswith("group|")}
            blocks = arrays["blocks"]
        levels = json.loads((folder / "levels.json").read_text(encoding="utf-8"))
        return cls(blocks=blocks, groups=groups, levels=tuple(Level(*v) for v in levels))


def main_measure(composition: Composition) -> str:
    """Return what is reported first: GMV, or without money the last product of the chain."""
    return "gmv" if composition.money else "orders" if "orders" in composition.measures else composition.chain[0]


def _weights(rng: np.random.Generator, shape: tuple[int, ...], count: int) -> np.ndarray:
    return rng.standard_normal((*shape, count)).astype(np.float32)


def _filled(residuals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fill unobserved residuals with observed ones of the same series and target, or of any series where it has none."""
    out = residuals.copy()
    for k in range(out.shape[-1]):
        pool = out[..., k][np.isfinite(out[..., k])]
        pool = pool if len(pool) else np.zeros(1)
        for row in range(out.shape[1]):
            values = out[:, row, :, k]
            known = np.isfinite(values)
            if not known.all():
                source = values[known] if known.sum() >= 8 else pool
                values[~known] = rng.choice(source, (~known).sum())
    return out


def _cells(shape: tuple[int, ...], codes: np.ndarray | None) -> int:
    """Return how many cells one sum of a level takes."""
    return 1 if codes is None else max(1, round(shape[1] * shape[2] / (codes.max() + 1)))


def _scores(samples: np.ndarray, truth: np.ndarray, codes: np.ndarray | None) -> np.ndarray:
    """Return |truth − median| ÷ half-width of the band on its side, one per unit: 1 is the band's edge.

    Args:
        samples: (S, n, H); truth: (n, H), NaN unobserved; codes: (n,) units to sum over with all periods, or `None` for single cells.
    """
    known = np.isfinite(truth)
    if codes is None:
        drawn, happened = samples[:, known], truth[known]
    else:
        one_hot = np.eye(codes.max() + 1)[codes]
        drawn = (samples * known).sum(axis=2) @ one_hot
        happened = np.where(known, truth, 0.0).sum(axis=1) @ one_hot
        some = (known.sum(axis=1) @ one_hot) > 0
        drawn, happened = drawn[:, some], happened[some]
    if not len(happened):
        return np.zeros(0)
    low, middle, high = np.quantile(drawn, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], axis=0)
    half = np.where(happened >= middle, high - middle, middle - low)
    return np.abs(happened - middle) / np.maximum(half, 1e-9)


def _factor(scores: np.ndarray) -> float:
    """Return the conformal quantile of the scores, drawn toward 1 where there are few, within [0.5, 3]."""
    if not len(scores):
        return 1.0
    rank = min(1.0, LEVEL * (1 + 1 / len(scores)))
    raw = float(np.clip(np.quantile(scores, rank), 0.5, 3.0))
    return float(np.exp(np.log(raw) * len(scores) / (len(scores) + 5)))
