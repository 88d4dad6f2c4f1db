"""The manager's page: what the plan brings, beside last year and beside doing nothing; what deserves a look; the calendar; how late forecasts fared."""

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui.format import MEASURES, band, plain, quantity, signed
from pages._ui.i18n import _, dimension_label, language, told
from pages._ui.live import live_chart
from pages._ui.manage import Slice, attention, choose_planned, late_of, planned_scenarios, slice_of
from pages._ui.state import require_model
from promo_core import N_, LateForecast, TrainedModel
from promo_core.reporting import charts


def _change(part: float, whole: float) -> str:
    share = part / whole - 1.0 if np.isfinite(whole) and whole else None
    return "—" if share is None else ("+" if share > 0 else "") + told().percent(share)


def _headline(model: TrainedModel, whole: pd.Series, measure: str, late: LateForecast | None) -> None:
    """Show the plan's total, the largest thing on the page, and what it compares with."""
    reader, currency = told(), model.panel.currency
    periods = _(N_("next {count} days") if model.panel.frequency == "D" else N_("next {count} weeks"), count=model.horizon)
    with st.container(key="answer", gap="xxsmall"):
        st.metric(_(N_("{measure} as planned, {when}"), measure=MEASURES[measure], when=periods), plain(quantity(reader, measure, whole["mean"], currency)))
        st.markdown(_(N_("80 % sure it is between **{low}** and **{high}**"), low=plain(quantity(reader, measure, whole["p10"], currency)), high=plain(quantity(reader, measure, whole["p90"], currency))))
    with st.grid(3, min_column_width=190):
        st.metric(_(N_("Beside last year")), plain(_change(whole["mean"], whole["last_year"])), help=_(N_("The same weekdays a year before, promotions and all.")))
        st.metric(_(N_("Beside doing nothing")), plain(signed(reader, measure, whole["mean"] - whole["baseline"], currency)), help=_(N_("What the planned promotions add.")))
        st.metric(_(N_("Error of the last forecast (WAPE)")), plain(reader.percent(late.wape if late else None)))


def _drill(model: TrainedModel) -> dict[str, str]:
    """Ask which part of the business to look at, dimension by dimension."""
    chosen = {}
    for place, dimension in zip(st.columns(len(model.panel.dimensions)), model.panel.dimensions, strict=True):
        values = model.panel.values_of(dimension)
        everything = _(N_("All ({count})"), count=len(values))
        value = place.selectbox(dimension_label(dimension), ["", *values], format_func=lambda v, everything=everything: plain(v) if v else everything, key=f"drill_{dimension}")
        chosen |= {dimension: value} if value else {}
    return chosen


def _table(part: Slice, measure: str, currency: str | None) -> pd.DataFrame:
    reader, rows = told(), part.parts[part.parts["measure"] == measure].sort_values("mean", ascending=False)
    return pd.DataFrame({dimension_label(part.by): rows["value"].astype(str), _(N_("Plan")): [quantity(reader, measure, v, currency) for v in rows["mean"]],
                         _(N_("80% band")): [band(reader, measure, row, currency) for row in rows.itertuples()],
                         _(N_("Beside doing nothing")): [signed(reader, measure, a - b, currency) for a, b in zip(rows["mean"], rows["baseline"], strict=True)],
                         _(N_("Last year")): [quantity(reader, measure, v, currency) for v in rows["last_year"]],
                         _(N_("Beside last year")): [_change(a, b) for a, b in zip(rows["mean"], rows["last_year"], strict=True)]})


def _late(model: TrainedModel, late: LateForecast, earlier: bool) -> None:
    st.subheader(_(N_("How the last forecast fared")))
    source = N_("A model trained up to {day} made it; the rest has been observed since.") if earlier else N_("Made as of {day} by models that had not seen what came after (backtest).")
    st.caption(_(source, day=told().day(late.origin)))
    reader = told()
    with st.grid(3, min_column_width=170):
        st.metric(_(N_("Error (WAPE)")), plain(reader.percent(late.wape)), help=_(N_("Over series and days: what was off, as a share of what happened.")))
        st.metric(_(N_("Bias")), plain(("+" if late.bias > 0 else "") + reader.percent(late.bias)), help=_(N_("Above zero: forecast too high.")))
        st.metric(_(N_("Series inside their 80 % band")), plain(reader.percent(late.held, 0)))
    live_chart(charts.late_path(late, currency=model.panel.currency, frequency=model.panel.frequency, lang=language()), key="late")


st.title(_(N_("Overview")))
st.caption(_(N_("What the plan brings, beside last year and beside doing nothing, and what deserves a look first.")))
model = require_model()
planned = planned_scenarios()
measures = [m for m in ("gmv", "orders", "units", "visitors", "conversion") if m in model.composition.measures]
whole, (late, earlier) = slice_of(model, planned, {}).whole.set_index("measure"), late_of(model)
_headline(model, whole.loc[measures[0]], measures[0], late)
attention(model, planned)
st.subheader(_(N_("The coming weeks")))
measure = st.segmented_control(_(N_("Measure")), measures, default=measures[0], required=True, format_func=lambda m: _(MEASURES[m]), key="overview_measure", label_visibility="collapsed")
part = slice_of(model, planned, _drill(model))
spans = [(c.start, c.end) for s in planned for c in s.campaigns if c.end > model.panel.origin.date()]
of = {name: frame[frame["measure"] == measure] for name, frame in (("path", part.path), ("baseline", part.baseline), ("before", part.before))}
live_chart(charts.plan_path(of["path"], of["baseline"], of["before"], measure=measure, currency=model.panel.currency, frequency=model.panel.frequency, promotions=spans, lang=language()), key="plan")
if part.by:
    st.dataframe(_table(part, measure, model.panel.currency), hide_index=True, key="parts")
st.subheader(_(N_("Promotion calendar")))
choose_planned()
live_chart(charts.calendar(planned, currency=model.panel.currency, lang=language()), key="calendar")
if late is not None:
    _late(model, late, earlier)
