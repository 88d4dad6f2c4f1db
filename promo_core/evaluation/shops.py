"""Shops of several forms whose true effects are known, and random questions about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from promo_core.data.demo import DemoConfig, DemoShop, demo_shop
from promo_core.data.panel import Panel, Plan, default_horizon
from promo_core.errors import N_, PromoError

__all__ = ["BUILDING_SEEDS", "FORMS", "JUDGING_SEEDS", "Case", "Form", "choose_forms", "make_cases", "make_shop"]

BUILDING_SEEDS = range(1000, 2000)
JUDGING_SEEDS = range(9000, 9100)
_BASE = DemoConfig(n_segments=4, n_categories=3, n_channels=2, n_periods=560)
_WEEKLY = replace(_BASE, frequency="W-SUN", n_periods=130)


@dataclass(frozen=True, kw_only=True)
class Form:
    """A kind of shop.

    Attributes:
        about: what is special about it, a marked text.
        confounded: whether the past follows demand; the bars differ.
        large: left out unless asked for.
    """

    name: str
    about: str
    config: DemoConfig
    confounded: bool = True
    large: bool = False


FORMS: tuple[Form, ...] = (
    Form(name="hill", about=N_("S-shaped response"), config=_BASE),
    Form(name="hill_extreme_confounding", about=N_("S-shaped, depth follows demand closely"), config=replace(_BASE, confounding=0.95)),
    Form(name="threshold_traffic", about=N_("Threshold, led by traffic"), config=replace(_BASE, form="threshold", traffic_share=0.85)),
    Form(name="log_conversion_fatigue", about=N_("Log, led by conversion, with fatigue"), config=replace(_BASE, form="log", traffic_share=0.1, fatigue=0.5)),
    Form(name="elastic_strong", about=N_("Strong response"), config=replace(_BASE, form="elastic", strength=0.9, pull_forward=0.3)),
    Form(name="weak", about=N_("Weak response"), config=replace(_BASE, strength=0.3)),
    Form(name="event_interaction_no_common_shock", about=N_("Stronger on great events"), config=replace(_BASE, event_interaction=0.6, common_shock=0.0)),
    Form(name="no_spillover", about=N_("No echo in time or on siblings"), config=replace(_BASE, form="log", pull_forward=0.0, cannibalisation=0.0, fatigue=0.0)),
    Form(name="cannibal", about=N_("Series take from one another"), config=replace(_BASE, cannibalisation=0.35, pull_forward=0.25)),
    Form(name="stockouts", about=N_("With stock-outs"), config=replace(_BASE, stockout=0.12)),
    Form(name="flash_days", about=N_("Flash days only"), config=replace(_BASE, flash_only=True, promo_share=0.08, form="elastic")),
    Form(name="distress", about=N_("Cuts when demand is low"), config=replace(_BASE, confounding=-0.7)),
    Form(name="weekly_hill", about=N_("Weekly, S-shaped"), config=_WEEKLY),
    Form(name="weekly_log_traffic", about=N_("Weekly, log, led by traffic"), config=replace(_WEEKLY, form="log", traffic_share=0.8, pull_forward=0.3)),
    Form(name="small_noisy", about=N_("Small and noisy"), config=replace(_BASE, n_segments=2, n_categories=2, size=0.15, noise=1.5, n_periods=365)),
    Form(name="random_hill", about=N_("At random, S-shaped"), config=replace(_BASE, confounding=0.0), confounded=False),
    Form(name="random_threshold", about=N_("At random, threshold"), config=replace(_BASE, confounding=0.0, form="threshold"), confounded=False),
    Form(name="random_weekly", about=N_("At random, weekly"), config=replace(_WEEKLY, confounding=0.0, form="elastic"), confounded=False),
    Form(name="large", about=N_("2,000 series"), config=replace(_BASE, n_segments=10, n_categories=20, n_channels=10, n_periods=400), large=True),
)


def choose_forms(names: str | Iterable[str] = "all") -> tuple[Form, ...]:
    """Return forms by name; "all" means all but the large ones.

    Raises:
        PromoError: when a name is unknown.
    """
    if names == "all":
        return tuple(form for form in FORMS if not form.large)
    wanted = [names] if isinstance(names, str) else list(names)
    known = {form.name: form for form in FORMS}
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise PromoError(N_("The arena has the forms {expected}. Received: {received}."), expected=", ".join(known), received=", ".join(unknown))
    return tuple(known[name] for name in wanted)


def make_shop(form: Form, seed: int) -> DemoShop:
    """Generate one shop of a form."""
    return demo_shop(replace(form.config, seed=seed))


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One question: a campaign on `rows` over the periods `start` to `stop` (exclusive) of the horizon."""

    plan: Plan
    rows: np.ndarray
    start: int
    stop: int
    depth: float

    def at_depth(self, depth: float) -> Plan:
        """Return the same campaign at another depth; at depth 0 nothing runs."""
        levers = {k: v.copy() for k, v in self.plan.levers.items()}
        cells = np.ix_(self.rows, np.arange(self.start, self.stop))
        levers["discount_depth"][cells] = depth
        if depth == 0:
            levers = {k: np.zeros_like(v) for k, v in levers.items()}
        return replace(self.plan, levers=levers)


def make_cases(shop: DemoShop, count: int = 24, horizon: int | None = None) -> list[Case]:
    """Draw random questions: depth × start × length × selection × type, all within what the past has seen."""
    panel = shop.panel
    horizon = horizon or default_horizon(panel.frequency)
    rng = np.random.default_rng([shop.config.seed, 99])
    deepest = panel.past_plan().levers["discount_depth"].max()
    return [_case(panel, horizon, min(0.45, deepest), rng) for _ in range(count)]


def _case(panel: Panel, horizon: int, deepest: float, rng: np.random.Generator) -> Case:
    baseline = panel.baseline_plan(horizon)
    selection = {d: [str(rng.choice(panel.series[d].unique()))] for d in panel.dimensions if rng.random() < 0.45}
    rows = np.flatnonzero(panel.match(selection))
    used = panel.past_plan().levers["promo_type"]
    words = [k for k in range(1, len(panel.plan.promo_types)) if (used == k).mean() >= 0.01] or [1]
    kind = int(rng.choice(words))
    longest = (2 if panel.plan.promo_types[kind] == "flash_sale" else 14) if panel.frequency == "D" else 3
    length = int(rng.integers(min(3, longest - 1) if longest > 3 else 1, longest + 1))
    start = int(rng.integers(0, horizon - length + 1))
    depth = round(float(rng.uniform(0.08, deepest)), 2)
    levers = {k: v.copy() for k, v in baseline.levers.items()}
    cells = np.ix_(rows, np.arange(start, start + length))
    levers["discount_depth"][cells], levers["promo_type"][cells] = depth, kind
    return Case(plan=replace(baseline, levers=levers), rows=rows, start=start, stop=start + length, depth=depth)
