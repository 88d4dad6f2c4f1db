"""What is kept of answers: as few as there are different questions, and each is the question's own."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pages._ui import cache
from promo_core import Campaign, Guardrails, Scenario, TrainedModel


def scenario(model: TrainedModel, depth: float) -> Scenario:
    days = [day.date() for day in model.panel.future_periods(10)]
    series = {"segment": [str(model.panel.series["segment"].iloc[0])]}
    return Scenario(name=f"at {depth}", campaigns=(Campaign(start=days[0], end=days[1], discount_depth=0.2), Campaign(start=days[4], end=days[7], series=series, discount_depth=depth)))


@pytest.mark.parametrize("across", ["start", "length", "segment"])
def test_what_is_barred_is_found_once_for_every_depth(small_model: TrainedModel, across: str) -> None:
    rules = Guardrails(deepest_discount=0.4, prior_price_days=7, most_promoted_days=10)
    shallow, deep = scenario(small_model, 0.1), scenario(small_model, 0.35)
    surface = cache.surface_of(small_model, shallow, 1, across, "naive")
    barred = cache.barred_of(small_model, shallow, 1, surface, rules)
    assert cache.barred_of(small_model, deep, 1, surface, rules) is barred and barred.any() and not barred.all()
    anew = cache._barred.__wrapped__("", cache._content(deep), 1, across, json.dumps(rules.to_dict()), surface, small_model)
    assert np.array_equal(barred, anew)
    other = replace(deep, campaigns=(replace(deep.campaigns[0], discount_depth=0.3), deep.campaigns[1]))
    assert cache.barred_of(small_model, other, 1, surface, rules) is not barred
