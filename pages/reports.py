"""Reports: choose scenarios or the forecast, a form and a language; look; take the file away."""

from datetime import datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui.cache import outcome_of
from pages._ui.draft import draft_of
from pages._ui.format import plain
from pages._ui.i18n import _, language
from pages._ui.keep import kept_scenarios
from pages._ui.manage import earlier_models, found, late_of, planned_scenarios
from pages._ui.state import require_model
from promo_core import LANGUAGES, N_, Outcome, Scenario, TrainedModel, make_forecast_report, make_report

MOST = 6
ABOUT = {"scenarios": N_("Scenarios"), "forecast": N_("Forecast and plan")}
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


@st.cache_data(max_entries=6, show_spinner=False)
def _forecast_file(key: str, content: tuple[str, ...], earlier: tuple[str, ...], form: str, lang: str, day: str, _model: TrainedModel, _planned: list[Scenario]) -> bytes:
    """Make the forecast report once per model, plan, earlier models, form, language and day."""
    return make_forecast_report(_model, _planned, form, lang, now=datetime.now().astimezone(), late=late_of(_model)[0])


def _scenarios(model: TrainedModel, form: str, lang: str, place: DeltaGenerator) -> tuple[bytes, list[str], list[str]] | None:
    """Ask which scenarios; return their report, names and sentences."""
    offered = _offered(model)
    chosen = place.multiselect(_(N_("Scenarios")), list(offered), [next(iter(offered))], max_selections=MOST, key="reported",
                               format_func=lambda i: offered[i].name if i != "desk" else _(N_("{name} (on the desk, as opened)"), name=offered[i].name))
    if not chosen:
        return None
    outcomes = [outcome_of(model, offered[i], model.serves) for i in chosen]
    content = _file(model.key, tuple(str(o.scenario.to_dict()) for o in outcomes), form, lang, str(datetime.now().date()), model, outcomes)
    return content, [o.scenario.name for o in outcomes], [_(sentence) for o in outcomes for sentence in o.sentences]


def _forecast(model: TrainedModel, form: str, lang: str, place: DeltaGenerator) -> tuple[bytes, list[str], list[str]]:
    """Return the report on the forecast and plan, what is on the plan, and what deserves a look."""
    planned = planned_scenarios()
    place.page_link("pages/overview.py", label=_(N_("On the plan: {count}"), count=len(planned)), icon=":material/dashboard:")
    content = _forecast_file(model.key, tuple(str(s.to_dict()) for s in planned), earlier_models(), form, lang, str(datetime.now().date()), model, planned)
    return content, [s.name for s in planned] or [_(N_("No scenario on the plan"))], [_(finding.message) for _icon, finding in found(model, planned)]


st.title(_(N_("Reports")))
st.caption(_(N_("A scenario, several side by side, or the forecast and plan, as a file that opens anywhere and says where its numbers come from.")))
model = require_model()
left, right = st.columns([2, 3], gap="large")
with left:
    about = st.segmented_control(_(N_("Report on")), list(ABOUT), default="scenarios", required=True, key="about",
                                 format_func=lambda a: _(ABOUT[a]))
    what = st.container()
    form = st.radio(_(N_("Form")), list(FORMS), format_func=lambda f: _(FORMS[f][0]), key="form")
    lang = st.segmented_control(_(N_("Language of the report")), list(LANGUAGES), default=language(), required=True, format_func=LANGUAGES.get, key="report_lang")
with right, st.spinner(_(N_("Writing the report…"))):
    made = _forecast(model, form, lang, what) if about == "forecast" else _scenarios(model, form, lang, what)
if made is None:
    right.info(_(N_("Choose at least one scenario.")), icon=":material/info:")
    st.stop()
content, names, sentences = made
left.download_button(_(N_("Download: {form}"), form=_(FORMS[form][0])), content, f"liftboard-{datetime.now():%Y-%m-%d}.{form}", FORMS[form][1], type="primary", icon=":material/download:", key="download", on_click="ignore")
with right, st.container(border=True):
    st.markdown("**" + ", ".join(map(plain, names)) + "**")
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences))
    st.caption(_(N_("{size} kB · every figure equals the page's"), size=f"{len(content) / 1000:,.0f}"))
