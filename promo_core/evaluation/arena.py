"""The arena: what a competitor answers on shops whose true effects are known, scored against the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd

from promo_core.data.demo import DemoShop
from promo_core.data.demo_truth import measures_of_links
from promo_core.data.panel import Panel, Plan
from promo_core.evaluation.shops import BUILDING_SEEDS, FORMS, JUDGING_SEEDS, Case, Form, choose_forms, make_cases, make_shop

__all__ = ["BUILDING_SEEDS", "FORMS", "JUDGING_SEEDS", "Answer", "Case", "Competitor", "Form", "Ratio", "choose_forms", "make_cases", "make_shop", "score_competitor",
           "score_response"]

_DEPTHS = np.arange(0.0, 0.46, 0.05)


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What a competitor says of a plan and of its baseline.

    Attributes:
        plan, baseline: visitors, orders and gmv, each (n_series, H).
        plan_samples, baseline_samples: joint samples of GMV, (S, n_series, H); `None` where the competitor gives no bands.
        width: factor on a band's half-widths for a total over that many series and periods; an increment's band is never narrowed.
    """

    plan: dict[str, np.ndarray]
    baseline: dict[str, np.ndarray]
    plan_samples: np.ndarray | None = None
    baseline_samples: np.ndarray | None = None
    width: Callable[[int, int], float] = lambda n_series, n_periods: 1.0


class Competitor(Protocol):
    """Anything that answers what-ifs."""

    name: str

    def fit(self, panel: Panel) -> Self:
        """Learn from the panel's observed part."""

    def outcomes(self, plan: Plan, *, samples: bool = False) -> Answer:
        """Answer a plan over the periods after the origin, its baseline beside it."""


@dataclass
class Ratio:
    """A running Σ|estimate − truth| ÷ Σ|truth|; NaN while nothing was added."""

    error: float = 0.0
    size: float = 0.0

    def add(self, estimate: Any, truth: Any) -> None:
        """Add numbers, or arrays of numbers."""
        self.error += float(np.abs(np.asarray(estimate) - np.asarray(truth)).sum())
        self.size += float(np.abs(np.asarray(truth)).sum())

    @property
    def value(self) -> float:
        """The ratio so far."""
        return self.error / self.size if self.size else float("nan")


def score_competitor(competitor: Competitor, shop: DemoShop, *, count: int = 24, choices: int = 6) -> dict[str, float]:
    """Fit a competitor on a shop and score its answers against the truth.

    Returns:
        level_error: Σ|estimate − truth| ÷ Σ truth of baseline GMV over cells.
        conversion_error: mean relative error of the campaigns' conversion (orders ÷ visitors on promoted cells).
        increment_error, order_increment_error: Σ|estimate − truth| ÷ Σ|truth| of the campaigns' increment on promoted cells.
        increment_error_series: the same, series by series.
        net_increment_error: the same over all series and the whole horizon.
        increment_bias: Σ(estimate − truth) ÷ Σ|truth| of the campaigns' GMV increment.
        rank_correlation: Spearman's, of the net GMV increments.
        regret: margin lost by choosing the depth with its answers, as a share of the baseline margin of the campaign's cells.
        coverage_80, increment_coverage_80: share of 80 % bands on campaign totals (GMV, its increment) that hold the truth; NaN without bands.
    """
    competitor.fit(shop.panel)
    cases = make_cases(shop, count)
    tally = _Tally()
    for case in cases:
        tally.add(case, competitor.outcomes(case.plan, samples=True), shop.truth.expected(case.plan), shop.truth.expected(case.plan.without_promotions()))
    return tally.scores() | {"regret": _regret(lambda plan: competitor.outcomes(plan).plan, shop, cases[:choices])}


class _Tally:
    """Collects the errors of one competitor on one shop."""

    def __init__(self) -> None:
        self.ratios = {name: Ratio() for name in ("level_error", "increment_error", "increment_error_series", "order_increment_error", "net_increment_error")}
        self.conversion: list[float] = []
        self.pairs: list[tuple[float, float, float, float]] = []
        self.covered: list[tuple[float, float]] = []

    def add(self, case: Case, answer: Answer, plan: dict[str, np.ndarray], baseline: dict[str, np.ndarray]) -> None:
        cells = np.ix_(case.rows, np.arange(case.start, case.stop))
        told = {m: answer.plan[m] - answer.baseline[m] for m in ("orders", "gmv")}
        true = {m: plan[m] - baseline[m] for m in ("orders", "gmv")}
        self.ratios["level_error"].add(answer.baseline["gmv"], baseline["gmv"])
        self.ratios["increment_error"].add(told["gmv"][cells].sum(), true["gmv"][cells].sum())
        self.ratios["increment_error_series"].add(told["gmv"][cells].sum(axis=1), true["gmv"][cells].sum(axis=1))
        self.ratios["order_increment_error"].add(told["orders"][cells].sum(), true["orders"][cells].sum())
        self.ratios["net_increment_error"].add(told["gmv"].sum(), true["gmv"].sum())
        self.pairs.append((told["gmv"].sum(), true["gmv"].sum(), told["gmv"][cells].sum(), true["gmv"][cells].sum()))
        if "visitors" in answer.plan:
            self.conversion.append(abs(_rate(answer.plan, cells) / _rate(plan, cells) - 1.0))
        if answer.plan_samples is not None:
            totals = _cell_totals(answer.plan_samples, case), _cell_totals(answer.baseline_samples, case)
            width = answer.width(len(case.rows), case.stop - case.start)
            self.covered.append((_holds(totals[0], plan["gmv"][cells].sum(), width), _holds(totals[0] - totals[1], true["gmv"][cells].sum(), max(1.0, width))))

    def scores(self) -> dict[str, float]:
        pairs = np.array(self.pairs)
        covered = np.array(self.covered).mean(axis=0) if self.covered else np.full(2, np.nan)
        return {name: ratio.value for name, ratio in self.ratios.items()} | {
            "conversion_error": float(np.mean(self.conversion)) if self.conversion else float("nan"),
            "increment_bias": float((pairs[:, 2] - pairs[:, 3]).sum() / np.abs(pairs[:, 3]).sum()),
            "rank_correlation": float(pd.Series(pairs[:, 0]).rank().corr(pd.Series(pairs[:, 1]).rank())),
            "coverage_80": float(covered[0]), "increment_coverage_80": float(covered[1])}


def _rate(measures: dict[str, np.ndarray], cells: tuple[np.ndarray, ...]) -> float:
    return float(measures["orders"][cells].sum() / measures["visitors"][cells].sum())


def _cell_totals(samples: np.ndarray, case: Case) -> np.ndarray:
    return samples[:, case.rows, case.start: case.stop].sum(axis=(1, 2))


def _holds(samples: np.ndarray, truth: float, width: float) -> float:
    low, middle, high = np.quantile(samples, [0.1, 0.5, 0.9])
    return float(middle - width * (middle - low) <= truth <= middle + width * (high - middle))


def _regret(answer: Callable[[Plan], dict[str, np.ndarray]], shop: DemoShop, cases: list[Case]) -> float:
    """Return the margin lost by taking the depth that the answers prefer instead of the truly best, relative to the cells' baseline margin."""
    lost = usual = 0.0
    cost = shop.truth.cost_per_order[:, None]
    for case in cases:
        plans = [case.at_depth(depth) for depth in _DEPTHS]
        told = [float((m["gmv"] - m["orders"] * cost)[case.rows].sum()) for m in map(answer, plans)]
        true = [float(shop.truth.margin(plan)[case.rows].sum()) for plan in plans]
        lost += max(true) - true[int(np.argmax(told))]
        usual += float(shop.truth.margin(plans[0])[case.rows, case.start: case.stop].sum())
    return lost / usual


def score_response(response_factory: Callable[[], Any], forms: str | Iterable[str] = "all", seeds: Iterable[int] = BUILDING_SEEDS[:2], *, count: int = 24,
                   choices: int = 4) -> pd.DataFrame:
    """Score only the levers' effect, on top of the true baseline level, so that no forecaster is needed.

    Args:
        response_factory: makes an object with `fit(panel)` and `effect(panel, plan) -> (n_series, H, 3)` on the links.

    Returns:
        one row per form and seed: form, seed, the scores of `score_competitor` that don't depend on bands, and log_error,
        the root mean square error of the log uplift of GMV on promoted cells.
    """
    rows = []
    for form in choose_forms(forms):
        for seed in seeds:
            shop = make_shop(form, seed)
            response = response_factory().fit(shop.panel)
            competitor = _OnTrueLevel(shop, response)
            cases = make_cases(shop, count)
            rows.append({"form": form.name, "seed": seed, **score_competitor(competitor, shop, count=count, choices=choices), "log_error": competitor.log_error(cases)})
    return pd.DataFrame(rows).drop(columns=["coverage_80", "increment_coverage_80", "level_error"])


class _OnTrueLevel:
    """A response's effect on the true level of the baseline plan."""

    name = "response"

    def __init__(self, shop: DemoShop, response: Any) -> None:
        self.shop, self.response = shop, response
        self._silent: np.ndarray | None = None

    def fit(self, panel: Panel) -> Self:
        """Do nothing: the response is fitted already."""
        return self

    def effect(self, plan: Plan) -> np.ndarray:
        """Return what the response says the plan adds to its baseline, (n_series, H, 3)."""
        if self._silent is None or self._silent.shape[1] != plan.shape[1]:
            self._silent = self.response.effect(self.shop.panel, plan.without_promotions())
        return self.response.effect(self.shop.panel, plan) - self._silent

    def outcomes(self, plan: Plan, *, samples: bool = False) -> Answer:
        """Answer with the true baseline and the response's effect."""
        links = self.shop.truth.expected_links(plan.without_promotions())
        return Answer(plan=measures_of_links(links + self.effect(plan)), baseline=measures_of_links(links))

    def log_error(self, cases: list[Case]) -> float:
        """Return the root mean square error of the log uplift of GMV on promoted cells."""
        squares = []
        for case in cases:
            told, plan, baseline = self.outcomes(case.plan), self.shop.truth.expected(case.plan), self.shop.truth.expected(case.plan.without_promotions())
            cells = np.ix_(case.rows, np.arange(case.start, case.stop))
            squares.append(((np.log(told.plan["gmv"] / told.baseline["gmv"]) - np.log(plan["gmv"] / baseline["gmv"]))[cells] ** 2).ravel())
        return float(np.sqrt(np.concatenate(squares).mean()))
