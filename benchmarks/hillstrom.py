"""Hillstrom's randomised e-mail test as a panel: the same response code, beside the truth that randomisation gives.

64,000 customers, a third of them without an e-mail. Customers of a segment are dealt at random over weeks, each week with an e-mail or without: what a shop would see
that draws by lot, week by week and segment by segment, whether to write.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from promo_core.data.panel import Panel, Plan
from promo_core.models.response import Response, ResponseConfig

__all__ = ["Trial", "lift_interval", "read_trial", "told_rates", "true_rates"]

SEGMENTS = ["bought", "newbie"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """Customers of the test: `row` their segment's number, `mailed` whether they got an e-mail, `outcome` 0 or 1; `segments` one row each."""

    segments: pd.DataFrame
    row: np.ndarray
    mailed: np.ndarray
    outcome: np.ndarray

    def panel(self, weeks_per_arm: int, seed: int) -> Panel:
        """Return customers dealt over weeks: visitors are the customers of a week, orders those with the outcome, and `randomised` is 1 everywhere."""
        rng = np.random.default_rng(seed)
        n, weeks = len(self.segments), 2 * weeks_per_arm
        arms = np.stack([rng.permutation(np.repeat([0, 1], weeks_per_arm)) for _ in range(n)])
        slots = np.stack([[np.flatnonzero(order == arm) for arm in (0, 1)] for order in arms])
        dealt = rng.permutation(len(self.row))
        turn = pd.DataFrame({"row": self.row[dealt], "arm": self.mailed[dealt]}).groupby(["row", "arm"]).cumcount().to_numpy() % weeks_per_arm
        week = slots[self.row[dealt], self.mailed[dealt], turn]
        targets = {name: np.zeros((n, weeks)) for name in ("visitors", "orders")}
        np.add.at(targets["visitors"], (self.row[dealt], week), 1.0)
        np.add.at(targets["orders"], (self.row[dealt], week), self.outcome[dealt])
        periods = pd.date_range("2008-03-02", periods=weeks, freq="W-SUN")
        plan = Plan(periods=periods, levers={"promo_type": arms.astype(float)}, promo_types=("none", "mailer"), covariates={"randomised": np.ones((n, weeks))}, frequency="W-SUN")
        return Panel(series=self.segments, periods=periods, n_observed=weeks, targets=targets, plan=plan, frequency="W-SUN", name="hillstrom")


def read_trial(path: Path, outcome: str) -> Trial:
    """Return the test with segments by what was bought before and whether the customer is new; `outcome` is "visit" or "conversion"."""
    frame = pd.read_csv(path)
    bought = np.select([(frame["mens"] == 1) & (frame["womens"] == 1), frame["mens"] == 1], ["both", "mens"], "womens")
    frame = frame.assign(bought=bought, newbie=np.where(frame["newbie"] == 1, "new", "known"))
    segments = frame[SEGMENTS].drop_duplicates().sort_values(SEGMENTS, ignore_index=True)
    return Trial(segments=segments, row=frame.groupby(SEGMENTS).ngroup().to_numpy(), mailed=(frame["segment"] != "No E-Mail").to_numpy().astype(int),
                 outcome=frame[outcome].to_numpy(dtype=float))


def true_rates(trial: Trial) -> np.ndarray:
    """Return (n_segments, 2) the share with the outcome, without and with an e-mail: randomisation makes their difference the effect."""
    return np.array([[trial.outcome[(trial.row == i) & (trial.mailed == arm)].mean() for arm in (0, 1)] for i in range(len(trial.segments))])


def told_rates(trial: Trial, panel: Panel) -> np.ndarray:
    """Return (n_segments,) the share with the outcome that the response expects with an e-mail, on the true share without."""
    response = Response(ResponseConfig(threads=1)).fit(panel)
    effect, promoted = response.own_effect(panel, panel.past_plan())[..., response.composition_.chain.index("conversion")], panel.plan.promoted
    odds = true_rates(trial)[:, 0] / (1.0 - true_rates(trial)[:, 0]) * np.exp((effect * promoted).sum(axis=1) / promoted.sum(axis=1))
    return odds / (1.0 + odds)


def lift_interval(trial: Trial) -> dict[str, Any]:
    """Return the overall ratio of the shares, with ÷ without an e-mail, and its 95 % confidence interval (log scale, binomial)."""
    told = [(trial.outcome[trial.mailed == arm].sum(), (trial.mailed == arm).sum()) for arm in (0, 1)]
    ratio = (told[1][0] / told[1][1]) / (told[0][0] / told[0][1])
    error = np.sqrt(sum(1.0 / hits - 1.0 / size for hits, size in told))
    return {"ratio": float(ratio), "low": float(ratio * np.exp(-1.96 * error)), "high": float(ratio * np.exp(1.96 * error))}
