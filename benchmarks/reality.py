"""The response against what is known of real promotions: `python -m benchmarks.reality --out benchmarks/results/reality.csv`.

`fact` is the public number (shared/data/README.md), `seen` the same taken from the cells used here, `told` what the response says of those cells as they ran (echoes of other
promotions included), `told_alone` the own effect only. Facts of Frat, Rossmann and OJ are ratios to unpromoted periods, not effects: what goes with a promotion is in them.
Hillstrom's are effects, by randomisation: `low` and `high` are the truth's 95 % confidence interval, or the bar, and `kept` says whether it holds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.hillstrom import lift_interval, read_trial, told_rates, true_rates
from promo_core.data.inspection import inspect
from promo_core.data.mapping import Mapping
from promo_core.data.panel import Panel
from promo_core.models.response import Response, ResponseConfig

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
COLUMNS = ["data", "what", "fact", "low", "high", "seen", "told", "told_alone", "kept"]
RANKS_KEPT = 0.9
FRAT_TYPES = {"tpr_only": 1.27, "display": 1.65, "feature": 2.33, "feature+display": 3.84}
FRAT_DEPTHS = {(0.10, 0.15): 1.30, (0.15, 0.20): 1.50, (0.20, 0.25): 1.83, (0.25, 0.30): 2.50, (0.30, 0.40): 3.00}
OJ_DEPTHS = {(0.20, 0.30): 2.4, (0.30, 0.40): 4.1, (0.40, 0.50): 5.3}
ROSSMANN_DAYS = {"Monday": 1.57, "Tuesday": np.nan, "Wednesday": np.nan, "Thursday": np.nan, "Friday": 1.22}
WEEKS_PER_ARM, DEALS = (4, 8, 13, 26), 4


class _Asked:
    """A panel, its fitted response, and what both say of a set of cells."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.plan = panel, panel.past_plan()
        self.response = Response(ResponseConfig(threads=1)).fit(panel)
        self.as_it_ran, self.alone = self.response.past_effect(panel), self.response.own_effect(panel, self.plan)

    def ratios(self, measure: str) -> np.ndarray:
        """Return (n_series, T) a measure over its series' median unpromoted period."""
        values = np.where(self.panel.observed(measure) > 0, self.panel.observed(measure), np.nan)
        return values / np.nanmedian(np.where(self.plan.promoted, np.nan, values), axis=1, keepdims=True)

    def row(self, data: str, what: str, fact: float, cells: np.ndarray, seen: np.ndarray, links: slice) -> dict[str, Any]:
        """Return medians over cells; `links` says which of the chain multiply to the measure seen."""
        cells = cells & np.isfinite(seen)
        told = [float(np.median(np.exp(effect[..., links].sum(axis=-1)[cells]))) for effect in (self.as_it_ran, self.alone)]
        return {"data": data, "what": what, "fact": fact, "seen": float(np.median(seen[cells])), "told": told[0], "told_alone": told[1]}


def frat() -> Iterator[dict[str, Any]]:
    """Units by promotion type and by depth: every fifth store, every product, weekly."""
    asked = _Asked(_every(_panel("frat/store_upc_week.csv.gz", drop=("orders",)), "store", 5))
    units, plan = asked.ratios("units"), asked.plan
    for word, fact in FRAT_TYPES.items():
        yield asked.row("Frat", f"units, {word}", fact, plan.levers["promo_type"] == plan.promo_types.index(word), units, slice(0, 1))
    yield from _by_depth(asked, "Frat", FRAT_DEPTHS, units)


def orange_juice() -> Iterator[dict[str, Any]]:
    """Units by depth: every third store, every product, weekly."""
    asked = _Asked(_every(_panel("oj/store_brand_week.csv.gz"), "store", 3))
    yield from _by_depth(asked, "Orange juice", OJ_DEPTHS, asked.ratios("units"))


def rossmann() -> Iterator[dict[str, Any]]:
    """Sales and customers of promotion days over other days of the same weekday: every twelfth store, daily."""
    asked = _Asked(_every(_panel("rossmann/store_day.csv.gz"), "store", 12))
    day = asked.panel.periods[: asked.panel.n_observed].day_of_week.to_numpy()
    sales, customers = (_over_same_weekday(asked, measure, day) for measure in ("gmv", "visitors"))
    on = asked.plan.promoted
    yield asked.row("Rossmann", "sales, all weekdays", 1.365, on, sales, slice(0, 2))
    yield asked.row("Rossmann", "customers, all weekdays", 1.192, on, customers, slice(0, 1))
    for number, (name, fact) in enumerate(ROSSMANN_DAYS.items()):
        yield asked.row("Rossmann", f"sales, {name}", fact, on & (day == number), sales, slice(0, 2))


def double11() -> Iterator[dict[str, Any]]:
    """Units by item and day of Tmall beauty around Double-11; the sale's counter ran on 11 and 12 November."""
    frame = pd.read_csv(DATA / "double11" / "item_day.csv.gz", usecols=["date", "brand", "item_id", "units"]).query("units >= 0 or units.isna()")
    frame = frame.assign(promo=frame["date"].isin(["2016-11-11", "2016-11-12"]).astype(int))
    mapping = Mapping(columns={"date": "date", "brand": "brand", "product": "item_id", "promo_type": "promo", "units": "units"}, options={"dimensions": ("brand", "product")})
    asked = _Asked(inspect(frame.to_csv(index=False).encode(), filename="double11.csv", mapping=mapping).panel)
    units = np.nan_to_num(asked.panel.observed("units"))
    usual = np.nanmean(np.where(asked.plan.promoted.any(axis=0), np.nan, units.sum(axis=0))[:5])
    for what, days, fact in (("units, the day itself", [5], 22.0), ("units, two days later (the trough)", [7, 8], 13.0 / 87.0)):
        told = [float(np.median(np.exp(e[:, days, 0]))) for e in (asked.as_it_ran, asked.alone)]
        yield {"data": "Double-11", "what": what, "fact": fact, "seen": float(units[:, days].sum(axis=0).mean() / usual), "told": told[0], "told_alone": told[1]}


def hillstrom() -> Iterator[dict[str, Any]]:
    """Effects of an e-mail by segment, beside the randomised truth; four deals of the customers over weeks for each count of weeks."""
    for outcome in ("visit", "conversion"):
        trial = read_trial(DATA / "hillstrom" / "hillstrom.csv.gz", outcome)
        truth, interval, sizes = true_rates(trial), lift_interval(trial), np.bincount(trial.row)
        for weeks in WEEKS_PER_ARM:
            told = np.stack([told_rates(trial, trial.panel(weeks, seed)) for seed in range(DEALS)])
            overall = float(((told @ sizes) / (truth[:, 0] @ sizes)).mean())
            ranks = [float(pd.Series(rates / truth[:, 0]).corr(pd.Series(truth[:, 1] / truth[:, 0]), method="spearman")) for rates in told]
            what = f"{outcome}, dealt over {2 * weeks} weeks"
            yield _effect(f"{what}: lift of the mailed", interval["ratio"], overall, interval["low"], interval["high"])
            yield _effect(f"{what}: rank correlation of six segments' lifts", 1.0, float(np.mean(ranks)), RANKS_KEPT, 1.0)


def _effect(what: str, fact: float, told: float, low: float, high: float) -> dict[str, Any]:
    return {"data": "Hillstrom", "what": what, "fact": fact, "low": low, "high": high, "seen": fact, "told": told, "told_alone": told, "kept": low <= told <= high}


PARTS: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {"frat": frat, "orange_juice": orange_juice, "rossmann": rossmann, "double11": double11, "hillstrom": hillstrom}


def _panel(path: str, drop: tuple[str, ...] = ()) -> Panel:
    found = inspect(DATA / path)
    if not drop:
        return found.panel
    return inspect(DATA / path, mapping=Mapping(columns={k: v for k, v in found.mapping.columns.items() if k not in drop}, options=found.mapping.options)).panel


def _every(panel: Panel, dimension: str, step: int) -> Panel:
    kept = sorted(panel.series[dimension].unique())[::step]
    return panel.take(panel.series[dimension].isin(kept).to_numpy())


def _by_depth(asked: _Asked, data: str, facts: dict[tuple[float, float], float], units: np.ndarray) -> Iterator[dict[str, Any]]:
    depth = asked.plan.levers["discount_depth"]
    for (low, high), fact in facts.items():
        yield asked.row(data, f"units, {low:.0%} to {high:.0%} off", fact, (depth >= low) & (depth < high), units, slice(0, 1))


def _over_same_weekday(asked: _Asked, measure: str, day: np.ndarray) -> np.ndarray:
    """Return (n_series, T) a measure over its series' mean (of logs) unpromoted day of the same weekday; NaN where there is none."""
    values = np.log(np.where(asked.panel.observed(measure) > 0, asked.panel.observed(measure), np.nan))
    out = np.full(values.shape, np.nan)
    quiet = pd.DataFrame(np.where(asked.plan.promoted, np.nan, values))
    for number in range(7):
        out[:, day == number] = values[:, day == number] - quiet.loc[:, day == number].mean(axis=1).to_numpy()[:, None]
    return np.exp(out)


def main(arguments: list[str] | None = None) -> None:
    """Print the table, and write it where `--out` says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help="parts with commas: " + ", ".join(PARTS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    table = pd.DataFrame([row for name in options.only.split(",") for row in PARTS[name]()], columns=COLUMNS).round(3)
    pd.set_option("display.width", 200, "display.max_colwidth", 60)
    print(table.to_string(index=False, na_rep=""))
    if options.out:
        table.to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
