"""The decision surface: what every depth brings along starts, lengths or segments; a click on a cell takes it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui.answer import main_measure
from pages._ui.cache import barred_of, surface_of
from pages._ui.draft import Draft
from pages._ui.format import MEASURES, plain, signed
from pages._ui.i18n import _, dimension_label, language, told
from pages._ui.live import live_chart
from pages._ui.rules import house_rules
from promo_core import N_, Campaign, Outcome, Panel, Surface, TrainedModel, moved_to
from promo_core.reporting import charts

__all__ = ["decision_view"]

_VALUES = {**MEASURES, "margin": N_("Margin less ad spend"), "roi": N_("Return (ROI)")}


def decision_view(model: TrainedModel, draft: Draft, outcome: Outcome, use: str) -> None:
    """Show the map of one campaign's choices; a click takes a cell, a button takes the best."""
    dimensions = [d for d in model.panel.dimensions if model.panel.series[d].nunique() > 1]
    words = {"start": _(N_("First day")), "length": _(N_("Length")), **{d: dimension_label(d) for d in dimensions}}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        across = st.segmented_control(_(N_("Depth by")), list(words), default="start", required=True, key="map_across", persist_state="session", format_func=words.get, wrap=True)
        offered = [m for m in ("gmv", "margin", "roi", "orders", "units", "visitors") if m in _values_of(outcome)]
        measure = st.selectbox(_(N_("Chosen measure")), offered, key="map_measure", persist_state="session", format_func=lambda m: _(_VALUES[m]), width=220)
    surface = surface_of(model, outcome.scenario, draft.number(), across, use)
    barred = barred_of(model, outcome.scenario, draft.number(), surface, house_rules())
    best = _best(surface, measure, barred)
    figure = charts.decision_map(surface, measure, current=_current(surface, draft.campaigns[draft.chosen], model.panel), barred=barred, best=best, frequency=model.panel.frequency,
                                 currency=outcome.currency, lang=language())
    live_chart(figure, key="decision_map", on_point=lambda cell: _clicked(cell, draft, surface, model.panel, model.horizon), config={"displayModeBar": False},
               alt=_(N_("What every choice brings. The best one can be taken with the button below.")))
    _take_best(draft, surface, measure, best, model, outcome.currency)
    st.caption(_(N_("Increment over everything and the whole horizon, at the middle of the response; framed is the choice on the desk, starred the best that breaks no house rule, "
                    "crossed what a rule forbids. Click a cell to take it.")))


def _values_of(outcome: Outcome) -> set[str]:
    money = {"margin", "roi"} if outcome.economics and outcome.economics.margin_increment else set()
    return {m for m in MEASURES if outcome.totals.increment.get(m) is not None} | money | {main_measure(outcome)}


def _take_best(draft: Draft, surface: Surface, measure: str, best: tuple[int, int] | None, model: TrainedModel, currency: str | None) -> None:
    """Say the best choice that breaks no rule, with a button that takes it."""
    with st.container(horizontal=True, vertical_alignment="center", key="best_choice"):
        if best is None:
            st.markdown(_(N_("No choice on this map keeps every house rule.")))
            return
        value = surface.values[measure][best]
        text = told().number(value, 2) if measure == "roi" else signed(told(), "gmv" if measure == "margin" else measure, value, currency)
        st.markdown(_(N_("Best within the rules: **{choice}** at **{depth}** off: **{value}**"), choice=plain(_row_word(surface, best[0])), depth=plain(told().percent(surface.depths[best[1]], 0)), value=plain(text)))
        st.button(_(N_("Take it")), icon=":material/north_east:", key="take_best", on_click=_take, args=(draft, surface, best, model.panel, model.horizon))


def _row_word(surface: Surface, row: int) -> str:
    value = surface.rows[row]
    if surface.across == "start":
        return told().day(pd.Timestamp(value).date())
    return _(N_("length {count}"), count=value) if surface.across == "length" else str(value)


def _best(surface: Surface, measure: str, barred: np.ndarray) -> tuple[int, int] | None:
    grid = np.where(barred, np.nan, surface.values.get(measure, np.full(barred.shape, np.nan)))
    if not np.isfinite(grid).any():
        return None
    row, depth = np.unravel_index(int(np.nanargmax(grid)), grid.shape)
    return int(row), int(depth)


def _current(surface: Surface, campaign: Campaign, panel: Panel) -> tuple[int, float] | None:
    """Return the row on which the campaign stands as it is, and its depth; `None` where none is its own."""
    if surface.across == "start":
        days = [pd.Timestamp(row).date() for row in surface.rows]
        row = days.index(campaign.start) if campaign.start in days else None
    elif surface.across == "length":
        length = ((campaign.end - campaign.start).days + 1) // (1 if panel.frequency == "D" else 7)
        row = surface.rows.index(length) if length in surface.rows else None
    else:
        values = campaign.series.get(surface.across, [])
        row = surface.rows.index(values[0]) if len(values) == 1 and values[0] in surface.rows else None
    return None if row is None else (row, campaign.discount_depth)


def _clicked(cell: list[int] | None, draft: Draft, surface: Surface, panel: Panel, horizon: int) -> None:
    """Take the cell that was clicked."""
    if cell is not None:
        _take(draft, surface, (int(cell[0]), int(cell[1])), panel, horizon)


def _take(draft: Draft, surface: Surface, cell: tuple[int, int], panel: Panel, horizon: int) -> None:
    """Give the chosen campaign a cell's row and depth."""
    campaign = moved_to(draft.campaigns[draft.chosen], surface.across, surface.rows[cell[0]], panel, horizon)
    if campaign is not None:
        spend = draft.campaigns[draft.chosen].ad_spend
        draft.put(draft.chosen, replace(campaign, discount_depth=round(surface.depths[cell[1]], 2), ad_spend=spend if surface.across not in panel.dimensions else round(campaign.ad_spend)))

