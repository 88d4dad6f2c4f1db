"""How long an answer takes, beside composing every cell of both sides anew: `python -m benchmarks.whatif`.

Generated shop of seed 7; the response is estimated, base and noise are plain arrays of the right shape. Both sides run in turns in one process, so that a busy
machine slows both; medians are compared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

import numpy as np

from promo_core.data.demo import DemoConfig, demo_shop
from promo_core.data.panel import Panel
from promo_core.errors import Message
from promo_core.models.base import Composition
from promo_core.models.intervals import Intervals
from promo_core.models.response import Response, ResponseConfig
from promo_core.models.trained import TrainedModel
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.planning.simulate import simulate
from promo_core.settings import TrainSettings

HORIZON, SAMPLES = 28, 200


def untrained(panel: Panel) -> TrainedModel:
    """Return a model whose base is each series' mean and whose noise is normal; only its response is estimated."""
    composition = Composition.of(panel)
    level = np.nanmean(composition.links(panel)[:, : panel.n_observed], axis=1, keepdims=True)
    base = np.repeat(level, HORIZON, axis=1)
    noise = Intervals.of(np.random.default_rng(7).normal(0.0, 0.2, (12, *base.shape)), {})
    return TrainedModel(panel=panel, composition=composition, settings=TrainSettings(horizon=HORIZON, n_samples=SAMPLES), horizon=HORIZON,
                        response=Response(ResponseConfig(quick=True, threads=1)).fit(panel, composition), bases={"base": base}, noises={"base": noise},
                        weights={}, serves="base", serves_why=Message(""), scores=None)


def from_scratch(model: TrainedModel, scenario: Scenario) -> np.ndarray:
    """Draw, compose and summarise both sides cell by cell, keeping nothing: the peer."""
    baseline = model.panel.baseline_plan(HORIZON)
    noise = model.noises["base"].draw(SAMPLES, 7)
    sides = []
    for plan in (scenario.to_plan(model.panel, HORIZON), baseline):
        link = model.bases["base"] + model.response.effect(model.panel, plan)
        sides.append(model.composition.compose(link[None] + noise + model.response.draws(model.panel, plan, SAMPLES))["gmv"])
    return np.quantile(np.stack([*sides, sides[0] - sides[1]]), (0.1, 0.5, 0.9), axis=1)


def campaign_on(panel: Panel, **levers: float) -> Scenario:
    """Return a week's campaign on one category."""
    start = panel.future_periods(4)[-1].date()
    chosen = {"category": [str(panel.series["category"].iloc[0])]}
    return Scenario(name="week", campaigns=(Campaign(start=start, end=start + timedelta(days=6), discount_depth=0.25, series=chosen, **levers),))


def measure(runs: int) -> dict[str, float]:
    """Return medians in milliseconds and the ratio to the peer."""
    model = untrained(demo_shop(DemoConfig()).panel)
    scenario = campaign_on(model.panel, ad_spend=5000.0, feature=0.5)
    answers: dict[str, Callable[[], object]] = {"answer_ms": lambda: simulate(model, scenario, attribution=False), "with_attribution_ms": lambda: simulate(model, scenario),
                                                "from_scratch_ms": lambda: from_scratch(model, scenario), "response_ms": lambda: _response(model, scenario)}
    times: dict[str, list[float]] = {name: [] for name in answers}
    for turn in range(runs + 1):
        for name, call in answers.items():
            start = time.perf_counter()
            call()
            if turn:
                times[name].append(1000 * (time.perf_counter() - start))
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {"series": model.panel.n_series, **medians, "ratio_to_scratch": medians["answer_ms"] / medians["from_scratch_ms"]}


def _response(model: TrainedModel, scenario: Scenario) -> None:
    """Take the response's effect and draws alone: the part of an answer that is not composing and telling."""
    plan = scenario.to_plan(model.panel, HORIZON)
    model.response.effect(model.panel, plan)
    model.response.draws(model.panel, plan, SAMPLES)


def main() -> None:
    """Print the measurement as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    print(json.dumps({k: round(v, 2) for k, v in measure(parser.parse_args().runs).items()}, indent=1))


if __name__ == "__main__":
    main()
