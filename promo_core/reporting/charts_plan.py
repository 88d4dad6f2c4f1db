"""Figures for managers: what comes beside last year, a late forecast beside what happened, stock needed week by week."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import plotly.graph_objects as go

from promo_core.errors import N_
from promo_core.planning.late import LateForecast
from promo_core.planning.stock import StockNeed
from promo_core.reporting.charts_paths import axes, band_traces, days_of, line_trace, shade
from promo_core.reporting.theme import BASELINE, HISTORY, NEGATIVE, SCENARIO, empty, figure
from promo_core.reporting.words import safe, words_for

__all__ = ["late_path", "plan_path", "stock_weeks"]


def plan_path(plan: pd.DataFrame, baseline: pd.DataFrame, before: pd.DataFrame, *, measure: str, currency: str | None, frequency: str,
              promotions: Iterable[tuple[object, object]] = (), lang: str = "en") -> go.Figure:
    """Draw the plan of the coming periods with its 80 % band, doing nothing dotted, and the like days of last year.

    Args:
        plan: columns date, mean, p10, p90.
        baseline: columns date, mean.
        before: columns date (of the plan's periods), last_year; NaN leaves a gap.
        promotions: (first day, last day) of each planned campaign.
    """
    words = words_for(lang, currency)
    if plan.empty:
        return empty(words, N_("There is nothing to show for this selection: no history and no forecast."))
    data = shade(list(promotions), words.text(N_("Promotions")))
    data += [{"type": "scatter", "x": days_of(before["date"]), "y": before["last_year"].tolist(), "mode": "lines", "name": words.text(N_("Same days last year")),
              "line": {"color": HISTORY, "width": 1.6}, "customdata": [words.exact(measure, v) for v in before["last_year"]], "hovertemplate": "%{customdata}"}]
    data += [line_trace(baseline.rename(columns={"date": "period"}), words, measure, words.side("baseline"), BASELINE, dash="dot")]
    path = plan.rename(columns={"date": "period"})
    data += [*band_traces(path, SCENARIO, name=words.text(N_("80% band"))), line_trace(path, words, measure, words.text(N_("Plan")), SCENARIO)]
    extent = [*plan["p10"], *plan["p90"], *before["last_year"]]
    return figure(400, data, hovermode="x unified", **axes(words, measure, frequency, extent, zero=measure != "conversion"))


def late_path(late: LateForecast, *, currency: str | None, frequency: str, lang: str = "en") -> go.Figure:
    """Draw a forecast made before, with its 80 % band, beside what then happened; days outside the band are marked."""
    words, path = words_for(lang, currency), late.path.rename(columns={"date": "period"})
    left = path[(path["actual"] < path["p10"]) | (path["actual"] > path["p90"])]
    data = [*band_traces(path, SCENARIO, name=words.text(N_("80% band"))), line_trace(path, words, late.measure, words.text(N_("Forecast made before")), SCENARIO, dash="dot")]
    told = {"customdata": [words.exact(late.measure, v) for v in path["actual"]], "hovertemplate": "%{customdata}"}
    data += [{"type": "scatter", "x": days_of(path["period"]), "y": path["actual"].tolist(), "mode": "lines", "name": words.text(N_("What happened")), "line": {"color": HISTORY, "width": 2.2}} | told,
             {"type": "scatter", "x": days_of(left["period"]), "y": left["actual"].tolist(), "mode": "markers", "name": words.text(N_("Outside the band")),
              "marker": {"color": NEGATIVE, "size": 9, "symbol": "diamond"}, "hoverinfo": "skip"}]
    return figure(340, data, hovermode="x unified", **axes(words, late.measure, frequency, path[["p10", "p90", "actual"]].to_numpy().ravel()))


def stock_weeks(need: StockNeed, *, lang: str = "en") -> go.Figure:
    """Draw, per value, the units expected week by week and what must lie on top of them to suffice as often as asked; the stock on hand ends where it runs out."""
    words = words_for(lang)
    if need.weeks.empty:
        return empty(words, N_("There is nothing to show for this selection: no history and no forecast."))
    weeks = need.weeks.assign(label=[words.reader.day(s) for s in need.weeks["start"]], name=[safe(v, 24) for v in need.weeks["value"]])
    both, sure = [weeks["name"].tolist(), weeks["label"].tolist()], words.reader.percent(need.service, 0)
    exact = [words.text(N_("{mean} expected, {need} suffice in {service} of cases"), mean=words.reader.number(r.mean), need=words.reader.number(r.need), service=sure) for r in weeks.itertuples()]
    data = [{"type": "bar", "x": both, "y": weeks["mean"].tolist(), "name": words.text(N_("Expected")), "marker": {"color": SCENARIO}, "customdata": exact, "hovertemplate": "%{customdata}<extra></extra>"},
            {"type": "bar", "x": both, "y": (weeks["need"] - weeks["mean"]).tolist(), "name": words.text(N_("On top, to suffice in {service} of cases"), service=sure),
             "marker": {"color": HISTORY}, "hoverinfo": "skip"}]
    unit = N_("Units per week")
    return figure(380, data, barmode="stack", hovermode="closest", xaxis={"type": "multicategory", "tickfont": {"size": 11}}, yaxis={"title": {"text": words.text(unit)}, "tickformat": ",.0f"})
