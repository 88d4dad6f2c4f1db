"""Public files, as they come: what is recognised, what is refused, and what each can't answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from promo_core.data.inspection import inspect
from promo_core.data.mapping import Mapping

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def issues_text(inspection):
    return "\n".join(f"{i.severity}: {i.message}" for i in inspection.issues)


def test_a_weekly_file_becomes_weeks_and_warns_of_static_traffic(shared_data):
    found = inspect(shared_data / "frat" / "segment_category_week.csv")
    assert (found.panel.frequency, found.verdict.kind) == ("W-WED", "weekly")
    assert found.panel.n_series == 16 and found.panel.n_observed == 156
    assert set(found.panel.plan.levers) == {"discount_depth", "feature", "display"}
    assert "never changes within a series" in issues_text(found)
    assert not found.panel.plan.covariates, "columns derived from sales don't become covariates by themselves"


def test_the_panel_holds_the_files_own_totals(shared_data):
    path = shared_data / "frat" / "segment_category_week.csv"
    frame, panel = pd.read_csv(path), inspect(path).panel
    for name in ("orders", "units", "gmv"):
        assert np.nansum(panel.targets[name]) == pytest.approx(frame[name].sum(), rel=1e-12)


def test_a_flag_without_depth_gives_types_and_no_depth_answers(shared_data):
    found = inspect(shared_data / "rossmann" / "storetype_day.csv")
    assert found.panel.plan.promo_types == ("none", "promo") and found.panel.frequency == "D"
    assert list(found.panel.plan.covariates) == ["school_holiday"]
    cannot = " ".join(map(str, found.verdict.cannot))
    assert "no orders" in cannot and "how deep" in cannot


def test_campaign_rows_spread_over_their_days_and_overlaps_add(shared_data):
    path = shared_data / "complete_journey" / "campaign_age.csv"
    frame, found = pd.read_csv(path), inspect(path)
    panel = found.panel
    assert panel.campaign_level and found.verdict.kind == "campaign" and len(panel.campaigns) == len(frame)
    assert np.nansum(panel.targets["orders"]) == pytest.approx(frame.redeemers.sum())
    assert np.nansum(panel.targets["visitors"]) == pytest.approx(frame.hh_targeted.sum())
    cannot = " ".join(map(str, found.verdict.cannot))
    assert "every observed period is promoted" in cannot and "no money" in cannot
    assert "gmv" not in panel.targets and found.verdict.usable


def test_a_running_total_is_asked_about_and_then_differenced(shared_data):
    path = shared_data / "double11" / "snapshots_gb18030.csv"
    asked = inspect(path)
    assert asked.panel is None and asked.raw.encoding == "GB18030"
    question = next(i for i in asked.issues if i.choices and i.severity == "error")
    assert question.column == "sale_count"
    answered = inspect(path, mapping=Mapping.from_dict(question.choices[0].mapping.to_dict()))
    panel = answered.panel
    assert panel.dimensions == ("store",) and panel.n_series == 22 and "佰草集" in set(panel.series["store"])
    frame = pd.read_csv(path, encoding="gb18030").drop_duplicates()
    frame["day"] = pd.to_datetime(frame.update_time)
    frame = frame.sort_values(["店名", "id", "day"]).dropna(subset="sale_count")
    frame = frame.groupby(["店名", "id", "day"], as_index=False).sale_count.max()
    by_item = frame.groupby(["店名", "id"])
    steps = by_item.sale_count.diff().where(by_item.day.diff() == pd.Timedelta(days=1))
    assert np.nansum(panel.targets["units"]) == pytest.approx(steps[steps >= 0].sum(), rel=0.01)


def test_a_file_without_dates_is_refused_with_the_reason(shared_data):
    found = inspect(shared_data / "hillstrom" / "hillstrom.csv.gz")
    assert found.panel is None and not found.verdict.usable
    assert "No column holds dates" in str(found.issues[0].message) and "date column" in str(found.issues[0].remedy)


def test_half_a_million_rows_become_a_panel_and_lose_nothing(shared_data):
    path = shared_data / "frat" / "store_upc_week.csv.gz"
    found = inspect(path)
    frame = pd.read_csv(path)
    kept = frame[~(frame.discount_depth >= 1)]
    assert found.panel.n_series == kept.groupby(["unit_id", "product"]).ngroups
    assert np.nansum(found.panel.targets["units"]) == kept.units.sum()
    assert np.isfinite(found.panel.targets["gmv"]).sum() == len(kept)


def test_half_a_million_rows_take_little_memory_and_the_benchmark_prints_its_ratio(shared_data):
    root = Path(__file__).resolve().parent.parent.parent
    command = [sys.executable, "-m", "benchmarks.intake", "--runs", "1", "--data", str(shared_data / "frat" / "store_upc_week.csv.gz")]
    said = json.loads(subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout)
    assert said["rows"] == 524_950 and said["ratio"] > 0 and said["peak_gb"] <= 1.5


@pytest.mark.parametrize("name", ["double11/brand_day.csv", "double11/item_day.csv.gz", "complete_journey/day_age.csv", "oj/yx.csv.gz", "oj/storedemo.csv", "rossmann/store.csv",
                                  "frat/store_category_week.csv.gz", "complete_journey/week_age_department.csv.gz", "complete_journey/campaign_descriptions.csv"])
def test_every_other_public_file_gives_a_panel_or_an_error_issue(shared_data, name):
    found = inspect(shared_data / name)
    assert (found.panel is None) == any(i.severity == "error" for i in found.issues)


def test_a_week_named_by_its_start_is_moved_to_its_last_day(shared_data):
    path = shared_data / "complete_journey" / "week_age_department.csv.gz"
    mapping = inspect(path).mapping.with_column("gmv", "gmv_s").with_column("orders", "orders_s")
    panel = inspect(path, mapping=mapping).panel
    assert panel.frequency == "W-SUN" and panel.n_observed == 53
    assert str(panel.periods[0].date()) == "2017-01-01", "the year's first week is cut short: it is the week its day lies in"
