"""The lever certificate: a sound response passes, a broken one is named, blocked and explained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from promo_core.errors import ModelError
from promo_core.evaluation.certificate import faulty_levers, lever_certificate
from promo_core.planning.simulate import simulate
from tests.planning.samples import SampleResponse, sample_model, sample_scenario


class Sound(SampleResponse):
    """The sample response's own effect: no echoes."""

    def own_effect(self, panel, plan):
        return np.where(plan.promoted[..., None], self.effect(panel, plan), 0.0)


class Inverted(Sound):
    """A deeper cut sells less."""

    def own_effect(self, panel, plan):
        return -super().own_effect(panel, plan)


class FirstStepOnly(Sound):
    """Applies the first step's levers only, as some peers do with future covariates."""

    def own_effect(self, panel, plan):
        effect = super().own_effect(panel, plan)
        effect[:, 1:] = 0.0
        return effect


class Wavy(Sound):
    """More depth sells more, then less, then more."""

    def own_effect(self, panel, plan):
        effect = super().own_effect(panel, plan)
        return effect * (1.0 + 0.8 * np.cos(14.0 * plan.levers["discount_depth"]))[..., None]


class Runaway(Sound):
    """Tells a thousand times what was ever seen."""

    def own_effect(self, panel, plan):
        return 60.0 * super().own_effect(panel, plan)


@pytest.fixture(scope="module")
def model():
    return sample_model()


def certificate(model, kind):
    return lever_certificate(model.panel, kind(model.composition), model.composition, model.bases)


def test_every_member_and_every_lever_that_ran_is_certified(model):
    told = certificate(model, Sound)
    assert set(told["model"]) == set(model.bases) and set(told["target"]) == set(model.composition.chain)
    assert {"discount_depth", "promo_type: percent_off", "promo_type: threshold_off"} <= set(told["lever"])
    depth = told[told["lever"] == "discount_depth"]
    assert set(depth["status"]) == {"sound"} and (depth["steps_dead"] == 0).all() and faulty_levers(told, "blend") == {}


@pytest.mark.parametrize(("kind", "status"), [(Inverted, "inverted"), (FirstStepOnly, "dead at some steps"), (Wavy, "not monotone"), (Runaway, "runaway")])
def test_a_broken_lever_is_named_for_every_member(model, kind, status):
    told = certificate(model, kind)
    for member in model.bases:
        assert faulty_levers(told, member)["discount_depth"] == status
    row = told[(told["lever"] == "discount_depth") & (told["target"] == "conversion")].iloc[0]
    assert row["status"] == status and row["worst_step"] >= 1
    if kind is FirstStepOnly:
        assert row["worst_step"] == 2 and row["steps_dead"] == model.horizon - 1


def test_a_member_does_not_answer_for_a_lever_that_is_faulty_in_it(model):
    broken = replace(model, certificate=certificate(model, Inverted))
    with pytest.raises(ModelError, match="acts the wrong way"):
        simulate(broken, sample_scenario(model.panel))
    calm = replace(sample_scenario(model.panel), campaigns=())
    assert simulate(broken, calm).totals.scenario["gmv"].mean > 0, "the forecast without promotion moves no lever"


def test_only_the_faulty_member_is_blocked(model):
    told = certificate(model, Sound)
    mixed = replace(model, certificate=told.assign(status=np.where((told["model"] == "lstm") & (told["lever"] == "discount_depth"), "inverted", told["status"])))
    with pytest.raises(ModelError):
        simulate(mixed, sample_scenario(model.panel), use="lstm")
    assert simulate(mixed, sample_scenario(model.panel), use="gbm").model == "gbm"
