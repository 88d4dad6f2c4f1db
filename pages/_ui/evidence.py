"""What stands behind the effects: labels, the lever certificate and the placebo checks, for the Models, What-if and truth pages."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages._ui.format import plain
from pages._ui.i18n import _, language, told
from pages._ui.league import certificate
from pages._ui.live import live_chart
from promo_core import EVIDENCE_WORDS, N_, Outcome, TrainedModel, lever_name
from promo_core.reporting import charts

__all__ = ["answer_evidence", "lever_table", "placebo_section"]

_BADGES = {"experiment": ("green", "science"), "adjusted": ("blue", "balance"), "predictive": ("orange", "help")}
_CHECKS = {"shifted": N_("A promotion calendar two weeks before the real one: nothing ran then, so nothing should be found."),
           "shuffled": N_("The depths that ran, dealt anew among the promoted series and periods: they should no longer tell who sold more.")}


def badge(label: str) -> str:
    """Return an evidence label as Markdown, with its icon and colour."""
    colour, icon = _BADGES[label]
    return f":{colour}[:material/{icon}: {plain(_(EVIDENCE_WORDS[label]))}]"


def answer_evidence(outcome: Outcome) -> None:
    """Say what stands behind each lever of an answer, the weakest first."""
    if outcome.evidence:
        st.markdown("**" + _(N_("What stands behind it")) + "**  \n" + "  \n".join(f"{badge(e.label)} · {plain(_(e.why))}" for e in outcome.evidence))


def lever_table(model: TrainedModel) -> None:
    """Show every lever: what it does to each target, and what stands behind that."""
    table = certificate(model)
    if model.evidence is not None:
        label = dict(zip(model.evidence["lever"], model.evidence["label"], strict=True))
        levers = list(dict.fromkeys(model.certificate["lever"]))
        table = table.assign(**{_(N_("Evidence")): [badge(label[lever]) if lever in label else "—" for lever in levers]})
    st.table(table, border="horizontal")
    if model.evidence is not None:
        with st.expander(_(N_("What the evidence rests on")), icon=":material/balance:"):
            st.table(_details(model), hide_index=True, border="horizontal")
            st.caption(_(N_("Backed by an experiment: a lot decided (column `randomised`). Adjusted comparison: season, events and demand are taken out, some of how the lever varied is left "
                            "(at least 5 %), and placebos find nothing. Only predictive: one of these fails, so the answer may mistake the mood a promotion ran in for its effect.")))


def _details(model: TrainedModel) -> pd.DataFrame:
    reader = told()
    rows = [{_(N_("Lever")): plain(_(lever_name(r.lever))), _(N_("Evidence")): badge(r.label), _(N_("Series-periods")): reader.number(r.cells),
             _(N_("Left after season, events and demand")): reader.percent(r.left, 0), _(N_("Dealt by lot")): reader.percent(r.randomised, 0)} for r in model.evidence.itertuples()]
    return pd.DataFrame(rows)


def placebo_section(model: TrainedModel) -> None:
    """Show what promotions that never ran seem to do."""
    if model.placebo is None:
        st.info(_(N_("This model was kept without placebo checks. Train again to have them.")), icon=":material/info:")
        return
    live_chart(charts.placebo(model.placebo, lang=language()), key="placebo_chart")
    for row in model.placebo.itertuples():
        mark = ":green[:material/check_circle:]" if row.passed else ":orange[:material/warning:]"
        found = _(N_("found {share} of the real effect; the real promotions {real}."), share=told().percent(row.share, 0), real=told().percent(row.real, 0))
        st.markdown(f"{mark} {plain(_(_CHECKS[row.check]))} {plain(found)}")
