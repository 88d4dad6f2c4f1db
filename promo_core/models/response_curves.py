"""One link's response: a pooled curve with factors, and the echo of a bump later and elsewhere."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

__all__ = ["Echo", "OwnCurve"]

FACTOR_BOUNDS = (0.1, 4.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnCurve:
    """One link's own effect: `columns @ theta`, times 1 + the factors of the series' groups and of the promotion type.

    Attributes:
        theta: (p,) coefficients of the design's columns; draws of it (R, p).
        factors: group ("" is the series itself, "type" the promotion type) → (n_codes,) deviation of its factor from 1.
        types: positions of the type columns.
    """

    theta: np.ndarray
    theta_draws: np.ndarray
    factors: dict[str, np.ndarray]
    factor_draws: dict[str, np.ndarray]
    types: tuple[int, ...]

    def effect(self, columns: np.ndarray, groups: dict[str, np.ndarray]) -> np.ndarray:
        """Return (n, T) the effect of columns (n, T, p)."""
        return (columns @ self.theta) * self._factor(columns, groups, self.factors)

    @classmethod
    def none(cls, n_columns: int, types: tuple[int, ...], draws: int) -> Self:
        """Return a curve of no effect."""
        return cls(theta=np.zeros(n_columns), theta_draws=np.zeros((draws, n_columns)), factors={}, factor_draws={}, types=types)

    def factor(self, columns: np.ndarray, groups: dict[str, np.ndarray]) -> np.ndarray:
        """Return (n, T) what the pooled curve is multiplied by."""
        return np.broadcast_to(self._factor(columns, groups, self.factors), columns.shape[:2])

    def draws(self, columns: np.ndarray, groups: dict[str, np.ndarray]) -> np.ndarray:
        """Return (R, n, T) one effect per replicate."""
        return _times(self.theta_draws, columns) * self._factor(columns, groups, self.factor_draws)

    def _factor(self, columns: np.ndarray, groups: dict[str, np.ndarray], factors: dict[str, np.ndarray]) -> np.ndarray:
        total: Any = 1.0
        for group, codes in groups.items():
            deviation = factors.get(group)
            if deviation is not None:
                seen = (codes >= 0) & (codes < deviation.shape[-1])
                total = total + np.where(seen, deviation[..., np.where(seen, codes, 0)], 0.0)[..., :, None]
        if self.types and "type" in factors:
            by_type = columns[..., list(self.types)]
            total = total + _times(factors["type"], by_type) if factors["type"].ndim == 2 else total + by_type @ factors["type"]
        return np.clip(total, *FACTOR_BOUNDS)

    def to_dict(self) -> dict[str, Any]:
        """Return what is not an array."""
        return {"types": list(self.types)}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays, for npz."""
        named = {f"factor|{k}": v for k, v in self.factors.items()} | {f"draws|{k}": v for k, v in self.factor_draws.items()}
        return {"theta": self.theta, "theta_draws": self.theta_draws, **named}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        """Put together what `to_dict` and `arrays` took apart."""
        picked = {kind: {k.split("|", 1)[1]: v for k, v in arrays.items() if k.startswith(kind + "|")} for kind in ("factor", "draws")}
        return cls(theta=arrays["theta"], theta_draws=arrays["theta_draws"], factors=picked["factor"], factor_draws=picked["draws"], types=tuple(values["types"]))


def _times(coefficients: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return (R, n, T) columns (n, T, p) times (R, p) coefficients, replicates first in memory."""
    return (coefficients @ columns.reshape(-1, columns.shape[-1]).T).reshape(len(coefficients), *columns.shape[:-1])


def _per_replicate(values: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Return (R, n, T) values (R, n, T, w) times (R, w) coefficients, each replicate with its own."""
    return np.matmul(values.reshape(len(values), -1, values.shape[-1]), coefficients[..., None]).reshape(values.shape[:-1])


@dataclass(frozen=True, kw_only=True, eq=False)
class Echo:
    """What a bump does later and elsewhere, as shares of it.

    Attributes:
        after: (W,) per window of lags, on periods without promotion (pull-forward is negative).
        within: (W,) per window, on promoted periods (fatigue is negative).
        cross: (G,) per dimension: of the mean bump of the others that share its value (cannibalisation is negative, halo positive).
        drawn_values: (R, 2W + G) replicates.
    """

    after: np.ndarray
    within: np.ndarray
    cross: np.ndarray
    drawn_values: np.ndarray

    @classmethod
    def none(cls, n_windows: int, n_groups: int) -> Self:
        """Return an echo of nothing."""
        return cls(after=np.zeros(n_windows), within=np.zeros(n_windows), cross=np.zeros(n_groups), drawn_values=np.zeros((1, 2 * n_windows + n_groups)))

    @classmethod
    def of(cls, point: np.ndarray, drawn: np.ndarray, n_windows: int, n_groups: int) -> Self:
        """Make one of coefficients (2W + 2G,) and replicates: per window, what is beyond it on promoted periods, per dimension, and a placebo's, which is dropped."""
        w, end = n_windows, 2 * n_windows + n_groups
        values = np.concatenate([point[None], drawn])[:, :end]
        values[:, w : 2 * w] += values[:, :w]
        values = np.clip(values, -1.0, 1.0)
        return cls(after=values[0, :w], within=values[0, w : 2 * w], cross=values[0, 2 * w :], drawn_values=values[1:])

    def effect(self, carried: np.ndarray, exposed: np.ndarray, promoted: np.ndarray) -> np.ndarray:
        """Return (n, T) from carried (n, T, W), exposed (n, T, G) and promoted (n, T)."""
        return np.where(promoted, carried @ self.within, carried @ self.after) + exposed @ self.cross

    def drawn(self, carried: np.ndarray, exposed: np.ndarray, promoted: np.ndarray) -> np.ndarray:
        """Return (R, n, T) from echoes per replicate, carried (R, n, T, W) and exposed (R, n, T, G)."""
        w = len(self.after)
        values = self.drawn_values[np.arange(len(carried)) % len(self.drawn_values)]
        after, within = (_per_replicate(carried, values[:, part]) for part in (slice(0, w), slice(w, 2 * w)))
        return np.where(promoted, within, after) + _per_replicate(exposed, values[:, 2 * w :])

    def cross_drawn(self, n: int) -> np.ndarray:
        """Return (n, G) replicates of `cross`."""
        return self.drawn_values[np.arange(n) % len(self.drawn_values), 2 * len(self.after) :]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {k: v.tolist() for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read `to_dict`'s values."""
        w, g = len(values["after"]), len(values["cross"])
        shaped = np.array(values["drawn_values"], dtype=float).reshape(-1, 2 * w + g)
        return cls(after=np.array(values["after"], dtype=float), within=np.array(values["within"], dtype=float), cross=np.array(values["cross"], dtype=float), drawn_values=shaped)


def _per_replicate(values: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Return (R, n, T) values (R, n, T, w) times (R, w) coefficients, each replicate with its own."""
    return np.matmul(values.reshape(len(values), -1, values.shape[-1]), coefficients[..., None]).reshape(values.shape[:-1])
