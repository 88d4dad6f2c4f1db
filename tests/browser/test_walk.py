"""The walk a merchandiser takes: upload, map, train, ask what if, export; and its numbers are the command line's."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from benchmarks.live import LiveApp, settled
from promo_core import DemoConfig, Workspace, demo_shop
from promo_core.locale import reader
from tests.browser.conftest import OpenPage

SHOP = DemoConfig(n_segments=2, n_categories=2, n_channels=2, n_periods=200, seed=11)
OWN_NAME = "zahlung_e"
HORIZON, DEEPER = 14, 8
TRAINING = 180_000


def test_upload_map_train_ask_and_export(fresh_app: LiveApp, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(fresh_app, "data")
    _upload_and_map(page)
    _train(page)
    before, headline = _ask(page)
    assert headline != before
    rows = _export(page, tmp_path / "report.csv")
    told = _command_line(fresh_app.home, tmp_path)
    increment = told["totals"]["increment"]["gmv"]["mean"]
    assert headline == _signed(increment, told["currency"])
    assert headline == _signed(sum(float(row["gmv"]) - float(row["baseline_gmv"]) for row in rows), told["currency"])
    assert [float(row["gmv"]) for row in rows] == pytest.approx([row["gmv"] for row in told["daily"]], abs=1e-6)
    assert {row["scenario"] for row in rows} == {told["scenario"]} == {"Deeper for everyone"}


def _upload_and_map(page: Page) -> None:
    """Bring a file whose money column has a name of its own, say what it is, and use the file."""
    content = demo_shop(SHOP).frame.rename(columns={"gmv": OWN_NAME}).to_csv(index=False).encode()
    page.locator('input[type="file"]').first.set_input_files({"name": "our_shop.csv", "mimeType": "text/csv", "buffer": content})
    no_money = page.get_by_text("the file has no money column")
    expect(no_money).to_be_visible()
    settled(page)
    column = page.get_by_test_id("stSelectbox").filter(has_text=OWN_NAME)
    _choose(page, column, "GMV")
    expect(no_money).to_have_count(0)
    settled(page)
    expect(column.get_by_role("combobox")).to_have_value("GMV")
    page.get_by_role("button", name="Use this data").click()
    expect(page.get_by_text("In use: our_shop")).to_be_visible()


def _train(page: Page) -> None:
    """Train LightGBM alone and quickly; see it run, then its league."""
    _go(page, "Models")
    form = page.locator(".st-key-train_form")
    form.get_by_role("button", name="LSTM").click()
    form.get_by_text("Quick").click()
    horizon = form.get_by_label(re.compile("Horizon"))
    horizon.fill(str(HORIZON))
    horizon.press("Enter")
    settled(page)
    form.get_by_role("button", name="Train").click()
    expect(page.locator(".st-key-training").get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("heading", name="Which model is better")).to_be_visible(timeout=TRAINING)
    league = page.get_by_test_id("stTable").first
    for member in ("LightGBM", "Seasonal naive", "Blend"):
        expect(league).to_contain_text(member)
    expect(league).not_to_contain_text("LSTM")


def _ask(page: Page) -> tuple[str, str]:
    """Promote to everyone, deepen the discount from the keyboard, save; return the headline before and after deepening."""
    _go(page, "What if")
    headline = page.locator(".st-key-answer").get_by_test_id("stMetricValue")
    one_segment = headline.inner_text()
    page.get_by_test_id("stMultiSelect").filter(has_text="Segment").get_by_role("combobox").press("Backspace")
    expect(headline).not_to_have_text(one_segment)
    before = headline.inner_text()
    depth = page.get_by_test_id("stSlider").filter(has_text="Discount depth").get_by_role("slider")
    deepest = int(depth.input_value()) + DEEPER
    for _step in range(DEEPER):
        depth.press("ArrowRight")
    expect(depth).to_have_value(str(deepest))
    expect(headline).not_to_have_text(before)
    name = page.get_by_label("Scenario name")
    name.fill("Deeper for everyone")
    name.press("Enter")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".st-key-compare").get_by_test_id("stMultiSelect")).to_contain_text("Deeper for everyone")
    settled(page)
    return before, headline.inner_text()


def _export(page: Page, path: Path) -> list[dict[str, str]]:
    """Take the saved scenario away as CSV; return its rows."""
    _go(page, "Reports")
    expect(page.get_by_test_id("stMultiSelect")).to_contain_text("Deeper for everyone")
    page.get_by_text("CSV table").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download: CSV table").click()
    assert download.value.suggested_filename.endswith(".csv")
    download.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _command_line(home: Path, folder: Path) -> dict[str, Any]:
    """Return the outcome file that the shell writes for the saved scenario and the served model of a workspace."""
    workspace = Workspace(home)
    scenario, model = workspace.scenarios.all()[0].scenario, workspace.models.path(workspace.models.served().id)
    workspace.close()
    (folder / "scenario.json").write_text(json.dumps(scenario.to_dict()), encoding="utf-8")
    arguments = ["--model", model, "--scenario", folder / "scenario.json", "--out", folder / "outcome.json"]
    subprocess.run([sys.executable, "-m", "promo_core", "simulate", *map(str, arguments)], check=True, timeout=120)
    return json.loads((folder / "outcome.json").read_text(encoding="utf-8"))


def _signed(increment: float, currency: str | None) -> str:
    return ("+" if increment > 0 else "") + reader("en").money(increment, currency)


def _go(page: Page, title: str) -> None:
    page.get_by_test_id("stHeader").get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    settled(page)


def _choose(page: Page, select: Locator, option: str) -> None:
    select.get_by_role("combobox").fill(option)
    page.get_by_role("option", name=option, exact=True).click()
