"""The what-if desk: a scenario on the left, its answer on the right, what lies behind it beneath."""

import streamlit as st

from pages._ui.answer import details, headline, warnings
from pages._ui.cache import outcome_of
from pages._ui.desk import draft_of, scenario_editor
from pages._ui.frame import errors_told
from pages._ui.i18n import _
from pages._ui.keep import compare_panel, keep_bar
from pages._ui.state import require_model
from pages._ui.views import show_view
from promo_core import N_, ScenarioError, TrainedModel


@st.fragment
def desk(model: TrainedModel) -> None:
    """Show the editor and its answer; moving a control runs this part alone."""
    draft = draft_of(model.key, model.panel, model.horizon)
    with errors_told():
        top = st.container()
        left, right = st.columns([5, 11], gap="large")
        with left:
            scenario = scenario_editor(draft, model.panel, model.horizon)
            keep_bar(model, draft, scenario)
            use = _member(model)
        try:
            outcome = outcome_of(model, scenario, use)
        except ScenarioError as error:
            top.warning(_(error), icon=":material/warning:")
            return
        with top:
            headline(outcome)
        with right:
            details(outcome)
            show_view(model, outcome, use)
            warnings(outcome)


def _member(model: TrainedModel) -> str:
    """Ask which model answers; the one that won the backtest is the default."""
    names = {"blend": N_("Blend"), "gbm": N_("LightGBM"), "lstm": N_("LSTM"), "naive": N_("Seasonal naive")}
    members = [name for name in names if name in model.bases]
    return st.segmented_control(_(N_("Answered by")), members, default=model.serves, required=True, key="use", persist_state="session", format_func=lambda m: _(names[m]),
                                help=_(model.serves_why))


st.title(_(N_("What if")))
st.caption(_(N_("Set a campaign; see what it adds over doing nothing, how sure that is, and why.")))
model = require_model()
desk(model)
compare_panel(model)
