"""Up to six kept scenarios side by side: in a table, as charts, and what they do differently."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages._ui.answer import main_measure
from pages._ui.cache import outcome_of
from pages._ui.difference import difference_view
from pages._ui.format import MEASURES, band, plain, quantity, signed, type_label
from pages._ui.frame import errors_told
from pages._ui.i18n import _, language, told
from pages._ui.keep import kept_scenarios, say_what_changed
from pages._ui.live import live_chart
from promo_core import N_, Outcome, Quantity, Scenario, ScenarioError, TrainedModel, column, compare
from promo_core.reporting import charts

__all__ = ["compare_panel"]

MOST_COMPARED = 6
_CASES = (("p10", N_("Increment, low case (10 %)")), ("p90", N_("Increment, high case (90 %)")))


@st.fragment
def compare_panel(model: TrainedModel) -> None:
    """Show up to six kept scenarios side by side."""
    with st.container(key="compare"), errors_told():
        st.subheader(_(N_("Compare saved scenarios")))
        say_what_changed()
        records = {record.id: record for record in kept_scenarios()}
        if not records:
            st.caption(_(N_("Save at least one scenario to compare it here.")))
            return
        chosen = st.multiselect(_(N_("Scenarios")), list(records), list(records)[:MOST_COMPARED], format_func=lambda i: records[i].name, max_selections=MOST_COMPARED, key=f"compared_{'_'.join(records)}",
                                label_visibility="collapsed")
        outcomes = _answers(model, [records[i].scenario for i in chosen if i in records])
        if outcomes:
            _show(model, outcomes)


def _show(model: TrainedModel, outcomes: list[Outcome]) -> None:
    """Show one way to look at them."""
    ways = {"charts": N_("Charts"), "levers": N_("What differs"), "why": N_("Why they differ")}
    st.dataframe(_table(outcomes), key="compare_table", height="content", column_config={"_index": st.column_config.Column(width=270)})
    way = st.segmented_control(_(N_("Look at")), list(ways), default="charts", required=True, format_func=lambda w: _(ways[w]), key="compare_way", persist_state="session", label_visibility="collapsed")
    if way == "charts":
        _charts(outcomes)
    elif way == "levers":
        _levers(outcomes)
    else:
        difference_view(model, outcomes)


def _charts(outcomes: list[Outcome]) -> None:
    """Draw increment, level, margin and return, each with its band."""
    main, names = main_measure(outcomes[0]), _names(outcomes)
    gains = [o.totals.increment[main].mean for o in outcomes]
    best, unit = gains.index(max(gains)), outcomes[0].currency
    level = _(N_("{measure}, everything, whole horizon"), measure=MEASURES[main])
    panels: list[tuple[str, str, list[Quantity | None], str, bool]] = [
        ("increment", main, [o.totals.increment[main] for o in outcomes], _(N_("Increment, everything")), True), ("level", main, [o.totals.scenario[main] for o in outcomes], level, False),
        ("margin", "margin", [o.economics.margin_increment if o.economics else None for o in outcomes], _(N_("Margin increment, before ad spend")), True),
        ("roi", "roi", [o.economics.roi if o.economics else None for o in outcomes], _(N_("Return (ROI)")), True)]
    for pair in (panels[:2], panels[2:]):
        for place, (key, measure, values, title, change) in zip(st.columns(2), pair, strict=True):
            with place:
                live_chart(charts.points_with_bands(names, values, measure, title=title, change=change, best=best, currency=unit, lang=language()), key=f"compare_{key}", alt=title)


def _levers(outcomes: list[Outcome]) -> None:
    """Show what each scenario does, the lines on which they differ marked."""
    side = compare(outcomes)
    if side.levers.empty:
        st.caption(_(N_("These scenarios have no campaign: they are the baseline.")))
        return
    rows = side.levers.sort_values(["campaign", "differs"], ascending=[True, False], kind="stable")
    frame = pd.DataFrame({_(N_("Campaign")): rows["campaign"], _(N_("What")): [_field(f) for f in rows["field"]], _(N_("Differs")): rows["differs"].astype(bool),
                          **{name: [_lever(f, v, outcomes[0].currency) for f, v in zip(rows["field"], rows[name], strict=True)] for name in side.names}})
    st.dataframe(frame, hide_index=True, key="compare_levers")


def _field(name: str) -> str:
    words = {"start": N_("First day"), "end": N_("Last day"), "series": N_("Series")}
    return _(words.get(name) or column(name).label)


def _lever(field: str, value: object, currency: str | None) -> str:
    """Write one lever's value as a reader would."""
    reader = told()
    if value is None or value != value or value == "":
        return "—"
    if field == "promo_type":
        return type_label(reader, str(value))
    if field in ("discount_depth", "feature", "display", "mailer"):
        return reader.percent(float(value), 0)
    if field == "ad_spend":
        return reader.money(float(value), currency)
    return str(value)


def _answers(model: TrainedModel, scenarios: list[Scenario]) -> list[Outcome]:
    """Return the outcomes of those that fit the model; say which do not, and why."""
    outcomes = []
    for scenario in scenarios:
        try:
            outcomes.append(outcome_of(model, scenario, model.serves))
        except ScenarioError as error:
            st.warning(f"{plain(scenario.name)}: {plain(_(error))}", icon=":material/warning:")
    return outcomes


def _table(outcomes: list[Outcome]) -> pd.DataFrame:
    """Return one column per scenario, one row per measure: increment as expected and in a low and a high case, then the campaign days' measures, then money."""
    reader, main = told(), main_measure(outcomes[0])
    rows: dict[str, list[str]] = {}
    gains, money = [o.totals.increment[main] for o in outcomes], [o.economics for o in outcomes]
    rows[_(N_("Increment, everything"))] = [signed(reader, main, g.mean, o.currency) for g, o in zip(gains, outcomes, strict=True)]
    for point, label in _CASES:
        rows[_(label)] = [signed(reader, main, getattr(g, point), o.currency) for g, o in zip(gains, outcomes, strict=True)]
    for measure in ("gmv", "orders", "conversion", "visitors"):
        if all(o.promoted.scenario.get(measure) is not None for o in outcomes):
            label = _(N_("{measure} on campaign days"), measure=MEASURES[measure])
            rows[label] = [quantity(reader, measure, o.promoted.scenario[measure].mean, o.currency) for o in outcomes]
    rows[_(N_("Ad spend"))] = [quantity(reader, "gmv", m.ad_spend if m else None, o.currency) for m, o in zip(money, outcomes, strict=True)]
    rows[_(N_("Margin increment, before ad spend"))] = [_with_band(m.margin_increment if m else None, o.currency) for m, o in zip(money, outcomes, strict=True)]
    rows[_(N_("Return (ROI)"))] = ["—" if m is None or m.roi is None else f"{reader.number(m.roi.mean, 2)} ({reader.number(m.roi.p10, 2)} … {reader.number(m.roi.p90, 2)})" for m in money]
    rows[_(N_("Past support"))] = [o.support.grade for o in outcomes]
    return pd.DataFrame.from_dict(rows, orient="index", columns=_names(outcomes))


def _with_band(value: Quantity | None, currency: str | None) -> str:
    return "—" if value is None else f"{signed(told(), 'gmv', value.mean, currency)} ({band(told(), 'gmv', value, currency)})"


def _names(outcomes: list[Outcome]) -> list[str]:
    return [f"{i}. {o.scenario.name}" for i, o in enumerate(outcomes, 1)]
