"""Figures to choose from: campaigns on their lanes, the map of a decision, scenarios and segments side by side. Those that are clicked carry what was clicked in `customdata`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from promo_core.errors import N_
from promo_core.planning.guardrails import Blackout, Breach
from promo_core.planning.optimise import Surface
from promo_core.planning.outcome import Quantity
from promo_core.planning.scenario import Campaign, Scenario
from promo_core.reporting.theme import BASELINE, CAMPAIGN, DIVERGING, HISTORY, INK, NEGATIVE, SCENARIO, Spec, dates, empty, figure, spec, ticks, tint
from promo_core.reporting.words import Words, safe, words_for

__all__ = ["decision_map", "points_with_bands", "segment_split", "timeline_spec"]

_DAY, _MILLISECOND = timedelta(days=1), timedelta(milliseconds=1)
_LANE, _ROOM, _MOST_TICKS = 0.8, 0.35, 14
_DARK, _QUIET = "#16202e", "#5A6B7D"


def timeline_spec(scenario: Scenario, lanes: Sequence[str], dimension: str | None, *, first: date, last: date, origin: date, chosen: int | None = None, breaches: Sequence[Breach] = (),
                  past: pd.DataFrame | None = None, events: Sequence[tuple[date, str]] = (), blackouts: Sequence[Blackout] = (), currency: str | None = None, lang: str = "en") -> Spec:
    """Return, as plain values, the figure that draws campaigns as bars on a lane per value of a dimension; overlaps are underlined, broken rules outlined, events and blackouts marked.

    Args:
        lanes: values of the dimension, from top to bottom; a campaign without a choice of values lies on all of them.
        first, last: the days shown.
        origin: the last day observed.
        chosen: position of the campaign that is being edited.
        past: columns lane, start, end, discount_depth, name: what ran before.
        events: day and marked name.
    """
    words = words_for(lang, currency)
    bars = [_bar(words, number, campaign, lane, row, chosen, breaches) for number, campaign in enumerate(scenario.campaigns)
            for lane, row in _rows(scenario, number, lanes, dimension)]
    data = [_past_bars(words, past, lanes), _bars(bars), _overlap_bars(words, scenario, lanes, dimension, breaches)]
    shapes = [_line(pd.Timestamp(origin) + pd.Timedelta(hours=24), HISTORY, "solid"), *(_line(pd.Timestamp(day) + pd.Timedelta(hours=12), CAMPAIGN, "dot") for day, _name in events),
              *({"type": "rect", "x0": str(b.start), "x1": str(b.end + _DAY), "y0": 0, "y1": 1, "yref": "y domain", "fillcolor": tint(NEGATIVE, 0.13), "line": {"width": 0}, "layer": "below"}
                for b in blackouts)]
    notes = [_note(day, words.text(name), CAMPAIGN) for day, name in events] + [_note(b.start, safe(b.reason or words.text(N_("no promotions")), 18), NEGATIVE, anchor="left") for b in blackouts]
    axis_y = {"range": [len(lanes) - 0.5, -0.5], "tickvals": list(range(len(lanes))), "ticktext": [safe(lane, 16) for lane in lanes], "showgrid": False, "zeroline": False, "fixedrange": True, "automargin": False, "ticklabeloverflow": "allow"}
    axis_x = {"type": "date", "range": [str(first), str(last + _DAY)], "showgrid": True, "fixedrange": True, "automargin": False, "ticklabeloverflow": "allow", **dates(words)}
    return spec(76 + 38 * max(len(lanes), 2), [trace for trace in data if trace is not None], barmode="overlay", hovermode="closest", showlegend=False, shapes=shapes, annotations=notes,
                  xaxis=axis_x, yaxis=axis_y, margin={"l": 20 + _text_width(safe(lane, 16) for lane in lanes), "r": 24, "t": 26, "b": 44}, dragmode=False)


def _text_width(texts: Iterable[str]) -> int:
    """Return about how wide the widest text is (pixels), so that a margin need not be measured anew at every redraw."""
    return max((sum(12 if ord(c) > 0x2E7F else 7 for c in text) for text in texts), default=0)


def decision_map(surface: Surface, measure: str, *, current: tuple[int, float] | None = None, barred: np.ndarray | None = None, best: tuple[int, int] | None = None,
                 frequency: str = "D", currency: str | None = None, lang: str = "en") -> go.Figure:
    """Draw what every choice brings as a heat map; the current one is framed, the best starred, what the house rules forbid crossed.

    Args:
        measure: one of the surface's values.
        current: row and depth of the scenario as it stands; the nearest cell is framed.
        barred: (N, D) bool.
        best: row and depth position of the best choice.
    """
    words, grid = words_for(lang, currency), surface.values.get(measure)
    if grid is None or not np.isfinite(grid).any():
        return empty(words, N_("Nothing to choose from: no cell of this map can be told."), 440)
    write = _writer(words, measure)
    labels, depths = [_row_label(words, surface.across, row) for row in surface.rows], [words.reader.percent(d, 0) for d in surface.depths]
    told = [[f"{labels[i]} · {depths[j]}<br><b>{write(grid[i, j], True)}</b>" for i in range(len(labels))] for j in range(len(depths))]
    reach = float(np.nanmax(np.abs(grid))) or 1.0
    bar = ticks([-reach, reach], lambda v: write(v, False))
    heat = {"type": "heatmap", "z": grid.T.tolist(), "x": list(range(len(labels))), "y": list(range(len(depths))), "colorscale": DIVERGING, "zmid": 0, "zmin": -reach, "zmax": reach, "xgap": 1,
            "ygap": 1, "hoverinfo": "skip", "colorbar": {"tickvals": bar["tickvals"], "ticktext": bar["ticktext"], "thickness": 12, "outlinewidth": 0}}
    data = [heat, *_crosses(grid, barred), *_frames(surface, current, best), _targets(grid, told)]
    titles = {"start": N_("First day"), "length": N_("Length (days)") if frequency == "D" else N_("Length (weeks)")}
    axis_x = {"title": {"text": words.text(titles[surface.across]) if surface.across in titles else words.lever(surface.across)}, **_index_axis(labels)}
    axis_y = {"title": {"text": words.text(N_("Discount depth (%)"))}, **_index_axis(depths)}
    return figure(440, data, hovermode="closest", hoverdistance=30, showlegend=False, xaxis=axis_x, yaxis=axis_y, margin={"l": 8, "r": 8, "t": 12, "b": 8}, dragmode=False)


def points_with_bands(names: Sequence[str], values: Sequence[Quantity | None], measure: str, *, title: str, change: bool = False, best: int | None = None,
                      currency: str | None = None, lang: str = "en") -> go.Figure:
    """Draw one quantity of several scenarios: the mean as a point, the 80 % band as a line; unknown ones keep their place.

    Args:
        measure: what writes the values: a measure, "margin" or "roi".
        title: the axis title, told already.
        change: the values are differences.
        best: position of the one to stand out.
    """
    words = words_for(lang, currency)
    if all(v is None for v in values):
        return empty(words, N_("This can't be told: it needs a unit cost, and units or a list price."), 96 + 34 * len(names))
    write = _writer(words, measure, change=change)
    known = [(len(names) - 1 - i, v) for i, v in enumerate(values) if v is not None]
    told = [words.text(N_("{mean} (80% band {low} to {high})"), mean=write(v.mean, True), low=write(v.p10, True), high=write(v.p90, True)) for _i, v in known]
    colours = [SCENARIO if best is None or len(names) - 1 - i == best else BASELINE for i, _v in known]
    whisker = {"type": "data", "symmetric": False, "array": [v.p90 - v.mean for _i, v in known], "arrayminus": [v.mean - v.p10 for _i, v in known], "thickness": 2, "width": 5, "color": HISTORY}
    data = [{"type": "scatter", "mode": "markers+text", "x": [v.mean for _i, v in known], "y": [i for i, _v in known], "error_x": whisker, "marker": {"size": 11, "color": colours},
             "text": [write(v.mean, False) for _i, v in known], "textposition": "top center", "customdata": told, "hovertemplate": "%{customdata}<extra></extra>", "cliponaxis": False}]
    marks = ticks([x for _i, v in known for x in (v.mean, v.p10, v.p90)], lambda v: write(v, False), zero=change or measure == "roi", count=4, pad=0.1)
    axis_y = {"tickvals": list(range(len(names))), "ticktext": [safe(n, 22) for n in reversed(names)], "range": [-0.6, len(names) - 0.25], "showgrid": False, "zeroline": False}
    return figure(96 + 34 * len(names), data, hovermode="closest", showlegend=False, xaxis={"title": {"text": title}, "showgrid": True} | marks, yaxis=axis_y)


def segment_split(df: pd.DataFrame, measure: str, *, dimension: str, currency: str | None = None, lang: str = "en") -> go.Figure:
    """Draw, per segment, what would have come anyway on the campaign's days and what the campaign adds or takes.

    Args:
        df: columns value, usual, during (totals of the main measure).
    """
    words, rows = words_for(lang, currency), df[::-1]
    if rows.empty:
        return empty(words, N_("There is no split to show for this measure."))
    added = rows["during"] - rows["usual"]
    names = [safe(v, 22) for v in rows["value"]]
    told = [f"{words.exact(measure, u)} → {words.exact(measure, d)}" for u, d in zip(rows["usual"], rows["during"], strict=True)]
    data = [{"type": "bar", "orientation": "h", "y": names, "x": rows["usual"].tolist(), "name": words.text(N_("Would have come anyway")), "marker": {"color": BASELINE}, "customdata": told,
             "hovertemplate": "%{y}: %{customdata}<extra></extra>"},
            {"type": "bar", "orientation": "h", "y": names, "x": added.tolist(), "name": words.text(N_("Added by the campaign")), "marker": {"color": SCENARIO}, "customdata": told,
             "text": [words.change(measure, v) for v in added], "textposition": "outside", "cliponaxis": False, "hovertemplate": "%{y}: %{customdata}<extra></extra>"}]
    axis = {"title": {"text": words.text(N_("{measure} on the campaign's days"), measure=words.axis(measure))}, "showgrid": True} | ticks([*rows["during"], *rows["usual"]], lambda v: words.short(measure, v), pad=0.16)
    return figure(110 + 36 * len(rows), data, barmode="stack", hovermode="closest", xaxis=axis, yaxis={"type": "category", "showgrid": False, "title": {"text": words.lever(dimension)}})


def _rows(scenario: Scenario, number: int, lanes: Sequence[str], dimension: str | None) -> list[tuple[int, tuple[float, float]]]:
    """Return (lane, (middle, height)) of each bar of a campaign; campaigns that meet on a lane share its height."""
    own, out = scenario.campaigns[number], []
    for lane in _lanes_of(own, lanes, dimension):
        meeting = [i for i, c in enumerate(scenario.campaigns) if lane in _lanes_of(c, lanes, dimension) and c.start <= own.end and own.start <= c.end]
        height = _LANE / len(meeting)
        out.append((lane, (lane - _LANE / 2 + height * (meeting.index(number) + 0.5), height)))
    return out


def _lanes_of(campaign: Campaign, lanes: Sequence[str], dimension: str | None) -> list[int]:
    values = campaign.series.get(dimension or "") or lanes
    return [i for i, lane in enumerate(lanes) if lane in values]


def _bar(words: Words, number: int, campaign: Campaign, lane: int, row: tuple[float, float], chosen: int | None, breaches: Sequence[Breach]) -> dict[str, object]:
    broken = [words.reader.say(b.message) for b in breaches if number in b.campaigns and b.forbids]
    name = f"{'⚠ ' if broken else ''}{number + 1}"
    told = [f"<b>{number + 1}. {safe(campaign.name or words.campaign(campaign))}</b>", safe(words.campaign(campaign)), safe(words.days(campaign)), safe(words.selection(campaign.series), 120),
            *(f"⚠ {safe(text, 140)}" for text in broken)]
    return {"base": str(campaign.start), "x": ((campaign.end - campaign.start) + _DAY) / _MILLISECOND, "y": row[0], "width": row[1] * 0.94,
            "color": SCENARIO if number == chosen else _QUIET, "line": NEGATIVE if broken else SCENARIO, "edge": 2.5 if broken else 0,
            "text": f"{name} · {safe(words.campaign(campaign), 28)}" if row[1] > _ROOM else name, "told": "<br>".join(told), "number": number}


def _bars(bars: list[dict[str, object]]) -> dict[str, object] | None:
    if not bars:
        return None

    def column(name: str) -> list[object]:
        return [bar[name] for bar in bars]

    return {"type": "bar", "orientation": "h", "base": column("base"), "x": column("x"), "y": column("y"), "width": column("width"), "customdata": column("number"), "text": column("text"),
            "textposition": "inside", "insidetextanchor": "start", "textangle": 0, "textfont": {"color": "#ffffff", "size": 12}, "constraintext": "none", "hovertext": column("told"),
            "hovertemplate": "%{hovertext}<extra></extra>", "marker": {"color": column("color"), "line": {"color": column("line"), "width": column("edge")}},
            "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}


def _past_bars(words: Words, past: pd.DataFrame | None, lanes: Sequence[str]) -> dict[str, object] | None:
    if past is None or past.empty:
        return None
    place = {lane: i for i, lane in enumerate(lanes)}
    rows = [row for row in zip(*(past[name].tolist() for name in ("lane", "start", "end", "discount_depth", "name")), strict=True) if row[0] in place]
    unnamed, off = words.text(N_("Past campaign")), words.reader.text(N_("{depth} off"))
    told = [safe(name or unnamed, 40) + "<br>" + off.format(depth=words.reader.percent(depth, 0)) for _lane, _start, _end, depth, name in rows]
    return {"type": "bar", "orientation": "h", "base": [str(start)[:10] for _lane, start, *_rest in rows], "x": [((end - start) + _DAY) / _MILLISECOND for _lane, start, end, *_rest in rows],
            "y": [place[row[0]] for row in rows], "width": _LANE * 0.6, "marker": {"color": tint(HISTORY, 0.3)}, "hovertext": told, "hovertemplate": "%{hovertext}<extra></extra>",
            "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}


def _overlap_bars(words: Words, scenario: Scenario, lanes: Sequence[str], dimension: str | None, breaches: Sequence[Breach]) -> dict[str, object] | None:
    """Underline the days on which campaigns overlap."""
    spots = [(b, lane) for b in breaches if b.rule == "overlap"
             for lane in sorted(set.intersection(*(set(_lanes_of(scenario.campaigns[n], lanes, dimension)) for n in b.campaigns)))]
    if not spots:
        return None
    return {"type": "bar", "orientation": "h", "base": [str(b.start) for b, _lane in spots], "x": [((b.end - b.start) + _DAY) / _MILLISECOND for b, _lane in spots],
            "y": [lane + 0.45 for _b, lane in spots], "width": 0.09, "hovertext": [safe(words.reader.say(b.message), 160) for b, _lane in spots], "hovertemplate": "%{hovertext}<extra></extra>",
            "marker": {"color": CAMPAIGN}, "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}


def _line(moment: pd.Timestamp, colour: str, dash: str) -> dict[str, object]:
    return {"type": "line", "x0": moment.isoformat(), "x1": moment.isoformat(), "y0": 0, "y1": 1, "yref": "y domain", "line": {"color": colour, "width": 1.4, "dash": dash}, "layer": "below"}


def _note(day: date, text: str, colour: str, anchor: str = "center") -> dict[str, object]:
    moment = pd.Timestamp(day) + pd.Timedelta(hours=0 if anchor == "left" else 12)
    return {"x": moment.isoformat(), "y": 1, "yref": "y domain", "yanchor": "bottom", "xanchor": anchor, "text": text, "showarrow": False, "font": {"size": 11.5, "color": colour}}


def _writer(words: Words, measure: str, *, change: bool = True):
    """Return what writes a value of a measure, short or exact."""
    if measure == "roi":
        return lambda value, _exact: words.reader.number(value, 2)
    told = "gmv" if measure == "margin" else measure
    if change:
        return lambda value, exact: words.change(told, value, exact=exact)
    return lambda value, exact: words.exact(told, value) if exact else words.short(told, value)


def _row_label(words: Words, across: str, row: object) -> str:
    if across == "start":
        day = pd.Timestamp(row)
        return f"{day.month}月{day.day}日" if words.reader.lang == "zh" else f"{day.day} {day:%b}"
    return safe(row, 18)


def _index_axis(labels: Sequence[str]) -> dict[str, object]:
    step = -(-len(labels) // _MOST_TICKS)
    shown = list(range(0, len(labels), step))
    return {"tickvals": shown, "ticktext": [labels[i] for i in shown], "range": [-0.5, len(labels) - 0.5], "showgrid": False, "zeroline": False, "fixedrange": True}


def _crosses(grid: np.ndarray, barred: np.ndarray | None) -> list[dict[str, object]]:
    if barred is None or not barred.any():
        return []
    rows, depths = np.nonzero(barred & np.isfinite(grid))
    return [{"type": "scatter", "mode": "markers", "x": rows.tolist(), "y": depths.tolist(), "marker": {"symbol": "x-thin", "size": 6, "line": {"width": 1, "color": INK}}, "hoverinfo": "skip"}]


def _frames(surface: Surface, current: tuple[int, float] | None, best: tuple[int, int] | None) -> list[dict[str, object]]:
    """Star the best choice and frame the current one, dark on light, so that both show on every colour."""
    marks = []
    if best is not None:
        marks.append((*best, "star", 13, 1.5, "#ffffff"))
    if current is not None:
        place = (current[0], int(np.argmin(np.abs(np.array(surface.depths) - current[1]))))
        marks += [(*place, "square-open", 18, 5, "#ffffff"), (*place, "square-open", 18, 2.5, _DARK)]
    return [{"type": "scatter", "mode": "markers", "x": [x], "y": [y], "hoverinfo": "skip",
             "marker": {"symbol": symbol, "size": size, "color": colour if symbol == "square-open" else _DARK, "line": {"width": line, "color": colour}}} for x, y, symbol, size, line, colour in marks]


def _targets(grid: np.ndarray, told: list[list[str]]) -> dict[str, object]:
    """Lay an invisible point on every cell that can be taken: a heat map itself cannot be clicked."""
    rows, depths = np.nonzero(np.isfinite(grid))
    return {"type": "scatter", "mode": "markers", "x": rows.tolist(), "y": depths.tolist(), "customdata": [[int(r), int(d)] for r, d in zip(rows, depths, strict=True)],
            "marker": {"symbol": "square", "size": 16, "opacity": 0}, "text": [told[d][r] for r, d in zip(rows, depths, strict=True)], "hovertemplate": "%{text}<extra></extra>",
            "selected": {"marker": {"opacity": 0}}, "unselected": {"marker": {"opacity": 0}}}
