"""Every kind of chart is one that plotly accepts, property by property, in both languages."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import pytest

from promo_core import Blackout, Guardrails, breaches_of, decision_surface, history, outlook, response_curve
from promo_core.reporting import charts
from tests.planning.samples import sample_model, sample_outcome, sample_scenario


@pytest.fixture(scope="module")
def figures() -> dict[str, list[go.Figure]]:
    """Every kind of chart by its name, in English and Chinese."""
    model = sample_model()
    outcome = sample_outcome(model)
    curve, points = response_curve(model, sample_scenario(model.panel), campaign=0)
    past = history(model).query("measure == 'gmv'").rename(columns={"observed": "value", "value": "group"})
    ahead = outlook(model)[0].query("measure == 'gmv'")
    surface = pd.DataFrame({"discount_depth": [0.1, 0.2] * 2, "length": [3, 3, 7, 7], "mean": [1e4, 2e4, -3e4, None]})
    pushes = pd.DataFrame({"feature": ["weekday", "lag_7"], "contribution": [0.1, -0.2]})
    weights = pd.DataFrame({"model": ["gbm", "lstm"], "target": "gmv", "feature": "weekday", "importance": [0.3, 0.2]})
    rules = Guardrails(deepest_discount=0.01, blackouts=(Blackout(start=outcome.origin, end=outcome.scenario.campaigns[0].start),))
    broken = breaches_of(outcome.scenario, model.panel, rules, model.horizon)
    ran = pd.DataFrame({"lane": ["vip"], "start": [outcome.origin], "end": [outcome.origin], "discount_depth": [0.1], "name": ["<b>"]})
    chosen, split = decision_surface(model, outcome.scenario, across="segment"), pd.DataFrame({"value": ["vip", "new"], "usual": [100.0, 90.0], "during": [150.0, 80.0]})
    made = {"outcome_path": lambda lang: charts.outcome_path(outcome, lang=lang), "conversion": lambda lang: charts.outcome_path(outcome, "conversion", lang=lang),
            "increment_path": lambda lang: charts.increment_path(outcome, lang=lang), "answer_path": lambda lang: go.Figure(charts.answer_path_spec(outcome, lang=lang)), "calendar": lambda lang: charts.calendar(outcome.scenario, lang=lang),
            "forecast_fan": lambda lang: charts.forecast_fan(past, ahead, currency="CNY", promotions=[("2026-01-01", "2026-01-05")], lang=lang),
            "waterfall": lambda lang: charts.waterfall(outcome.attribution, lang=lang), "compare_bars": lambda lang: charts.compare_bars([outcome], lang=lang),
            "group_bars": lambda lang: charts.group_bars(outcome, lang=lang), "response_curve": lambda lang: charts.response_curve(curve, points=points, current=0.2, lang=lang),
            "surface": lambda lang: charts.surface(surface, lang=lang), "contributions": lambda lang: charts.contributions(pushes, lang=lang),
            "importance": lambda lang: charts.importance(weights, lang=lang), "league_table": lambda lang: charts.league_table(model.scores, lang=lang),
            "timeline": lambda lang: go.Figure(charts.timeline_spec(outcome.scenario, ["new", "vip"], "segment", first=outcome.origin, last=outcome.scenario.campaigns[0].end, origin=outcome.origin, chosen=0,
                                                     breaches=broken, past=ran, events=[(outcome.origin, "6.18")], blackouts=rules.blackouts, lang=lang)),
            "decision_map": lambda lang: charts.decision_map(chosen, "gmv", current=(3, 0.2), barred=chosen.gain > 0, best=(1, 1), currency="CNY", lang=lang),
            "points_with_bands": lambda lang: charts.points_with_bands(["a", "b"], [outcome.economics.roi, None], "roi", title="ROI", best=0, lang=lang),
            "segment_split": lambda lang: charts.segment_split(split, "gmv", dimension="segment", currency="CNY", lang=lang),
            "empty": lambda lang: charts.compare_bars([], lang=lang)}
    return {name: [make(lang) for lang in ("en", "zh")] for name, make in made.items()}


def test_plotly_accepts_every_property_of_every_chart(figures) -> None:
    for both in figures.values():
        for figure in both:
            assert go.Figure(figure.to_dict()).to_dict()["data"] is not None


def test_every_axis_of_values_names_its_unit(figures) -> None:
    for name in ("outcome_path", "increment_path", "forecast_fan"):
        english, chinese = figures[name]
        assert english.layout.yaxis.title.text == "GMV per day (CNY)" and chinese.layout.yaxis.title.text != english.layout.yaxis.title.text
    assert figures["conversion"][0].layout.yaxis.title.text == "Conversion (%)"


def test_an_answers_paths_lie_above_one_another_on_the_same_days(figures) -> None:
    above, below, both = (figures[name][0] for name in ("outcome_path", "increment_path", "answer_path"))
    assert len(both.data) == len(above.data) + len(below.data) and both.layout.yaxis3.title.text == "Change in GMV per day (CNY)" and both.layout.yaxis.domain[0] > both.layout.yaxis3.domain[1]
    bars = next(trace for trace in both.data if trace.type == "bar")
    assert bars.yaxis == "y3" and list(bars.y) == list(below.data[-1].y)


def test_a_hover_tells_the_exact_value_with_its_band(figures) -> None:
    line = figures["outcome_path"][0].data[-1]
    assert line.customdata[0].startswith("¥") and "80% band" in line.customdata[0] and len(line.customdata) == len(line.y)


def test_a_bar_of_the_calendar_says_which_campaign_it_is_and_what_it_breaks(figures) -> None:
    past, bars = figures["timeline"][0].data
    assert list(bars.customdata) == [0] and bars.text[0].startswith("⚠ 1") and "deeper than the 1% allowed" in bars.hovertext[0] and past.hovertext[0].startswith("&lt;b&gt;")


def test_every_cell_of_the_map_can_be_clicked_and_tells_its_value(figures) -> None:
    heat, cells = figures["decision_map"][0].data[0], figures["decision_map"][0].data[-1]
    assert len(cells.x) == len(heat.x) * len(heat.y) == len(cells.text) and list(cells.customdata[0]) == [0, 0] and "¥" in cells.text[5]
