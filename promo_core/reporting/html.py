"""The interactive report: one self-contained page that opens without a network."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from plotly.io import to_html
from plotly.offline import get_plotlyjs

from promo_core.errors import N_
from promo_core.reporting import charts
from promo_core.reporting.cells import Table
from promo_core.reporting.content import Content, Part
from promo_core.reporting.plan_content import PlanContent
from promo_core.reporting.words import Words

__all__ = ["render", "render_plan"]

_TEMPLATES = Path(__file__).resolve().parents[2] / "assets" / "report"
_CONFIG = {"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}
_LABELS = {"campaigns": N_("Campaigns"), "support": N_("Support in the past"), "warnings": N_("Mind"), "periods": N_("Period by period"), "groups": N_("Who changes"),
           "comparison": N_("Comparison"), "offline": N_("This page is complete in itself: it opens without a network and loads nothing."),
           "figures": N_("Figures are expected values; an 80% band holds the truth four times in five."), "product": N_("Liftboard promotion report"), "attention": N_("Worth a look first"),
           "coming": N_("The coming weeks")}


def render(content: Content) -> bytes:
    """Return the page as UTF-8."""
    draw = _Drawer(content.words)
    words = content.words
    parts = [{"part": part, "figures": _figures(draw, words, part), "tables": [t for t in (part.results, part.money) if t is not None]} for part in content.parts]
    comparison = _comparison_figures(draw, content) if content.comparison is not None else []
    differences = [{"told": d, "figures": [draw(d.table.title, charts.waterfall(d.shares, measure=content.parts[0].measure, currency=words.currency, lang=words.reader.lang))]}
                   for d in content.differences]
    return _page("report.html.j2", words, content=content, parts=parts, comparison=comparison, differences=differences)


def render_plan(content: PlanContent) -> bytes:
    """Return the forecast report as UTF-8."""
    draw, words, lang = _Drawer(content.words), content.words, content.words.reader.lang
    of = {name: frame[frame["measure"] == content.measure] for name, frame in content.frames.items()}
    spans = [(c.start, c.end) for s in content.planned for c in s.campaigns if c.end >= of["path"]["date"].min().date()]
    path = charts.plan_path(of["path"], of["baseline"], of["before"], measure=content.measure, currency=words.currency, frequency=content.frequency, promotions=spans, lang=lang)
    figures = {"path": [draw(content.path.title, path)], "calendar": [draw(content.campaigns.title, charts.calendar(content.planned, currency=words.currency, lang=lang))]}
    if content.stock_need is not None:
        figures["stock"] = [draw(N_("Units needed week by week"), charts.stock_weeks(content.stock_need, lang=lang))]
    if content.late_forecast is not None:
        figures["late"] = [draw(content.late.title, charts.late_path(content.late_forecast, currency=words.currency, frequency=content.frequency, lang=lang))]
    return _page("plan.html.j2", words, content=content, figures=figures)


def _page(template: str, words: Words, **parts: object) -> bytes:
    page = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(template)
    text = page.render(has_rows=_has_rows, label={k: words.text(v) for k, v in _LABELS.items()}, lang={"zh": "zh-Hans"}.get(words.reader.lang, "en"), plotlyjs=Markup(get_plotlyjs()), **parts)
    return text.encode("utf-8", "replace")


class _Drawer:
    """Turns figures into fragments of the page with running ids."""

    def __init__(self, words: Words) -> None:
        self.words, self.count = words, 0

    def __call__(self, title: str, figure: go.Figure, **facts: str) -> dict[str, object]:
        """Return a figure's title and its markup; plotly writes its data as JSON with `<` and `>` escaped."""
        self.count += 1
        markup = to_html(figure, full_html=False, include_plotlyjs=False, div_id=f"chart-{self.count}", config=_CONFIG | {"locale": "en"})
        return {"title": self.words.text(title, **facts), "markup": Markup(markup)}


def _figures(draw: _Drawer, words: Words, part: Part) -> dict[str, list[dict[str, object]]]:
    outcome, lang, name = part.outcome, words.reader.lang, words.measure(part.measure)
    figures = {"path": [draw(N_("{measure} of the promoted series, with and without the promotion"), charts.outcome_path(outcome, lang=lang), measure=name)]}
    if outcome.scenario.campaigns:
        figures["path"].append(draw(N_("What the promotion changes, period by period"), charts.increment_path(outcome, lang=lang)))
    if "conversion" in set(outcome.path["measure"]) and part.measure != "conversion":
        figures["path"].append(draw(N_("Conversion of the promoted series"), charts.outcome_path(outcome, "conversion", lang=lang)))
    shares = [draw(part.attribution.title, charts.waterfall(outcome.attribution, measure=part.measure, currency=outcome.currency, lang=lang))] if outcome.attribution else []
    groups = [draw(N_("Change by {dimension}"), charts.group_bars(outcome, d, part.measure, lang=lang), dimension=words.lever(d))
              for d, frame in outcome.groups.items() if outcome.scenario.campaigns and (frame["measure"] == part.measure).sum() > 1]
    plan = [draw(N_("Campaigns on the calendar"), charts.calendar(outcome.scenario, currency=outcome.currency, lang=lang))] if len(outcome.scenario.campaigns) > 1 else []
    return figures | {"attribution": shares, "groups": groups, "plan": plan}


def _comparison_figures(draw: _Drawer, content: Content) -> list[dict[str, object]]:
    renamed = [part.outcome for part in content.parts]
    lang, currency = content.words.reader.lang, renamed[0].currency
    return [draw(N_("What each scenario adds, all series"), charts.compare_bars(renamed, content.parts[0].measure, lang=lang)),
            draw(N_("Campaigns on the calendar"), charts.calendar([o.scenario for o in renamed], currency=currency, lang=lang))]


def _has_rows(table: Table | None) -> bool:
    return table is not None and bool(table.rows)
