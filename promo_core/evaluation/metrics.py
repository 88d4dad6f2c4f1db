"""How far a forecast lies from what happened; NaN where that can't be told, never a perfect score."""

from __future__ import annotations

import numpy as np

__all__ = ["bias", "coverage", "mae", "mape", "pinball", "rmse", "rmspe", "wape"]


def wape(actual: np.ndarray, forecast: np.ndarray, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Return Σ|forecast − actual| ÷ Σ|actual| over `axis` (everything by default); NaN where nothing, or nothing but zeros, happened."""
    actual, forecast = _known(actual, forecast)
    return _ratio(np.nansum(np.abs(forecast - actual), axis), np.nansum(np.abs(actual), axis), _count(actual, axis))


def bias(actual: np.ndarray, forecast: np.ndarray, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Return Σ(forecast − actual) ÷ Σ|actual|: above zero is too much; NaN as in `wape`."""
    actual, forecast = _known(actual, forecast)
    return _ratio(np.nansum(forecast - actual, axis), np.nansum(np.abs(actual), axis), _count(actual, axis))


def mae(actual: np.ndarray, forecast: np.ndarray, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Return the mean absolute error, in the actuals' unit; NaN where nothing is known."""
    actual, forecast = _known(actual, forecast)
    return _mean(np.abs(forecast - actual), axis)


def rmse(actual: np.ndarray, forecast: np.ndarray, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Return the root of the mean squared error, in the actuals' unit; NaN where nothing is known."""
    actual, forecast = _known(actual, forecast)
    return np.sqrt(_mean((forecast - actual) ** 2, axis))


def mape(actual: np.ndarray, forecast: np.ndarray, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Return the mean of |forecast − actual| ÷ |actual| over actuals other than zero; NaN where there is none."""
    return _mean(np.abs(_relative(actual, forecast)), axis)


def rmspe(actual: np.ndarray, forecast: np.ndarray, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Return the root of the mean squared relative error over actuals other than zero; NaN where there is none."""
    return np.sqrt(_mean(_relative(actual, forecast) ** 2, axis))


def pinball(actual: np.ndarray, quantiles: np.ndarray, levels: tuple[float, ...], axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Return the pinball loss, averaged over `levels`, in the actuals' unit; NaN where nothing is known.

    Args:
        actual: (...) what happened.
        quantiles: (len(levels), ...) forecast quantiles.
        levels: each in (0, 1).
        axis: axes of `actual` to average over; all by default.
    """
    losses = [_mean(_pinball_terms(*_known(actual, q), level), axis) for q, level in zip(quantiles, levels, strict=True)]
    return np.mean(losses, axis=0)


def coverage(actual: np.ndarray, low: np.ndarray, high: np.ndarray, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Return the share of actuals within [low, high]; cells where any of the three is unknown don't count; NaN where none counts."""
    known = np.isfinite(actual) & np.isfinite(low) & np.isfinite(high)
    return _mean(np.where(known, (actual >= low) & (actual <= high), np.nan), axis)


def _known(actual: np.ndarray, forecast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both as float64, NaN wherever either is unknown.

    Raises:
        ValueError: when their shapes differ; broadcasting would score the wrong cells.
    """
    actual, forecast = np.asarray(actual, dtype=float), np.asarray(forecast, dtype=float)
    if actual.shape != forecast.shape:
        raise ValueError(f"Actuals and forecast have one shape. Received: {actual.shape} and {forecast.shape}.")
    known = np.isfinite(actual) & np.isfinite(forecast)
    return np.where(known, actual, np.nan), np.where(known, forecast, np.nan)


def _relative(actual: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    actual, forecast = _known(actual, forecast)
    return (forecast - actual) / np.where(actual == 0, np.nan, np.abs(actual))


def _pinball_terms(actual: np.ndarray, quantile: np.ndarray, level: float) -> np.ndarray:
    return np.maximum(level * (actual - quantile), (level - 1) * (actual - quantile))


def _count(values: np.ndarray, axis: int | tuple[int, ...] | None) -> np.ndarray:
    return np.isfinite(values).sum(axis)


def _mean(values: np.ndarray, axis: int | tuple[int, ...] | None) -> np.ndarray:
    count = _count(values, axis)
    return _ratio(np.nansum(values, axis), count, count)


def _ratio(top: np.ndarray, bottom: np.ndarray, count: np.ndarray) -> np.ndarray:
    sound = (np.asarray(count) > 0) & (np.asarray(bottom) > 0)
    return np.where(sound, top / np.where(sound, bottom, 1.0), np.nan)[()]
