"""What a file can and cannot answer, said before anything is trained on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from promo_core.data.panel import Panel
from promo_core.errors import N_, Message
from promo_core.locale import Listed
from promo_core.schema import PROMO_TYPES

__all__ = ["MIN_CAMPAIGNS", "Verdict", "judge"]

MIN_CAMPAIGNS = 3


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What can be answered from a file.

    Attributes:
        kind: "daily", "weekly" or "campaign".
        usable: a panel could be built.
    """

    can: tuple[Message, ...]
    cannot: tuple[Message, ...]
    usable: bool
    kind: str

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain values, for JSON."""
        return {"usable": self.usable, "kind": self.kind, "can": list(map(str, self.can)), "cannot": list(map(str, self.cannot))}


def judge(panel: Panel | None, kind: str) -> Verdict:
    """Judge a panel; without one nothing can be answered."""
    if panel is None:
        return Verdict(can=(), cannot=(Message(N_("Nothing can be answered until the errors above are settled.")),), usable=False, kind=kind)
    can, cannot = _outcomes(panel)
    for part in (_levers, _comparison, _size):
        more, less = part(panel)
        can, cannot = can + more, cannot + less
    return Verdict(can=tuple(can), cannot=tuple(cannot), usable=True, kind=kind)


def _outcomes(panel: Panel) -> tuple[list[Message], list[Message]]:
    has = set(panel.targets)
    can, cannot = [], []
    if "gmv" in has:
        can.append(Message(N_("Forecast GMV.")))
    else:
        cannot.append(Message(N_("GMV and ROI: the file has no money column.")))
    if {"visitors", "orders"} <= has:
        can.append(Message(N_("Forecast visitors, conversion and orders.")))
    elif "orders" in has or "units" in has:
        can.append(Message(N_("Forecast {what}."), {"what": Message(N_("orders") if "orders" in has else N_("units"))}))
    if "visitors" not in has:
        cannot.append(Message(N_("Conversion: the file has no visitors.")))
    elif "orders" not in has:
        can.append(Message(N_("Forecast visitors.")))
        cannot.append(Message(N_("Conversion: the file has visitors but no orders.")))
    if static_traffic(panel):
        cannot.append(Message(N_("Changes of traffic: visitors never change within a series, so conversion means orders per usual visitor.")))
    if shared_traffic(panel):
        cannot.append(Message(N_("Visitors and conversion summed over series: several series repeat the same visitors, so a sum counts them several times.")))
    if "unit_cost" not in panel.plan.covariates:
        cannot.append(Message(N_("Margin: the file has no unit cost. It can be given on the What-if page.")))
    return can, cannot


def static_traffic(panel: Panel) -> bool:
    """Say whether visitors stand still within every series."""
    if "visitors" not in panel.targets or panel.campaign_level:
        return False
    values = panel.observed("visitors")
    with np.errstate(invalid="ignore"):
        low, high = np.nanmin(np.where(np.isfinite(values), values, np.inf), axis=1), np.nanmax(np.where(np.isfinite(values), values, -np.inf), axis=1)
    seen = np.isfinite(low)
    return bool(seen.any() and (high[seen] - low[seen] <= 1e-6 * np.maximum(high[seen], 1)).mean() > 0.9)


def shared_traffic(panel: Panel) -> bool:
    """Say whether series repeat each other's visitors."""
    if "visitors" not in panel.targets or panel.n_series < 2:
        return False
    values = np.nan_to_num(panel.observed("visitors"), nan=-1.0)
    return len(np.unique(values, axis=0)) <= panel.n_series // 2


def _levers(panel: Panel) -> tuple[list[Message], list[Message]]:
    levers, can, cannot = panel.past_plan().levers, [], []
    depth = levers.get("discount_depth")
    cuts = np.zeros(0) if depth is None else depth[depth > 0]
    if len(cuts) and cuts.min() < cuts.max() - 1e-9:
        can.append(Message(N_("Answer what another discount depth does, within the depths the file has seen: up to {deepest}."), {"deepest": f"{np.quantile(cuts, 0.99):.0%}"}))
    elif len(cuts):
        cannot.append(Message(N_("What another discount depth does: every promotion had the same depth.")))
    elif panel.plan.promoted.any():
        cannot.append(Message(N_("What another discount depth does: the file tells that a promotion ran, not how deep it cut.")))
    else:
        cannot.append(Message(N_("What a promotion does: the file has no discount and no promotion column, or never used one.")))
    if "promo_type" in levers:
        used, unused = _types(panel)
        can += [Message(N_("Compare promotion types: {types}."), {"types": _listed(used)})] if used else []
        cannot += [Message(N_("Promotions of type {types}: fewer than {least} of them have run."), {"types": _listed(unused), "least": MIN_CAMPAIGNS})] if unused else []
    return can, cannot


def _listed(types: list[str]) -> Listed:
    return Listed(tuple(PROMO_TYPES.get(word, word) for word in types))


def _types(panel: Panel) -> tuple[list[str], list[str]]:
    """Return the types that ran often enough, counted by when they began, and those that did not."""
    table = panel.campaigns
    by = ["start", "name"] if panel.campaign_level else ["start"]
    runs = {word: len(table.loc[table["promo_type"] == word, by].drop_duplicates()) for word in panel.plan.promo_types[1:]} if table is not None else {}
    return [w for w, n in runs.items() if n >= MIN_CAMPAIGNS], [w for w, n in runs.items() if n < MIN_CAMPAIGNS]


def _comparison(panel: Panel) -> tuple[list[Message], list[Message]]:
    seen = np.any([np.isfinite(panel.observed(k)) for k in panel.targets], axis=0)
    promoted = panel.plan.promoted[:, : panel.n_observed] & seen
    if not promoted.any():
        return [], []
    idle = (seen & ~promoted).sum()
    if idle == 0:
        return [], [Message(N_("What happens without a promotion: every observed period is promoted, so an increment over doing nothing is an extrapolation. Promotions can be compared with each other."))]
    share = idle / seen.sum()
    if share < 0.05:
        return [], [Message(N_("A firm comparison with doing nothing: only {share} of the observed periods have no promotion at all."), {"share": f"{share:.1%}"})]
    return [Message(N_("Compare a promotion with doing nothing: {share} of the observed periods have none."), {"share": f"{share:.0%}"})], []


def _size(panel: Panel) -> tuple[list[Message], list[Message]]:
    year, unit = (364, N_("days")) if panel.frequency == "D" else (52, N_("weeks"))
    facts = {"count": panel.n_observed, "unit": Message(unit)}
    cannot = []
    if panel.n_series == 1:
        cannot.append(Message(N_("Effects between series (cannibalisation, halo): the file has one series.")))
    if panel.n_observed < year // 6:
        cannot.append(Message(N_("Reliable backtests: {count} {unit} are very short; expect wide bands."), facts))
    if panel.n_observed < year:
        cannot.append(Message(N_("Yearly seasons: {count} {unit} are less than a year."), facts))
    return [], cannot
