"""What a reader calls the inputs of the models: the features of trees and the groups of inputs of the network."""

from __future__ import annotations

import re

from promo_core.errors import N_
from promo_core.features.events import EVENTS
from promo_core.reporting.words import LEVER_LABELS, Words, words_for

__all__ = ["feature_label", "feature_words"]

_LABELS = {
    "step": N_("How far ahead"), "weekday": N_("Weekday"), "day_of_month": N_("Day of the month"), "season": N_("Time of the year"), "events": N_("Holidays and retail events"),
    "covariates": N_("Numbers known ahead"), "identity": N_("Which series it is"), "average": N_("What every forecast starts from"),
    "holiday": N_("Public holiday"), "holiday_next": N_("Public holiday in the next period"), "holiday_last": N_("Public holiday in the period before"),
    "recent_level": N_("Recent level"), "recent_pattern": N_("Recent pattern"), "recent_last": N_("Last observed value"), "recent_last_age": N_("Age of the last observed value"),
    "recent_trend": N_("Recent trend"), "recent_trend_long": N_("Longer trend"), "recent_volatility": N_("Recent ups and downs"), "recent_seen": N_("Periods observed of late"),
    "year_ago": N_("Same period last year"), "year_ago_around": N_("Around the same period last year"),
    "promotions": N_("Promotions"), "past promotions": N_("Past promotions"),
} | {f"event_{event.name}": event.label for event in EVENTS}
_MEAN = re.compile(r"recent_mean_(\d+)")
_FORECAST = re.compile(r"forecast of (\w+)")
_SAME_WEEKDAY = re.compile(r"recent_same_weekday_(\d+)")
_CHANGE = "_change"


def feature_words(name: str, lang: str = "en") -> str:
    """Return a feature's words in one language."""
    return feature_label(words_for(lang), name)


def feature_label(words: Words, name: str) -> str:
    """Return a feature's words; a number or dimension of the file keeps the name it has there."""
    if name in LEVER_LABELS:
        return words.lever(name)
    if name in _LABELS:
        return words.text(_LABELS[name])
    if told := _MEAN.fullmatch(name):
        return words.text(N_("Mean of the last {count} periods"), count=told[1])
    if told := _SAME_WEEKDAY.fullmatch(name):
        return words.text(N_("Mean of the last {count} same weekdays"), count=told[1])
    if told := _FORECAST.fullmatch(name):
        return words.text(N_("Forecast: {model}"), model=words.model(told[1]))
    if name.endswith(_CHANGE):
        return words.text(N_("{name} beside its recent mean"), name=words.lever(name.removesuffix(_CHANGE)))
    return words.lever(name)
