"""The what-if desk: the answer on top, campaigns on their calendar, the controls beside what the answer is made of, and kept scenarios beneath."""

import streamlit as st

from pages._ui.answer import details, headline, warnings
from pages._ui.cache import outcome_of
from pages._ui.compare import compare_panel
from pages._ui.desk import scenario_editor
from pages._ui.draft import Draft, draft_of, keep_draft
from pages._ui.frame import errors_told
from pages._ui.i18n import _, keep_language
from pages._ui.keep import keep_bar
from pages._ui.state import linked_model_note, require_model
from pages._ui.timeline import campaign_calendar
from pages._ui.views import show_view
from promo_core import N_, ScenarioError, TrainedModel


@st.fragment
def desk(model: TrainedModel) -> None:
    """Show the answer, the calendar and the editor; moving a control runs this part alone.

    What takes a browser longest is sent first once the answer is there: it draws the charts while the rest is made.
    """
    with errors_told():
        keep_language()
        draft = draft_of(model)
        answer, calendar = st.container(key="answer", gap="xxsmall"), st.container()
        left, right = (st.container(), st.container()) if st.session_state.get("edit_by") == "table" else st.columns([5, 11], gap="large")
        with left:
            scenario = scenario_editor(draft, model.panel, model.horizon)
            draft.use = _member(model, draft)
            keep_bar(model, draft, scenario, draft.use)
        try:
            outcome = outcome_of(model, scenario, draft.use, whole=st.session_state.get("view") in ("why", "groups"))
            with answer:
                headline(outcome)
            with right:
                figures = st.container()
                show_view(model, draft, outcome, draft.use)
                warnings(outcome)
            with calendar:
                campaign_calendar(model, draft, scenario)
        except ScenarioError as error:
            answer.warning(_(error), icon=":material/warning:")
            return
        with figures:
            details(outcome)
        keep_draft(model, draft)


def _member(model: TrainedModel, draft: Draft) -> str:
    """Ask which model answers; the one that won the backtest is the default."""
    names = {"blend": N_("Blend"), "gbm": N_("LightGBM"), "lstm": N_("LSTM"), "naive": N_("Seasonal naive")}
    members = [name for name in names if name in model.bases]
    if st.session_state.get("use") not in members:
        st.session_state["use"] = draft.use if draft.use in members else model.serves
    return st.segmented_control(_(N_("Answered by")), members, required=True, key="use", format_func=lambda m: _(names[m]), help=_(model.serves_why))


st.title(_(N_("What if")))
st.caption(_(N_("Set a campaign; see what it adds over doing nothing, how sure that is, and why.")))
model = require_model()
linked_model_note()
desk(model)
compare_panel(model)
