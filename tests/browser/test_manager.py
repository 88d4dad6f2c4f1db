"""The walk a manager takes: put a scenario on the plan, read the overview and the stock, take the report away; page, file and command line tell the same."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.live import LiveApp, settled
from promo_core import Scenario, Workspace, load_model, stock_needed
from promo_core.locale import reader
from tests.browser.conftest import OpenPage


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_plan_is_the_same_on_page_in_file_and_from_the_shell(fresh_app: LiveApp, open_page: OpenPage, tmp_path: Path, lang: str) -> None:
    scenario, model_folder = _kept(fresh_app.home)
    page, read = open_page(fresh_app, "overview", lang), reader(lang)
    headline = page.locator(".st-key-answer").get_by_test_id("stMetricValue")
    expect(headline).to_be_visible()
    settled(page)
    before = headline.inner_text()
    _put_on_the_plan(page, scenario.name)
    expect(headline).not_to_have_text(before)
    rows = _download(page, fresh_app, lang, tmp_path / "page.csv")
    (tmp_path / "plan.json").write_text(json.dumps(scenario.to_dict()), encoding="utf-8")
    arguments = ["--kind", "forecast", "--model", model_folder, "--scenario", tmp_path / "plan.json", "--out", tmp_path / "shell.csv"]
    subprocess.run([sys.executable, "-m", "promo_core", "report", *map(str, arguments)], check=True, timeout=120)
    assert rows == _rows(tmp_path / "shell.csv")
    page.goto(fresh_app.at("overview", lang))
    expect(headline).to_have_text(read.money(sum(float(r["plan"]) for r in rows if r["measure"] == "gmv"), "CNY"))
    page.goto(fresh_app.at("stock", lang))
    need = stock_needed(load_model(model_folder), scenario.to_plan(load_model(model_folder).panel, 14))
    expect(headline).to_have_text(read.short(need.values["need"].sum()))


def _kept(home: Path) -> tuple[Scenario, Path]:
    """Keep a scenario for the small shop; return it and the served model's folder."""
    workspace = Workspace(home)
    folder = workspace.models.path(workspace.models.served().id)
    days = load_model(folder).panel.future_periods(8)
    scenario = Scenario.from_dict({"name": "618", "campaigns": [{"start": str(days[1].date()), "end": str(days[6].date()), "promo_type": "percent_off", "discount_depth": 0.3}]})
    workspace.scenarios.add(scenario, dataset_id=workspace.datasets.all()[0].id)
    workspace.close()
    return scenario, Path(folder)


def _put_on_the_plan(page: Page, name: str) -> None:
    box, option = page.get_by_test_id("stMultiSelect").first.get_by_role("combobox"), page.get_by_role("option", name=name, exact=True)
    for _attempt in range(40):  # a list opened while charts above it are still being drawn moves, and is closed by that
        if option.is_visible():
            break
        box.click()
        page.wait_for_timeout(500)
    option.click()


def _download(page: Page, app: LiveApp, lang: str, path: Path) -> list[dict[str, str]]:
    """Take the forecast report away as CSV; return its rows."""
    page.goto(app.at("reports", lang))
    say = reader(lang).text
    page.get_by_role("radio", name=say("Forecast and plan")).or_(page.get_by_role("button", name=say("Forecast and plan"))).first.click()
    page.get_by_text(say("CSV table")).click()
    button = page.get_by_role("button", name=reader(lang).say("Download: {form}", form="CSV table"))
    expect(button).to_be_visible()
    settled(page)
    with page.expect_download() as download:
        button.click()
    download.value.save_as(path)
    return _rows(path)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
