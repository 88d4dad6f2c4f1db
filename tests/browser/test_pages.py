"""Every page on a desk and on a phone, in both languages; what a page says when a person brings it something wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.live import PAGES, SERVED, LiveApp, settled
from promo_core.locale import reader
from tests.browser.conftest import DESKTOP, PHONE, OpenPage

TITLES = ("Know what a promotion will bring before you run it", "Data", "Models", "What if", "Overview", "Forecast", "Stock", "Reports", "How right is this")
LOGIN_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form>password</form></body></html>\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" + bytes(range(256))
SCRIPT = "<script>alert(1)</script>"

_LARGEST_FONTS = """() => {
  const shown = [...document.querySelectorAll('[data-testid="stMain"] *')].filter(e =>
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && e.getClientRects().length && e.getAttribute('data-testid') !== 'stIconMaterial');
  const size = e => parseFloat(getComputedStyle(e).fontSize);
  const most = Math.max(...shown.map(size));
  return shown.filter(e => size(e) === most).map(e => [e.textContent.trim(), !!e.closest('.st-key-answer')]);
}"""


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_fits_and_errs_nowhere(app: LiveApp, open_page: OpenPage, lang: str, viewport: dict[str, int]) -> None:
    page = open_page(app, "home", lang, viewport)
    for name, title in zip(PAGES, TITLES, strict=True):
        page.goto(app.at(name, lang))
        expect(page.get_by_role("heading", level=1)).to_have_text(reader(lang).text(title))
        settled(page)
        _errs_nowhere(page)
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{name} is {overflow} px wider than the screen"
        main = page.get_by_test_id("stMain")
        assert main.evaluate("e => e.scrollWidth - e.clientWidth") <= 0, f"{name} scrolls sideways"
        if name == "whatif":
            _headline_is_largest(page)


@pytest.mark.parametrize("fresh_app", ["app.py", SERVED], indirect=True)
def test_a_link_to_a_page_works_first_thing_after_a_start(fresh_app: LiveApp, open_page: OpenPage) -> None:
    page = open_page(fresh_app, "whatif", "zh")
    expect(page.get_by_role("heading", level=1)).to_have_text(reader("zh").text("What if"))
    for word in ("Home", *TITLES[1:]):
        expect(page.get_by_test_id("stHeader").get_by_role("link", name=reader("zh").text(word))).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)


@pytest.mark.parametrize(("name", "content", "told"), [("photo.csv", PNG, "a picture (PNG)"), ("export.csv", LOGIN_PAGE, "a web page")], ids=["picture", "login page"])
def test_a_file_that_is_no_table_is_told_once_and_changes_nothing(app: LiveApp, open_page: OpenPage, name: str, content: bytes, told: str) -> None:
    page = open_page(app, "data")
    in_use = page.get_by_text("In use: Demo shop")
    expect(in_use).to_be_visible()
    page.locator('input[type="file"]').first.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text(told)
    settled(page)
    expect(alert).to_have_count(1)
    expect(in_use).to_be_visible()
    expect(page.get_by_role("button", name="Use this data")).to_have_count(0)


def test_a_scenario_named_like_a_script_is_text_and_is_there_after_a_reload(app: LiveApp, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(app, "whatif")
    name = page.get_by_label("Scenario name")
    name.fill(SCRIPT)
    name.press("Enter")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_test_id("stToast")).to_contain_text(f"Saved “{SCRIPT}”")
    page.reload()
    expect(page.get_by_test_id("stMultiSelect").last).to_contain_text(SCRIPT)
    page.get_by_role("button", name="Open…").click()
    expect(page.get_by_test_id("stPopoverBody").get_by_text(SCRIPT)).to_be_visible()
    page.goto(app.at("reports"))
    expect(page.get_by_test_id("stMain").locator("strong", has_text=SCRIPT)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "report.html")
    page.goto(app.at("data"))
    expect(page.get_by_text("In use: Demo shop")).to_be_visible()
    assert SCRIPT not in (tmp_path / "report.html").read_text(encoding="utf-8")


def _errs_nowhere(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


def _headline_is_largest(page: Page) -> None:
    answer = page.locator(".st-key-answer").get_by_test_id("stMetricValue")
    expect(answer).to_have_text(re.compile(r"[+-]?.?\d"))
    largest = page.evaluate(_LARGEST_FONTS)
    assert len(largest) == 1 and largest[0][1], f"the largest texts are {largest}"
