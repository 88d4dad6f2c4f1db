"""A small model whose parts are quick to make, and the stand-ins for what training would fit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.errors import Message
from promo_core.models.base import Composition
from promo_core.models.trained import TrainedModel
from promo_core.settings import TrainSettings


class FakePart:
    """Something that saves and loads itself: stands for Response, Intervals and a forecaster."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def save(self, folder: Path) -> None:
        (folder / "part.json").write_text(json.dumps(self.value))

    @classmethod
    def load(cls, folder: Path) -> FakePart:
        return cls(json.loads((folder / "part.json").read_text()))


STAND_INS = {
    "promo_core.models.intervals": SimpleNamespace(Intervals=FakePart), "promo_core.models.response": SimpleNamespace(Response=FakePart),
    "promo_core.models.registry": SimpleNamespace(load_forecaster=lambda name, folder: FakePart.load(folder)),
}


def install_fakes() -> None:
    """Let `load_model` of this process find the stand-ins where it looks for the real parts."""
    sys.modules.update(STAND_INS)


def tiny_panel(seed: int = 0, n_periods: int = 40, n_observed: int = 35) -> Panel:
    """Return two series of forty days with holes, an infinity-free mix of zero and NaN, and odd names."""
    rng = np.random.default_rng(seed)
    shape = (2, n_periods)
    gmv = rng.gamma(2.0, 100.0, shape)
    gmv[0, 3], gmv[1, 4], gmv[:, n_observed:] = np.nan, -0.0, np.nan
    depth = np.where(rng.random(shape) < 0.2, 0.3, 0.0)
    periods = pd.date_range("2026-01-01", periods=n_periods, freq="D")
    plan = Plan(periods=periods, levers={"discount_depth": depth, "promo_type": (depth > 0).astype(float)}, promo_types=("none", "满减"),
                covariates={"list_price": np.where(rng.random(shape) < 0.5, np.nan, 9.99)})
    campaigns = pd.DataFrame({"series": [0], "start": [2], "end": [5], "promo_type": ["满减"], "discount_depth": [0.3], "name": ['=cmd|"<script>']})
    return Panel(series=pd.DataFrame({"segment": ["vip", "新客"], "category": ["../../etc", "a.b"]}), periods=periods, n_observed=n_observed,
                 targets={"gmv": gmv}, plan=plan, currency="CNY", campaigns=campaigns, name="tiny", fingerprint="f" * 64)


def tiny_model(seed: int = 0) -> TrainedModel:
    """Return a model of `tiny_panel`, with every optional part."""
    rng = np.random.default_rng(seed)
    base = rng.normal(5.0, 1.0, (2, 7, 1))
    return TrainedModel(
        panel=tiny_panel(seed), composition=Composition(("gmv",)), settings=TrainSettings(models=("gbm",), quick=True, seed=seed), horizon=7, response=FakePart(seed + 0.1),
        bases={"naive": base, "gbm": base + 0.1}, noises={"naive": FakePart(1.0), "gbm": FakePart(2.0)}, weights={"gbm": np.array([0.7]), "naive": np.array([0.3])},
        serves="gbm", serves_why=Message("{model} errs least: {wape}", {"model": Message("GBM"), "wape": 0.123}), scores=pd.DataFrame({"model": ["gbm"], "wape": [0.1 + 0.2]}),
        forecasters={"gbm": FakePart(3.0)}, importance=pd.DataFrame({"feature": ["lag"], "importance": [1.5]}), contributions={"gbm": rng.normal(size=(2, 7, 1, 3)).astype("float32")},
        contribution_names={"gbm": ("a", "b", "c")}, notes=(Message("{n} series", {"n": 2}),), meta={"created": "2026-01-01T00:00:00+00:00", "seconds": 1.5})
