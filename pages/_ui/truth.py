"""The demo shop's true effects beside the model's estimates: the same campaigns, asked of both."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui.i18n import _, language, told
from pages._ui.live import live_chart
from promo_core import N_, Campaign, DemoShop, Scenario, TrainedModel, demo_shop, response_curve
from promo_core.reporting import charts

__all__ = ["true_and_estimated", "truth_section"]

_DEPTHS = (0.1, 0.2, 0.3, 0.4)
_CURVE = tuple(np.round(np.linspace(0.0, 0.45, 10), 3))


def truth_section(model: TrainedModel) -> None:
    """Show how near the estimates come to the truth, by segment and depth; nothing where the model is not of the demo shop."""
    if not _same_shop(model, _shop()):
        return
    st.subheader(_(N_("The estimates beside the truth")))
    st.markdown(_(N_("The demo shop is generated, so what its promotions truly do is known. A week of percent off, GMV while it runs, compared with no promotion:")))
    table = _compared(model.key, model)
    segments = list(dict.fromkeys(table["segment"]))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        segment = st.segmented_control(_(N_("Segment")), segments, default=segments[0], required=True, key="truth_segment")
        live_chart(_figure(model, segment, table[table["segment"] == segment]), key="truth_chart")
    with right:
        st.table(_told(table), hide_index=True, border="horizontal")
        st.caption(_(N_("{inside} of {count} true uplifts lie inside their 80 % band; the estimate is off by {off} percentage points on average."),
                     inside=int(table["inside"].sum()), count=len(table), off=told().number(100 * float((table["estimate"] - table["truth"]).abs().mean()), 1)))


def true_and_estimated(model: TrainedModel, shop: DemoShop) -> pd.DataFrame:
    """Return segment, depth, truth, estimate, p10, p90 and inside, one row per segment and depth; uplifts of GMV on the campaign's days."""
    rows = []
    for segment in sorted(shop.panel.series["segment"].unique()):
        campaign = _campaign(model, segment)
        curve, _points = response_curve(model, Scenario(name=segment, campaigns=(campaign,)), _DEPTHS)
        for depth, point in zip(_DEPTHS, curve.to_dict("records"), strict=True):
            truth = _true_uplift(model, shop, replace(campaign, discount_depth=depth))
            rows.append({"segment": segment, "depth": depth, "truth": truth, "estimate": point["mean"], "p10": point["p10"], "p90": point["p90"],
                         "inside": point["p10"] <= truth <= point["p90"]})
    return pd.DataFrame(rows)


def _true_uplift(model: TrainedModel, shop: DemoShop, campaign: Campaign) -> float:
    plan = Scenario(name="truth", campaigns=(campaign,)).to_plan(model.panel, model.horizon)
    cells = plan.promoted
    return float(shop.truth.expected(plan)["gmv"][cells].sum() / shop.truth.expected(plan.without_promotions())["gmv"][cells].sum() - 1.0)


def _campaign(model: TrainedModel, segment: str) -> Campaign:
    """Return a week's campaign on one segment that begins a few days from now."""
    first = model.panel.future_periods(model.horizon)[min(3, model.horizon - 1)].date()
    last = min(first + timedelta(days=6), model.panel.future_periods(model.horizon)[-1].date())
    return Campaign(start=first, end=last, series={"segment": [segment]}, promo_type="percent_off", discount_depth=0.2)


def _figure(model: TrainedModel, segment: str, rows: pd.DataFrame) -> object:
    """Draw the estimated curve with its band, and the truth on it."""
    figure = charts.response_curve(_curve(model.key, segment, model), lang=language())
    told_rows = [told().percent(v, 0) for v in rows["truth"]]
    return figure.add_scatter(x=rows["depth"], y=rows["truth"], mode="markers", name=_(N_("Truth")), customdata=told_rows, hovertemplate="%{customdata}",
                              marker={"size": 11, "symbol": "diamond", "color": "#d1495b", "line": {"width": 1.5, "color": "#ffffff"}})


def _told(table: pd.DataFrame) -> pd.DataFrame:
    reader = told()
    estimates = [f"{reader.percent(r.estimate, 0)} ({reader.percent(r.p10, 0)} … {reader.percent(r.p90, 0)})" for r in table.itertuples()]
    return pd.DataFrame({_(N_("Segment")): table["segment"], _(N_("Depth")): [reader.percent(v, 0) for v in table["depth"]],
                         _(N_("True uplift")): [reader.percent(v, 0) for v in table["truth"]], _(N_("Estimate (80 % band)")): estimates})


def _same_shop(model: TrainedModel, shop: DemoShop) -> bool:
    panel = model.panel
    return panel.series.equals(shop.panel.series) and panel.origin == shop.panel.origin and set(panel.targets) == set(shop.panel.targets) and bool(
        np.array_equal(panel.targets["gmv"], shop.panel.targets["gmv"]))


@st.cache_resource(max_entries=1, show_spinner=False)
def _shop() -> DemoShop:
    return demo_shop()


@st.cache_resource(max_entries=4, show_spinner=False)
def _compared(key: str, _model: TrainedModel) -> pd.DataFrame:
    return true_and_estimated(_model, _shop())


@st.cache_resource(max_entries=16, show_spinner=False)
def _curve(key: str, segment: str, _model: TrainedModel) -> pd.DataFrame:
    return response_curve(_model, Scenario(name=segment, campaigns=(_campaign(_model, segment),)), _CURVE)[0]
