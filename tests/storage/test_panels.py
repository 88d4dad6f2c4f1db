"""A panel comes back bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from promo_core.data.panel import Panel
from promo_core.errors import StorageError
from promo_core.storage.panels import load_panel, save_panel
from tests.storage.fakes import tiny_panel


def assert_same(before: Panel, after: Panel) -> None:
    """Every number keeps its bits, every word its letters, every array its kind."""
    assert after.content_hash() == before.content_hash()
    grids = [(before.targets, after.targets), (before.plan.levers, after.plan.levers), (before.plan.covariates, after.plan.covariates)]
    for old, new in grids:
        assert list(old) == list(new)
        assert all(old[k].tobytes() == new[k].tobytes() and old[k].dtype == new[k].dtype and new[k].flags.writeable for k in old)
    assert after.periods.equals(before.periods) and after.periods.dtype == before.periods.dtype and after.periods.freq == before.periods.freq
    pd.testing.assert_frame_equal(after.series, before.series)
    pd.testing.assert_frame_equal(after.campaigns, before.campaigns) if before.campaigns is not None else None
    for name in ("n_observed", "frequency", "currency", "campaign_level", "name", "fingerprint"):
        assert getattr(after, name) == getattr(before, name)
    assert (after.plan.promo_types, after.plan.frequency) == (before.plan.promo_types, before.plan.frequency)


def test_a_daily_panel_comes_back_bit_for_bit(tmp_path: Path) -> None:
    panel = tiny_panel()
    save_panel(panel, tmp_path / "panel")
    assert_same(panel, load_panel(tmp_path / "panel"))


def test_a_weekly_panel_without_campaigns_or_currency_comes_back_bit_for_bit(tmp_path: Path) -> None:
    panel = tiny_panel()
    weeks = pd.date_range("2025-01-01", periods=len(panel.periods), freq="W-WED", unit="s")
    panel = replace(panel, periods=weeks, plan=replace(panel.plan, periods=weeks, frequency="W-WED"), frequency="W-WED", campaigns=None, currency=None, campaign_level=True)
    save_panel(panel, tmp_path)
    assert_same(panel, load_panel(tmp_path))


def test_a_negative_nan_keeps_its_bits(tmp_path: Path) -> None:
    panel = tiny_panel()
    panel.targets["gmv"][0, 0] = -np.nan
    save_panel(panel, tmp_path)
    assert load_panel(tmp_path).content_hash() == panel.content_hash()


@pytest.mark.parametrize("name", ["panel.json", "cells.parquet", "series.parquet"])
def test_a_panel_cut_short_is_told(tmp_path: Path, name: str) -> None:
    save_panel(tiny_panel(), tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(StorageError, match="holds no panel"):
        load_panel(tmp_path)
