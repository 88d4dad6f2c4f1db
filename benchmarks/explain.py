"""How long explanations take: exact shares of six levers on 16 series × 28 days, and SHAP of the rows an answer shows: `python -m benchmarks.explain`.

Peers in the same run, in turns, medians compared: asking each of the 64 coalitions by itself, and `shap.TreeExplainer` on the same rows.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.whatif import HORIZON, untrained
from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.data.panel import Panel
from promo_core.models.gbm import GBMConfig, GBMForecaster
from promo_core.planning.compare import explain_difference
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.simulate import simulate
from promo_core.schema import LEVERS

BAR_MS = 400
OFF = {"discount_depth": 0.0, "promo_type": None, "ad_spend": 0.0, "feature": 0.0, "display": 0.0, "mailer": 0.0}
ON = {"discount_depth": 0.25, "promo_type": "coupon", "ad_spend": 5000.0, "feature": 0.5, "display": 0.5, "mailer": 0.5}


def six_lever_panel() -> Panel:
    """Return 16 daily series whose past moved all six levers."""
    panel = demo_shop(DemoConfig(n_segments=4, n_categories=2, n_channels=2, n_periods=420)).panel
    rng, on = np.random.default_rng(7), panel.plan.levers["discount_depth"] > 0
    extra = {name: np.where(on & (rng.random(on.shape) < 0.4), 0.5, 0.0) for name in ("display", "mailer")}
    return replace(panel, plan=replace(panel.plan, levers={**panel.plan.levers, **extra}))


def scenario_of(panel: Panel, members: tuple[str, ...] = LEVERS) -> Scenario:
    """Return a week's campaign on all series that moves some of the levers."""
    start = panel.future_periods(4)[-1].date()
    return Scenario(name="six", horizon=HORIZON, campaigns=(Campaign(start=start, end=start + timedelta(days=6), **{name: (ON if name in members else OFF)[name] for name in LEVERS}),))


def one_by_one(model: object, panel: Panel) -> None:
    """Answer each of the 64 coalitions by itself: the peer."""
    for mask in range(2 ** len(LEVERS)):
        simulate(model, scenario_of(panel, tuple(name for i, name in enumerate(LEVERS) if mask >> i & 1)), attribution=False)


def medians(calls: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Return the median of each call in milliseconds of the clock, and of the processor (which a busy machine does not stretch), called in turns; the first turn is not counted."""
    times: dict[str, list[float]] = {name: [] for call in calls for name in (f"{call}_ms", f"{call}_cpu_ms")}
    for turn in range(runs + 1):
        for name, call in calls.items():
            began, spent = time.perf_counter(), time.process_time()
            call()
            if turn:
                times[f"{name}_ms"].append(1000 * (time.perf_counter() - began))
                times[f"{name}_cpu_ms"].append(1000 * (time.process_time() - spent))
    return {name: statistics.median(values) for name, values in times.items()}


def attribution(runs: int) -> dict[str, float]:
    """Time the answer without and with shares, the difference of two scenarios, and the peer."""
    panel = six_lever_panel()
    model, scenario = untrained(panel), scenario_of(panel)
    other = Scenario(name="other", horizon=HORIZON, campaigns=(replace(scenario.campaigns[0], **{**ON, "discount_depth": 0.1, "promo_type": "gift", "ad_spend": 500.0, "feature": 0.0, "display": 0.0,
                                                                                                  "mailer": 0.0}),))
    told = medians({"answer": lambda: simulate(model, scenario, attribution=False), "with_shares": lambda: simulate(model, scenario), "difference": lambda: explain_difference(model, other, scenario),
                    "one_by_one": lambda: one_by_one(model, panel)}, runs)
    return {"series": panel.n_series, "levers": len(simulate(model, scenario).attribution), **told, "shares_ms": told["with_shares_ms"] - told["answer_ms"], "shares_cpu_ms": told["with_shares_cpu_ms"] - told["answer_cpu_ms"],
            "bar_ms": BAR_MS, "shares_to_one_by_one": (told["with_shares_cpu_ms"] - told["answer_cpu_ms"]) / told["one_by_one_cpu_ms"]}


def shap_values(runs: int) -> dict[str, float]:
    """Time LightGBM's own contributions and `shap.TreeExplainer` on the rows of one answer, and tell how far apart they are."""
    import shap

    panel = six_lever_panel()
    fitted = GBMForecaster(GBMConfig(horizon=HORIZON, threads=2)).fit(panel)
    boosters, matrix = fitted._futures(panel, panel.baseline_plan(HORIZON), None)[0]
    booster, rows = boosters[0], matrix.values
    explainer = shap.TreeExplainer(booster)
    gap = float(np.abs(booster.predict(rows, pred_contrib=True)[:, :-1] - explainer.shap_values(rows)).max())
    told = medians({"own_shap": lambda: booster.predict(rows, pred_contrib=True, num_threads=2), "tree_explainer": lambda: shap.TreeExplainer(booster).shap_values(rows)}, runs)
    return {"shap_rows": len(rows), "shap_trees": booster.num_trees(), **told, "largest_gap": gap}


def main() -> None:
    """Print the measurement as JSON, and write it where `--out` says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explain", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    told = {k: round(v, 3) if v > 1e-3 else float(f"{v:.1e}") for k, v in (attribution(options.runs) | shap_values(options.runs)).items()}
    print(json.dumps(told, indent=1))
    if options.out:
        options.out.write_text("measure,value\n" + "".join(f"{k},{v}\n" for k, v in told.items()), encoding="utf-8")


if __name__ == "__main__":
    main()
