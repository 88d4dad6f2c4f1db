"""Every page can be read and worked by everyone: contrast and names in light and dark, checked by axe, and the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from benchmarks.live import PAGES, LiveApp, settled
from tests.browser.conftest import DESKTOP, MILLISECONDS, OpenPage

RULES = ("aria-allowed-attr", "aria-required-attr", "aria-valid-attr", "button-name", "color-contrast", "duplicate-id-aria", "image-alt", "input-button-name", "label", "link-name", "select-name")
CHARTS = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_has_contrast_and_names_in_light_and_dark(app: LiveApp, browser: Browser, scheme: str) -> None:
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme, locale="en-GB")
    context.set_default_timeout(MILLISECONDS)
    page, wrong = context.new_page(), []
    for name in PAGES:
        page.goto(app.at(name))
        page.get_by_role("heading", level=1).wait_for()
        settled(page)
        _drawn(page)
        found = Axe().run(page, options={"runOnly": list(RULES), "resultTypes": ["violations"]}).response["violations"]
        wrong += [f"{scheme} {name}: {v['id']}: {node['html'][:120]} {(node['any'] or [{}])[0].get('message', '')}" for v in found for node in v["nodes"]]
        wrong += [f"{scheme} {name}: chart: {low}" for low in page.evaluate(CHARTS)]
    context.close()
    assert not wrong, "\n".join(wrong)


def test_the_keyboard_alone_drills_into_a_part(app: LiveApp, open_page: OpenPage) -> None:
    page = open_page(app, "overview")
    headline = page.locator(".st-key-answer").get_by_test_id("stMetricValue")
    expect(headline).to_be_visible()
    settled(page)
    choice = page.get_by_test_id("stSelectbox").filter(has_text="Segment").get_by_role("combobox")
    _tab_to(page, choice)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(choice).not_to_have_value("All (3)")
    settled(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def _tab_to(page: Page, target: object) -> None:
    """Press Tab until the element has the focus."""
    for _press in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("e => e === document.activeElement"):
            return
    raise AssertionError("forty presses of Tab do not reach the control")


def _drawn(page: Page) -> None:
    """Wait until every part of the page has been loaded and every chart drawn."""
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    for chart in page.locator(".live-chart").all():
        chart.locator(".main-svg").first.wait_for()
