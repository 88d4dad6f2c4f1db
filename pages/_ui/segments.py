"""The same campaign over all segments: who responds, who would have bought anyway, and whom not to discount."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages._ui.answer import main_measure
from pages._ui.cache import segments_of
from pages._ui.draft import Draft
from pages._ui.format import plain, signed
from pages._ui.i18n import _, dimension_label, language, told
from pages._ui.live import live_chart
from promo_core import N_, Outcome, TrainedModel
from promo_core.reporting import charts

__all__ = ["segments_view"]

_VERDICTS = {"responds": N_("Responds"), "unsure": N_("Not sure"), "do_not": N_("Do not discount")}


def segments_view(model: TrainedModel, draft: Draft, outcome: Outcome, use: str) -> None:
    """Run the chosen campaign on every value of a dimension and judge each."""
    dimensions = [d for d in model.panel.dimensions if model.panel.series[d].nunique() > 1]
    dimension = st.segmented_control(_(N_("Side by side")), dimensions, default="segment" if "segment" in dimensions else dimensions[0], required=True, key="segments_by", persist_state="session",
                                     format_func=dimension_label, label_visibility="collapsed")
    table, main = segments_of(model, outcome.scenario, draft.number(), dimension, use), main_measure(outcome)
    _list(table, dimension)
    live_chart(charts.segment_split(table, main, dimension=dimension, currency=outcome.currency, lang=language()), key="segment_split")
    st.dataframe(_told(table, main, dimension, outcome.currency), hide_index=True, key="segment_table")
    st.caption(_(N_("Campaign {number} alone on each, its ad spend in proportion. Judged by the margin less ad spend where the cost is known, else by the net increment. "
                    "Wasted is the discount given to what would have come anyway."), number=draft.number() + 1))


def _list(table: pd.DataFrame, dimension: str) -> None:
    """Name those that should not be discounted, and how sure that is."""
    not_worth = table[table["verdict"] == "do_not"]
    if not_worth.empty:
        st.success(_(N_("Nobody is on the do-not-discount list: the campaign is expected to pay everywhere.")), icon=":material/check_circle:")
        return
    sure = [plain(v) for v in not_worth.loc[not_worth["judged_p90"] < 0, "value"]]
    likely = [plain(v) for v in not_worth.loc[~(not_worth["judged_p90"] < 0), "value"]]
    parts = [_(N_("surely: **{names}**"), names=told().listed(sure))] if sure else []
    parts += [_(N_("more likely than not: **{names}**"), names=told().listed(likely))] if likely else []
    st.warning(_(N_("Do not discount: {parts}."), parts="; ".join(parts)), icon=":material/do_not_disturb_on:")


def _told(table: pd.DataFrame, main: str, dimension: str, currency: str | None) -> pd.DataFrame:
    """Write the table as a reader reads it; what can't be told is left out."""
    reader = told()

    def money(name: str) -> list[str]:
        return [reader.money(v, currency) for v in table[name]]

    columns = {dimension_label(dimension): table["value"], _(N_("Verdict")): [_(_VERDICTS[v]) for v in table["verdict"]],
               _(N_("Increment, everything")): [signed(reader, main, v, currency) for v in table["increment"]],
               _(N_("80% band of it")): [f"{signed(reader, main, low, currency)} … {signed(reader, main, high, currency)}" for low, high in zip(table["p10"], table["p90"], strict=True)],
               _(N_("Uplift while it runs")): [reader.percent(v, 0) for v in table["uplift"]], _(N_("Would have come anyway")): [reader.percent(v, 0) for v in table["anyway"]]}
    for name, label in (("discount", N_("Discount given")), ("wasted", N_("Wasted discount")), ("margin", N_("Margin less ad spend"))):
        if table[name].notna().any():
            columns[_(label)] = money(name)
    if table["roi"].notna().any():
        columns[_(N_("Return (ROI)"))] = [reader.number(v, 2) for v in table["roi"]]
    return pd.DataFrame(columns)
