"""What was made of a file: the verdict, its questions and flaws, and what each column means."""

from __future__ import annotations

import json
from functools import partial

import streamlit as st

from pages._ui.format import plain, sentence, worded
from pages._ui.i18n import _, told
from pages._ui.upload import change
from promo_core import COLUMNS, N_, Inspection, Issue, Mapping

__all__ = ["columns", "issues", "verdict"]

_MARKS = {"error": ":red[:material/error:]", "warning": ":orange[:material/warning:]", "info": ":gray[:material/info:]"}
_KINDS = {"daily": N_("one row per day"), "weekly": N_("one row per week"), "campaign": N_("one row per campaign")}
_COVARIATE, _DIMENSION, _UNUSED = "covariate", "dimension", ""
_PARTS = (_UNUSED, *(c.name for c in COLUMNS), _DIMENSION, _COVARIATE)
_PART_WORDS = {c.name: c.label for c in COLUMNS} | {_UNUSED: N_("not used"), _DIMENSION: N_("another grouping"), _COVARIATE: N_("another number known ahead")}
_CURRENCIES = ("CNY", "USD", "EUR", "GBP", "JPY", "HKD", "TWD", "KRW", "INR", "BRL", "AUD", "CAD", "SGD")
_ROWS_SAMPLED, _VALUES_SHOWN, _SHOWN_AT_FIRST = 200, 3, 8


def verdict(inspection: Inspection) -> None:
    """Say what the file can answer and what it can't."""
    st.caption(_(N_("{rows} rows, {columns} columns, {kind}"), rows=told().number(inspection.raw.table.num_rows), columns=len(inspection.headers), kind=_(_KINDS[inspection.verdict.kind])))
    sides = st.columns(2, gap="medium")
    for place, title, mark, lines in zip(sides, (N_("It can answer"), N_("It can't answer")), (":green[:material/check:]", ":gray[:material/block:]"),
                                         (inspection.verdict.can, inspection.verdict.cannot), strict=True):
        with place.container(border=True, height="stretch"):
            st.markdown(f"**{_(title)}**")
            st.markdown("\n".join(f"{mark} {sentence(_(line))}  " for line in lines) or "—")


def issues(inspection: Inspection) -> None:
    """Show questions with their answers as buttons, then every flaw, worst first."""
    show = partial(_issue, inspection)
    ordered = sorted((issue for issue in inspection.issues if issue.severity != "info"), key=lambda issue: not issue.choices)
    for issue in ordered[:_SHOWN_AT_FIRST]:
        show(issue)
    if more := ordered[_SHOWN_AT_FIRST:]:
        with st.expander(_(N_("{count} more things to look at"), count=len(more))):
            for issue in more:
                show(issue)
    if quiet := [issue for issue in inspection.issues if issue.severity == "info"]:
        with st.expander(_(N_("How it was read ({count})"), count=len(quiet)), icon=":material/info:"):
            for issue in quiet:
                show(issue)


def columns(inspection: Inspection) -> None:
    """Show every column with sample values and what it means, which can be changed, and the currency."""
    st.markdown(_(N_("Recognised {used} of {count} columns. Change whatever is wrong.")
                  if inspection.unused else N_("Recognised every column. Change whatever is wrong."), used=len(inspection.headers) - len(inspection.unused), count=len(inspection.headers)))
    parts = {header: name.partition(":")[0] for name, header in inspection.mapping.columns.items()}
    sample = inspection.raw.table.slice(0, _ROWS_SAMPLED).to_pandas()
    with st.grid(min_column_width=230):
        for number, header in enumerate(inspection.headers):
            values = list(dict.fromkeys(text for v in sample.iloc[:, number].dropna() if (text := str(v).strip())))[:_VALUES_SHOWN]
            _column(inspection, number, header, parts.get(header, _UNUSED), values)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _currency(inspection)
        st.download_button(_(N_("Save these answers")), json.dumps(inspection.mapping.to_dict(), ensure_ascii=False, indent=1), "mapping.json", "application/json", key="save_mapping",
                           icon=":material/download:", on_click="ignore", type="tertiary", help=_(N_("For the command line: --map mapping.json")))


def _issue(inspection: Inspection, issue: Issue) -> None:
    if issue.choices:
        _question(issue, f"{inspection.fingerprint[:10]}_{inspection.issues.index(issue)}")
    else:
        _flaw(issue)


def _question(issue: Issue, key: str) -> None:
    with st.container(border=True, key=f"question_{key}", gap="small"):
        st.markdown(f":blue[:material/help:] **{sentence(_(issue.message))}**{_rows(issue)}  \n{sentence(_(issue.remedy))}")
        with st.container(horizontal=True):
            for number, choice in enumerate(issue.choices):
                st.button(sentence(_(choice.label)), key=f"choice_{key}_{number}", on_click=change, args=(partial(_same, choice.mapping),))


def _flaw(issue: Issue) -> None:
    with st.container(gap=None):
        st.markdown(f"{_MARKS[issue.severity]} **{sentence(_(issue.message))}**{_rows(issue)}  \n{sentence(_(issue.remedy))}")


def _rows(issue: Issue) -> str:
    if not issue.rows:
        return ""
    rows = ", ".join(str(row) for row in issue.rows)
    text = N_("rows {rows} … ({count} in all)") if issue.count > len(issue.rows) else N_("row {rows}") if len(issue.rows) == 1 else N_("rows {rows}")
    return " :gray[" + plain(_(text, rows=rows, count=told().number(issue.count))) + "]"


def _column(inspection: Inspection, number: int, header: str, part: str, values: list[str]) -> None:
    key = f"part_{inspection.fingerprint[:10]}_{number}"
    with st.container(border=True, gap="xxsmall"):
        st.selectbox(plain(header) or "—", _PARTS, _PARTS.index(part), format_func=worded(told(), _PART_WORDS), key=key,
                     on_change=lambda: change(partial(_with_part, inspection.mapping, header, st.session_state[key])))
        st.caption(plain(" · ".join(v[:24] for v in values)) or "—")


def _currency(inspection: Inspection) -> None:
    known = inspection.mapping.options.get("currency")
    options = [_UNUSED, *dict.fromkeys((known, *_CURRENCIES) if known else _CURRENCIES)]
    key = f"currency_{inspection.fingerprint[:10]}"
    st.selectbox(_(N_("Currency")), options, options.index(known) if known else 0, format_func=worded(told(), {_UNUSED: N_("not given")}), key=key, width=200, accept_new_options=True,
                 on_change=lambda: change(lambda: inspection.mapping.with_option(currency=(st.session_state[key] or "").strip().upper() or None)))


def _same(mapping: Mapping) -> Mapping:
    return mapping


def _with_part(mapping: Mapping, header: str, part: str) -> Mapping:
    """Return the mapping where `header` plays another part, or none."""
    if part == _UNUSED:
        return mapping.without_header(header)
    return mapping.with_column(f"{part}:{header}" if part in (_DIMENSION, _COVARIATE) else part, header)
