"""The words and numbers of charts and reports: labels of measures, levers and models, values with their units."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass

from promo_core.errors import N_
from promo_core.locale import Reader, reader
from promo_core.planning.outcome import Outcome
from promo_core.planning.scenario import Campaign
from promo_core.schema import COLUMNS, PROMO_TYPES
from promo_core.settings import MODEL_LABELS

__all__ = ["MONEY", "Words", "main_measure", "measures_of", "words_for"]

MEASURE_LABELS = {"visitors": N_("Visitors"), "conversion": N_("Conversion"), "orders": N_("Orders"), "units": N_("Units"),
                  "value_per_order": N_("Value per order"), "gmv": N_("GMV")}
SIDE_LABELS = {"scenario": N_("With the promotion"), "baseline": N_("Without it"), "increment": N_("Increment")}
SCOPE_LABELS = {"totals": N_("All series, whole horizon"), "promoted": N_("Promoted series, campaign days"), "series": N_("Promoted series, whole horizon"),
                "after": N_("Promoted series, after the campaign"), "others": N_("Other series, whole horizon")}
LEVER_LABELS = {c.name: c.label for c in COLUMNS} | {"after_effects": N_("After-effects"), "others": N_("Other series"), "other": N_("Other"),
                                                     "timing": N_("Timing"), "promotion": N_("Promotion"), "start": N_("Start"), "length": N_("Length"),
                                                     "series": N_("Series")}
MONEY = ("gmv", "value_per_order")
_PRIORITY = ("gmv", "orders", "units", "visitors", "conversion")


@dataclass(frozen=True)
class Words:
    """One reader's words for one currency; `currency` may be unknown."""

    reader: Reader
    currency: str | None = None

    def text(self, source: str, **facts: object) -> str:
        """Translate a marked text with its facts."""
        return self.reader.say(source, **facts)

    def measure(self, name: str) -> str:
        """Return the label of a measure."""
        return self.reader.text(MEASURE_LABELS.get(name, name))

    def side(self, name: str) -> str:
        """Return the label of scenario, baseline or increment."""
        return self.reader.text(SIDE_LABELS[name])

    def scope(self, name: str) -> str:
        """Return the label of a comparison's scope."""
        return self.reader.text(SCOPE_LABELS[name])

    def model(self, name: str) -> str:
        """Return the label of a model."""
        return self.reader.text(MODEL_LABELS.get(name, name))

    def lever(self, name: str) -> str:
        """Return the label of a lever or dimension; an unknown one in readable form."""
        return self.reader.text(LEVER_LABELS[name]) if name in LEVER_LABELS else name.replace("_", " ")

    def promo_type(self, name: str | None) -> str:
        """Return a promotion type's words; the file's own words stay as they are."""
        return "—" if not name else self.reader.text(PROMO_TYPES.get(name, name))

    def axis(self, measure: str, frequency: str | None = None) -> str:
        """Return an axis title with its unit: "GMV per day (CNY)"; without `frequency` it is a sum or a ratio."""
        if measure == "conversion":
            return self.text(N_("{measure} (%)"), measure=self.measure(measure))
        unit = self.currency if measure in MONEY else None
        per = None if frequency is None or measure == "value_per_order" else N_("day") if frequency == "D" else N_("week")
        facts = {"measure": self.measure(measure), "unit": unit, "period": per}
        if per:
            return self.text(N_("{measure} per {period} ({unit})") if unit else N_("{measure} per {period}"), **facts)
        return self.text(N_("{measure} ({unit})"), **facts) if unit else self.measure(measure)

    def short(self, measure: str, value: float | None) -> str:
        """Write a value in three figures: ¥1.23M, 4.5K, 3.2%."""
        if measure == "conversion":
            return self.reader.percent(value, 2)
        return self.reader.money(value, self.currency) if measure in MONEY else self.reader.short(value)

    def exact(self, measure: str, value: float | None) -> str:
        """Write a value in full: money to the cent, counts to a tenth, conversion to a thousandth of a percent."""
        if measure == "conversion":
            return self.reader.percent(value, 3)
        return self.reader.exact_money(value, self.currency) if measure in MONEY else self.reader.number(value, 1)

    def change(self, measure: str, value: float | None, *, exact: bool = False) -> str:
        """Write a difference with its sign; a difference of conversions is told in percentage points."""
        if value is None or not math.isfinite(value):
            return "—"
        if measure == "conversion":
            body = self.text(N_("{value} pp"), value=self.reader.number(100 * value, 3 if exact else 2))
        else:
            body = self.exact(measure, value) if exact else self.short(measure, value)
        return f"+{body}" if value > 0 and any(c in "123456789" for c in body) else body

    def band(self, measure: str, low: float | None, high: float | None, *, change: bool = False) -> str:
        """Write an 80 % band: "¥1.1M to ¥1.4M"."""
        write = self.change if change else self.short
        return self.text(N_("{low} to {high}"), low=write(measure, low), high=write(measure, high))

    def pair(self, label: str, value: str) -> str:
        """Write a label and what it stands for: "Segment: vip"."""
        return self.reader.text(N_("{label}: {value}")).format(label=label, value=value)

    def days(self, campaign: Campaign) -> str:
        """Write a campaign's first and last day."""
        return self.text(N_("{low} to {high}"), low=self.reader.day(campaign.start), high=self.reader.day(campaign.end))

    def selection(self, series: Mapping[str, list[str]]) -> str:
        """Write which series a campaign runs on."""
        parts = [self.pair(self.lever(name), self.reader.listed(map(str, values))) for name, values in series.items()]
        return " · ".join(parts) or self.text(N_("all series"))

    def campaign(self, campaign: Campaign) -> str:
        """Write a campaign's levers in one phrase: "20% off, coupon"."""
        parts = [self.text(N_("{depth} off"), depth=self.reader.percent(campaign.discount_depth, 0))] if campaign.discount_depth else []
        parts += [self.promo_type(campaign.promo_type)] if campaign.promo_type not in (None, "percent_off") or not parts else []
        parts += [f"{self.lever('ad_spend')} {self.reader.money(campaign.ad_spend, self.currency)}"] if campaign.ad_spend else []
        parts += [f"{self.lever(k)} {self.reader.percent(v, 0)}" for k in ("feature", "display", "mailer") if (v := getattr(campaign, k))]
        return self.reader.listed(p for p in parts if p != "—") or self.text(N_("promotion"))


def words_for(lang: str, currency: str | None = None) -> Words:
    """Return the words of one language and currency."""
    return Words(reader(lang), currency)


def measures_of(outcome: Outcome) -> tuple[str, ...]:
    """Return the measures that the outcome can tell, in reading order."""
    return tuple(m for m in MEASURE_LABELS if outcome.totals.scenario.get(m) is not None)


def main_measure(outcome: Outcome) -> str:
    """Return the measure that answers "what does it bring": GMV where it is known, else orders, units or visitors."""
    told = measures_of(outcome)
    return next((m for m in _PRIORITY if m in told), "gmv")


def safe(name: object, longest: int = 60) -> str:
    """Return a user's text for a chart: without markup, in one line, not longer than `longest`."""
    text = " ".join(str(name).split())
    return html.escape(text if len(text) <= longest else text[: longest - 1] + "…", quote=False)
