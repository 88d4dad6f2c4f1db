"""Warnings that only a finished panel shows: traffic that stands still, levers measured on what was sold."""

from __future__ import annotations

import numpy as np

from promo_core.data.issues import Issue, warning
from promo_core.data.panel import Panel
from promo_core.data.rows import Rows
from promo_core.data.verdict import shared_traffic, static_traffic
from promo_core.errors import N_, Message

__all__ = ["notes"]


def notes(panel: Panel, rows: Rows) -> tuple[Issue, ...]:
    """Return what a reader of this panel's answers should know."""
    return (*_zeros_at_the_end(panel), *_traffic(panel, rows), *_sold_shares(rows), *_follows_sales(panel))


def _zeros_at_the_end(panel: Panel) -> list[Issue]:
    busy = np.flatnonzero(np.any([np.nan_to_num(panel.observed(k)).any(axis=0) for k in panel.targets], axis=0))
    idle = panel.n_observed - (int(busy[-1]) + 1 if len(busy) else 0)
    if idle < 3 or panel.campaign_level:
        return []
    return [warning(Message(N_("The last {count} periods have nothing but zeros; they are read as days without sales."), {"count": idle}),
                    Message(N_("If they have not happened yet, leave their outcomes blank.")))]


def _traffic(panel: Panel, rows: Rows) -> list[Issue]:
    header = rows.mapping.header("visitors")
    issues = []
    if static_traffic(panel):
        issues.append(warning(Message(N_("`{column}` never changes within a series: it is a usual traffic, not the period's."), {"column": header}),
                              Message(N_("Conversion then means orders per usual visitor. Give the traffic of each period for true conversion.")), column=header))
    if shared_traffic(panel):
        issues.append(warning(Message(N_("Several series repeat the same `{column}`: summed over series, visitors are counted several times."), {"column": header}),
                              Message(N_("Read conversion per series, not in total.")), column=header))
    return issues


def _sold_shares(rows: Rows) -> list[Issue]:
    headers = [h for n in ("feature", "display", "mailer") if (h := rows.mapping.header(n)) and "unit_share" in h.lower()]
    if not headers:
        return []
    return [warning(Message(N_("{columns} are shares of what was sold, so they rise with sales themselves."), {"columns": ", ".join(headers)}),
                    Message(N_("Effects of these levers may be overstated; shares of products or of space are better.")), column=headers[0])]


def _follows_sales(panel: Panel) -> list[Issue]:
    """Tell of covariates that go so closely with an outcome that they can't have been known before it."""
    issues = []
    for name, values in panel.plan.covariates.items():
        if name in ("list_price", "unit_cost"):
            continue
        for target in panel.targets:
            a, b = values[:, : panel.n_observed].ravel(), panel.observed(target).ravel()
            known = np.isfinite(a) & np.isfinite(b)
            if known.sum() > 30 and np.std(a[known]) > 0 and np.std(b[known]) > 0 and abs(np.corrcoef(a[known], b[known])[0, 1]) > 0.98:
                issues.append(warning(Message(N_("`{column}` moves exactly with {target}: it probably follows from it."), {"column": name, "target": target}),
                                      Message(N_("Take it out unless it is truly known before the day.")), column=name))
                break
    return issues
