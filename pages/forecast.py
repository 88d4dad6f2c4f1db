"""The forecast for managers: history and what comes, in total and by any dimension, promotions marked."""

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui.cache import outlook_of
from pages._ui.format import MEASURES, band, plain, quantity
from pages._ui.i18n import _, dimension_label, language, told
from pages._ui.keep import kept_scenarios
from pages._ui.live import live_chart
from pages._ui.state import require_model
from promo_core import N_, Scenario, TrainedModel, past_campaigns
from promo_core.reporting import charts

PERIODS_BACK = {"D": 120, "W": 78}


def _choices(model: TrainedModel) -> tuple[str | None, str, Scenario | None]:
    """Ask what to group by, which measure, and whether a kept scenario is on the plan."""
    kept = {record.id: record.scenario for record in kept_scenarios()}
    left, middle, right = st.columns([2, 2, 2], gap="medium")
    by = left.segmented_control(_(N_("Show")), ["", *model.panel.dimensions], default="", required=True, format_func=lambda d: _(N_("Total")) if not d else dimension_label(d), key="by")
    measures = [m for m in ("gmv", "orders", "visitors", "conversion", "units") if m in model.composition.measures]
    measure = middle.segmented_control(_(N_("Measure")), measures, default=measures[0], required=True, format_func=lambda m: _(MEASURES[m]), key="forecast_measure")
    chosen = right.selectbox(_(N_("Planned campaigns")), ["", *kept], format_func=lambda i: kept[i].name if i else _(N_("As in the file, else none")), key="planned")
    return by or None, measure, kept.get(chosen)


def _promotions(model: TrainedModel, scenario: Scenario | None, rows: np.ndarray, since: pd.Timestamp) -> pd.DataFrame:
    """Return start and end of past and planned campaigns on some series."""
    past, periods = past_campaigns(model.panel), model.panel.periods
    touched = past[[bool(np.intersect1d(r, rows).size) for r in past["rows"]]] if len(past) else past
    spans = [(periods[s], periods[e]) for s, e in zip(touched["start"], touched["end"], strict=True) if periods[e] >= since]
    spans += [(pd.Timestamp(c.start), pd.Timestamp(c.end)) for c in (scenario.campaigns if scenario else ()) if model.panel.match(c.series)[rows].any()]
    return pd.DataFrame(sorted(set(spans)), columns=["start", "end"])


def _total(value: pd.Series, measure: str, model: TrainedModel, label: str) -> None:
    reader = told()
    with st.container(key="answer"):
        st.metric(label, plain(quantity(reader, measure, value["mean"], model.panel.currency)))
        low_high = quantity(reader, measure, value["p10"], model.panel.currency), quantity(reader, measure, value["p90"], model.panel.currency)
        st.caption(_(N_("80 % sure it is between {low} and {high}"), low=plain(low_high[0]), high=plain(low_high[1])))


def _chart(model: TrainedModel, past: pd.DataFrame, ahead: pd.DataFrame, measure: str, spans: pd.DataFrame, key: str) -> None:
    back = PERIODS_BACK[model.panel.frequency[0]]
    known = past[["date", "observed"]].rename(columns={"observed": "value"}).tail(back)
    live_chart(charts.forecast_fan(known, ahead, measure=measure, currency=model.panel.currency, frequency=model.panel.frequency, promotions=spans, lang=language()), key=key)


def _table(totals: pd.DataFrame, measure: str, model: TrainedModel, label: str) -> pd.DataFrame:
    reader, currency = told(), model.panel.currency
    rows = totals[totals["measure"] == measure].sort_values("mean", ascending=False)
    return pd.DataFrame({label: rows["value"].astype(str), _(MEASURES[measure]): [quantity(reader, measure, v, currency) for v in rows["mean"]],
                         _(N_("80% band")): [band(reader, measure, row, currency) for row in rows.itertuples()]})


st.title(_(N_("Forecast")))
st.caption(_(N_("What comes, with how sure it is; grey is the past, shaded spans are promotions.")))
model = require_model()
by, measure, scenario = _choices(model)
past, ahead, totals = outlook_of(model, scenario, by, model.serves)
since = model.panel.periods[max(0, model.panel.n_observed - PERIODS_BACK[model.panel.frequency[0]])]
days = N_("next {count} days") if model.panel.frequency == "D" else N_("next {count} weeks")
heading = _(N_("{measure}, {when}"), measure=MEASURES[measure], when=_(days, count=model.horizon))
of = {name: frame[frame["measure"] == measure] for name, frame in (("past", past), ("ahead", ahead), ("totals", totals))}
values = list(of["totals"].sort_values("mean", ascending=False)["value"])
if by is None:
    _total(of["totals"].iloc[0], measure, model, heading)
    _chart(model, of["past"], of["ahead"], measure, _promotions(model, scenario, np.arange(model.panel.n_series), since), "fan_all")
else:
    st.subheader(heading)
    st.dataframe(_table(totals, measure, model, dimension_label(by)), hide_index=True, key="totals")
    value = st.selectbox(dimension_label(by), values, key=f"value_{by}")
    _total(of["totals"].set_index("value").loc[value], measure, model, f"{plain(value)}: {heading}")
    part = {name: frame[frame["value"] == value] for name, frame in of.items()}
    _chart(model, part["past"], part["ahead"], measure, _promotions(model, scenario, np.flatnonzero(model.panel.series[by].astype(str) == value), since), "fan_one")
