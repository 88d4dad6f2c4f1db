"""Answers that were already computed, keyed by fingerprint: the model's key and the scenario's content, never a frame."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from promo_core import (
    Guardrails,
    LeverShare,
    Outcome,
    Scenario,
    Surface,
    TrainedModel,
    across_segments,
    allowed_depths,
    decision_surface,
    explain_answer,
    explain_difference,
    history,
    moved_to,
    outlook,
    response_curve,
    simulate,
)

__all__ = ["barred_of", "curve_of", "difference_of", "explained_answer", "outcome_of", "outlook_of", "segments_of", "surface_of"]


def outcome_of(model: TrainedModel, scenario: Scenario, use: str, *, whole: bool = True) -> Outcome:
    """Return the scenario's outcome; the same question is computed once.

    Args:
        whole: whether to share the increment out to the levers and to tell tables and past campaigns alike, a third of the work; the sentences tell less without.

    Raises:
        ScenarioError: when the scenario does not fit the model.
    """
    return _outcome(model.key, _content(scenario), use, whole, model)


def curve_of(model: TrainedModel, scenario: Scenario, campaign: int, use: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the response curve of one campaign and the past's points behind it."""
    return _curve(model.key, _content(scenario), campaign, use, model)


def explained_answer(model: TrainedModel, scenario: Scenario, rows: tuple[int, ...], use: str) -> pd.DataFrame:
    """Return what the base forecast of these series and the levers contribute."""
    return _explained(model.key, _content(scenario), rows, use, model)


def outlook_of(model: TrainedModel, scenario: Scenario | None, by: str | None, use: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return history, forecast per period and forecast totals, grouped by a dimension; `None` forecasts what the file knows of the future."""
    return _outlook(model.key, None if scenario is None else _content(scenario), by, use, model)


def surface_of(model: TrainedModel, scenario: Scenario, campaign: int, across: str, use: str) -> Surface:
    """Return what every choice of one campaign brings; its own depth, and its own place along `across`, make no other map."""
    return _surface(model.key, _unplaced(scenario, campaign, across), campaign, across, use, model)


def barred_of(model: TrainedModel, scenario: Scenario, campaign: int, surface: Surface, rules: Guardrails) -> np.ndarray:
    """Return (rows, depths) bool: the cells of a surface that a house rule forbids; as for `surface_of`, where the campaign stands makes no other."""
    return _barred(model.key, _unplaced(scenario, campaign, surface.across), campaign, surface.across, json.dumps(rules.to_dict()), surface, model)


def segments_of(model: TrainedModel, scenario: Scenario, campaign: int, dimension: str, use: str) -> pd.DataFrame:
    """Return one campaign over every value of a dimension."""
    alone = replace(scenario, name="", campaigns=(scenario.campaigns[campaign],))
    return _segments(model.key, _content(alone), dimension, use, model)


def difference_of(model: TrainedModel, reference: Scenario, scenario: Scenario, use: str) -> tuple[LeverShare, ...]:
    """Return the exact shares of what differs between two scenarios.

    Raises:
        ScenarioError: when one of them does not fit the model.
    """
    return _difference(model.key, _content(reference), _content(scenario), use, model)


def _content(scenario: Scenario) -> str:
    return json.dumps(scenario.to_dict(), sort_keys=True)


def _unplaced(scenario: Scenario, campaign: int, across: str) -> str:
    """Return the content of the scenario without what a map along `across` moves: one campaign's depth, and its start or length."""
    moved = replace(scenario.campaigns[campaign], discount_depth=0.0)
    if across == "start":
        moved = replace(moved, start=date(2000, 1, 1), end=date(2000, 1, 1) + (moved.end - moved.start))
    if across == "length":
        moved = replace(moved, end=moved.start)
    return _content(replace(scenario, name="", campaigns=tuple(moved if i == campaign else c for i, c in enumerate(scenario.campaigns))))


def _scenario(content: str) -> Scenario:
    return Scenario.from_dict(json.loads(content))


@st.cache_resource(max_entries=128, show_spinner=False)
def _outcome(key: str, content: str, use: str, whole: bool, _model: TrainedModel) -> Outcome:
    return simulate(_model, _scenario(content), use=use, attribution=whole, tables=whole)


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


@st.cache_resource(max_entries=24, show_spinner=False)
def _surface(key: str, content: str, campaign: int, across: str, use: str, _model: TrainedModel) -> Surface:
    return decision_surface(_model, _scenario(content), across=across, campaign=campaign, use=use)


@st.cache_resource(max_entries=24, show_spinner=False)
def _barred(key: str, content: str, campaign: int, across: str, rules: str, _surface: Surface, _model: TrainedModel) -> np.ndarray:
    scenario, house, depths = _scenario(content), Guardrails.from_dict(json.loads(rules)), np.array(_surface.depths)
    barred = np.zeros((len(_surface.rows), len(depths)), dtype=bool)
    for i, row in enumerate(_surface.rows):
        moved = moved_to(scenario.campaigns[campaign], across, row, _model.panel, _model.horizon)
        if moved is not None:
            there = replace(scenario, campaigns=tuple(moved if n == campaign else c for n, c in enumerate(scenario.campaigns)))
            allowed = allowed_depths(there, campaign, _model.panel, house, _model.horizon)
            barred[i] = (depths > 0) & (allowed is None or ((depths <= allowed[0]) & (allowed[0] > 0)) | (depths > allowed[1] + 1e-9))
    return barred


@st.cache_resource(max_entries=24, show_spinner=False)
def _segments(key: str, content: str, dimension: str, use: str, _model: TrainedModel) -> pd.DataFrame:
    return across_segments(_model, _scenario(content), dimension, use=use)


@st.cache_resource(max_entries=24, show_spinner=False)
def _difference(key: str, reference: str, scenario: str, use: str, _model: TrainedModel) -> tuple[LeverShare, ...]:
    return explain_difference(_model, _scenario(reference), _scenario(scenario), use=use)
