"""Do bands of increments hold the truth as often where the past is thin? `python -m benchmarks.support --seeds 2`; `--factors 1,1.4,2` tries others, for choosing them.

Random campaigns on generated shops, depths up to nearly twice the deepest ever run; the response's draws on the true level, so that nothing but the effect is uncertain. Per support grade:
how often the 80 % band of the campaign days' increment holds the true one, as the response draws it and as an answer widens it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from promo_core.data.demo import DemoShop
from promo_core.data.demo_truth import measures_of_links
from promo_core.evaluation.shops import BUILDING_SEEDS, JUDGING_SEEDS, choose_forms, make_shop
from promo_core.models.response import Response, ResponseConfig
from promo_core.planning.cautions import deepest
from promo_core.planning.scenario import Campaign, Scenario, campaign_cells
from promo_core.planning.support import WIDER, support
from promo_core.planning.tally import band

FORMS = "hill,threshold_traffic,log_conversion_fatigue,elastic_strong,small_noisy,weekly_hill"
DRAWS, HORIZON = 80, 28


def campaigns(shop: DemoShop, count: int, rng: np.random.Generator) -> Iterator[Scenario]:
    """Deal campaigns of any type, length and depth on one segment each."""
    panel, ever = shop.panel, deepest(shop.panel)
    periods, step = panel.future_periods(HORIZON), 1 if panel.frequency == "D" else 7
    segments, types = sorted(panel.series["segment"].unique()), panel.plan.promo_types[1:]
    for _ in range(count):
        first = int(rng.integers(0, HORIZON - 8))
        start = periods[first].date() - timedelta(days=step - 1)
        days = step * int(rng.integers(2, 8 if step == 1 else 4))
        yield Scenario(name="dealt", campaigns=(Campaign(start=start, end=start + timedelta(days=days - 1), series={"segment": [str(rng.choice(segments))]}, promo_type=str(rng.choice(types)),
                                                         discount_depth=float(np.round(rng.uniform(0.03, min(1.9 * ever, 0.9)), 2))),))


def answers(shop: DemoShop, count: int, seed: int, factors: tuple[float, ...] = ()) -> Iterator[dict[str, object]]:
    """Ask for random campaigns, and tell for each its grade and whether the bands hold the truth."""
    panel = shop.panel
    response = Response(ResponseConfig(threads=1, quick=True)).fit(panel)
    silent = panel.baseline_plan(HORIZON)
    links = shop.truth.expected_links(silent)
    for scenario in campaigns(shop, count, np.random.default_rng(seed)):
        plan = scenario.to_plan(panel, HORIZON)
        cells = campaign_cells(scenario, panel, plan)
        truth = float((shop.truth.expected(plan)["gmv"] - shop.truth.expected(silent)["gmv"])[cells].sum())
        effect = response.effect(panel, plan) - response.effect(panel, silent)
        spread = response.draws(panel, plan, DRAWS) - response.draws(panel, silent, DRAWS)
        base, graded = measures_of_links(links)["gmv"][cells].sum(), support(scenario, panel)
        row: dict[str, object] = {"grade": graded.grade, "beyond": scenario.campaigns[0].discount_depth > deepest(panel)}
        told = np.array([measures_of_links(links + effect + draw)["gmv"][cells].sum() for draw in spread]) - base
        for name, wider in (("as_drawn", 1.0), ("widened", WIDER[graded.grade]), *((f"x{factor:g}", factor) for factor in factors)):
            low, _, high = band(told, wider)
            row |= {name: low <= truth <= high, f"{name}_width": (high - low) / abs(truth)}
        yield row


def main() -> None:
    """Print coverage by grade."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.support", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--count", type=int, default=40, help="campaigns per shop")
    parser.add_argument("--judging", action="store_true", help="judging seeds instead of building seeds")
    parser.add_argument("--factors", default="", help="print how often bands widened by these factors hold the truth, with commas")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    factors = tuple(map(float, filter(None, options.factors.split(","))))
    seeds = (JUDGING_SEEDS if options.judging else BUILDING_SEEDS)[: options.seeds]
    rows = pd.DataFrame([row for form in choose_forms(FORMS.split(",")) for seed in seeds for row in answers(make_shop(form, seed), options.count, seed, factors)])
    table = rows.groupby("grade").agg(campaigns=("as_drawn", "size"), beyond=("beyond", "mean"), as_drawn=("as_drawn", "mean"), widened=("widened", "mean"),
                                      width_as_drawn=("as_drawn_width", "median"), width_widened=("widened_width", "median")).round(3)
    print(table.to_string())
    if factors:
        print(rows.groupby("grade")[[f"x{factor:g}" for factor in factors]].mean().round(3).to_string())
    if options.out:
        table.reset_index().to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
