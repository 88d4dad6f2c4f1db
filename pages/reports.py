"""Reports: choose scenarios, a form and a language; look; take the file away."""

from datetime import datetime

import streamlit as st

from pages._ui.cache import outcome_of
from pages._ui.draft import draft_of
from pages._ui.format import plain
from pages._ui.i18n import _, language
from pages._ui.keep import kept_scenarios
from pages._ui.state import require_model
from promo_core import LANGUAGES, N_, Outcome, Scenario, TrainedModel, make_report

MOST = 6
FORMS = {"html": (N_("Web page (interactive)"), "text/html"), "xlsx": (N_("Excel workbook"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
         "pptx": (N_("PowerPoint slides"), "application/vnd.openxmlformats-officedocument.presentationml.presentation"), "pdf": ("PDF", "application/pdf"),
         "csv": (N_("CSV table"), "text/csv")}


def _offered(model: TrainedModel) -> dict[str, Scenario]:
    """Return the kept scenarios and the one on the desk."""
    return {record.id: record.scenario for record in kept_scenarios()} | {"desk": draft_of(model).scenario(model.horizon)}


@st.cache_data(max_entries=12, show_spinner=False)
def _file(key: str, content: tuple[str, ...], form: str, lang: str, day: str, _model: TrainedModel, _outcomes: list[Outcome]) -> bytes:
    """Make the report once per model, scenarios, form, language and day."""
    return make_report(_model, _outcomes, form, lang, now=datetime.now().astimezone())


st.title(_(N_("Reports")))
st.caption(_(N_("A scenario, or several side by side, as a file that opens anywhere and says where its numbers come from.")))
model = require_model()
offered = _offered(model)
left, right = st.columns([2, 3], gap="large")
with left:
    chosen = st.multiselect(_(N_("Scenarios")), list(offered), [next(iter(offered))], max_selections=MOST, key="reported",
                            format_func=lambda i: offered[i].name if i != "desk" else _(N_("{name} (on the desk, as opened)"), name=offered[i].name))
    form = st.radio(_(N_("Form")), list(FORMS), format_func=lambda f: _(FORMS[f][0]), key="form")
    lang = st.segmented_control(_(N_("Language of the report")), list(LANGUAGES), default=language(), required=True, format_func=LANGUAGES.get, key="report_lang")
if not chosen:
    right.info(_(N_("Choose at least one scenario.")), icon=":material/info:")
    st.stop()
outcomes = [outcome_of(model, offered[i], model.serves) for i in chosen]
with st.spinner(_(N_("Writing the report…"))):
    content = _file(model.key, tuple(str(o.scenario.to_dict()) for o in outcomes), form, lang, str(datetime.now().date()), model, outcomes)
left.download_button(_(N_("Download: {form}"), form=_(FORMS[form][0])), content, f"liftboard-{datetime.now():%Y-%m-%d}.{form}", FORMS[form][1], type="primary", icon=":material/download:", key="download", on_click="ignore")
with right, st.container(border=True):
    st.markdown("**" + ", ".join(plain(o.scenario.name) for o in outcomes) + "**")
    for outcome in outcomes:
        st.markdown("\n".join(f"- {plain(_(sentence))}" for sentence in outcome.sentences))
    st.caption(_(N_("{size} kB · every figure equals the page's"), size=f"{len(content) / 1000:,.0f}"))
