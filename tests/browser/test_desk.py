"""The desk under a hand: a cell of the map is clicked, a bar of the calendar is clicked, a link is opened, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from benchmarks.live import LiveApp, settled
from promo_core.locale import reader
from tests.browser.conftest import DESKTOP, PHONE, OpenPage

_HIGHEST = "chart => Math.max(...chart.wanted.figure.data.filter(trace => trace.fill !== 'toself').at(-1).y)"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_cell_is_taken_a_bar_is_chosen_and_a_link_opens_the_same(fresh_app: LiveApp, open_page: OpenPage, lang: str) -> None:
    page, say = open_page(fresh_app, "whatif", lang), reader(lang).text
    taken = _take_a_cell(page, say("Choose"))
    _choose_by_its_bar(page, say("Add a campaign"))
    page.get_by_role("button", name=say("Share")).click()
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text().strip()
    page.keyboard.press("Escape")
    answer = _answer(page).inner_text()
    assert answer != taken and f"lang={lang}" in link
    other = open_page(fresh_app, "home", "en", PHONE if lang == "en" else DESKTOP)
    other.goto(link)
    expect(_answer(other)).to_have_text(answer)
    expect(other.get_by_role("heading", level=1)).to_have_text(say("What if"))
    page.reload()
    expect(_answer(page)).to_have_text(answer)


def _answer(page: Page) -> Locator:
    return page.locator(".st-key-answer").get_by_test_id("stMetricValue")


def _take_a_cell(page: Page, view: str) -> str:
    """Click a cell of the map; return the answer it brings."""
    expect(_answer(page)).to_have_text(re.compile(r"[+-]?.?\d"))
    page.locator(".st-key-view").get_by_role("radio", name=view).click()
    plot = page.locator(".st-key-decision_map .nsewdrag")
    plot.scroll_into_view_if_needed()
    settled(page)
    before = _answer(page).inner_text()
    depth = page.get_by_test_id("stSlider").first.get_by_role("slider")
    was = depth.input_value()
    box = plot.bounding_box()
    plot.click(position={"x": box["width"] * 1.5 / 14, "y": box["height"] * 1.5 / 20})
    expect(_answer(page)).not_to_have_text(before)
    expect(depth).not_to_have_value(was)
    settled(page)
    return _answer(page).inner_text()


def _choose_by_its_bar(page: Page, add: str) -> None:
    """Add a second campaign, then bring the first one's controls back by a click on its bar."""
    chosen = page.locator(".st-key-campaigns").locator('[aria-checked="true"]')
    first = chosen.inner_text()
    page.get_by_role("button", name=add).click()
    expect(chosen).not_to_have_text(first)
    settled(page)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    bar = page.locator(".st-key-timeline .barlayer .trace.bars").filter(has=page.locator("text")).locator(".point path").first.bounding_box()
    page.mouse.click(bar["x"] + 4, bar["y"] + bar["height"] / 2)
    expect(chosen).to_have_text(first)


def test_charts_are_changed_in_place_and_show_the_answer_after_quick_moves(app: LiveApp, open_page: OpenPage) -> None:
    page = open_page(app, "whatif")
    chart = page.locator(".st-key-outcome_path .live-chart")
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".main-svg").first).to_be_visible()
    chart.evaluate("chart => { chart.dataset.known = 'the same'; }")
    before = chart.evaluate(_HIGHEST)
    depth = page.get_by_test_id("stSlider").first.get_by_role("slider")
    for _press in range(6):
        depth.press("ArrowRight")
    page.wait_for_function("() => { const chart = document.querySelector('.st-key-outcome_path .live-chart'); return chart.drawn === chart.wanted && chart.call > 1; }")
    settled(page)
    assert chart.get_attribute("data-known") == "the same" and chart.evaluate(_HIGHEST) > before
    assert chart.locator(".scatterlayer path.js-line").count() >= 2
