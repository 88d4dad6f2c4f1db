"""What a manager looks at, computed once per model and plan: the plan's totals, late forecasts, stock, and what deserves a look first."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui.format import plain
from pages._ui.i18n import _
from pages._ui.keep import kept_scenarios
from pages._ui.state import current_dataset, current_record, may, workspace
from promo_core import (
    N_,
    Finding,
    LateForecast,
    Plan,
    Scenario,
    StockNeed,
    TrainedModel,
    beside,
    findings,
    laid,
    last_forecast,
    last_year,
    load_model,
    outlook,
    since_forecast,
    split_by,
    stock_needed,
    without_small_values,
)

__all__ = ["USUAL_SERVICE", "Slice", "attention", "choose_planned", "earlier_models", "found", "late_of", "plan_of", "planned_scenarios", "slice_of", "stock_of", "stock_to_export"]

USUAL_SERVICE = 0.95
_SHOWN = 6
_ICONS = {"stock": "inventory_2", "outside": "event_busy", "overlap": "layers", "support": "help", "late": "query_stats", "below": "trending_down"}


@dataclass(frozen=True)
class Slice:
    """The plan of some series: totals by the next dimension and together, and their paths."""

    by: str | None
    parts: pd.DataFrame
    whole: pd.DataFrame
    path: pd.DataFrame
    baseline: pd.DataFrame
    before: pd.DataFrame


def planned_scenarios() -> list[Scenario]:
    """Return the scenarios of the data set on the desk that are on the plan."""
    dataset = current_dataset()
    return [record.scenario for record in workspace().scenarios.planned(dataset.id if dataset else None)]


def choose_planned() -> None:
    """Let those who may decide which kept scenarios are on the plan."""
    records = {record.id: record for record in kept_scenarios()}
    if not records:
        st.caption(_(N_("No scenario is saved yet. Save one on the What if page; then it can be put on the plan.")))
        st.page_link("pages/whatif.py", label=_(N_("What if")), icon=":material/tune:")
        return
    on = [i for i, record in records.items() if record.planned is not None]
    st.multiselect(_(N_("On the plan")), list(records), on, format_func=lambda i: plain(records[i].name), key=f"on_plan_{'_'.join(sorted(on))}", on_change=_put, args=(on,),
                   disabled=not may("scenarios.plan"), placeholder=_(N_("Choose saved scenarios")), help=_(N_("Every forecast on this page counts the campaigns of these scenarios.")))


def _put(before: list[str]) -> None:
    chosen = set(st.session_state[f"on_plan_{'_'.join(sorted(before))}"])
    for record_id in chosen.symmetric_difference(before):
        workspace().scenarios.plan(record_id, on=record_id in chosen)


def plan_of(model: TrainedModel, planned: list[Scenario]) -> Plan:
    """Return what is planned and known for the coming periods."""
    return _laid(model.key, _content(planned), model)[0]


def slice_of(model: TrainedModel, planned: list[Scenario], chosen: dict[str, str]) -> Slice:
    """Return the plan of the series that have the chosen values, split by the first dimension without a choice."""
    return _slice(model.key, _content(planned), tuple(sorted(chosen.items())), model)


def earlier_models() -> tuple[str, ...]:
    """Return the ids of kept models that knew less of the same kind of periods than the one on the desk: what they forecast can be judged."""
    record = current_record()
    if record is None:
        return ()
    origin, frequency = record.summary["origin"], record.summary["frequency"]
    return tuple(sorted(r.id for r in workspace().models.all() if r.id != record.id and r.summary["origin"] < origin and r.summary["frequency"] == frequency))


def late_of(model: TrainedModel) -> tuple[LateForecast | None, bool]:
    """Return the newest forecast that can be judged, and whether a kept earlier model made it (else the backtest did)."""
    return _late(model.key, earlier_models(), model)


def stock_of(model: TrainedModel, planned: list[Scenario], by: str | None, service: float) -> StockNeed:
    """Return the stock needed under the plan.

    Raises:
        ScenarioError: when the data has neither units nor orders.
    """
    return _stock(model.key, _content(planned), by, service, model)


def stock_to_export(model: TrainedModel, planned: list[Scenario], by: str, service: float) -> StockNeed:
    """Return the stock needed without the figures of very few people; see `stock_of`."""
    content = _content(planned)
    return without_small_values(_stock(model.key, content, by, service, model), _totals(model.key, content, by, model))


def found(model: TrainedModel, planned: list[Scenario]) -> list[tuple[str, Finding]]:
    """Return what deserves a look first, each with its icon."""
    return [(_ICONS[f.kind], f) for f in _findings(model.key, _content(planned), earlier_models(), model)]


def attention(model: TrainedModel, planned: list[Scenario]) -> None:
    """List what deserves a look first, the rest folded away."""
    st.subheader(_(N_("Worth a look first")))
    worth = found(model, planned)
    if not worth:
        st.success(_(N_("Nothing stands out: the last forecast held, and what is planned has been done before.")), icon=":material/check_circle:")
    lines = [f":material/{icon}: {plain(_(finding.message))}" for icon, finding in worth]
    with st.container(gap="xsmall"):
        for line in lines[:_SHOWN]:
            st.markdown(line)
    if lines[_SHOWN:]:
        with st.expander(_(N_("{count} more"), count=len(lines) - _SHOWN)):
            st.markdown("  \n".join(lines[_SHOWN:]))


def _content(planned: list[Scenario]) -> str:
    return json.dumps([scenario.to_dict() for scenario in planned], sort_keys=True)


def _scenarios(content: str) -> list[Scenario]:
    return [Scenario.from_dict(values) for values in json.loads(content)]


@st.cache_resource(max_entries=16, show_spinner=False)
def _laid(key: str, content: str, _model: TrainedModel) -> tuple[Plan, list]:
    return laid(_model, _scenarios(content))


@st.cache_resource(max_entries=64, show_spinner=False)
def _slice(key: str, content: str, chosen: tuple[tuple[str, str], ...], _model: TrainedModel) -> Slice:
    rows = _model.panel.match({d: [v] for d, v in chosen})
    by = next((d for d in _model.panel.dimensions if d not in dict(chosen) and _model.panel.series.loc[np.flatnonzero(rows), d].nunique() > 1), None)
    plan = _laid(key, content, _model)[0]
    parts = beside(_model, plan, by=by, rows=rows) if by else pd.DataFrame()
    return Slice(by=by, parts=parts, whole=beside(_model, plan, rows=rows), path=outlook(_model, plan, rows=rows)[0], baseline=outlook(_model, plan.without_promotions(), rows=rows)[0],
                 before=last_year(_model, rows=rows))


@st.cache_resource(max_entries=4, show_spinner=False)
def _late(key: str, earlier: tuple[str, ...], _model: TrainedModel) -> tuple[LateForecast | None, bool]:
    made = [seen for i in earlier if (seen := since_forecast(load_model(workspace().models.path(i)), _model.panel)) is not None]
    return (max(made, key=lambda seen: seen.origin), True) if made else (last_forecast(_model), False)


@st.cache_resource(max_entries=16, show_spinner=False)
def _stock(key: str, content: str, by: str | None, service: float, _model: TrainedModel) -> StockNeed:
    return stock_needed(_model, _laid(key, content, _model)[0], by=by, service=service)


@st.cache_resource(max_entries=16, show_spinner=False)
def _totals(key: str, content: str, by: str, _model: TrainedModel) -> pd.DataFrame:
    return beside(_model, _laid(key, content, _model)[0], by=by)


@st.cache_resource(max_entries=16, show_spinner=False)
def _findings(key: str, content: str, earlier: tuple[str, ...], _model: TrainedModel) -> list[Finding]:
    refused, by, late = _laid(key, content, _model)[1], split_by(_model.panel), _late(key, earlier, _model)[0]
    told = "stock" in _model.panel.plan.covariates and {"units", "orders"} & set(_model.composition.measures)
    stock = _stock(key, content, by, USUAL_SERVICE, _model) if told else None
    return findings(_model, _scenarios(content), refused=refused, totals=_totals(key, content, by, _model), late=late, stock=stock)
