"""Figures of what-if surfaces: the answer along one lever, and over two."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from promo_core.errors import N_
from promo_core.reporting.theme import DIVERGING, HISTORY, SCENARIO, empty, figure, ticks, tint
from promo_core.reporting.words import Words, safe, words_for

__all__ = ["response_curve", "surface"]


def response_curve(df: pd.DataFrame, *, lever: str = "discount_depth", measure: str | None = None, currency: str | None = None,
                   seen: Sequence[float] = (), points: pd.DataFrame | None = None, current: float | None = None, lang: str = "en") -> go.Figure:
    """Draw the answer along one lever, with its 80 % band.

    Args:
        df: columns `lever`, mean, and p10, p90 where known. Without `measure` they are uplifts (0.2 is +20 %).
        measure: the answer is an increment of this measure.
        seen: values of the lever that the past holds, marked on the axis.
        points: columns `lever`, uplift and name: what past campaigns showed, drawn behind the curve.
        current: where the lever stands now.
    """
    words = words_for(lang, currency)
    rows = df.dropna(subset=[lever, "mean"]).sort_values(lever) if len(df) else df
    if rows.empty:
        return empty(words, N_("The past holds no promotion that this lever could be learned from."))
    write = (lambda v: words.change(measure, v)) if measure else (lambda v: f"{'+' if v > 0 else ''}{words.reader.percent(v, 0)}")
    fig = figure(360, hovermode="x unified")
    if {"p10", "p90"} <= set(rows):
        edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        fig.add_scatter(x=rows[lever], y=rows["p10"], showlegend=False, **edge)
        fig.add_scatter(x=rows[lever], y=rows["p90"], fill="tonexty", fillcolor=tint(SCENARIO, 0.17), name=words.text(N_("80% band")), **edge)
    fig.add_scatter(x=rows[lever], y=rows["mean"], mode="lines", line={"color": SCENARIO, "width": 2.4}, name=words.text(N_("Expected")),
                    customdata=[write(v) for v in rows["mean"]], hovertemplate="%{customdata}")
    values = rows[[c for c in ("mean", "p10", "p90") if c in rows]].to_numpy().ravel()
    if len(seen):
        fig.add_scatter(x=sorted(set(seen)), y=[0] * len(set(seen)), mode="markers", name=words.text(N_("Seen in the past")), marker={"symbol": "line-ns-open", "size": 12, "color": HISTORY}, hoverinfo="skip")
    if points is not None and len(points):
        told = [f"{safe(str(p.name_), 40)}: {write(p.uplift)}" for p in points.rename(columns={"name": "name_"}).itertuples()]
        fig.add_scatter(x=points[lever], y=points["uplift"], mode="markers", name=words.text(N_("Past campaigns")), marker={"size": 6, "color": HISTORY, "opacity": 0.45},
                        customdata=told, hovertemplate="%{customdata}<extra></extra>")
    if current is not None:
        fig.add_vline(x=current, line={"color": SCENARIO, "width": 1.5, "dash": "dash"}, annotation={"text": words.text(N_("now {value}"), value=_lever_value(words, lever, current)), "font": {"color": SCENARIO}})
    title = words.text(N_("Change in {measure}"), measure=words.axis(measure)) if measure else words.text(N_("Uplift while it runs (%)"))
    fig.update_layout(yaxis={"title": {"text": title}} | ticks([*values, 0, *(points["uplift"] if points is not None else [])], write))
    return fig.update_xaxes(**_lever_axis(words, lever, rows[lever]))


def surface(df: pd.DataFrame, *, x: str = "discount_depth", y: str = "length", value: str = "mean", measure: str = "gmv", currency: str | None = None, lang: str = "en") -> go.Figure:
    """Draw increments over two levers as a heat map; white is no change.

    Args:
        df: one row per combination: columns `x`, `y`, `value`; NaN is a combination that cannot run.
    """
    words = words_for(lang, currency)
    grid = df.pivot_table(index=y, columns=x, values=value, aggfunc="mean") if len(df) else pd.DataFrame()
    if grid.empty:
        return empty(words, N_("No combination of these two levers can run."))
    fig = figure(420, hovermode="closest")
    written = [[words.change(measure, v) for v in row] for row in grid.to_numpy()]
    exact = [[words.change(measure, v, exact=True) for v in row] for row in grid.to_numpy()]
    reach = float(grid.abs().max().max()) or 1.0
    bar = ticks([-reach, reach], lambda v: words.change(measure, v))
    fig.add_heatmap(z=grid.to_numpy(), x=[_lever_value(words, x, v) for v in grid.columns], y=[_lever_value(words, y, v) for v in grid.index], text=written, texttemplate="%{text}",
                    customdata=exact, hovertemplate="%{x} · %{y}: %{customdata}<extra></extra>", colorscale=DIVERGING, zmid=0, zmin=-reach, zmax=reach,
                    colorbar={"tickvals": bar["tickvals"], "ticktext": bar["ticktext"], "thickness": 12, "outlinewidth": 0}, xgap=2, ygap=2)
    fig.update_xaxes(type="category", title={"text": _lever_title(words, x)})
    return fig.update_yaxes(type="category", title={"text": _lever_title(words, y)})


def _lever_axis(words: Words, lever: str, values: pd.Series) -> dict[str, object]:
    write = (lambda v: words.reader.percent(v, 0)) if lever != "ad_spend" else (lambda v: words.reader.money(v, words.currency))
    return {"title": {"text": _lever_title(words, lever)}, "hoverformat": ".0%" if lever != "ad_spend" else ",.0f"} | ticks(values, write, pad=0.02)


def _lever_title(words: Words, lever: str) -> str:
    if lever == "length":
        return words.text(N_("Length (days)"))
    if lever == "ad_spend":
        return words.text(N_("{measure} ({unit})"), measure=words.lever(lever), unit=words.currency or words.text(N_("money")))
    return words.text(N_("{measure} (%)"), measure=words.lever(lever)) if lever in ("discount_depth", "feature", "display", "mailer") else words.lever(lever)


def _lever_value(words: Words, lever: str, value: object) -> str:
    if lever in ("discount_depth", "feature", "display", "mailer"):
        return words.reader.percent(float(value), 0)
    return words.reader.money(float(value), words.currency) if lever == "ad_spend" else safe(value, 30)
