"""Fine-tuning: going on from a trained model on newer data, in a fraction of a full training, and saying what changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel
from promo_core.errors import N_, ModelError
from promo_core.evaluation.backtest import Progress
from promo_core.evaluation.certificate import lever_certificate
from promo_core.evaluation.evidence import lever_evidence
from promo_core.evaluation.metrics import wape
from promo_core.evaluation.placebo import placebo_checks
from promo_core.evaluation.training import notes_of, serving_of
from promo_core.models.base import Composition, Forecaster
from promo_core.models.blend import blended
from promo_core.models.intervals import main_measure
from promo_core.models.registry import make_forecaster
from promo_core.models.response import Response, ResponseConfig
from promo_core.models.trained import TrainedModel

__all__ = ["fine_tune"]

EPOCHS = 2


def fine_tune(model: TrainedModel, panel: Panel, *, progress: Progress | None = None) -> TrainedModel:
    """Return a model that goes on from `model` on a panel with newer periods of the same series.

    What levers do is estimated anew on all of the past; trees get some more trees, the network a few more epochs from the weights it has
    (in place: load the folder again to have it as it was). Blend, bands and backtest stay the first training's: they cost the most and
    change the least. `meta["tuned"]` says what changed: how many periods are new, how well the first model had forecast them, how far the
    next forecast moved, and what each lever did before and does now.

    Args:
        model: loaded with its forecasters.
        panel: same series, targets and frequency; a later origin.
        progress: told (stage, fraction 0–1, detail); what it raises ends the training.

    Raises:
        ModelError: when the model has no forecasters with it, or the panel is of other series, targets or frequency, or no newer.
    """
    tell = progress or (lambda stage, fraction, detail: None)
    _require_kin(model, panel)
    met = _met(model, panel)
    tell("response", 0.0, "")
    settings = model.settings
    response = Response(ResponseConfig(seed=settings.seed, threads=settings.threads, quick=settings.quick)).fit(panel, model.composition)
    past, plan = response.past_effect(panel), panel.baseline_plan(model.horizon)
    before = {name: f.base(panel, plan, model.response.past_effect(panel)) for name, f in model.forecasters.items()}
    forecasters = {name: _gone_on(model, name, panel, past, tell) for name in model.forecasters}
    bases = {name: f.base(panel, plan, past) for name, f in forecasters.items()}
    bases["blend"], before["blend"] = blended(bases, model.weights), blended(before, model.weights)
    tell("certificate", 0.0, "")
    certificate = lever_certificate(panel, response, model.composition, bases)
    placebo = placebo_checks(panel, response, model.composition, seed=settings.seed)
    serves, why = serving_of(model.scores, model.composition, certificate, set(bases))
    tuned = {**met, "from": model.key, "moved": _moved(model.composition, before[serves], bases[serves]), "levers": _levers(model.certificate, certificate, serves)}
    meta = {**model.meta, "fingerprint": panel.fingerprint, "data": panel.name, "network": _network(forecasters), "tuned": tuned}
    return replace(model, panel=panel, response=response, bases=bases, forecasters=forecasters, certificate=certificate, serves=serves, serves_why=why,
                   evidence=lever_evidence(panel, response, placebo), placebo=placebo, notes=notes_of(panel, response), importance=None, contributions={},
                   contribution_names={}, shap_points=None, meta=meta, key="")


def _require_kin(model: TrainedModel, panel: Panel) -> None:
    if not model.forecasters:
        raise ModelError(N_("This model was loaded without its forecasters, and can't be trained further. Load it with `forecasters=True`."))
    expected, received = ({"frequency": p.frequency, "targets": ", ".join(Composition.of(p).chain), "series": len(p.labels())} for p in (model.panel, panel))
    if expected != received or sorted(model.panel.labels()) != sorted(panel.labels()):
        raise ModelError(N_("To go on from a model, the data has its series, targets and frequency. Expected {expected}; received {received}. Train anew instead."),
                         expected=_told(expected), received=_told(received))
    if panel.labels() != model.panel.labels():
        raise ModelError(N_("To go on from a model, its series come in the same order. Train anew instead."))
    if panel.origin <= model.panel.origin:
        raise ModelError(N_("There is nothing newer to learn from: the model knows all up to {expected}, the data ends on {received}. Add the newest periods."),
                         expected=f"{model.panel.origin:%Y-%m-%d}", received=f"{panel.origin:%Y-%m-%d}")


def _told(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _met(model: TrainedModel, panel: Panel) -> dict[str, Any]:
    """Return how many periods are new, and the WAPE with which the model and seasonal naive had forecast the first of them; `None` where it can't be told."""
    start = int(panel.periods.searchsorted(model.panel.origin, side="right"))
    told: dict[str, Any] = {"new_periods": panel.n_observed - start, "wape": None, "wape_naive": None}
    measure = main_measure(model.composition)
    if start == 0 or panel.periods[start - 1] != model.panel.origin or measure not in panel.targets:
        return told
    effect = model.response.effect(model.panel, panel.until(start).future_plan(model.horizon))
    actual = panel.targets[measure][:, start : min(start + model.horizon, panel.n_observed)]
    for name, member in (("wape", model.serves), ("wape_naive", "naive")):
        forecast = model.composition.compose(model.bases[member] + effect)[measure][:, : actual.shape[1]]
        error = float(wape(actual, forecast))
        told[name] = error if np.isfinite(error) else None
    return told


def _gone_on(model: TrainedModel, name: str, panel: Panel, past: np.ndarray, tell: Progress) -> Forecaster:
    tell(name, 0.0, "")
    earlier = model.forecasters[name]
    if name == "gbm":
        from promo_core.models.gbm_refine import refined

        return refined(earlier, panel, past)
    if name == "lstm":
        return earlier.refine(panel, past, epochs=EPOCHS, progress=tell)
    return make_forecaster(name, model.settings, model.horizon).fit(panel, past)


def _moved(composition: Composition, before: np.ndarray, after: np.ndarray) -> float:
    """Return how far the serving member's forecast without promotion moved: Σ|after − before| ÷ Σ before of the main measure."""
    measure = main_measure(composition)
    return float(wape(composition.compose(before)[measure], composition.compose(after)[measure]))


def _levers(before: pd.DataFrame | None, after: pd.DataFrame, member: str) -> list[dict[str, Any]]:
    """Return what each lever did and does per target in one member's forecast (log ratio at the most seen); `None` where it was not known."""
    knew, knows = ({} if frame is None or "model" not in frame else {(r.lever, r.target): float(r.effect) for r in frame[frame["model"] == member].itertuples()} for frame in (before, after))
    return [{"lever": lever, "target": target, "before": knew.get((lever, target)), "after": knows.get((lever, target))} for lever, target in dict.fromkeys([*knew, *knows])]


def _network(forecasters: dict[str, Forecaster]) -> dict[str, Any]:
    return dict(getattr(forecasters.get("lstm"), "report_", {}))
