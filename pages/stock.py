"""Stock: the units each category needs week by week, so that they suffice as often as is asked."""

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui.format import plain
from pages._ui.i18n import _, dimension_label, language, told
from pages._ui.live import live_chart
from pages._ui.manage import USUAL_SERVICE, planned_scenarios, stock_of, stock_to_export
from pages._ui.state import require_model
from promo_core import N_, StockNeed, split_by
from promo_core.reporting import charts

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98)


def _weeks(need: StockNeed) -> pd.DataFrame:
    """Return one row per value, one column per week: the units that suffice in it."""
    reader = told()
    heads = {start: _(N_("{first} to {last}"), first=reader.day(start, "short"), last=reader.day(end, "short")) for start, end in zip(need.weeks["start"], need.weeks["end"], strict=True)}
    wide = need.weeks.pivot(index="value", columns="start", values="need").rename(columns=heads)
    values = need.values.set_index("value")
    table = wide.map(reader.number).assign(**{_(N_("All weeks")): values["need"].map(reader.number), _(N_("Expected")): values["mean"].map(reader.number)})
    if values["on_hand"].notna().any():
        table = table.assign(**{_(N_("In stock")): values["on_hand"].map(reader.number), _(N_("Missing")): values["short"].map(reader.number),
                                _(N_("Runs out in the week to")): [reader.day(d) if pd.notna(d) else "—" for d in values["runs_out"]]})
    return table.rename_axis(index=dimension_label(need.by) if need.by else None, columns=None)


def _plain(need: StockNeed) -> bytes:
    """Return the weeks as CSV: units as numbers, days as ISO dates."""
    return need.weeks.to_csv(index=False, float_format="%.2f", date_format="%Y-%m-%d", lineterminator="\r\n").encode("utf-8-sig")


st.title(_(N_("Stock")))
st.caption(_(N_("Units needed week by week under the plan, so that they suffice as often as you ask.")))
model = require_model()
left, right = st.columns(2)
service = left.segmented_control(_(N_("Service level")), LEVELS, default=USUAL_SERVICE, required=True, format_func=lambda v: plain(told().percent(v, 0)), key="service",
                                 help=_(N_("In this share of cases the units suffice. It comes from the same draws as every forecast, so series that sell well together are counted together.")))
dimensions = list(model.panel.dimensions)
by = right.segmented_control(_(N_("Show")), dimensions, default=split_by(model.panel), required=True, format_func=dimension_label, key="stock_by")
planned = planned_scenarios()
need = stock_of(model, planned, by, service)
total = need.values[["need", "mean", "short"]].sum(min_count=1)
with st.container(key="answer", gap="xxsmall"):
    st.metric(_(N_("Units to have, stocked by {dimension}"), dimension=dimension_label(by)), plain(told().short(total["need"])))
    st.markdown(_(N_("Expected to sell: **{mean}**"), mean=plain(told().short(total["mean"]))))
if need.note is not None:
    st.info(plain(_(need.note)), icon=":material/info:")
if np.isnan(need.values["on_hand"]).all():
    st.caption(_(N_("The file has no stock: map a column `stock` on the Data page to see what is missing.")))
elif total["short"] > 0:
    st.warning(plain(_(N_("{short} units are missing at this service level."), short=told().short(total["short"]))), icon=":material/inventory_2:")
live_chart(charts.stock_weeks(need, lang=language()), key="stock_weeks")
st.dataframe(_weeks(need), key="stock_table")
st.download_button(_(N_("Download: {form}"), form=_(N_("CSV table"))), _plain(stock_to_export(model, planned, by, service)), "liftboard-stock.csv", "text/csv", icon=":material/download:", key="stock_csv", on_click="ignore")
