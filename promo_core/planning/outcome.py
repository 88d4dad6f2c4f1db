"""What a scenario does: its forecast beside its baseline's, as records that pages, reports and files share."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from promo_core.errors import Message
from promo_core.planning.scenario import Scenario

__all__ = ["Comparison", "Economics", "Evidence", "LeverShare", "Outcome", "Quantity", "Summary", "Support"]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number and how sure it is: mean and the 10 %, 50 % and 90 % points."""

    mean: float
    p10: float
    p50: float
    p90: float


Summary = dict[str, Quantity | None]
"""Measure → quantity; `None` where the data cannot tell. Conversion is its orders ÷ its visitors, value per order its GMV ÷ its orders."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Scenario, baseline and their difference over one scope; both sides share their draws."""

    scenario: Summary
    baseline: Summary
    increment: Summary


@dataclass(frozen=True, kw_only=True)
class LeverShare:
    """What one lever adds to the GMV increment (to the main measure's, where there is no GMV); shares add up exactly."""

    lever: str
    gmv: float


@dataclass(frozen=True, kw_only=True)
class Support:
    """How well the past covers this scenario: grade A (often done) to D (never done), and the most alike past campaigns.

    `alike` rows: name, start, end, promo_type, discount_depth, gmv_per_period, uplift (fraction over its own usual level), distance.
    """

    grade: str
    alike: tuple[dict[str, Any], ...] = ()
    reasons: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What stands behind one lever's effect: label "experiment", "adjusted" or "predictive", and why."""

    lever: str
    label: str
    why: Message


@dataclass(frozen=True, kw_only=True)
class Economics:
    """Money beyond GMV; `None` is unknown. discount_cost: money given away off list; margin needs `unit_cost` and units."""

    discount_cost: Quantity | None
    ad_spend: float
    margin_increment: Quantity | None
    roi: Quantity | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """A scenario's answer.

    Attributes:
        totals: all series, whole horizon.
        promoted: the promoted series on the campaign days.
        series: the promoted series, whole horizon.
        after: the promoted series after the last campaign day; `None` when the campaign reaches the horizon's end.
        others: the series not promoted, whole horizon; `None` when all are promoted.
        daily: one row per promoted series and period: date, dimensions, visitors, conversion, orders, gmv, gmv_p10, gmv_p90, baseline_gmv.
        path: promoted series together, one row per period, measure and side ("scenario", "baseline", "increment"): period, measure, side, mean, p10, p50, p90.
        groups: dimension → one row per value and measure: value, measure, scenario, baseline, increment, p10, p90 of the increment (all series, whole horizon).
        evidence: what stands behind each lever that moves, the weakest first.
        sentences: the answer in words.
    """

    scenario: Scenario
    model: str
    origin: date
    horizon: int
    frequency: str
    currency: str | None
    totals: Comparison
    promoted: Comparison
    series: Comparison
    after: Comparison | None
    others: Comparison | None
    daily: pd.DataFrame
    path: pd.DataFrame
    groups: dict[str, pd.DataFrame] = field(default_factory=dict)
    economics: Economics | None = None
    attribution: tuple[LeverShare, ...] = ()
    support: Support = Support(grade="D")
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[Message, ...] = ()
    sentences: tuple[Message, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome file's content (contract: DESIGN, section 4); what can't be given is `None`."""
        scopes = {name: asdict(getattr(self, name)) for name in ("totals", "promoted", "series")}
        optional = {name: asdict(value) for name in ("after", "others") if (value := getattr(self, name)) is not None}
        daily = self.daily.assign(date=pd.to_datetime(self.daily["date"]).dt.strftime("%Y-%m-%d")).astype(object)
        return {"scenario": self.scenario.name, "model": self.model, "origin": self.origin.isoformat(), "horizon": self.horizon, "frequency": self.frequency,
                "currency": self.currency, **scopes, **optional, "daily": daily.where(daily.notna(), None).to_dict("records"),
                "economics": None if self.economics is None else asdict(self.economics),
                "attribution": [asdict(share) for share in self.attribution],
                "support": {"grade": self.support.grade, "alike": list(self.support.alike), "reasons": [str(r) for r in self.support.reasons]},
                "evidence": [{"lever": e.lever, "label": e.label, "why": str(e.why)} for e in self.evidence],
                "warnings": [str(w) for w in self.warnings], "sentences": [str(s) for s in self.sentences], "campaigns": [c.to_dict() for c in self.scenario.campaigns]}
