"""The look of every figure: a fixed palette safe for colour-blind readers, axes with units, ticks in the reader's words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np
import plotly.graph_objects as go

from promo_core.reporting.words import Words

__all__ = ["BASELINE", "CAMPAIGN", "MODEL_COLOURS", "NEGATIVE", "POSITIVE", "SCENARIO", "SERIES_COLOURS", "TOTAL", "Spec", "drawn", "empty", "figure", "spec", "tint", "ticks"]

SCENARIO = "#0072B2"
BASELINE = "#8A9099"
HISTORY = "#6F7782"
POSITIVE = "#009E73"
NEGATIVE = "#D55E00"
TOTAL = "#3E6C96"
CAMPAIGN = "#E69F00"
INK = "#737B87"  # equally readable on white and on a dark page
GRID = "rgba(128,136,148,0.22)"
MODEL_COLOURS = {"naive": "#8A9099", "gbm": "#009E73", "lstm": "#CC79A7", "blend": "#0072B2"}
SERIES_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
DIVERGING = [[0.0, "#B35806"], [0.5, "#F4F4F2"], [1.0, "#0B6E58"]]
FONT = "Inter, 'Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'Segoe UI', Helvetica, Arial, sans-serif"


Spec = dict[str, object]
"""A figure's data and layout as plain values."""


def tint(colour: str, opacity: float) -> str:
    """Return "#RRGGBB" as an rgba colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


@cache
def _template() -> dict[str, object]:
    axis = {"gridcolor": GRID, "zerolinecolor": "rgba(128,136,148,0.55)", "zerolinewidth": 1, "linecolor": GRID, "ticks": "", "automargin": True,
            "title": {"standoff": 8, "font": {"size": 12.5}}, "tickfont": {"size": 12}}
    layout = {"font": {"family": FONT, "size": 13, "color": INK}, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "colorway": list(SERIES_COLOURS),
              "hoverlabel": {"font": {"family": FONT, "size": 13}, "align": "left", "namelength": -1}, "margin": {"l": 8, "r": 16, "t": 34, "b": 8},
              "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "font": {"size": 12.5}, "bgcolor": "rgba(0,0,0,0)"},
              "xaxis": axis | {"showgrid": False}, "yaxis": axis, "bargap": 0.35, "separators": ".,"}
    return go.layout.Template(layout=layout).to_plotly_json()


def spec(height: int, data: Sequence[dict[str, object]], **layout: object) -> Spec:
    """Return what a figure in the house style is made of, as plain values: all that a browser needs, at a fraction of a figure's time."""
    return {"data": list(data), "layout": {"template": _template(), "height": height, **layout}}


def figure(height: int = 380, data: Sequence[dict[str, object]] = (), **layout: object) -> go.Figure:
    """Return a figure in the house style from traces and layout as plain values."""
    return drawn(spec(height, data, **layout))


def drawn(told: Spec) -> go.Figure:
    """Return the figure of a spec.

    It is not checked property by property, which would take most of a chart's time; a test checks every kind of chart instead.
    """
    return go.Figure(told, _validate=False)


def empty(words: Words, reason: str, height: int = 260) -> go.Figure:
    """Return a figure without data that says why: `reason` is a marked text."""
    fig = figure(height)
    fig.add_annotation(text=words.text(reason), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font={"size": 15})
    return fig.update_xaxes(visible=False).update_yaxes(visible=False)


def ticks(values: Iterable[float | None], write: Callable[[float], str], *, zero: bool = True, count: int = 5, pad: float = 0.06) -> dict[str, object]:
    """Return range and ticks of an axis, labelled by `write`, so that 1.2M and 120万 read right.

    `zero` keeps zero on the axis. Unknown values are left out.
    """
    known = np.array([v for v in values if v is not None and math.isfinite(v)], dtype=float)
    known = known if len(known) else np.array([0.0, 1.0])
    low, high = float(known.min()), float(known.max())
    low, high = (min(low, 0.0), max(high, 0.0)) if zero else (low, high)
    span = high - low or abs(high) or 1.0
    step = _nice(span / count)
    low, high = low - (pad * span if low < 0 or not zero else 0.0), high + (pad * span if high > 0 or not zero else 0.0)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    marks = [i * step for i in range(first, last + 1)]
    return {"range": [low, high], "tickmode": "array", "tickvals": marks, "ticktext": [write(m) for m in marks]}


def _nice(step: float) -> float:
    size = 10.0 ** math.floor(math.log10(step))
    return next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= step * 0.999)


def dates(words: Words) -> dict[str, object]:
    """Return the tick and hover formats of a date axis in the reader's form."""
    if words.reader.lang == "zh":
        return {"tickformat": "%-m月%-d日\n%Y年", "hoverformat": "%Y年%-m月%-d日"}
    return {"tickformat": "%-d %b\n%Y", "hoverformat": "%a %-d %b %Y"}
