"""Why the network's base forecast is what it is: exact Shapley values of groups of inputs, and a finer view by expected gradients."""

from __future__ import annotations

from itertools import product
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

from promo_core.data.panel import Panel, Plan

if TYPE_CHECKING:
    from promo_core.models.lstm import LSTMForecaster

__all__ = ["GROUPS", "gradient_shap", "group_shapley"]

GROUPS = ("recent_pattern", "weekday", "season", "events", "covariates", "identity", "step")
"""Players of the Shapley game: the encoder's state and recent deviation; the weekday and its rhythm; the time of year and last year's
pattern; holidays and events; numbers known ahead; the embedded dimensions; how far ahead."""


def group_shapley(model: LSTMForecaster, panel: Panel, plan: Plan, effect: np.ndarray | None = None) -> tuple[np.ndarray, tuple[str, ...], float]:
    """Share out `base` exactly.

    Every coalition of groups is answered by the network with the other groups at their mean over series and steps, so the shares
    add up by construction; what is left is rounding, and it is measured. Groups without inputs are left out.

    Returns:
        shares: (n_series, H, K, n_groups) float32, link scale; their sum is `base`.
        names: "recent_level" (the series' level above the mean level), the groups, "average" (what every answer starts from).
        error: largest absolute gap between the sum of the shares and `base`.
    """
    state = model.encode(panel, effect)
    future = state.sequences.future(state.past, plan, model.horizon_)
    columns = _columns(model)
    players = [g for g in GROUPS if g in ("recent_pattern", "identity") or columns[g].size]
    usual_future = np.broadcast_to(future.mean(axis=(0, 1)), future.shape)
    usual_hidden = tuple(tuple(np.broadcast_to(part.mean(axis=0), part.shape) for part in hidden) for hidden in state.hidden)
    shares = np.zeros((*future.shape[:2], len(model.spec_.targets), len(players)))
    for members in product((False, True), repeat=len(players)):
        present = {player for player, member in zip(players, members, strict=True) if member}
        inputs = usual_future.copy()
        for group in present:
            inputs[..., columns[group]] = future[..., columns[group]]
        hidden = tuple(_mixed(own, usual, present) for own, usual in zip(state.hidden, usual_hidden, strict=True))
        worth = model.point(model.deviations(inputs, hidden))
        shares += worth[..., None] * _weights(np.asarray(members))
        if not present:
            start = worth
    level = state.level.mean(axis=0)
    above = np.broadcast_to((state.level - level)[:, None], start.shape)
    told = np.concatenate([above[..., None], shares, (start + level)[..., None]], axis=-1).astype(np.float32)
    error = float(np.abs(told.sum(axis=-1, dtype=float) - model.decode(state, plan)).max())
    return told, ("recent_level", *players, "average"), error


def gradient_shap(model: LSTMForecaster, panel: Panel, plan: Plan, effect: np.ndarray | None = None, *, draws: int = 32, seed: int = 7) -> tuple[np.ndarray, tuple[str, ...], float]:
    """Estimate the share of every single input in each series' mean deviation over the horizon, by `shap.GradientExplainer` (TensorFlow only).

    Expected gradients are sampled: the shares need not add up, and the gap is told.

    Args:
        draws: samples per series.
        seed: seed of the samples.

    Returns:
        shares: (n_series, K, n_inputs), units of scale; inputs of the encoder are summed over their periods, those of the decoder over its steps.
        names: of the inputs, encoder first, then decoder, then "identity".
        error: mean absolute gap between the sum of the shares and the answer's distance from the mean answer, over the mean of that distance.
    """
    import keras
    import shap

    state = model.encode(panel, effect)
    future = state.sequences.future(state.past, plan, model.horizon_).astype(np.float32)
    total, answers = 0.0, 0.0
    for network, hidden in zip(model.networks_, state.hidden, strict=True):
        inputs = [state.past.inputs.astype(np.float32), future, hidden[2]]
        mean = _mean_answer(keras, network, inputs, model.config.quantiles.index(0.5))
        told = shap.GradientExplainer(mean, inputs).shap_values(inputs, nsamples=draws, rseed=seed)
        total = total + np.concatenate([told[0].sum(axis=1), told[1].sum(axis=1), told[2].sum(axis=1, keepdims=True)], axis=1)
        answers = answers + np.asarray(mean.predict_on_batch(inputs))
    shares, answers = np.moveaxis(total, 1, 2) / len(model.networks_), answers / len(model.networks_)
    distance = answers - answers.mean(axis=0)
    error = float(np.abs(shares.sum(axis=2) - distance).mean() / max(np.abs(distance).mean(), 1e-12))
    names = (*(f"past:{name}" for name in model.spec_.past_names), *model.spec_.future_names, "identity")
    return shares, names, error


def _mean_answer(keras: Any, network: Any, inputs: list[np.ndarray], middle: int) -> Any:
    """Return a model of past inputs, future inputs and embedded codes that answers (B, K), the median's mean over the horizon."""
    past, future, static = (keras.Input(x.shape[1:]) for x in inputs)
    _, *state = network.encoder.get_layer("encoder")(past)
    mean = keras.ops.mean(network.decoder([future, *state, static])[..., middle], axis=1)
    return keras.Model([past, future, static], keras.layers.Activation("linear")(mean))  # shap takes the last layer's output, and an operation is no layer


def _columns(model: LSTMForecaster) -> dict[str, np.ndarray]:
    """Return group → positions among the decoder's inputs."""
    covariates = {c.name for c in model.spec_.covariates}
    groups = [_group(name, covariates) for name in model.spec_.future_names]
    return {group: np.flatnonzero([g == group for g in groups]) for group in GROUPS}


def _group(name: str, covariates: set[str]) -> str:
    if name in covariates:
        return "covariates"
    starts = {"step": "step", "weekday_": "weekday", "rhythm:": "weekday", "recent:": "recent_pattern", "holiday": "events", "event_": "events"}
    return next((group for start, group in starts.items() if name.startswith(start)), "season")


def _mixed(own: tuple[np.ndarray, ...], usual: tuple[np.ndarray, ...], present: set[str]) -> tuple[np.ndarray, ...]:
    recurrent = own if "recent_pattern" in present else usual
    return (*recurrent[:2], own[2] if "identity" in present else usual[2])


def _weights(members: np.ndarray) -> np.ndarray:
    """Return each player's Shapley weight of one coalition's worth: positive for members, negative for the others."""
    n, size = len(members), int(members.sum())
    inside = factorial(size - 1) * factorial(n - size) if size else 0
    outside = factorial(size) * factorial(n - size - 1) if size < n else 0
    return np.where(members, inside, -outside) / factorial(n)
