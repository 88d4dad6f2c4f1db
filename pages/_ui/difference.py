"""Why one kept scenario brings more than another: exact shares in money of what differs between them, and a sentence."""

from __future__ import annotations

import streamlit as st

from pages._ui.answer import main_measure
from pages._ui.cache import difference_of
from pages._ui.format import plain
from pages._ui.i18n import _, language
from pages._ui.live import live_chart
from promo_core import N_, Outcome, ScenarioError, TrainedModel, narrate_difference
from promo_core.reporting import charts

__all__ = ["difference_view"]


def difference_view(model: TrainedModel, outcomes: list[Outcome]) -> None:
    """Let the reader choose two of the compared scenarios, and take their difference apart."""
    if len(outcomes) < 2:
        st.caption(_(N_("Choose at least two scenarios to see why they differ.")))
        return
    names = {i: f"{i + 1}. {o.scenario.name}" for i, o in enumerate(outcomes)}
    left, right = st.columns(2)
    first = left.selectbox(_(N_("Starting from")), list(names), 0, format_func=names.get, key="difference_from")
    second = right.selectbox(_(N_("Going to")), list(names), 1, format_func=names.get, key="difference_to")
    try:
        shares = difference_of(model, outcomes[first].scenario, outcomes[second].scenario, model.serves)
    except ScenarioError as error:
        st.warning(plain(_(error)), icon=":material/warning:")
        return
    told = narrate_difference(outcomes[first], outcomes[second], shares)
    st.markdown(plain(_(told)))
    if shares:
        live_chart(charts.waterfall(shares, measure=main_measure(outcomes[0]), currency=outcomes[0].currency, total=N_("Difference"), lang=language()), key="difference_chart", alt=plain(_(told)))
        st.caption(_(N_("Shapley shares: what each change adds on average over all orders of making the changes. They add up to the difference to the cent.")))
