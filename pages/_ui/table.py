"""The campaigns of a scenario as a table that can be edited, added to and taken from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages._ui.draft import Draft
from pages._ui.format import WHOLE_PERCENT, day_of, sentence, type_label
from pages._ui.i18n import _, dimension_label, told
from promo_core import N_, Campaign, Panel, ScenarioError, column

__all__ = ["campaign_table"]

_PERCENTS = ("discount_depth", "feature", "display", "mailer")


def campaign_table(draft: Draft, panel: Panel, horizon: int) -> None:
    """Show the table and put what it holds into the draft; a row that can't be a campaign is told and leaves its campaign as it was."""
    shown = _frame(draft.base, panel)
    edited = st.data_editor(shown, column_config=_columns(panel, horizon), num_rows="dynamic", hide_index=True, key=f"table_{draft.edition}", placeholder="—")
    campaigns: dict[str, Campaign] = {}
    for number, row in enumerate(edited.to_dict("records"), 1):
        uid = row["uid"] if isinstance(row["uid"], str) else f"new{number}_{draft.edition}"
        try:
            campaigns[uid] = _campaign(row, draft.campaigns.get(uid) or draft.base.get(uid), panel, horizon)
        except ScenarioError as error:
            st.caption(":material/error: " + _(N_("Row {number}: {problem}"), number=number, problem=sentence(_(error))))
            if uid in draft.campaigns:
                campaigns[uid] = draft.campaigns[uid]
    draft.campaigns = campaigns
    draft.choose(draft.chosen)


def _frame(campaigns: Mapping[str, Campaign], panel: Panel) -> pd.DataFrame:
    """Return one row per campaign; percentages as a reader writes them."""
    types = [t for t in panel.plan.promo_types if t != "none"]
    rows = [{"uid": uid, "name": c.name, **{d: list(c.series.get(d, [])) for d in panel.dimensions}, "promo_type": c.promo_type if c.promo_type in types else None, "start": c.start, "end": c.end,
             "ad_spend": c.ad_spend, **{name: round(100 * getattr(c, name)) for name in _PERCENTS}} for uid, c in campaigns.items()]
    names = ["uid", "name", *panel.dimensions, *(["promo_type"] if types else []), *(["discount_depth"] if "discount_depth" in panel.plan.levers else []), "start", "end",
             *(name for name in ("ad_spend", *_PERCENTS[1:]) if name in panel.plan.levers)]
    return pd.DataFrame(rows, columns=names).astype({"uid": object, "name": object})


def _columns(panel: Panel, horizon: int) -> dict[str, Any]:
    """Return how each column is shown and what it takes."""
    config, periods = st.column_config, panel.future_periods(horizon)
    first, last = periods[0].date() - timedelta(days=0 if panel.frequency == "D" else 6), periods[-1].date()
    types = [t for t in panel.plan.promo_types if t != "none"]
    told_as = told()
    percents = {name: config.NumberColumn(_(column(name).label), min_value=0, max_value=99 if name == "discount_depth" else 100, step=1, format=WHOLE_PERCENT, width="small") for name in _PERCENTS}
    values = {d: panel.values_of(d) for d in panel.dimensions}
    return {"uid": None, "name": config.TextColumn(_(N_("Name")), max_chars=60, width="small"),
            **{d: config.MultiselectColumn(dimension_label(d), options=options, help=_(N_("Empty means all.")), width="small") for d, options in values.items()},
            "promo_type": config.SelectboxColumn(_(N_("Promotion type")), options=types, format_func=lambda t: type_label(told_as, t), width="small"),
            "start": config.DateColumn(_(N_("First day")), min_value=first, max_value=last, required=True, width="small"),
            "end": config.DateColumn(_(N_("Last day")), min_value=first, required=True, width="small"),
            "ad_spend": config.NumberColumn(_(column("ad_spend").label), min_value=0, step=1000, format="localized", width="small"), **percents}


def _campaign(row: dict[Any, Any], before: Campaign | None, panel: Panel, horizon: int) -> Campaign:
    """Return a row's campaign.

    Raises:
        ScenarioError: when it holds a value no campaign can have.
    """
    first = panel.future_periods(horizon)[0].date()
    start, end = day_of(row["start"]) or first, day_of(row["end"])
    levers = {name: _number(row.get(name)) / 100 for name in _PERCENTS if name in row}
    series = {d: [str(v) for v in row[d]] for d in panel.dimensions if isinstance(row[d], (list, tuple)) and len(row[d])}
    known = before or Campaign(start=start, end=end or start + timedelta(days=6))
    return replace(known, start=start, end=end or start + timedelta(days=6), series=series, name=row["name"] if isinstance(row["name"], str) else "",
                   promo_type=row["promo_type"] if isinstance(row.get("promo_type"), str) else None, ad_spend=_number(row.get("ad_spend")), **levers)


def _number(value: Any) -> float:
    return 0.0 if value is None or pd.isna(value) else float(value)
