"""What stands behind the levers that a scenario moves, in words; and which scenarios a member may not answer because a lever of theirs is faulty."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from promo_core.data.panel import Plan
from promo_core.errors import N_, Message, ModelError
from promo_core.evaluation.certificate import faulty_levers
from promo_core.locale import Count, Percent
from promo_core.models.trained import TrainedModel
from promo_core.planning.outcome import Evidence
from promo_core.schema import LEVERS, PROMO_TYPES, column

__all__ = ["EVIDENCE_WORDS", "evidence_of", "lever_name", "moved_levers", "require_sound"]

EVIDENCE_WORDS = {"experiment": N_("backed by an experiment"), "adjusted": N_("adjusted comparison"), "predictive": N_("only predictive")}
_REASONS = {
    "randomised": N_("{lever}: backed by an experiment; {share} of the series-periods on which it ran were dealt by lot."),
    "sound": N_("{lever}: adjusted comparison. {left} of how it varied is left once season, events and demand are known, and no placebo shows an effect."),
    "few": N_("{lever}: only predictive. It ran on {cells} series-periods."),
    "no_quiet": N_("{lever}: only predictive. The past has hardly a period without promotion to compare with."),
    "little_left": N_("{lever}: only predictive. Just {left} of how it varied is left once season, events and demand are known, so its effect can't be told from theirs."),
    "placebo_shifted": N_("{lever}: only predictive. A fake promotion shortly before the real ones shows an effect too: part of what promotions seem to do is the mood they ran in."),
    "told_wrong": N_("{lever}: only predictive. What the past shows of it is far from what the model tells, so its size is uncertain."),
    "placebo_shuffled": N_("{lever}: only predictive. Depths dealt anew explain sales as well as the real ones: whether to promote can be told from this past, how deep cannot."),
}
_FAULTS = {"inverted": N_("acts the wrong way"), "not monotone": N_("falls where it should rise"), "dead at some steps": N_("does nothing at some steps of the horizon"),
           "runaway": N_("does far more than anything that was ever seen")}

_READ: WeakKeyDictionary[TrainedModel, tuple[dict[str, dict[str, Any]], dict[str, dict[str, str]]]] = WeakKeyDictionary()


def moved_levers(plan: Plan) -> tuple[str, ...]:
    """Return the levers a plan moves, one per promotion type, named as in the certificate."""
    moved = [name for name, values in plan.levers.items() if name != "promo_type" and (values > 0).any()]
    codes = plan.levers.get("promo_type")
    return (*moved, *(f"promo_type: {word}" for code, word in enumerate(plan.promo_types) if code and codes is not None and (codes == code).any()))


def _kept(model: TrainedModel) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, str]]]:
    """Return the model's evidence by lever, and its members' faulty levers, read from their tables once."""
    if model not in _READ:
        _READ[model] = ({} if model.evidence is None else model.evidence.set_index("lever").to_dict("index"), {})
    return _READ[model]


def evidence_of(model: TrainedModel, plan: Plan) -> tuple[Evidence, ...]:
    """Return the evidence behind each lever that a plan moves, the weakest first; empty for a model that was kept without it."""
    known = _kept(model)[0]
    found = [_told(lever, known[lever]) for lever in moved_levers(plan) if lever in known]
    return tuple(sorted(found, key=lambda e: -list(EVIDENCE_WORDS).index(e.label)))


def _told(lever: str, row: dict[str, Any]) -> Evidence:
    facts = {"lever": lever_name(lever), "share": Percent(row["randomised"], 0), "left": Percent(row["left"], 0), "cells": Count(row["cells"])}
    return Evidence(lever=lever, label=row["label"], why=Message(_REASONS[row["reason"]], facts))


def lever_name(lever: str) -> Message:
    """Return what a reader calls a lever of the certificate."""
    name, separator, word = lever.partition(": ")
    if separator:
        return Message(N_("Promotion type {type}"), {"type": PROMO_TYPES.get(word, word)})
    return Message(column(name).label if name in LEVERS else name)


def require_sound(model: TrainedModel, use: str, plan: Plan) -> None:
    """Refuse a plan that moves a lever which this member does not serve soundly.

    Raises:
        ModelError: naming the lever, what is wrong with it and what to do.
    """
    by_member = _kept(model)[1]
    if use not in by_member:
        by_member[use] = faulty_levers(model.certificate, use)
    faults = by_member[use]
    wrong = next((lever for lever in moved_levers(plan) if lever in faults), None)
    if wrong is not None:
        raise ModelError(N_("This model may not answer: in its certificate the lever “{lever}” {fault}. See “What each lever does” on the Models page; leave the lever out, choose another model, or train again."),
                         lever=lever_name(wrong), fault=_FAULTS[faults[wrong]])
