"""The sequence-to-sequence forecaster: an encoder LSTM over the past, a decoder LSTM over what is known ahead."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np

from promo_core.data.panel import Panel, Plan, default_horizon
from promo_core.errors import N_, ModelError, ModelFolderError
from promo_core.features.sequence_spec import SequenceSpec
from promo_core.features.sequences import Past, SequenceSet
from promo_core.features.windows import Windows, all_windows, split_windows
from promo_core.models.base import Composition, Forecaster
from promo_core.models.lstm_explain import group_shapley
from promo_core.models.lstm_network import Network, State, Trainer, build_network, device, runtime

__all__ = ["LSTMConfig", "LSTMForecaster", "LSTMState"]

Progress = Callable[[str, float, str], None]
_SPEC, _WEIGHTS = "lstm.json", "lstm_weights.npz"
_VERSION = 1
_BELOW = {1: 1.0, 2: 1.5}


@dataclass(frozen=True, kw_only=True)
class LSTMConfig:
    """How the network is built and trained; the same config and data give the same numbers on a CPU.

    Attributes:
        seed: seed of every draw.
        horizon: periods to learn; `None` takes the frequency's usual one. Longer plans are answered too.
        encoder: periods of past to read; `None` takes 56 days or 52 weeks.
        units: hidden size of both LSTMs, a multiple of 8.
        epochs: at most so many.
        refit_epochs: last epochs over all windows, those held out for early stopping included.
        batch: windows per step.
        per_epoch: windows per epoch, drawn anew each time.
        learning_rate: its peak.
        patience: epochs without a better validation loss before stopping.
        ensemble: networks of different seeds whose answers are averaged.
        quantiles: what the network answers, 0.5 among them.
        by_size: power of a series' size by which its windows count: what goes wrong in large series costs more. Where a percentage error is asked for, all count alike.
        percentage: answer with the middle (0), or with the point where a percentage error is least: its mean (1, MAPE) or its mean square (2, RMSPE).
        quick: one network, fewer windows.
        threads: CPU threads.
    """

    seed: int = 7
    horizon: int | None = None
    encoder: int | None = None
    units: int = 32
    epochs: int = 10
    refit_epochs: int = 2
    batch: int = 512
    per_epoch: int = 8192
    learning_rate: float = 6e-3
    patience: int = 4
    ensemble: int = 3
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)
    by_size: float = 0.5
    percentage: int = 0
    quick: bool = False
    threads: int = 2

    def __post_init__(self) -> None:
        if self.units < 8 or self.units % 8:
            raise ModelError(N_("`units` is a multiple of 8, so that GPU kernels fit. Received: {received}."), received=self.units)
        if 0.5 not in self.quantiles or sorted(set(self.quantiles)) != list(self.quantiles):
            raise ModelError(N_("`quantiles` rise and hold 0.5. Received: {received}."), received=str(self.quantiles))
        if self.percentage and len(self.quantiles) < 2:
            raise ModelError(N_("A percentage error's point needs quantiles beside the middle. Received: {received}."), received=str(self.quantiles))
        for name in ("epochs", "batch", "per_epoch", "ensemble", "threads"):
            if getattr(self, name) < 1:
                raise ModelError(N_("`{name}` is a count, 1 or more. Received: {received}."), name=name, received=getattr(self, name))

    def resolved(self, frequency: str) -> LSTMConfig:
        """Return the config with every open choice made for a frequency."""
        daily = frequency == "D"
        encoder = self.encoder or (56 if daily else 52)
        whole_weeks = max(7, encoder - encoder % 7) if daily else encoder
        smaller = {"ensemble": 1, "epochs": min(self.epochs, 8), "per_epoch": min(self.per_epoch, 6144), "refit_epochs": min(self.refit_epochs, 1)}
        return replace(self, horizon=self.horizon or default_horizon(frequency), encoder=whole_weeks, **(smaller if self.quick else {}))


@dataclass(frozen=True, kw_only=True, eq=False)
class LSTMState:
    """What the encoder makes of a panel's past, once: the decoder alone answers any plan from it.

    Attributes:
        sequences: the panel laid out.
        past: what its series know at the origin.
        hidden: per network of the ensemble, the encoder's state.
    """

    sequences: SequenceSet
    past: Past
    hidden: tuple[State, ...]

    @property
    def level(self) -> np.ndarray:
        """(n_series, K) level that every answer is measured from, link scale."""
        return self.sequences.centre + self.past.level


class LSTMForecaster(Forecaster):
    """Encoder over the past, decoder over the known future, static embeddings, non-crossing quantiles.

    The network learns `link − U − level`, in units shared by all series; the discount itself never reaches it.
    `report_` tells of the training: device, windows_per_second, epochs, best_epoch, seconds, loss, windows.
    """

    name = "lstm"

    def __init__(self, config: LSTMConfig | None = None) -> None:
        self.config = config or LSTMConfig()

    def fit(self, panel: Panel, effect: np.ndarray | None = None, progress: Progress | None = None) -> Self:
        """Learn from the observed part of `panel`.

        Args:
            panel: the panel; periods after its origin are never read as targets.
            effect: U of the plan that ran, (n_series, n_observed, K); `None` means zero.
            progress: called as `progress("lstm", fraction, detail)` after every epoch; what it raises stops the training and passes through.
        """
        config = self.config.resolved(panel.frequency)
        self.composition_ = Composition.of(panel)
        links = self.composition_.clean_links(panel, effect)
        self.horizon_ = config.horizon
        self.spec_ = SequenceSpec.learn(panel, links, self.composition_.chain, config.encoder)
        data = SequenceSet.of(panel, links, effect, self.spec_, ahead=self.horizon_)
        rehearsal, held_out, everything = split_windows(data, links, self.horizon_, config.seed)
        self.limit_ = _limits(links, self.spec_)
        told = _Told(progress, config.ensemble * (config.epochs + config.refit_epochs))
        networks, reports = [], []
        for member in range(config.ensemble):
            network, report = _fit_one(self.spec_, data, config, config.seed + 1000 * member, (rehearsal, held_out, everything), told)
            networks.append(network)
            reports.append(report)
            told.reach((member + 1) / config.ensemble)
        self.networks_ = tuple(networks)
        self.report_ = _summary(reports) | {"windows": len(everything)}
        return self

    def refine(self, panel: Panel, effect: np.ndarray | None = None, epochs: int = 2, progress: Progress | None = None) -> Self:
        """Train the fitted networks a little more, on newer data; categories stay those of the first fit.

        `report_["refined"]` tells the loss on the new panel's last windows before and after.

        Args:
            panel, effect, progress: as in `fit`.
            epochs: passes over drawn windows of the whole panel.
        """
        self._require_fitted("networks_")
        config = self.config.resolved(panel.frequency)
        links = self.composition_.clean_links(panel, effect)
        data = SequenceSet.of(panel, links, effect, self.spec_, ahead=self.horizon_)
        everything = all_windows(data, links, self.horizon_)
        if not len(everything):
            return self
        told = _Told(progress, len(self.networks_) * epochs)
        trainers = [_trainer(network, data, config, config.seed + 1000 * i + 500) for i, network in enumerate(self.networks_)]
        reports = [_run(trainer, config, everything, None, epochs, 0.25, told) for trainer in trainers]
        self.report_ = {**self.report_, "refined": _summary(reports) | {"windows": len(everything)}}
        return self

    def base(self, panel: Panel, plan: Plan, effect: np.ndarray | None = None) -> np.ndarray:
        """Return the forecast without any promotion, (n_series, H, K) on the link scale, never NaN: the median, or the point that the config asks for."""
        return self.decode(self.encode(panel, effect), plan)

    def quantiles(self, panel: Panel, plan: Plan, effect: np.ndarray | None = None) -> np.ndarray:
        """Return the network's own quantiles, (n_series, H, K, Q) on the link scale; they never cross."""
        return self.decode_quantiles(self.encode(panel, effect), plan)

    def encode(self, panel: Panel, effect: np.ndarray | None = None) -> LSTMState:
        """Read a panel's past, once.

        Raises:
            NotFittedError: before `fit`.
            ModelError: when the panel's frequency or targets are others than those trained on.
        """
        self._require_fitted("networks_")
        chain = Composition.of(panel).chain
        if panel.frequency != self.spec_.frequency or chain != self.spec_.targets:
            raise ModelError(N_("This network was trained on {expected}. Received {received}. Train anew on this data."),
                             expected=f"{self.spec_.frequency}: {', '.join(self.spec_.targets)}", received=f"{panel.frequency}: {', '.join(chain)}")
        sequences = SequenceSet.of(panel, self.composition_.clean_links(panel, effect), effect, self.spec_)
        past = sequences.past()
        return LSTMState(sequences=sequences, past=past, hidden=tuple(network.encode(past.inputs, sequences.codes) for network in self.networks_))

    def decode(self, state: LSTMState, plan: Plan) -> np.ndarray:
        """Return the answer (n_series, H, K) to a plan that starts right after the encoded origin: the median, or the point that the config asks for."""
        return self.point(self.decode_quantiles(state, plan))

    def point(self, quantiles: np.ndarray) -> np.ndarray:
        """Return the point of quantiles (..., Q) that answers: the middle, or below it where a percentage error counts.

        Where logs are normal with deviation σ, as the outer quantiles tell it, the mean percentage error is least σ² below the middle (at the median of
        what is weighed by one over the truth), the mean of its square 1.5 σ² (at E[1 / y] ÷ E[1 / y²]).
        """
        levels = self.config.quantiles
        middle = quantiles[..., levels.index(0.5)]
        if not self.config.percentage:
            return middle
        deviation = (quantiles[..., -1] - quantiles[..., 0]) / (NormalDist().inv_cdf(levels[-1]) - NormalDist().inv_cdf(levels[0]))
        return middle - _BELOW[self.config.percentage] * deviation**2

    def decode_quantiles(self, state: LSTMState, plan: Plan) -> np.ndarray:
        """Return the quantiles (n_series, H, K, Q) of a plan; an answer that is no number falls back to the level."""
        future = state.sequences.future(state.past, plan, self.horizon_)
        return state.level[:, None, :, None] + self.deviations(future, state.hidden)

    def deviations(self, future: np.ndarray, hidden: tuple[State, ...]) -> np.ndarray:
        """Return the quantiles (n_series, H, K, Q) about the level, link scale: the networks' mean answer, kept within what was ever seen.

        Args:
            future: decoder inputs (n_series, H, G).
            hidden: per network, the encoder's state.
        """
        answers = np.mean([network.decode(future, state) for network, state in zip(self.networks_, hidden, strict=True)], axis=0)
        bound = np.asarray(self.limit_, dtype=np.float32)[:, None]
        return np.clip(np.nan_to_num(answers, nan=0.0), -bound, bound).astype(float) * np.asarray(self.spec_.scale)[:, None]

    def importance(self, panel: Panel, plan: Plan, effect: np.ndarray | None = None) -> tuple[np.ndarray, tuple[str, ...], float]:
        """Tell each base forecast as a sum of exact Shapley values of groups of inputs.

        Returns:
            (n_series, H, K, n_groups) float32 on the link scale, the groups' names ("recent_level" first, "average" last), and the
            largest gap between the sum over groups and the base.
        """
        return group_shapley(self, panel, plan, effect)

    def save(self, folder: Path) -> None:
        """Write `lstm.json` (config, how inputs are read, report) and `lstm_weights.npz` (arrays alone)."""
        self._require_fitted("networks_")
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        told = {"version": _VERSION, "config": asdict(self.config), "spec": self.spec_.to_dict(), "horizon": self.horizon_, "limit": list(self.limit_), "report": self.report_}
        (folder / _SPEC).write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
        np.savez(folder / _WEIGHTS, **{f"network{i}.{j}": w for i, network in enumerate(self.networks_) for j, w in enumerate(network.whole.get_weights())})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote, on any backend.

        Raises:
            ModelFolderError: when a file is missing or does not fit the architecture.
        """
        folder = Path(folder)
        try:
            told = json.loads((folder / _SPEC).read_text(encoding="utf-8"))
            with np.load(folder / _WEIGHTS, allow_pickle=False) as arrays:
                weights = {name: arrays[name] for name in arrays.files}
            if told["version"] != _VERSION:
                raise ValueError(f"version {told['version']}")
            config = LSTMConfig(**{**told["config"], "quantiles": tuple(told["config"]["quantiles"])})
            model = cls(config)
            model.spec_, model.horizon_ = SequenceSpec.from_dict(told["spec"]), int(told["horizon"])
            model.composition_ = Composition(model.spec_.targets)
            model.limit_, model.report_ = tuple(told["limit"]), told["report"]
            config = config.resolved(model.spec_.frequency)
            model.networks_ = tuple(_with_weights(model.spec_, config, weights, i) for i in range(config.ensemble))
        except (OSError, KeyError, TypeError, ValueError, BadZipFile) as error:
            raise ModelFolderError(N_("This folder holds no intact network: {received}. Load another copy, or train anew."), received=str(error)[:200]) from error
        return model


class _Told:
    """Turns epochs into fractions of the whole."""

    def __init__(self, progress: Progress | None, epochs: int) -> None:
        self.progress, self.epochs, self.done, self.started = progress, epochs, 0, time.perf_counter()

    def epoch(self, loss: float, held_out: float, speed: float) -> None:
        """Tell that one more epoch is over, at `speed` windows per second."""
        self.done += 1
        if self.progress is not None:
            left = (time.perf_counter() - self.started) / self.done * (self.epochs - self.done)
            loss_told = f"loss {loss:.4f}" if np.isnan(held_out) else f"loss {loss:.4f}, held out {held_out:.4f}"
            self.progress("lstm", self.done / self.epochs, f"epoch {self.done} of {self.epochs}, {loss_told}, {speed:.0f} windows/s on {device()}, {left:.0f} s left")

    def reach(self, fraction: float) -> None:
        """Tell that the epochs up to a fraction of the whole are over, the ones that early stopping spared among them."""
        self.done = max(self.done, round(fraction * self.epochs))
        if self.progress is not None:
            self.progress("lstm", self.done / self.epochs, f"epoch {self.done} of {self.epochs}, done")


def _fit_one(spec: SequenceSpec, data: SequenceSet, config: LSTMConfig, seed: int, windows: tuple[Windows, Windows, Windows], told: _Told) -> tuple[Network, dict[str, float]]:
    """Train one network with early stopping, then a little on everything."""
    network = _built(spec, config, seed)
    rehearsal, held_out, everything = windows
    if not len(everything):
        return network, {"epochs": 0, "best_epoch": 0, "loss": float("nan"), "seconds": 0.0, "windows_per_second": 0.0}
    trainer = _trainer(network, data, config, seed)
    if not len(held_out) or not len(rehearsal):
        return network, _run(trainer, config, everything, None, max(1, config.epochs // 2), 1.0, told)
    report = _run(trainer, config, rehearsal, held_out, config.epochs, 1.0, told)
    if config.refit_epochs:
        again = _run(trainer, config, everything, None, config.refit_epochs, 0.1, told)
        report = {**report, "seconds": report["seconds"] + again["seconds"]}
    return network, report


def _trainer(network: Network, data: SequenceSet, config: LSTMConfig, seed: int) -> Trainer:
    return Trainer(network, data, horizon=config.horizon, quantiles=config.quantiles, by_size=0.0 if config.percentage else config.by_size, batch=config.batch, per_epoch=config.per_epoch, seed=seed, threads=config.threads)


def _run(trainer: Trainer, config: LSTMConfig, windows: Windows, held_out: Windows | None, epochs: int, rate: float, told: _Told) -> dict[str, float]:
    return trainer.run(windows, held_out, epochs=epochs, rate=rate * config.learning_rate, patience=config.patience, each_epoch=told.epoch)


def _built(spec: SequenceSpec, config: LSTMConfig, seed: int) -> Network:
    runtime(config.threads).utils.set_random_seed(seed)
    return build_network(spec, config.units, config.quantiles, config.threads)


def _with_weights(spec: SequenceSpec, config: LSTMConfig, weights: dict[str, np.ndarray], member: int) -> Network:
    network = _built(spec, config, config.seed)
    network.whole.set_weights([weights[f"network{member}.{j}"] for j in range(len(network.whole.weights))])
    return network


def _summary(reports: list[dict[str, float]]) -> dict[str, Any]:
    """Tell of the ensemble's training: speed of the fastest member, epochs of the longest, seconds of all."""
    best = {name: max(report[name] for report in reports) for name in ("epochs", "best_epoch", "windows_per_second")}
    return {"device": device(), **best, "seconds": sum(r["seconds"] for r in reports), "loss": float(np.mean([r["loss"] for r in reports]))}


def _limits(links: np.ndarray, spec: SequenceSpec) -> tuple[float, ...]:
    """Return (K,) how far from its level, in units of scale, an answer may lie: the widest seen, and half of it more."""
    own = links - np.nanmedian(np.where(np.isfinite(links).any(axis=1, keepdims=True), links, 0.0), axis=1, keepdims=True)
    widest = [float(np.abs(part[np.isfinite(part)]).max(initial=1.0)) for part in np.moveaxis(own, 2, 0)]
    return tuple(1.5 * w / s for w, s in zip(widest, spec.scale, strict=True))
