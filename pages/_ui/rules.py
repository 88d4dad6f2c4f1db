"""House rules on the desk: kept in the workspace, edited in a form, and what breaks them told in one line."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages._ui.format import day_of, sentence
from pages._ui.i18n import _
from pages._ui.state import may, workspace
from pages._ui.trouble import errors_told
from promo_core import N_, Blackout, Breach, Guardrails

__all__ = ["house_rules", "rule_line"]

_KEY = "guardrails"


def house_rules() -> Guardrails:
    """Return the rules of this workspace."""
    return Guardrails.from_dict(workspace().settings.get(_KEY, {}))


def rule_line(breaches: Sequence[Breach], rules: Guardrails) -> None:
    """Say in one line whether the rules hold; all that is broken or worth knowing opens from it, and the rules themselves."""
    broken, notes = [b for b in breaches if b.forbids], [b for b in breaches if not b.forbids]
    with st.container(horizontal=True, vertical_alignment="center", key="rules", gap="small"):
        form = st.popover(_(N_("House rules")), icon=":material/rule:", key="house_rules", on_change="rerun")
        if form.open:
            with form:
                _form(rules)
        if not broken and not notes:
            st.markdown(":material/check_circle: " + _(N_("Every house rule holds.")))
            return
        with st.popover(_count(len(broken), len(notes)), icon=":material/gpp_bad:" if broken else ":material/info:", key="breaches", type="tertiary"):
            for breach in [*broken, *notes]:
                (st.error if breach.forbids else st.info)(sentence(_(breach.message)), icon=":material/gpp_bad:" if breach.forbids else ":material/info:")
        with st.container(key="first_breach"):
            st.markdown(sentence(_([*broken, *notes][0].message)))


def _count(broken: int, notes: int) -> str:
    if not broken:
        return _(N_("{count} to know"), count=notes)
    return _(N_("{broken} broken, {notes} to know"), broken=broken, notes=notes) if notes else _(N_("{broken} broken"), broken=broken)


def _form(rules: Guardrails) -> None:
    """Show the rules; an empty field switches a rule off."""
    with st.form("rules_form", border=False), errors_told():
        st.caption(_(N_("Kept in the workspace, for everybody. An empty field switches a rule off.")))
        left, right = st.columns(2)
        deepest = left.number_input(_(N_("Deepest discount (%)")), 1, 99, _percent(rules.deepest_discount), 1, key="rule_deepest")
        margin = right.number_input(_(N_("Least margin left (%)")), 0, 99, _percent(rules.least_margin), 1, key="rule_margin",
                                    help=_(N_("Of the price paid, after the cost of the goods.")))
        prior = left.number_input(_(N_("Prior-price days")), 1, 365, rules.prior_price_days, 1, key="rule_prior",
                                  help=_(N_("A cut counts against the lowest price of so many days before it: 30 in the EU, 7 in China.")))
        window = right.number_input(_(N_("Fatigue: any so many days")), 7, 365, rules.fatigue_window, 1, key="rule_window")
        most = left.number_input(_(N_("hold at most so many on promotion")), 1, 365, rules.most_promoted_days, 1, key="rule_fatigue")
        st.markdown(_(N_("Days without promotions")))
        days = st.data_editor(_blackout_frame(rules), num_rows="dynamic", hide_index=True, key="rule_blackouts",
                              column_config={"start": st.column_config.DateColumn(_(N_("First day")), required=True), "end": st.column_config.DateColumn(_(N_("Last day"))),
                                             "reason": st.column_config.TextColumn(_(N_("Reason")), max_chars=60)})
        if st.form_submit_button(_(N_("Keep these rules")), type="primary", key="rules_save", disabled=not may("settings.put")):
            kept = Guardrails(deepest_discount=_fraction(deepest), least_margin=_fraction(margin), prior_price_days=prior, most_promoted_days=most, fatigue_window=window or 28, blackouts=_blackouts(days))
            workspace().settings.put(_KEY, kept.to_dict())
            st.rerun()


def _blackout_frame(rules: Guardrails) -> pd.DataFrame:
    return pd.DataFrame([{"start": b.start, "end": b.end, "reason": b.reason} for b in rules.blackouts], columns=["start", "end", "reason"]).astype(object)


def _blackouts(days: pd.DataFrame) -> tuple[Blackout, ...]:
    rows = [row for row in days.to_dict("records") if day_of(row["start"])]
    return tuple(Blackout(start=day_of(row["start"]), end=day_of(row["end"]) or day_of(row["start"]), reason=row["reason"] if isinstance(row["reason"], str) else "") for row in rows)


def _percent(fraction: float | None) -> int | None:
    return None if fraction is None else round(100 * fraction)


def _fraction(percent: int | None) -> float | None:
    return None if percent is None else percent / 100
