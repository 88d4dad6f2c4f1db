"""The sequence network and its training step, on whichever backend Keras runs: architecture from code, weights as plain arrays."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from promo_core.features.sequence_spec import SequenceSpec
from promo_core.features.sequences import Grids, Past, SequenceSet, read_future, read_past, read_targets
from promo_core.features.windows import Windows

__all__ = ["Network", "State", "Trainer", "build_network", "device", "runtime", "series_weights"]

State = tuple[np.ndarray, ...]
CHUNK = 1024
EMBEDDING = 8
MOST_WEIGHT = 1.5


@cache
def runtime(threads: int) -> Any:
    """Import Keras, give its backend `threads` threads and make it deterministic on a CPU; return the module.

    TensorFlow takes its thread count once, before its first operation: where it already runs, it keeps the count it has.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with suppress(RuntimeError):  # raised where TensorFlow already runs: it then keeps its threads
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
            for found in tf.config.list_physical_devices("GPU"):
                tf.config.experimental.set_memory_growth(found, True)
        if device() == "CPU":
            tf.config.experimental.enable_op_determinism()
    elif keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(threads)
    return keras


def device() -> str:
    """Return what the network trains on: the GPU's name, or "CPU"."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        found = tf.config.list_physical_devices("GPU")
        return str(tf.config.experimental.get_device_details(found[0]).get("device_name", "GPU")) if found else "CPU"
    if backend == "torch":
        import torch

        return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "CPU"
    found = [d for d in keras.distribution.list_devices() if "gpu" in d.lower()]
    return "GPU" if found else "CPU"


@dataclass(frozen=True)
class Network:
    """The network in the parts it is used in; all three share their weights.

    Attributes:
        encoder: past inputs (B, E, F), codes (B, D) → state: two (B, units) of the recurrence and the embedded codes (B, D · EMBEDDING).
        decoder: future inputs (B, H, G), state → quantiles (B, H, K, Q) about the level, in units of scale.
        whole: past inputs, codes, future inputs → quantiles.
    """

    encoder: Any
    decoder: Any
    whole: Any

    def encode(self, inputs: np.ndarray, codes: np.ndarray) -> State:
        """Return the encoder's state of every series."""
        parts = [self.encoder.predict_on_batch([inputs[i : i + CHUNK], codes[i : i + CHUNK]]) for i in range(0, len(inputs), CHUNK)]
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

    def decode(self, future: np.ndarray, state: State) -> np.ndarray:
        """Return quantiles (n, H, K, Q) float32."""
        inputs = (future, *state)
        parts = [self.decoder.predict_on_batch([x[i : i + CHUNK] for x in inputs]) for i in range(0, len(future), CHUNK)]
        return np.concatenate(parts)


def build_network(spec: SequenceSpec, units: int, quantiles: tuple[float, ...], threads: int) -> Network:
    """Build the architecture.

    Every LSTM keeps the default activations, bias and no recurrent dropout, and sees no mask layer, so that cuDNN kernels
    can run it. An untrained network already answers with the level and the short season's rhythm.
    """
    keras = runtime(threads)
    compute = "mixed_float16" if device() != "CPU" else "float32"
    layers, k = keras.layers, len(spec.targets)
    past = keras.Input((spec.encoder, len(spec.past_names)), name="past")
    codes = keras.Input((len(spec.vocabulary),), dtype="int32", name="codes")
    future = keras.Input((None, len(spec.future_names)), name="future")
    h, c, static = keras.Input((units,), name="h"), keras.Input((units,), name="c"), keras.Input((len(spec.vocabulary) * EMBEDDING,), name="static")

    _, *state = layers.LSTM(units, return_state=True, dtype=compute, name="encoder")(past)
    embedded = layers.Embedding(sum(len(v) + 1 for v in spec.vocabulary.values()), EMBEDDING, name="embedding")(codes)
    state.append(layers.Flatten(name="embedded")(embedded))
    encoder = keras.Model([past, codes], state, name="encode")

    inputs = layers.Concatenate(name="inputs")([future, static[:, None] + keras.ops.zeros_like(future[..., :1])])
    steps = layers.LSTM(units, return_sequences=True, dtype=compute, name="decoder")(inputs, initial_state=[h, c])
    hidden = layers.Dense(units, activation="relu", dtype=compute, name="hidden")(layers.Concatenate(name="skip")([steps, inputs]))
    head = layers.Dense(k * len(quantiles), kernel_initializer="zeros", dtype="float32", name="head")(hidden)
    known = layers.Dense(k, use_bias=False, kernel_initializer=_passing(spec), dtype="float32", name="known")(future[..., -4 * k :])
    answer = _layers(keras)["Quantiles"](k, quantiles, dtype="float32", name="quantiles")([head, known])
    decoder = keras.Model([future, h, c, static], answer, name="decode")
    whole = keras.Model([past, codes, future], decoder([future, *encoder([past, codes])]), name="network")
    return Network(encoder, decoder, whole)


def _passing(spec: SequenceSpec) -> Callable[..., np.ndarray]:
    """Initialise the linear path so that days pass their weekday rhythm and weeks their recent deviation."""
    k = len(spec.targets)
    kernel = np.zeros((4 * k, k), dtype=np.float32)
    start = 0 if spec.phases > 1 else k
    kernel[start : start + k] = np.eye(k)
    return lambda shape, dtype=None: kernel


class Trainer:
    """One network's training step, compiled once; the panel's grids lie on the device, and a batch is window numbers alone.

    Args:
        network: trained in place.
        data: the panel laid out, with `horizon` periods after its origin.
        horizon: periods to learn.
        quantiles: levels of the pinball loss.
        by_size: see `series_weights`.
        batch: windows per step.
        per_epoch: windows per epoch, drawn anew each time.
        seed: seed of the draws.
        threads: CPU threads.
    """

    def __init__(self, network: Network, data: SequenceSet, *, horizon: int, quantiles: tuple[float, ...], by_size: float, batch: int, per_epoch: int, seed: int, threads: int) -> None:
        keras = runtime(threads)
        kinds = _layers(keras)
        index = keras.Input((4,), dtype="int32", name="index")
        past, codes, future, targets, mask = kinds["Gather"](data, horizon, by_size, dtype="float32", name="gather")(index)
        loss = kinds["Pinball"](quantiles, data.spec.scale, dtype="float32", name="pinball")([network.whole([past, codes, future]), targets, mask])
        self._model = keras.Model(index, loss, name="training")
        optimizer = keras.optimizers.Adam(clipnorm=1.0)
        self._model.compile(optimizer=optimizer if device() == "CPU" else keras.optimizers.LossScaleOptimizer(optimizer), loss=_mean_of_losses)
        self._model.optimizer.build(self._model.trainable_variables)
        self._network, self._n_dimensions = network, len(data.spec.vocabulary)
        self._batch, self._per_epoch, self._rng = batch, per_epoch, np.random.default_rng(seed)

    def run(self, windows: Windows, held_out: Windows | None, *, epochs: int, rate: float, patience: int, each_epoch: Callable[[float, float, float], None]) -> dict[str, float]:
        """Train; the best epoch's weights stay where windows are held out.

        Args:
            windows, held_out: what to learn from, and what decides when to stop.
            epochs: at most so many.
            rate: peak of the learning rate, which falls to a fiftieth along a cosine.
            patience: epochs without a better held-out loss before stopping.
            each_epoch: called with the training and the held-out loss (NaN without one) and the windows learned per second; what it raises passes through.

        Returns:
            epochs, best_epoch, loss (held out, or training without), seconds, windows_per_second.
        """
        batch = min(self._batch, len(windows))
        steps = max(1, min(self._per_epoch, 4 * len(windows)) // batch)
        best = _Best(self._network.whole, patience)
        spans, started = [], time.perf_counter()
        for epoch in range(epochs):
            self._model.optimizer.learning_rate = rate * (0.02 + 0.49 * (1.0 + np.cos(np.pi * epoch / epochs)))
            index = windows.draw(steps * batch, self._n_dimensions, self._rng)
            began = time.perf_counter()
            loss = self._learn(index, batch)
            spans.append(time.perf_counter() - began)
            held = float("nan") if held_out is None else self._test(held_out.index)
            best.see(epoch + 1, loss, held)
            each_epoch(loss, held, steps * batch / max(spans[-1], 1e-9))
            if best.is_past(epoch + 1):
                break
        best.restore()
        return {"epochs": len(spans), "best_epoch": best.epoch, "loss": best.loss, "seconds": time.perf_counter() - started, "windows_per_second": steps * batch / max(min(spans), 1e-9)}

    def _learn(self, index: np.ndarray, batch: int) -> float:
        self._model.reset_metrics()
        nothing = np.zeros(batch, dtype=np.float32)
        return [self._model.train_on_batch(index[i : i + batch], nothing) for i in range(0, len(index), batch)][-1]

    def _test(self, index: np.ndarray) -> float:
        """Return the loss of held-out windows, cut to whole chunks so that the step is compiled for one shape."""
        self._model.reset_metrics()
        chunk = min(CHUNK, len(index))
        nothing = np.zeros(chunk, dtype=np.float32)
        return [self._model.test_on_batch(index[i : i + chunk], nothing) for i in range(0, len(index) - chunk + 1, chunk)][-1]


def series_weights(centre: np.ndarray, power: float) -> np.ndarray:
    """Return (n_series,) float32, how much each series' windows count: a power of its size, 1 on average.

    Args:
        centre: (n_series, K) middle of each link; their sum is the log of what they multiply to, but for conversion's logit.
        power: 0 counts all alike, 1 in proportion to their size.
    """
    sizes = centre.sum(axis=1)
    weights = np.exp(np.clip(power * (sizes - sizes.mean()), -MOST_WEIGHT, MOST_WEIGHT))
    return (weights / weights.mean()).astype(np.float32)


class _Best:
    """The weights of the best epoch so far: by held-out loss, or the last epoch where nothing is held out."""

    def __init__(self, network: Any, patience: int) -> None:
        self.network, self.patience = network, patience
        self.epoch, self.loss, self.weights = 0, float("inf"), None

    def see(self, epoch: int, loss: float, held_out: float) -> None:
        if np.isnan(held_out):
            self.epoch, self.loss = epoch, loss
        elif held_out < self.loss:
            self.epoch, self.loss, self.weights = epoch, held_out, self.network.get_weights()

    def is_past(self, epoch: int) -> bool:
        return epoch - self.epoch >= self.patience

    def restore(self) -> None:
        if self.weights is not None:
            self.network.set_weights(self.weights)


def _mean_of_losses(_: Any, losses: Any) -> Any:
    return losses


@cache
def _layers(keras: Any) -> dict[str, type]:
    """Define the parts that Keras has no layer for, once Keras is there."""
    ops = keras.ops

    class Gather(keras.layers.Layer):
        """Windows by number → past inputs, codes, future inputs, targets, mask; the grids lie on the device."""

        def __init__(self, data: SequenceSet, horizon: int, by_size: float, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.spec, self.length, self.horizon = data.spec, data.length, horizon
            self._grids = Grids(*(ops.convert_to_tensor(grid) for grid in data.grids))
            self._codes = ops.convert_to_tensor(data.codes)
            self._unknown = data.spec.unknown_codes()
            self._by_size = ops.convert_to_tensor(series_weights(data.centre, by_size))

        def call(self, index: Any) -> tuple[Any, ...]:
            rows, origins = index[:, 0], index[:, 1]
            past: Past = read_past(ops, self._grids, self.spec, self.length, rows, origins)
            future = read_future(ops, self._grids, self.spec, self.length, rows, origins, self.horizon, past)
            targets, mask = read_targets(ops, self._grids, self.spec, self.length, rows, origins, self.horizon, past, index[:, 3])
            hidden = index[:, 2:3] == np.arange(len(self._unknown), dtype=np.int32)
            mask = mask * ops.take(self._by_size, rows)[:, None, None]
            return past.inputs, ops.where(hidden, self._unknown, ops.take(self._codes, rows, axis=0)), future, targets, mask

    class Quantiles(keras.layers.Layer):
        """A median and what softplus steps add to either side of it: quantiles that never cross, (B, H, K, Q)."""

        def __init__(self, k: int, quantiles: tuple[float, ...], **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.k, self.n, self.middle = k, len(quantiles), quantiles.index(0.5)

        def call(self, inputs: list[Any]) -> Any:
            head, known = inputs
            parts = [head[..., i * self.k : (i + 1) * self.k] for i in range(self.n)]
            answers = {self.middle: parts[self.middle] + known}
            for i in range(self.middle + 1, self.n):
                answers[i] = answers[i - 1] + ops.softplus(parts[i])
            for i in range(self.middle - 1, -1, -1):
                answers[i] = answers[i + 1] - ops.softplus(parts[i])
            return ops.stack([answers[i] for i in range(self.n)], axis=-1)

    class Pinball(keras.layers.Layer):
        """Quantiles, targets, mask → (B,) mean pinball loss of each window; what is unobserved counts nothing, and a target as much as its links vary."""

        def __init__(self, quantiles: tuple[float, ...], scale: tuple[float, ...], **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.levels = np.asarray(quantiles, dtype=np.float32)
            self.worth = (np.asarray(scale) / max(scale)).astype(np.float32)[:, None]

        def call(self, inputs: list[Any]) -> Any:
            answers, targets, mask = inputs
            off = targets[..., None] - answers
            return ops.mean(ops.maximum(self.levels * off, (self.levels - 1.0) * off) * self.worth * mask[..., None], axis=(1, 2, 3))

    return {"Gather": Gather, "Quantiles": Quantiles, "Pinball": Pinball}
