"""An answer's tables: day by day, the path of the whole, and one row per value of every dimension."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.models.base import MEASURES
from promo_core.planning.answer import SIDES, Answer
from promo_core.planning.tally import Draws, band, divide, means, told, widen

__all__ = ["Width", "daily_frame", "extent", "group_frame", "path_frame"]

Width = Callable[[int, int], float]
"""(series, periods) summed over → how much wider a band must be."""

_SIDES = (*SIDES, "increment")


def extent(mask: np.ndarray) -> tuple[int, int]:
    """Return (series, periods) that a mask spans, at least (1, 1)."""
    return max(1, int(mask.any(axis=1).sum())), max(1, int(mask.any(axis=0).sum()))


def daily_frame(panel: Panel, plan: Plan, result: Answer, chosen: np.ndarray, width: Width) -> pd.DataFrame:
    """Return one row per promoted series and period; unknown measures are NaN."""
    size = int(chosen.sum()) * plan.shape[1]
    cells, unknown = result.cells["scenario"], np.full(size, np.nan)
    low, _, high = widen(result.cell_band, width(1, 1), 0.0)
    money = "gmv" in cells
    return pd.DataFrame({
        "date": np.tile(plan.periods.to_numpy(), int(chosen.sum())),
        **{d: np.repeat(panel.series[d].to_numpy()[chosen], plan.shape[1]) for d in panel.dimensions},
        "visitors": cells["visitors"].ravel() if "visitors" in cells else unknown,
        "conversion": divide(cells["orders"], cells["visitors"]).ravel() if {"orders", "visitors"} <= set(cells) else unknown,
        "orders": cells["orders"].ravel() if "orders" in cells else unknown,
        "gmv": cells["gmv"].ravel() if money else unknown,
        "gmv_p10": low.ravel() if money else unknown, "gmv_p90": high.ravel() if money else unknown,
        "baseline_gmv": result.cells["baseline"]["gmv"].ravel() if money else unknown,
        **({"units": cells["units"].ravel()} if "units" in cells else {})})


def path_frame(plan: Plan, result: Answer, n_series: int, width: Width, wider: float = 1.0) -> pd.DataFrame:
    """Return the promoted series together, one row per measure, side ("scenario", "baseline", "increment") and period; `wider` spreads the increment's band."""
    draws, mean = _three(result.path)
    measures, horizon, factor = _reading_order(draws["scenario"]), plan.shape[1], width(n_series, 1)
    parts = [(m, side, side == "increment") for m in measures for side in _SIDES]
    factors, lows, highs = (np.array(values)[:, None] for values in ([wider * max(1.0, factor) if change else factor for _m, _side, change in parts],
                                                                     [-np.inf if change else 0.0 for _m, _side, change in parts], [1.0 if m == "conversion" else np.inf for m, _side, _change in parts]))
    p10, p50, p90 = band(np.stack([draws[side][m] for m, side, _change in parts]), factors, lows, highs).reshape(3, -1)
    return pd.DataFrame({"period": np.tile(plan.periods.to_numpy(), len(parts)), "measure": np.repeat(measures, len(_SIDES) * horizon),
                         "side": np.tile(np.repeat(_SIDES, horizon), len(measures)),
                         "mean": np.concatenate([mean[side][m] for m in measures for side in _SIDES]), "p10": p10, "p50": p50, "p90": p90})


def group_frame(labels: pd.Series, result: Answer, changed: np.ndarray, width: Width, wider: float = 1.0) -> pd.DataFrame:
    """Return one row per measure and value of a dimension: scenario, baseline, increment and the increment's band.

    Args:
        labels: (n_series,) the dimension.
        changed: (n_series, H) bool, the cells that the scenario changes.
        wider: factor on the increment's half-widths.
    """
    values, codes, sums = result.grouped(labels)
    draws, mean = _three(sums)
    reached = np.flatnonzero(changed.any(axis=1))
    factors = np.array([wider * max(1.0, width(*extent(changed[reached[codes[reached] == g]]))) for g in range(len(values))])
    measures = _reading_order(draws["scenario"])
    bands = np.concatenate([band(draws["increment"][m], factors) for m in measures], axis=1)
    return pd.DataFrame({"value": np.tile(values, len(measures)), "measure": np.repeat(measures, len(values)),
                         **{side: np.concatenate([mean[side][m] for m in measures]) for side in _SIDES}, "p10": bands[0], "p90": bands[2]})


def _three(sums: dict[str, Draws]) -> tuple[dict[str, Draws], dict[str, Draws]]:
    """Return draws and means of both sides and of their difference, ratios included."""
    draws, mean = {side: told(sums[side]) for side in SIDES}, {side: means(sums[side]) for side in SIDES}
    for of_side in (draws, mean):
        of_side["increment"] = {m: of_side["scenario"][m] - of_side["baseline"][m] for m in of_side["scenario"]}
    return draws, mean


def _reading_order(draws: Draws) -> list[str]:
    return [m for m in MEASURES if m in draws]
