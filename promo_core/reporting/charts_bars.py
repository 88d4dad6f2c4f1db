"""Figures of parts and comparisons: what each lever adds, scenarios side by side, groups, features, models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from promo_core.errors import N_
from promo_core.planning.outcome import LeverShare, Outcome
from promo_core.reporting.feature_words import feature_label
from promo_core.reporting.theme import HISTORY, MODEL_COLOURS, NEGATIVE, POSITIVE, TOTAL, empty, figure, ticks
from promo_core.reporting.words import Words, main_measure, safe, words_for

__all__ = ["compare_bars", "contributions", "coverage", "group_bars", "importance", "league_table", "waterfall"]

NO_GAIN = N_("This measure cannot be told: the data has no column for it.")


def waterfall(attribution: Sequence[LeverShare], *, measure: str = "gmv", currency: str | None = None, total: str | None = None, lang: str = "en") -> go.Figure:
    """Draw what each lever adds, and what they add up to: the increment, or what `total` (a marked text) calls it."""
    words = words_for(lang, currency)
    if not attribution:
        return empty(words, N_("No lever is moved, so there is nothing to take apart."))
    values = [share.gmv for share in attribution]
    names = [safe(words.lever(share.lever), 28) for share in attribution] + [words.side("increment") if total is None else words.text(total)]
    told = [words.change(measure, v, exact=True) for v in [*values, sum(values)]]
    fig = figure(360, hovermode="closest", showlegend=False)
    fig.add_waterfall(x=names, y=[*values, sum(values)], measure=["relative"] * len(values) + ["total"], text=[words.change(measure, v) for v in [*values, sum(values)]],
                      textposition="outside", customdata=told, hovertemplate="%{x}: %{customdata}<extra></extra>", connector={"line": {"color": HISTORY, "width": 1, "dash": "dot"}},
                      increasing={"marker": {"color": POSITIVE}}, decreasing={"marker": {"color": NEGATIVE}}, totals={"marker": {"color": TOTAL}}, cliponaxis=False)
    axis = {"title": {"text": _gain_title(words, measure)}}
    return fig.update_layout(yaxis=axis | ticks(np.cumsum(values), lambda v: words.change(measure, v), pad=0.14))


def compare_bars(outcomes: Sequence[Outcome], measure: str | None = None, *, lang: str = "en") -> go.Figure:
    """Draw the increment of several scenarios over all series and the whole horizon, with 80 % bands, in the order given."""
    words = words_for(lang, outcomes[0].currency if outcomes else None)
    if not outcomes:
        return empty(words, N_("Choose scenarios to compare."))
    measure = measure or main_measure(outcomes[0])
    gains = [o.totals.increment.get(measure) for o in outcomes]
    rows = pd.DataFrame([{"name": f"{i}. {safe(o.scenario.name, 32)}", "mean": q.mean, "p10": q.p10, "p90": q.p90}
                         for i, (o, q) in enumerate(zip(outcomes, gains, strict=True), 1) if q is not None])
    return empty(words, NO_GAIN) if rows.empty else _gain_bars(words, measure, rows)


def group_bars(outcome: Outcome, dimension: str | None = None, measure: str | None = None, *, lang: str = "en", top: int = 15) -> go.Figure:
    """Draw the increment by value of one dimension over all series, largest change first; `None` takes the first dimension."""
    words, measure = words_for(lang, outcome.currency), measure or main_measure(outcome)
    dimension = dimension or next(iter(outcome.groups), None)
    frame = outcome.groups.get(dimension, pd.DataFrame()) if dimension else pd.DataFrame()
    rows = frame[frame["measure"] == measure].dropna(subset=["increment"]) if len(frame) else frame
    if rows.empty:
        return empty(words, N_("There is no split to show for this measure."))
    rows = rows.reindex(rows["increment"].abs().sort_values(ascending=False, kind="stable").index)[:top]
    told = [words.text(N_("{low} → {high}"), low=words.exact(measure, b), high=words.exact(measure, s)) for b, s in zip(rows["baseline"], rows["scenario"], strict=True)]
    rows = rows.assign(name=[safe(v, 32) for v in rows["value"]], mean=rows["increment"], told=told)
    return _gain_bars(words, measure, rows, title=words.lever(dimension))


def importance(df: pd.DataFrame | None, *, target: str | None = None, model: str | None = None, top: int = 12, lang: str = "en") -> go.Figure:
    """Draw what the models look at: each feature's share of a model's mean absolute SHAP value.

    Args:
        df: columns model, target, feature, importance (mean absolute contribution, link scale).
        target: one target; `None` adds all of them up.
        model: one model; `None` shows every model side by side.
    """
    words = words_for(lang)
    if df is None or df.empty:
        return empty(words, N_("This model was trained without explanations."))
    rows = df[(df["target"] == target if target else True) & (df["model"] == model if model else True) & df["importance"].notna()] if target or model else df.dropna(subset=["importance"])
    table = rows.pivot_table(index="feature", columns="model", values="importance", aggfunc="sum", fill_value=0.0)
    if table.empty or not table.to_numpy().sum():
        return empty(words, N_("No feature moves this forecast."))
    share = table / table.sum()
    share = share.loc[share.max(axis=1).sort_values(ascending=False, kind="stable").index[:top]][::-1]
    fig = figure(110 + 30 * len(share) * (1 if len(share.columns) == 1 else 1.3), hovermode="closest", barmode="group", showlegend=len(share.columns) > 1)
    for name in share.columns:
        told = [words.text(N_("{share} of the model's attention, {value} on the link scale"), share=words.reader.percent(s), value=words.reader.number(table.at[f, name], 4)) for f, s in share[name].items()]
        fig.add_bar(y=[safe(feature_label(words, str(f)), 40) for f in share.index], x=share[name], orientation="h", name=words.model(str(name)),
                    marker={"color": MODEL_COLOURS.get(str(name), TOTAL)}, customdata=told, hovertemplate="%{y}: %{customdata}<extra></extra>")
    axis = {"title": {"text": words.text(N_("Share of what moves the forecast (%)"))}, "showgrid": True}
    return fig.update_layout(xaxis=axis | ticks(share.to_numpy().ravel(), lambda v: words.reader.percent(v, 0)), yaxis={"showgrid": False})


def contributions(df: pd.DataFrame | None, *, top: int = 12, lang: str = "en") -> go.Figure:
    """Draw how features push one base forecast up or down, the strongest first, the rest added up.

    Args:
        df: columns feature, contribution (link scale: 0.1 is about +10 %); rows of one feature add up.
    """
    words = words_for(lang)
    known = None if df is None or df.empty else df.dropna(subset=["contribution"]).groupby("feature", sort=False)["contribution"].sum()
    if known is None or known.empty or not known.abs().sum():
        return empty(words, N_("No feature moves this forecast."))
    known = known.reindex(known.abs().sort_values(ascending=False, kind="stable").index)
    shown = known[:top]
    if len(known) > top:
        shown = pd.concat([shown, pd.Series({words.text(N_("all other features")): known[top:].sum()})])
    push = np.expm1(shown[::-1])
    fig = figure(100 + 30 * len(push), hovermode="closest", showlegend=False)
    told = [_signed_percent(words, v, 1) for v in push]
    fig.add_bar(y=[safe(feature_label(words, str(f)), 40) for f in push.index], x=push, orientation="h", marker={"color": [POSITIVE if v >= 0 else NEGATIVE for v in push]},
                text=told, textposition="outside", cliponaxis=False, customdata=told, hovertemplate="%{y}: %{customdata}<extra></extra>")
    axis = {"title": {"text": words.text(N_("Push on the forecast without promotion (%)"))}, "showgrid": True}
    return fig.update_layout(xaxis=axis | ticks(push, lambda v: _signed_percent(words, v, 0), pad=0.16), yaxis={"showgrid": False})


def league_table(scores: pd.DataFrame | None, *, target: str | None = None, metric: str = "wape", lang: str = "en") -> go.Figure:
    """Draw the backtest's error per model, the best on top.

    Args:
        scores: rows of the backtest: model, target and the metric's column; rows of one model are averaged.
        target: one target; `None` takes GMV, or the first there is.
    """
    words = words_for(lang)
    known = None if scores is None or scores.empty else scores.dropna(subset=[metric])
    if known is None or known.empty:
        return empty(words, N_("This model has no backtest scores: the history is too short to hold a part of it back."))
    targets = list(dict.fromkeys(known["target"]))
    target = target or ("gmv" if "gmv" in targets else targets[0])
    rows = known[known["target"] == target].groupby("model")[metric].mean().sort_values(ascending=False)
    fig = figure(110 + 40 * len(rows), hovermode="closest", showlegend=False)
    told = [words.reader.percent(v) for v in rows]
    fig.add_bar(y=[words.model(str(m)) for m in rows.index], x=rows, orientation="h", marker={"color": [MODEL_COLOURS.get(str(m), TOTAL) for m in rows.index]},
                text=told, textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{text}<extra></extra>")
    axis = {"title": {"text": words.text(N_("{metric} of {measure} in the backtest (%, less is better)"), metric=metric.upper(), measure=words.measure(target))}, "showgrid": True}
    return fig.update_layout(xaxis=axis | ticks(rows, lambda v: words.reader.percent(v, 0), pad=0.12), yaxis={"showgrid": False})


def coverage(scores: pd.DataFrame | None, *, target: str | None = None, lang: str = "en") -> go.Figure:
    """Draw how often the truth fell inside the 80 % band in the backtest, per model, beside the 80 % promised."""
    words = words_for(lang)
    known = None if scores is None or scores.empty else scores.dropna(subset=["coverage_80"])
    if known is None or known.empty:
        return empty(words, N_("This model has no backtest scores: the history is too short to hold a part of it back."))
    targets = list(dict.fromkeys(known["target"]))
    target = target or ("gmv" if "gmv" in targets else targets[0])
    rows = known[known["target"] == target].groupby("model")["coverage_80"].mean().sort_values()
    fig = figure(110 + 40 * len(rows), hovermode="closest", showlegend=False)
    fig.add_scatter(y=[words.model(str(m)) for m in rows.index], x=rows, mode="markers+text", marker={"color": [MODEL_COLOURS.get(str(m), TOTAL) for m in rows.index], "size": 14},
                    text=[words.reader.percent(v, 0) for v in rows], textposition="top center", cliponaxis=False, hovertemplate="%{y}: %{text}<extra></extra>")
    fig.add_vline(x=0.8, line={"color": HISTORY, "dash": "dash", "width": 1.5}, annotation={"text": words.text(N_("80% promised")), "yanchor": "bottom"})
    axis = {"title": {"text": words.text(N_("{measure} inside its 80% band (%)"), measure=words.measure(target))}, "showgrid": True}
    return fig.update_layout(xaxis=axis | ticks([0, 1], lambda v: words.reader.percent(v, 0)), yaxis={"showgrid": False})


def _gain_bars(words: Words, measure: str, rows: pd.DataFrame, title: str | None = None) -> go.Figure:
    """Draw horizontal bars of increments: columns name, mean, p10, p90, and optionally told (a line for the hover)."""
    rows = rows[::-1]
    fig = figure(110 + 42 * len(rows), hovermode="closest", showlegend=False)
    whisker = {"type": "data", "symmetric": False, "array": rows["p90"] - rows["mean"], "arrayminus": rows["mean"] - rows["p10"], "thickness": 1.3, "width": 4, "color": HISTORY}
    bands = [words.text(N_("{mean} (80% band {low} to {high})"), mean=words.change(measure, r.mean, exact=True), low=words.change(measure, r.p10, exact=True),
                        high=words.change(measure, r.p90, exact=True)) for r in rows.itertuples()]
    told = [f"{band}<br>{extra}" for band, extra in zip(bands, rows["told"], strict=True)] if "told" in rows else bands
    fig.add_bar(y=rows["name"], x=rows["mean"], orientation="h", error_x=whisker, marker={"color": [POSITIVE if v >= 0 else NEGATIVE for v in rows["mean"]]},
                customdata=told, hovertemplate="%{y}: %{customdata}<extra></extra>")
    extent = rows[["mean", "p10", "p90"]].max(axis=1).clip(lower=0)
    for name, edge, value in zip(rows["name"], extent, rows["mean"], strict=True):
        fig.add_annotation(y=name, x=edge, text=f"<b>{words.change(measure, value)}</b>", showarrow=False, xanchor="left", xshift=8, font={"size": 12.5})
    axis = {"title": {"text": _gain_title(words, measure)}, "showgrid": True}
    marks = ticks(rows[["mean", "p10", "p90"]].to_numpy().ravel(), lambda v: words.change(measure, v), pad=0.2)
    return fig.update_layout(xaxis=axis | marks, yaxis={"showgrid": False, "title": {"text": title or ""}, "type": "category"})


def _gain_title(words: Words, measure: str) -> str:
    return words.text(N_("Change in {measure}"), measure=words.axis(measure))


def _signed_percent(words: Words, value: float, digits: int) -> str:
    return f"{'+' if value > 0 else ''}{words.reader.percent(value, digits)}"
