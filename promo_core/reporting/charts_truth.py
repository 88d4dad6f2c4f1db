"""Figures of how right the product is: placebo checks of one model, and the arena's scores beside peers."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from promo_core.errors import N_
from promo_core.reporting.theme import BASELINE, HISTORY, NEGATIVE, POSITIVE, SCENARIO, empty, figure, ticks
from promo_core.reporting.words import words_for

__all__ = ["COMPETITORS", "arena_bars", "placebo"]

CHECK_LABELS = {"shifted": N_("Fake promotions before the real ones"), "shuffled": N_("Depths dealt anew")}
_COLOURS = {"ours": SCENARIO, "S-learner": BASELINE, "S-learner, monotone": "#E69F00", "double ML": "#CC79A7"}
COMPETITORS = {"ours": "Liftboard", "S-learner": N_("Plain S-learner"), "S-learner, monotone": N_("S-learner, monotone"), "double ML": N_("Double machine learning")}
"""Competitor of the arena → its name."""


def placebo(checks: pd.DataFrame | None, *, lang: str = "en") -> go.Figure:
    """Draw what promotions that never ran seem to do, beside the real ones, as a share of the effect told; 0 is right for a fake, 100 % for a real one.

    Args:
        checks: rows of check, share, low, high, real, passed.
    """
    words = words_for(lang)
    if checks is None or checks.empty:
        return empty(words, N_("The past holds too few promotions for a placebo check."))
    names = [words.text(CHECK_LABELS[c]) for c in checks["check"]]
    told = [words.text(N_("{share} (95% interval {low} to {high})"), share=words.reader.percent(r.share), low=words.reader.percent(r.low), high=words.reader.percent(r.high)) for r in checks.itertuples()]
    fig = figure(150 + 60 * len(checks), hovermode="closest")
    whisker = {"type": "data", "symmetric": False, "array": list(checks["high"] - checks["share"]), "arrayminus": list(checks["share"] - checks["low"]), "color": HISTORY, "thickness": 1.4}
    fig.add_scatter(y=names, x=list(checks["share"]), error_x=whisker, mode="markers", name=words.text(N_("Fake")), customdata=told, hovertemplate="%{y}: %{customdata}<extra></extra>",
                    marker={"size": 13, "symbol": "circle", "color": [POSITIVE if ok else NEGATIVE for ok in checks["passed"]]})
    fig.add_scatter(y=names, x=list(checks["real"]), mode="markers", name=words.text(N_("Real")), customdata=[words.reader.percent(v) for v in checks["real"]],
                    hovertemplate="%{y}: %{customdata}<extra></extra>", marker={"size": 13, "symbol": "diamond", "color": SCENARIO})
    axis = {"title": {"text": words.text(N_("Effect found, as a share of the effect told (%)"))}, "showgrid": True}
    marks = ticks([*checks["low"], *checks["high"], *checks["real"], 1.0], lambda v: words.reader.percent(v, 0))
    return fig.update_layout(xaxis=axis | marks, yaxis={"showgrid": False, "autorange": "reversed"})


def arena_bars(table: pd.DataFrame | None, score: str, *, lang: str = "en") -> go.Figure:
    """Draw one score of every competitor by form of shop, the forms on which ours does worst on top.

    Args:
        table: rows of form, what is special about it (a marked text), competitor and the scores, means over seeds.
        score: a column of `table`; fractions.
    """
    words = words_for(lang)
    if table is None or table.empty or score not in table:
        return empty(words, N_("No arena has been run here."))
    wide = table.pivot_table(index="about", columns="competitor", values=score)
    wide = wide.sort_values("ours") if "ours" in wide else wide
    fig = figure(120 + 34 * len(wide), hovermode="closest", barmode="group")
    for name in [n for n in _COLOURS if n in wide]:
        told = [words.reader.percent(v, 0) for v in wide[name]]
        fig.add_bar(y=[words.text(about) for about in wide.index], x=list(wide[name]), orientation="h", name=words.text(COMPETITORS[name]), marker={"color": _COLOURS[name]}, customdata=told,
                    hovertemplate="%{y}: %{customdata}<extra>%{fullData.name}</extra>")
    axis = {"title": {"text": words.text(N_("Error as a share of the true effect (%)"))}, "showgrid": True}
    if score == "rank_correlation":
        axis = {"title": {"text": words.text(N_("Rank correlation with the true order (100% is perfect)"))}, "showgrid": True}
    return fig.update_layout(xaxis=axis | ticks(wide.to_numpy().ravel(), lambda v: words.reader.percent(v, 0)), yaxis={"showgrid": False})
