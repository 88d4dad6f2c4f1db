"""The response on a randomised test, where the truth is known: Hillstrom's e-mails."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.hillstrom import Trial, lift_interval, read_trial, told_rates, true_rates


@pytest.fixture(scope="module", params=["visit", "conversion"])
def trial(request, shared_data) -> Trial:
    return read_trial(shared_data / "hillstrom" / "hillstrom.csv.gz", request.param)


def test_every_customer_is_in_one_week_and_every_outcome_is_counted(trial):
    panel = trial.panel(8, seed=0)
    assert panel.targets["visitors"].sum() == len(trial.row) == 64_000
    assert panel.targets["orders"].sum() == trial.outcome.sum()
    mailed = panel.targets["visitors"][panel.plan.promoted].sum()
    assert mailed == trial.mailed.sum()


def test_the_overall_lift_lies_in_the_truths_confidence_interval(trial):
    truth, sizes = true_rates(trial), np.bincount(trial.row)
    lifts = [float((told_rates(trial, trial.panel(8, seed)) @ sizes) / (truth[:, 0] @ sizes)) for seed in range(3)]
    interval = lift_interval(trial)
    assert interval["low"] <= np.mean(lifts) <= interval["high"]


def test_segments_keep_the_order_of_their_true_effects(trial):
    truth = true_rates(trial)
    ranks = [pd.Series(told_rates(trial, trial.panel(8, seed)) / truth[:, 0]).corr(pd.Series(truth[:, 1] / truth[:, 0]), method="spearman") for seed in range(3)]
    assert np.mean(ranks) >= 0.9
