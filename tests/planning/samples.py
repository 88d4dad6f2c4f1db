"""A trained model whose response is a formula, for tests that need answers without training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.errors import Message
from promo_core.explain.shap_views import global_importance
from promo_core.models.base import Composition
from promo_core.models.response import Spill
from promo_core.models.trained import TrainedModel
from promo_core.planning.outcome import Outcome
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.simulate import simulate
from promo_core.settings import TrainSettings

SEGMENTS = ("new", "regular", "vip", "lapsed")
CATEGORIES = ("beauty", "home", "snacks", "sports")
REPLICATES = 200
TYPES = ("none", "percent_off", "threshold_off", "gift")


@dataclass(frozen=True)
class SampleResponse:
    """U of a plan in closed form: depth and type lift, a dip after the campaign, and (where `cross` is set) a loss for the others."""

    composition: Composition
    cross: float = 0.0
    error: float = 0.15

    def effect(self, panel: Panel, plan: Plan, rows: np.ndarray | None = None) -> np.ndarray:
        """Return U, (n_series, H, K), or of some series only."""
        depth, code = plan.levers.get("discount_depth", np.zeros(plan.shape)), plan.levers.get("promo_type", np.zeros(plan.shape))
        spend = plan.levers.get("ad_spend", np.zeros(plan.shape))
        shows = sum((plan.levers[name] for name in ("feature", "display", "mailer") if name in plan.levers), np.zeros(plan.shape))
        drive = 1.6 * depth + 0.12 * (code > 0) + 0.05 * np.log1p(spend / 100.0) + 0.3 * shows + 0.4 * depth * (code == 1)
        dip = np.zeros_like(drive)
        for lag in range(1, 8):
            dip[:, lag:] -= 0.08 * 0.7**lag * drive[:, : max(0, drive.shape[1] - lag)]
        lift = drive + np.where(drive > 0, 0.0, dip)
        if self.cross and len(drive) > 1:
            lift = lift + self.cross * (drive.sum(axis=0, keepdims=True) - drive) / (len(drive) - 1)
        shares = {"visitors": 0.3, "conversion": 0.7, "orders": 1.0, "units": 1.0, "gmv": 0.7}
        parts = [lift * shares[name] if name in shares else np.log1p(-0.6 * depth) for name in self.composition.chain]
        return np.stack(parts, axis=-1) if rows is None else np.stack(parts, axis=-1)[rows]

    def spill(self, panel: Panel, plan: Plan, rows: np.ndarray, *, drawn: bool = False) -> Spill:
        """Return the series reached beyond `rows`, each with an effect of its own."""
        onto = np.setdiff1d(np.arange(panel.n_series), rows) if self.cross else np.zeros(0, dtype=int)
        effect = self.effect(panel, plan, onto) - self.effect(panel, plan.without_promotions(), onto)
        told = tuple(effect[..., k, None] for k in range(effect.shape[-1]))
        spread = tuple((part * self._scale()[:, 0, 0, 0]).astype(np.float32) for part in told)
        return Spill(onto=onto, which=np.arange(len(onto)), effects=told, deviations=spread if drawn else ())

    def past_effect(self, panel: Panel) -> np.ndarray:
        """Return U of the plan that ran, (n_series, n_observed, K)."""
        return self.effect(panel, panel.past_plan())

    def draws(self, panel: Panel, plan: Plan, n: int) -> np.ndarray:
        """Return (n, n_series, H, K) deviations proportional to the effect."""
        return self.replicates(panel, plan)[self.order(n)]

    def order(self, n: int) -> np.ndarray:
        """Return which replicate each draw takes."""
        return np.arange(n) % REPLICATES

    def replicates(self, panel: Panel, plan: Plan, rows: np.ndarray | None = None) -> np.ndarray:
        """Return (R, n_series, H, K) deviations proportional to the effect."""
        return self._scale() * self.effect(panel, plan, rows).astype(np.float32)

    def effect_drawn(self, panel: Panel, plan: Plan, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the effect and its replicates."""
        return self.effect(panel, plan, rows), self.replicates(panel, plan, rows)

    def _scale(self) -> np.ndarray:
        return np.random.default_rng(11).normal(0.0, self.error, REPLICATES).astype(np.float32)[:, None, None, None]


@dataclass(frozen=True)
class SampleNoise:
    """Noise with a part common to all series and periods and a part of each cell."""

    n_series: int
    horizon: int
    k: int

    def draw(self, n: int, seed: int) -> np.ndarray:
        """Return (n, n_series, horizon, K) float32."""
        rng = np.random.default_rng(seed)
        common = rng.normal(0.0, 0.04, (n, 1, 1, self.k))
        return (common + rng.normal(0.0, 0.15, (n, self.n_series, self.horizon, self.k))).astype(np.float32)

    def width(self, n_series: int, n_periods: int) -> float:
        """Return a factor that falls with the size of the total."""
        return 1.0 + 0.3 / np.sqrt(n_series * n_periods)


def sample_panel(*, frequency: str = "D", measures: tuple[str, ...] = ("visitors", "orders", "gmv"), currency: str | None = "CNY", n_periods: int = 220,
                 segments: tuple[str, ...] = SEGMENTS, categories: tuple[str, ...] = CATEGORIES, costs: bool = True, levers: tuple[str, ...] | None = None) -> Panel:
    """Return a panel of segments × categories with past campaigns; the last 30 periods ran without any."""
    rng = np.random.default_rng(5)
    series = pd.MultiIndex.from_product([segments, categories], names=["segment", "category"]).to_frame(index=False).astype(str)
    n, end = len(series), pd.Timestamp("2026-05-31")
    periods = pd.date_range(end=end, periods=n_periods, freq="D" if frequency == "D" else "W-SUN")
    names = levers if levers is not None else ("discount_depth", "promo_type", "ad_spend", "feature")
    values = {name: np.zeros((n, n_periods)) for name in names}
    campaigns = _past_campaigns(rng, values, n, n_periods)
    season = 1.0 + 0.2 * np.sin(2 * np.pi * np.arange(n_periods) / (7 if frequency == "D" else 52))
    promoted = np.any([v > 0 for v in values.values()], axis=0) if values else np.zeros((n, n_periods), dtype=bool)
    visitors = np.round(rng.uniform(300, 3000, (n, 1)) * season * np.where(promoted, 1.3, 1.0) * rng.lognormal(0.0, 0.1, (n, n_periods)))
    orders = np.minimum(visitors, np.round(visitors * 0.04 * np.where(promoted, 1.5, 1.0) * rng.lognormal(0.0, 0.1, (n, n_periods))) + 1)
    gmv = np.round(orders * rng.uniform(60, 200, (n, 1)) * rng.lognormal(0.0, 0.05, (n, n_periods)), 2)
    targets = {k: v for k, v in {"visitors": visitors, "orders": orders, "units": np.round(1.6 * orders), "gmv": gmv}.items() if k in measures}
    covariates = {"unit_cost": np.full((n, n_periods), 30.0), "list_price": np.full((n, n_periods), 70.0)} if costs else {}
    plan = Plan(periods=periods, levers=values, promo_types=TYPES, covariates=covariates, frequency="D" if frequency == "D" else "W-SUN")
    return Panel(series=series, periods=periods, n_observed=n_periods, targets=targets, plan=plan, frequency=plan.frequency, currency=currency,
                 campaigns=campaigns, name="sample", fingerprint="sample")


def _past_campaigns(rng: np.random.Generator, levers: dict[str, np.ndarray], n: int, n_periods: int) -> pd.DataFrame:
    rows = []
    for number, start in enumerate(range(10, n_periods - 40, 18)):
        depth, code = float(rng.choice([0.1, 0.2, 0.3])), int(rng.choice([1, 1, 2]))
        for row in rng.choice(n, size=max(1, n // 2), replace=False):
            stop = start + 6
            if "discount_depth" in levers:
                levers["discount_depth"][row, start: stop + 1] = depth
            if "promo_type" in levers:
                levers["promo_type"][row, start: stop + 1] = code
            rows.append({"series": int(row), "start": start, "end": stop, "promo_type": TYPES[code], "discount_depth": depth, "name": f"campaign {number + 1}"})
    return pd.DataFrame(rows)


def sample_model(panel: Panel | None = None, *, horizon: int | None = None, cross: float = 0.0, n_samples: int = 200, key: str = "sample") -> TrainedModel:
    """Return a model of all four members on `panel` (a 4 × 4 daily shop by default); every array is small and exact."""
    panel = panel if panel is not None else sample_panel()
    horizon = horizon or (28 if panel.frequency == "D" else 8)
    composition = Composition.of(panel)
    links = composition.links(panel)[:, : panel.n_observed]
    level = np.nanmean(links, axis=1, keepdims=True)
    wave = 0.1 * np.sin(2 * np.pi * np.arange(horizon) / 7)[None, :, None]
    bases = {name: level + wave * scale for name, scale in (("naive", 0.0), ("gbm", 1.0), ("lstm", 0.8), ("blend", 0.9))}
    noise = SampleNoise(panel.n_series, horizon, len(composition.chain))
    names = ("month", "weekday", "recent_level", "average")
    middle = np.broadcast_to(level.mean(axis=0), bases["gbm"].shape)
    parts = {name: np.stack([0.6 * scale * wave + 0 * level, 0.4 * scale * wave + 0 * level, level - middle + 0 * wave, middle], axis=-1).astype(np.float32)
             for name, scale in (("gbm", 1.0), ("lstm", 0.8))}
    model = TrainedModel(
        panel=panel, composition=composition, settings=TrainSettings(horizon=horizon, n_samples=n_samples), horizon=horizon,
        response=SampleResponse(composition, cross), bases=bases, noises=dict.fromkeys(bases, noise),
        weights={"gbm": np.full(len(composition.chain), 0.5), "lstm": np.full(len(composition.chain), 0.5)}, serves="blend",
        serves_why=Message("The blend had the smallest error in the backtest."), scores=_scores(composition, horizon),
        contributions=parts, contribution_names={"gbm": names, "lstm": names},
        meta={"created": "2026-06-01T00:00:00", "seconds": 1.0, "version": "0.1.0", "device": "cpu"}, key=key)
    return replace(model, importance=global_importance(model))


def _scores(composition: Composition, horizon: int) -> pd.DataFrame:
    rows = [{"model": model, "target": target, "fold": fold, "step": step, "wape": wape, "mape": wape * 1.1, "rmse": 100 * wape, "mae": 80 * wape, "bias": 0.01,
             "rmspe": wape * 1.2, "pinball": 10 * wape, "coverage_80": 0.8}
            for model, wape in (("naive", 0.3), ("gbm", 0.2), ("lstm", 0.22), ("blend", 0.19)) for target in composition.measures for fold in (1, 2)
            for step in (*range(1, horizon + 1), "total")]
    return pd.DataFrame(rows)


def sample_scenario(panel: Panel, *, depth: float = 0.2, length: int = 7, name: str = "618 beauty", **changes: object) -> Scenario:
    """Return a campaign of `length` days on vip beauty, from the first day after the origin on."""
    first = panel.future_periods(1)[0].date() - timedelta(days=0 if panel.frequency == "D" else 6)
    campaign = Campaign(start=first, end=first + timedelta(days=length - 1), series={"segment": ["vip"], "category": ["beauty"]},
                        promo_type="percent_off", discount_depth=depth)
    return Scenario(name=name, campaigns=(replace(campaign, **changes),))


def sample_outcome(model: TrainedModel | None = None, **changes: object) -> Outcome:
    """Return the sample scenario's answer."""
    model = model if model is not None else sample_model()
    return simulate(model, sample_scenario(model.panel, **changes))
