"""Figures over time: a scenario beside its baseline, the increment, a forecast after its history, campaigns on a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from promo_core.errors import N_
from promo_core.planning.outcome import Outcome
from promo_core.planning.scenario import Scenario
from promo_core.reporting.theme import (
    BASELINE,
    CAMPAIGN,
    HISTORY,
    NEGATIVE,
    POSITIVE,
    SCENARIO,
    SERIES_COLOURS,
    Spec,
    dates,
    drawn,
    empty,
    figure,
    spec,
    ticks,
    tint,
)
from promo_core.reporting.words import Words, main_measure, safe, words_for

__all__ = ["answer_path_spec", "axes", "band_traces", "calendar", "days_of", "forecast_fan", "increment_path", "line_trace", "outcome_path", "shade"]

NO_PATH = N_("This measure cannot be told: the data has no column for it.")
_HALF = pd.Timedelta(hours=12)
_UNMEASURED = {"automargin": False, "ticklabeloverflow": "allow"}


def outcome_path(outcome: Outcome, measure: str | None = None, *, lang: str = "en") -> go.Figure:
    """Draw scenario and baseline per period over the promoted series, with 80 % bands; campaign days are shaded.

    `measure` is one of the path's measures; `None` takes the main one.
    """
    return drawn(_outcome_path(outcome, measure, lang=lang))


def _outcome_path(outcome: Outcome, measure: str | None = None, *, lang: str = "en") -> Spec:
    """Return what `outcome_path` draws, as plain values."""
    words, measure = words_for(lang, outcome.currency), measure or main_measure(outcome)
    sides = _sides(outcome.path, measure, ("baseline", "scenario"))
    if not len(sides["scenario"]["mean"]):
        return empty(words, NO_PATH).to_plotly_json()
    data = shade([(c.start, c.end) for c in outcome.scenario.campaigns], words.text(N_("Campaign days")))
    for side, colour in (("baseline", BASELINE), ("scenario", SCENARIO)):
        data += band_traces(sides[side], colour)
        data += [line_trace(sides[side], words, measure, words.side(side), colour, dash="dot" if side == "baseline" else "solid")]
    extent = np.concatenate([path[name] for path in sides.values() for name in ("p10", "mean", "p90")])
    return spec(380, data, hovermode="x unified", **axes(words, measure, outcome.frequency, extent, zero=measure != "conversion"))


def increment_path(outcome: Outcome, measure: str | None = None, *, lang: str = "en") -> go.Figure:
    """Draw what the scenario adds or takes per period over the promoted series, with its 80 % band."""
    return drawn(_increment_path(outcome, measure, lang=lang))


def _increment_path(outcome: Outcome, measure: str | None = None, *, lang: str = "en") -> Spec:
    """Return what `increment_path` draws, as plain values."""
    words, measure = words_for(lang, outcome.currency), measure or main_measure(outcome)
    path = _sides(outcome.path, measure, ("increment",))["increment"]
    if not len(path["mean"]):
        return empty(words, NO_PATH).to_plotly_json()
    data = shade([(c.start, c.end) for c in outcome.scenario.campaigns], words.text(N_("Campaign days")))
    whisker = {"type": "data", "symmetric": False, "array": (path["p90"] - path["mean"]).tolist(), "arrayminus": (path["mean"] - path["p10"]).tolist(), "thickness": 1, "width": 0, "color": HISTORY}
    data += [{"type": "bar", "x": days_of(path["period"]), "y": path["mean"].tolist(), "marker": {"color": [POSITIVE if v >= 0 else NEGATIVE for v in path["mean"].tolist()]}, "error_y": whisker,
              "name": words.side("increment"), "customdata": _told(words, measure, path, change=True), "hovertemplate": "%{customdata}", "showlegend": False}]
    return spec(320, data, hovermode="x unified", **axes(words, measure, outcome.frequency, np.concatenate([path[name] for name in ("p10", "mean", "p90")]), change=True))


def answer_path_spec(outcome: Outcome, measure: str | None = None, *, lang: str = "en") -> Spec:
    """Return `outcome_path` above `increment_path` on the same days as one figure, as plain values: one is drawn in less time than two."""
    words, measure = words_for(lang, outcome.currency), measure or main_measure(outcome)
    above, below = _outcome_path(outcome, measure, lang=lang), _increment_path(outcome, measure, lang=lang)
    layout, lower = above["layout"], below["layout"]
    if "yaxis2" not in layout or "yaxis2" not in lower:
        return above
    data = above["data"] + [trace | {"yaxis": "y4" if trace.get("yaxis") == "y2" else "y3", "showlegend": False} for trace in below["data"]]
    title = {"text": words.text(N_("Change in {measure}"), measure=words.axis(measure, outcome.frequency))}
    return {"data": data, "layout": layout | {
        "height": 540, "hoversubplots": "axis", "xaxis": layout["xaxis"] | {"anchor": "y3"}, "yaxis": layout["yaxis"] | {"domain": [0.43, 1.0]},
        "yaxis3": lower["yaxis"] | {"domain": [0.0, 0.36], "title": title}, "yaxis4": lower["yaxis2"] | {"overlaying": "y3"}}}


def forecast_fan(history: pd.DataFrame, forecast: pd.DataFrame, *, measure: str = "gmv", currency: str | None = None, frequency: str = "D",
                 baseline: pd.DataFrame | None = None, promotions: Iterable[tuple[object, object]] | pd.DataFrame = (), lang: str = "en") -> go.Figure:
    """Draw history, the forecast after it with its 80 % band, and the promotions of both.

    Args:
        history: columns date, value; NaN is unobserved and leaves a gap.
        forecast: columns date, mean, p10, p90.
        measure: names the axis; one of the outcome's measures.
        baseline: the forecast without promotions, same columns, drawn dotted without a band.
        promotions: (first day, last day) of each promotion, or a frame with columns start and end.
    """
    words = words_for(lang, currency)
    if forecast.empty and history.empty:
        return empty(words, N_("There is nothing to show for this selection: no history and no forecast."))
    spans = list(promotions[["start", "end"]].itertuples(index=False)) if isinstance(promotions, pd.DataFrame) else list(promotions)
    data = shade(spans, words.text(N_("Promotions")))
    data += [{"type": "scatter", "x": days_of(history["date"]), "y": history["value"].tolist(), "mode": "lines", "name": words.text(N_("History")), "line": {"color": HISTORY, "width": 1.6},
              "connectgaps": False, "customdata": [words.exact(measure, v) for v in history["value"]], "hovertemplate": "%{customdata}"}]
    if baseline is not None:
        data += [line_trace(baseline.rename(columns={"date": "period"}), words, measure, words.side("baseline"), BASELINE, dash="dot")]
    if not forecast.empty:
        path = forecast.rename(columns={"date": "period"})
        data += band_traces(path, SCENARIO, name=words.text(N_("80% band")))
        data += [line_trace(path, words, measure, words.text(N_("Forecast")), SCENARIO)]
    marks = axes(words, measure, frequency, [*history["value"], *forecast.get("p90", []), *forecast.get("p10", [])], zero=measure != "conversion")
    return figure(420, data, hovermode="x unified", shapes=_origin(history, forecast), **marks)


def calendar(scenarios: Scenario | Sequence[Scenario], *, currency: str | None = None, lang: str = "en") -> go.Figure:
    """Draw every campaign of one or more scenarios as a bar from its first to its last day."""
    words = words_for(lang, currency)
    several = [scenarios] if isinstance(scenarios, Scenario) else list(scenarios)
    rows = [(i, s, c) for i, s in enumerate(several) for c in s.campaigns]
    if not rows:
        return empty(words, N_("No campaign is planned: this is the baseline."), 160)
    fig = figure(110 + 44 * len(rows), showlegend=len(several) > 1, hovermode="closest")
    labels = [f"{n}. {safe(c.name or words.campaign(c), 34)}" for n, (_, _, c) in enumerate(rows, 1)]
    for label, (i, scenario, c) in zip(labels, rows, strict=True):
        first = not any(t.legendgroup == str(i) for t in fig.data)
        told = f"<b>{safe(c.name or scenario.name)}</b><br>{safe(words.campaign(c))}<br>{safe(words.days(c))}<br>{safe(words.selection(c.series), 120)}"
        fig.add_scatter(x=[pd.Timestamp(c.start) - _HALF, pd.Timestamp(c.end) + _HALF], y=[label, label], mode="lines", legendgroup=str(i), showlegend=first,
                        name=safe(scenario.name, 40), line={"color": SERIES_COLOURS[i % len(SERIES_COLOURS)], "width": 18}, text=[told, told], hovertemplate="%{text}<extra></extra>")
    fig.update_yaxes(categoryorder="array", categoryarray=labels[::-1], showgrid=False, range=[-0.7, len(rows) - 0.3])
    return fig.update_xaxes(type="date", showgrid=True, **dates(words))


def _sides(path: pd.DataFrame, measure: str, sides: Sequence[str]) -> dict[str, dict[str, np.ndarray]]:
    """Return side → period, mean, p10, p90 of one measure where it is known, in order of time."""
    columns = {name: path[name].to_numpy() for name in ("period", "mean", "p10", "p90")}
    wanted, of_side = (path["measure"].to_numpy() == measure) & np.isfinite(columns["mean"]), path["side"].to_numpy()
    found = {}
    for side in sides:
        rows = np.flatnonzero(wanted & (of_side == side))
        rows = rows[np.argsort(columns["period"][rows], kind="stable")]
        found[side] = {name: values[rows] for name, values in columns.items()}
    return found


def _origin(history: pd.DataFrame, forecast: pd.DataFrame) -> list[dict[str, object]]:
    """Mark where the past ends and the forecast begins."""
    if forecast.empty or history.empty:
        return []
    day = (pd.Timestamp(history["date"].max()) + _HALF).isoformat()
    return [{"type": "line", "x0": day, "x1": day, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain", "line": {"color": HISTORY, "width": 1, "dash": "dash"}}]


def days_of(values: Iterable[object]) -> list[str]:
    """Return days as plotly reads them quickest."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return np.datetime_as_string(values, unit="s").tolist()
    return [pd.Timestamp(v).isoformat() for v in values]


def band_traces(path: pd.DataFrame | dict[str, np.ndarray], colour: str, name: str | None = None) -> list[dict[str, object]]:
    """Return the trace of an 80 % band (columns period, p10, p90), drawn around each run of known periods; without a name the legend leaves it out."""
    days, low, high = np.array(days_of(path["period"]), dtype=object), np.asarray(path["p10"], dtype=float), np.asarray(path["p90"], dtype=float)
    known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    xs: list[str | None] = []
    ys: list[float | None] = []
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        xs += [*days[run], *days[run[::-1]], None]
        ys += [*high[run].tolist(), *low[run[::-1]].tolist(), None]
    return [{"type": "scatter", "x": xs, "y": ys, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "fill": "toself", "fillcolor": tint(colour, 0.17), "name": name, "showlegend": name is not None}]


def line_trace(path: pd.DataFrame | dict[str, np.ndarray], words: Words, measure: str, name: str, colour: str, dash: str = "solid") -> dict[str, object]:
    """Return the trace of a path (columns period, mean, and p10, p90 where known), its hover telling value and band in full."""
    return {"type": "scatter", "x": days_of(path["period"]), "y": path["mean"].tolist(), "mode": "lines", "name": name, "line": {"color": colour, "width": 2.2, "dash": dash},
            "customdata": _told(words, measure, path), "hovertemplate": "%{customdata}"}


def _told(words: Words, measure: str, path: pd.DataFrame | dict[str, np.ndarray], *, change: bool = False) -> list[str]:
    """Write each period's value in full, with its band where it is known."""
    write = (lambda v: words.change(measure, v, exact=True)) if change else (lambda v: words.exact(measure, v))
    template = words.reader.text(N_("{mean} (80% band {low} to {high})"))
    if not {"p10", "p90"} <= set(path):
        return [write(v) for v in path["mean"]]
    return [write(m) if low != low else template.format(mean=write(m), low=write(low), high=write(high)) for m, low, high in zip(path["mean"], path["p10"], path["p90"], strict=True)]


def shade(spans: Sequence[tuple[object, object]], name: str) -> list[dict[str, object]]:
    """Shade spans of days over the whole height, as one trace on a hidden axis, so that the legend names and hides them."""
    if not spans:
        return []
    xs: list[str | None] = []
    for start, end in spans:
        first, last = (pd.Timestamp(start) - _HALF).isoformat(), (pd.Timestamp(end) + _HALF).isoformat()
        xs += [first, first, last, last, None]
    return [{"type": "scatter", "x": xs, "y": [0, 1, 1, 0, None] * len(spans), "yaxis": "y2", "fill": "toself", "mode": "lines", "line": {"width": 0}, "fillcolor": tint(CAMPAIGN, 0.16),
             "name": name, "hoverinfo": "skip"}]


def axes(words: Words, measure: str, frequency: str, values: Iterable[float | None], *, zero: bool = True, change: bool = False) -> dict[str, object]:
    """Return a chart's axes over time: a hidden one for what is shaded, and the measure's, in its unit, wide enough for `values`."""
    write = (lambda v: words.change(measure, v)) if change else (lambda v: words.short(measure, v))
    # Margins that are measured anew for every label are a large part of a redraw.
    return {"margin": {"l": 74, "r": 24, "t": 34, "b": 44}, "legend": {"traceorder": "reversed"}, "xaxis": {"type": "date", **_UNMEASURED, **dates(words)}, "yaxis": {**_UNMEASURED, "title": {"text": words.axis(measure, frequency)}} | ticks(values, write, zero=zero),
            "yaxis2": {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}}
