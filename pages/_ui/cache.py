"""Answers that were already computed, keyed by fingerprint: the model's key and the scenario's content, never a frame."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from promo_core import Outcome, Scenario, TrainedModel, explain_answer, history, outlook, response_curve, simulate

__all__ = ["curve_of", "explained_answer", "outcome_of", "outlook_of"]


def outcome_of(model: TrainedModel, scenario: Scenario, use: str) -> Outcome:
    """Return the scenario's outcome; the same question is computed once.

    Raises:
        ScenarioError: when the scenario does not fit the model.
    """
    return _outcome(model.key, _content(scenario), use, model)


def curve_of(model: TrainedModel, scenario: Scenario, campaign: int, use: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the response curve of one campaign and the past's points behind it."""
    return _curve(model.key, _content(scenario), campaign, use, model)


def explained_answer(model: TrainedModel, scenario: Scenario, rows: tuple[int, ...], use: str) -> pd.DataFrame:
    """Return what the base forecast of these series and the levers contribute."""
    return _explained(model.key, _content(scenario), rows, use, model)


def outlook_of(model: TrainedModel, scenario: Scenario | None, by: str | None, use: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return history, forecast per period and forecast totals, grouped by a dimension; `None` forecasts what the file knows of the future."""
    return _outlook(model.key, None if scenario is None else _content(scenario), by, use, model)


def _content(scenario: Scenario) -> str:
    return json.dumps(scenario.to_dict(), sort_keys=True)


def _scenario(content: str) -> Scenario:
    return Scenario.from_dict(json.loads(content))


@st.cache_resource(max_entries=128, show_spinner=False)
def _outcome(key: str, content: str, use: str, _model: TrainedModel) -> Outcome:
    return simulate(_model, _scenario(content), use=use)


@st.cache_resource(max_entries=32, show_spinner=False)
def _curve(key: str, content: str, campaign: int, use: str, _model: TrainedModel) -> tuple[pd.DataFrame, pd.DataFrame]:
    return response_curve(_model, _scenario(content), campaign=campaign, use=use)


@st.cache_resource(max_entries=32, show_spinner=False)
def _explained(key: str, content: str, rows: tuple[int, ...], use: str, _model: TrainedModel) -> pd.DataFrame:
    return explain_answer(_model, list(rows), use=use, scenario=_scenario(content))


@st.cache_resource(max_entries=16, show_spinner=False)
def _outlook(key: str, content: str | None, by: str | None, use: str, _model: TrainedModel) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    plan = None if content is None else _scenario(content).to_plan(_model.panel, _model.horizon)
    return history(_model, by=by), *outlook(_model, plan, by=by, use=use)
