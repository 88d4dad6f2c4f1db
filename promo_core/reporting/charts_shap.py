"""SHAP's usual views of a model as a whole: every sampled contribution by feature (beeswarm), and against one feature's value (dependence)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from promo_core.errors import N_
from promo_core.reporting.feature_words import feature_label
from promo_core.reporting.theme import HISTORY, SCENARIO, empty, figure, ticks
from promo_core.reporting.words import Words, safe, words_for

__all__ = ["beeswarm", "dependence"]

NOTHING = N_("This model was kept without explanations. Train again to have them.")
_SCALE = [[0.0, "#0072B2"], [0.5, "#B8B8B8"], [1.0, "#D55E00"]]


def beeswarm(points: pd.DataFrame | None, *, target: str, model: str, top: int = 10, lang: str = "en") -> go.Figure:
    """Draw every sampled contribution, one line per feature, coloured from low (blue) to high (orange) values of it; grey has no single value."""
    words, rows = words_for(lang), _rows(points, target, model)
    if rows is None:
        return empty(words, NOTHING)
    order = rows.groupby("feature")["contribution"].apply(lambda v: v.abs().mean()).sort_values(ascending=False).index[:top]
    fig = figure(120 + 36 * len(order), hovermode="closest", showlegend=False)
    for place, feature in enumerate(order):
        mine = rows[rows["feature"] == feature]
        push, rank = np.expm1(mine["contribution"].to_numpy()), mine["value"].rank(pct=True).fillna(0.5)
        told = [f"{_signed(words, p)}" + ("" if np.isnan(v) else words.text(N_(" at {value}"), value=words.reader.number(v, 2))) for p, v in zip(push, mine["value"], strict=True)]
        colour = HISTORY if mine["value"].isna().all() else list(rank)
        fig.add_scatter(x=list(push), y=list(place + _spread(push)), mode="markers", name=feature_label(words, feature), customdata=told, hovertemplate="%{fullData.name}: %{customdata}<extra></extra>",
                        marker={"size": 5, "opacity": 0.75, "color": colour, "colorscale": _SCALE, "cmin": 0, "cmax": 1})
    axis = {"title": {"text": words.text(N_("Push on the forecast without promotion (%)"))}, "showgrid": True}
    labels = [safe(feature_label(words, str(f)), 40) for f in order]
    return fig.update_layout(xaxis=axis | ticks(np.expm1(rows["contribution"]), lambda v: _signed(words, v)),
                             yaxis={"showgrid": False, "tickmode": "array", "tickvals": list(range(len(order))), "ticktext": labels, "autorange": "reversed"})


def dependence(points: pd.DataFrame | None, feature: str, *, target: str, model: str, lang: str = "en") -> go.Figure:
    """Draw one feature's contributions against its value."""
    words, rows = words_for(lang), _rows(points, target, model)
    rows = rows[(rows["feature"] == feature) & rows["value"].notna()] if rows is not None else None
    if rows is None or rows.empty:
        return empty(words, N_("This group of inputs has no single value to draw against."))
    push, name = np.expm1(rows["contribution"].to_numpy()), safe(feature_label(words, feature), 40)
    fig = figure(340, hovermode="closest", showlegend=False)
    fig.add_scatter(x=list(rows["value"]), y=list(push), mode="markers", customdata=[_signed(words, p) for p in push], hovertemplate=f"{name} %{{x:.3g}}: %{{customdata}}<extra></extra>",
                    marker={"size": 6, "opacity": 0.6, "color": SCENARIO})
    title = {"title": {"text": words.text(N_("Push on the forecast without promotion (%)"))}}
    return fig.update_layout(xaxis={"title": {"text": words.text(N_("{feature} (as the model reads it)"), feature=name)}}, yaxis=title | ticks(push, lambda v: _signed(words, v)))


def _rows(points: pd.DataFrame | None, target: str, model: str) -> pd.DataFrame | None:
    if points is None or points.empty:
        return None
    rows = points[(points["target"] == target) & (points["model"] == model)]
    return None if rows.empty else rows


def _spread(values: np.ndarray) -> np.ndarray:
    """Return offsets within ±0.35 that set points of like value apart, the densest widest; the same each time."""
    low, high = float(values.min()), float(values.max())
    bins = np.clip(((values - low) / max(high - low, 1e-9) * 30).astype(int), 0, 30)
    counts = np.bincount(bins, minlength=31)
    turn = pd.Series(bins).groupby(bins).cumcount().to_numpy()
    side = np.where(turn % 2, 1, -1) * ((turn + 1) // 2)
    return 0.7 * side / max(int(counts.max()), 1)


def _signed(words: Words, value: float) -> str:
    return f"{'+' if value > 0 else ''}{words.reader.percent(value, 0)}"
