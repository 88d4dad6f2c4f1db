"""An outcome in two to five plain sentences; every number in them stands in the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promo_core.errors import N_, Message
from promo_core.locale import Count, Money, Percent
from promo_core.planning.outcome import Comparison, LeverShare, Outcome, Quantity

__all__ = ["LEVER_WORDS", "MEASURE_WORDS", "narrate", "narrate_difference"]

MEASURE_WORDS = {"visitors": N_("visitors"), "orders": N_("orders"), "units": N_("units"), "gmv": N_("GMV")}
LEVER_WORDS = {"discount_depth": N_("the discount depth"), "promo_type": N_("the promotion type"), "ad_spend": N_("the ad spend"), "feature": N_("the feature"),
               "display": N_("the display"), "mailer": N_("the mailer"), "start": N_("the start"), "length": N_("the length"), "series": N_("the choice of series")}


def narrate(outcome: Outcome) -> tuple[Message, ...]:
    """Tell the increment with its band, when and where it comes from, the lever behind it, conversion, and how far to trust it."""
    if not outcome.scenario.campaigns:
        return (_forecast(outcome),)
    sentences = [_headline(outcome), _timing(outcome), _others(outcome), _cause(outcome), _trust(outcome)]
    return tuple(s for s in sentences if s is not None)


def narrate_difference(first: Outcome, second: Outcome, shares: Sequence[LeverShare]) -> Message:
    """Tell how much more the second scenario brings than the first, and which change brings most of it; every number stands in outcomes or shares."""
    measure = _main(second)
    gap = second.totals.scenario[measure].mean - first.totals.scenario[measure].mean
    facts: dict[str, Any] = {"first": first.scenario.name, "second": second.scenario.name, "amount": Message(_GAINS[measure], {"amount": _amount(second, abs(gap))})}
    if not shares or abs(gap) < 0.005:
        return Message(N_("“{second}” and “{first}” bring the same."), facts)
    facts |= {"lever": LEVER_WORDS.get(shares[0].lever, shares[0].lever), "part": _amount(second, shares[0].gmv)}
    if gap > 0:
        return Message(N_("“{second}” brings {amount} more than “{first}”; the change that counts most is {lever} ({part})."), facts)
    return Message(N_("“{second}” brings {amount} less than “{first}”; the change that counts most is {lever} ({part})."), facts)


def _main(outcome: Outcome) -> str:
    """Return GMV, or the measure that stands in its place."""
    known = [m for m in ("gmv", "orders", "units", "visitors") if outcome.totals.scenario.get(m) is not None]
    return known[0]


_GAINS = {"gmv": N_("{amount} of GMV"), "orders": N_("{amount} orders"), "units": N_("{amount} units"), "visitors": N_("{amount} visitors")}


def _amount(outcome: Outcome, value: float) -> Money | Count:
    return Money(value, outcome.currency) if _main(outcome) == "gmv" else Count(value)


def _mean(comparison: Comparison | None, measure: str) -> Quantity | None:
    return None if comparison is None else comparison.increment.get(measure)


def _forecast(outcome: Outcome) -> Message:
    measure = _main(outcome)
    told = outcome.totals.scenario[measure]
    return Message(N_("Without a promotion, {measure} over {horizon} periods is expected at {mean}, between {low} and {high} with 80% confidence."),
                   {"measure": MEASURE_WORDS[measure], "horizon": Count(outcome.horizon), "mean": _amount(outcome, told.mean),
                    "low": _amount(outcome, told.p10), "high": _amount(outcome, told.p90)})


def _headline(outcome: Outcome) -> Message:
    measure = _main(outcome)
    told, usual = outcome.totals.increment[measure], outcome.series.baseline[measure].mean
    facts: dict[str, Any] = {
        "name": outcome.scenario.name, "measure": MEASURE_WORDS[measure], "amount": Message(_GAINS[measure], {"amount": _amount(outcome, abs(told.mean))}),
        "low": _amount(outcome, told.p10), "high": _amount(outcome, told.p90), "share": Percent(abs(told.mean) / usual if usual else None), "horizon": Count(outcome.horizon)}
    if told.p10 < 0 < told.p90:
        text = N_("“{name}” may change {measure} by anything between {low} and {high} over {horizon} periods (80% band): the data can't tell a gain from a loss.")
    elif told.mean >= 0:
        text = N_("“{name}” adds {amount} over {horizon} periods, between {low} and {high} with 80% confidence; that is {share} of what the promoted series sell without it.")
    else:
        text = N_("“{name}” loses {amount} over {horizon} periods, between {low} and {high} with 80% confidence; that is {share} of what the promoted series sell without it.")
    return Message(text, facts)


def _timing(outcome: Outcome) -> Message | None:
    measure = _main(outcome)
    during, after = _mean(outcome.promoted, measure), _mean(outcome.after, measure)
    if during is None:
        return None
    facts = {"during": _amount(outcome, during.mean), "after": _amount(outcome, abs(after.mean) if after else 0.0)}
    if after is None or abs(after.mean) < max(0.005 * abs(during.mean), 0.5):
        return Message(N_("While it runs it brings {during}; nothing to speak of changes afterwards."), facts) if after else None
    if after.mean < 0:
        return Message(N_("While it runs it brings {during}; afterwards {after} is lost, as purchases were brought forward."), facts)
    return Message(N_("While it runs it brings {during}, and {after} more follows afterwards."), facts)


def _others(outcome: Outcome) -> Message | None:
    measure = _main(outcome)
    told, total = _mean(outcome.others, measure), _mean(outcome.totals, measure)
    if told is None or abs(told.mean) < 0.01 * abs(total.mean):
        return None
    facts = {"amount": _amount(outcome, abs(told.mean))}
    if told.mean < 0:
        return Message(N_("The series not promoted lose {amount} to it."), facts)
    return Message(N_("The series not promoted gain {amount} from it."), facts)


def _cause(outcome: Outcome) -> Message | None:
    """Tell the biggest lever and what conversion does, whichever of both is known."""
    facts: dict[str, Any] = {}
    lever = outcome.attribution[0] if outcome.attribution and outcome.attribution[0].gmv else None
    before, after = outcome.promoted.baseline.get("conversion"), outcome.promoted.scenario.get("conversion")
    if lever is not None:
        facts |= {"lever": LEVER_WORDS.get(lever.lever, lever.lever), "amount": _amount(outcome, lever.gmv)}
    if before is not None and after is not None:
        facts |= {"before": Percent(before.mean, 2), "after": Percent(after.mean, 2)}
    if lever is not None and before is not None:
        return Message(N_("The largest part comes from {lever} ({amount}); conversion on the campaign days goes from {before} to {after}."), facts)
    if lever is not None:
        return Message(N_("The largest part comes from {lever} ({amount})."), facts)
    if before is not None:
        return Message(N_("Conversion on the campaign days goes from {before} to {after}."), facts)
    return None


def _trust(outcome: Outcome) -> Message:
    texts = {"A": N_("Campaigns like this were run often (support A)."), "B": N_("Campaigns like this were run several times (support B)."),
             "C": N_("Campaigns like this were hardly run (support C): take the numbers as a first guess."),
             "D": N_("No campaign like this was ever run (support D): test it small before relying on the numbers.")}
    return Message(texts.get(outcome.support.grade, texts["D"]))
