"""What lies behind an answer: day by day, why, by depth, by segment, and what the models look at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui.answer import main_measure
from pages._ui.cache import curve_of, explained_answer, outcome_of
from pages._ui.choose import decision_view
from pages._ui.draft import Draft
from pages._ui.evidence import answer_evidence
from pages._ui.format import MEASURES, plain, quantity, type_label
from pages._ui.i18n import _, dimension_label, language, told
from pages._ui.live import live_chart
from pages._ui.seen import model_as_a_whole
from pages._ui.segments import segments_view
from promo_core import N_, Outcome, TrainedModel
from promo_core.reporting import charts

__all__ = ["show_view"]

def show_view(model: TrainedModel, draft: Draft, outcome: Outcome, use: str) -> None:
    """Let the reader choose one view of the answer, and show that one alone."""
    views = {"days": (N_("Day by day"), _days), "why": (N_("Why"), _why), "map": (N_("Choose"), decision_view), "depth": (N_("By depth"), _depth), "segments": (N_("Who responds"), segments_view),
             "groups": (N_("By group"), _groups), "models": (N_("What the model sees"), _models)}
    possible = {"depth": _has_depth(model, outcome), "map": _has_depth(model, outcome), "segments": bool(outcome.scenario.campaigns) and model.panel.n_series > 1}
    offered = [name for name in views if possible.get(name, True)]
    chosen = st.segmented_control(_(N_("Look at")), offered, default="days", required=True, format_func=lambda name: _(views[name][0]), key="view", persist_state="session", wrap=True,
                                  label_visibility="collapsed")
    with st.container(key=f"view_{chosen}"):
        views[chosen][1](model, draft, outcome, use)


def _has_depth(model: TrainedModel, outcome: Outcome) -> bool:
    return "discount_depth" in model.panel.plan.levers and bool(outcome.scenario.campaigns)


def _days(model: TrainedModel, draft: Draft, outcome: Outcome, use: str) -> None:
    offered = list(outcome.path["measure"].unique())
    main = main_measure(outcome)
    measure = st.segmented_control(_(N_("Measure")), offered, default=main if main in offered else offered[0], required=True, key="day_measure", persist_state="session",
                                   format_func=lambda m: _(MEASURES.get(m, m)), label_visibility="collapsed")
    live_chart(charts.answer_path_spec(outcome, measure, lang=language()), key="outcome_path")


def _why(model: TrainedModel, draft: Draft, outcome: Outcome, use: str) -> None:
    outcome = outcome_of(model, outcome.scenario, use)
    st.markdown("\n".join(f"- {plain(_(sentence))}" for sentence in outcome.sentences))
    if outcome.attribution:
        live_chart(charts.waterfall(outcome.attribution, measure=main_measure(outcome), currency=outcome.currency, lang=language()), key="waterfall")
    answer_evidence(outcome)
    st.markdown("**" + _(N_("Have we done this before?")) + "** " + " ".join(plain(_(reason)) for reason in outcome.support.reasons))
    if outcome.support.alike:
        st.dataframe(_alike(outcome), hide_index=True, key="alike")


def _alike(outcome: Outcome) -> pd.DataFrame:
    reader = told()
    rows = [{_(N_("Past campaign")): str(row["name"]) or "—", _(N_("From")): str(row["start"])[:10], _(N_("To")): str(row["end"])[:10], _(N_("Type")): type_label(reader, str(row["promo_type"])),
             _(N_("Depth")): reader.percent(row["discount_depth"], 0), _(N_("GMV per period")): quantity(reader, "gmv", row.get("gmv_per_period"), outcome.currency),
             _(N_("Over its usual level")): reader.percent(row.get("uplift"), 0)} for row in outcome.support.alike]
    return pd.DataFrame(rows)


def _depth(model: TrainedModel, draft: Draft, outcome: Outcome, use: str) -> None:
    curve, points = curve_of(model, outcome.scenario, draft.number(), use)
    live_chart(charts.response_curve(curve, points=points, current=outcome.scenario.campaigns[draft.number()].discount_depth, lang=language()), key="curve")
    st.caption(_(N_("What the days of campaign {number} bring over doing nothing, by depth, with the 80 % band; dots are what past campaigns on these series showed, other causes included."),
                 number=draft.number() + 1))


def _groups(model: TrainedModel, draft: Draft, outcome: Outcome, use: str) -> None:
    outcome = outcome_of(model, outcome.scenario, use)
    dimension = st.segmented_control(_(N_("Group by")), list(outcome.groups), default=next(iter(outcome.groups)), required=True, format_func=dimension_label, key="group_by",
                                     persist_state="session", label_visibility="collapsed") if outcome.groups else None
    live_chart(charts.group_bars(outcome, dimension, main_measure(outcome), lang=language()), key="groups")


def _models(model: TrainedModel, draft: Draft, outcome: Outcome, use: str) -> None:
    """Show SHAP, of this answer and of the model as a whole, for each member that keeps it."""
    members = [m for m in ("gbm", "lstm") if m in model.contributions]
    if not members:
        st.info(_(N_("This model was kept without explanations. Train again to have them.")), icon=":material/info:")
        return
    left, right = st.columns(2)
    names = {"gbm": "LightGBM", "lstm": "LSTM"}
    member = left.segmented_control(_(N_("Model")), members, default=members[0], required=True, format_func=names.get, key="shap_member", persist_state="session")
    target = right.segmented_control(_(N_("Target")), list(model.composition.chain), default=model.composition.chain[-1], required=True, key="shap_target", persist_state="session",
                                     format_func=lambda t: _(MEASURES.get(t, t)))
    answer = explained_answer(model, outcome.scenario, _promoted_rows(model, outcome), member)
    st.markdown("**" + _(N_("This answer: what pushes the forecast of the promoted series")) + "**")
    live_chart(charts.contributions(answer[(answer["target"] == target) & (answer["kind"] != "average")], lang=language()), key="shap_answer")
    st.markdown("**" + _(N_("The model as a whole")) + "**")
    model_as_a_whole(model, member, target)


def _promoted_rows(model: TrainedModel, outcome: Outcome) -> tuple[int, ...]:
    campaigns = outcome.scenario.campaigns
    masks = [model.panel.match(c.series) for c in campaigns] or [np.ones(model.panel.n_series, dtype=bool)]
    return tuple(map(int, np.flatnonzero(np.any(masks, axis=0))))
