"""How good a model is, in tables: every member over the rolling origins, and what each lever does."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pages._ui.format import MEASURES, plain, quantity, type_label
from pages._ui.i18n import _, told
from promo_core import LEVERS, MODEL_NAMES, N_, TrainedModel, column

__all__ = ["MODEL_WORDS", "accuracy", "certificate", "league", "scored_targets"]

MODEL_WORDS = {"naive": N_("Seasonal naive"), "gbm": N_("LightGBM"), "lstm": N_("LSTM"), "blend": N_("Blend")}
_STATUS = {"sound": (N_("Sound"), "green", "check_circle"), "dead": (N_("Does nothing"), "gray", "block"), "inverted": (N_("Inverted"), "red", "error"),
           "not monotone": (N_("Not monotone"), "orange", "warning"), "dead at some steps": (N_("Does nothing at some steps"), "red", "error"),
           "runaway": (N_("Beyond anything seen"), "red", "error")}
_FIRST = ("gmv", "orders", "units", "visitors", "conversion", "value_per_order")


def scored_targets(model: TrainedModel) -> list[str]:
    """Return the measures that the backtest scored, the main one first."""
    known = set(model.scores["target"]) if len(model.scores) else set()
    return [target for target in _FIRST if target in known]


def accuracy(model: TrainedModel) -> tuple[str, float, float] | None:
    """Return the main measure and the WAPE of the member that serves and of seasonal naive; `None` without a backtest."""
    targets = scored_targets(model)
    if not targets:
        return None
    wape = _totals(model, targets[0])["wape"]
    return targets[0], float(wape.get(model.serves, float("nan"))), float(wape.get("naive", float("nan")))


def league(model: TrainedModel, target: str) -> pd.DataFrame:
    """Return one row of told numbers per member, the best WAPE in bold."""
    reader, totals = told(), _totals(model, target)
    best = totals["wape"].min()
    rows = []
    for name in [m for m in MODEL_NAMES if m in totals.index]:
        row = totals.loc[name]
        error = reader.percent(row["wape"])
        bias = reader.percent(row["bias"])
        rows.append({_(N_("Model")): _(MODEL_WORDS[name]) + (" ★" if name == model.serves else ""), "WAPE": f"**{error}**" if row["wape"] == best else error,
                     _(N_("Bias")): plain(("+" if row["bias"] > 0 else "") + bias), "RMSE": plain(_error(target, row["rmse"], model.panel.currency)),
                     "MAE": plain(_error(target, row["mae"], model.panel.currency)), _(N_("80 % band held")): reader.percent(row["coverage_80"], 0)})
    return pd.DataFrame(rows)


def certificate(model: TrainedModel) -> pd.DataFrame:
    """Return one row per lever and one column per target: what the lever does there when it alone is moved."""
    frame = model.certificate
    frame = frame[frame["model"] == model.serves] if "model" in frame else frame
    told_cells = frame.assign(lever=[_lever(name) for name in frame["lever"]], target=[_(MEASURES.get(t, t)) for t in frame["target"]], cell=[_cell(r) for r in frame.itertuples()])
    wide = told_cells.pivot_table(index="lever", columns="target", values="cell", aggfunc="first", sort=False)
    return wide.rename_axis(index=_(N_("Lever")), columns=None)


def _totals(model: TrainedModel, target: str) -> pd.DataFrame:
    scores = model.scores
    return scores[(scores["fold"] == "all") & (scores["target"] == target)].set_index("model")


def _error(target: str, value: float, currency: str | None) -> str:
    return f"{told().number(100 * value, 2)} {_(N_('pp'))}" if target == "conversion" else quantity(told(), target, value, currency)


def _cell(row: object) -> str:
    word, colour, icon = _STATUS[row.status]
    effect = told().percent(float(np.expm1(row.effect)), 0)
    step = " · " + _(N_("step {number}"), number=row.worst_step) if getattr(row, "worst_step", 0) else ""
    return f":{colour}[:material/{icon}:] {_(word)}{step}" + (f" ({'+' if row.effect > 0 else ''}{plain(effect)})" if row.status != "dead" else "")


def _lever(name: str) -> str:
    lever, separator, kind = name.partition(": ")
    label = _(column(lever).label) if lever in LEVERS else lever
    return plain(f"{label}: {type_label(told(), kind)}" if separator else label)
