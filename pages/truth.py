"""How right is this: the product on shops whose true effects are known, and what the model on the desk was checked for."""

import pandas as pd
import streamlit as st

from pages._ui.evidence import lever_table, placebo_section
from pages._ui.i18n import _, language, told
from pages._ui.league import scored_targets
from pages._ui.live import live_chart
from pages._ui.state import current_model
from promo_core import N_, TrainedModel, arena_table
from promo_core.reporting import charts

SCORES = {"increment_error": N_("Increment during the campaign"), "net_increment_error": N_("Net increment, after-effects included"), "order_increment_error": N_("Increment of orders"),
          "rank_correlation": N_("Order of scenarios"), "regret": N_("Margin lost by the depth chosen"), "level_error": N_("Level without promotion"),
          "coverage_80": N_("80 % band of the total held"), "increment_coverage_80": N_("80 % band of the increment held")}

_PASTS = {True: N_("Confounded past"), False: N_("Promotions at random")}


def arena(table: pd.DataFrame) -> None:
    """Show the arena: ours beside its peers, by form of shop."""
    st.subheader(_(N_("On shops whose true effects are known")))
    st.markdown(_(N_("Shops of {forms} forms were generated, so that what each promotion truly does is known. Liftboard and its peers learned from the past alone, then answered the same "
                     "questions. An error of 30 % means: of a true increment of 100, the answer is off by 30 on average."), forms=table["form"].nunique()))
    scores = [name for name in SCORES if name in table]
    score = st.segmented_control(_(N_("Score")), scores, default=scores[0], required=True, format_func=lambda s: _(SCORES[s]), key="arena_score", wrap=True)
    past = st.segmented_control(_(N_("Past")), list(_PASTS), default=True, required=True, format_func=lambda kind: _(_PASTS[kind]), key="arena_past", label_visibility="collapsed")
    st.table(summary(table, past), border="horizontal")
    live_chart(charts.arena_bars(table, score, lang=language()), key="arena_chart")
    st.caption(_(N_("Means over {seeds} shops of each form. Confounded: deep cuts met high demand, as in most real pasts. The plain S-learner is LightGBM with the levers as features."),
                 seeds=int(table["seeds"].max())))


def summary(table: pd.DataFrame, confounded: bool) -> pd.DataFrame:
    """Return one row per score and one column per competitor, over the forms of one kind of past."""
    scores = [name for name in SCORES if name in table]
    means = table[table["confounded"] == confounded].groupby("competitor", sort=False)[scores].mean()
    told_columns = {_(charts.COMPETITORS.get(name, name)): [told().percent(v, 0) for v in row] for name, row in zip(means.index, means.to_numpy(), strict=True)}
    return pd.DataFrame(told_columns, index=[_(SCORES[s]) for s in scores])


def own_model(model: TrainedModel) -> None:
    """Show what the model on the desk was checked for."""
    st.subheader(_(N_("Your model: how often the truth lay in its bands")))
    if scored_targets(model):
        live_chart(charts.coverage(model.scores[model.scores["fold"] == "all"], lang=language()), key="coverage_chart")
    else:
        st.info(_(N_("This model has no backtest: the past is too short to hold a part of it back.")), icon=":material/info:")
    st.subheader(_(N_("Your model: promotions that never ran")))
    placebo_section(model)
    st.subheader(_(N_("Your model: every lever, nudged")))
    if model.certificate is None or model.certificate.empty:
        st.info(_(N_("The past holds no promotion, so there is no lever to check.")), icon=":material/info:")
    else:
        lever_table(model)


st.title(_(N_("How right is this")))
st.caption(_(N_("A forecast can be checked by waiting. What a promotion added can't: so it is checked where the truth is known, and by questions whose answer must be nothing.")))
results, model = arena_table(), current_model()
if results is None:
    st.info(_(N_("No arena has been run here.")), icon=":material/info:")
else:
    arena(results)
if model is not None:
    own_model(model)
