"""The real app in real Chromium: servers on workspaces of their own, pages that must not err."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from benchmarks.live import SERVED, LiveApp, chromium, live_app

MILLISECONDS = 60_000
DESKTOP, PHONE = {"width": 1440, "height": 1100}, {"width": 390, "height": 844}

_PROBES = ("/_stcore/health", "/_stcore/host-config")

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    expect.set_options(timeout=MILLISECONDS)
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def app(kept_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApp]:
    """The app on a workspace with the small shop and its model on the desk, shared by a file's tests."""
    folder = tmp_path_factory.mktemp("app")
    with live_app(shutil.copytree(kept_home, folder / "home"), folder / "log.txt") as running:
        yield running


@pytest.fixture(params=[SERVED])
def fresh_app(request: pytest.FixtureRequest, kept_home: Path, tmp_path: Path) -> Iterator[LiveApp]:
    """The same, just started and for one test alone; a test may ask for another entry script."""
    with live_app(shutil.copytree(kept_home, tmp_path / "home"), tmp_path / "log.txt", script=request.param) as running:
        yield running


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Return a function that opens one page of an app in a browser profile of its own.

    Afterwards the test fails where a page wrote an error to its console, opened a dialog, asked anything of another host, or its server printed a traceback.
    """
    wrong: list[str] = []
    printed: dict[LiveApp, int] = {}
    contexts: list[BrowserContext] = []

    def opened(app: LiveApp, name: str, lang: str = "en", viewport: dict[str, int] = DESKTOP) -> Page:
        printed.setdefault(app, len(app.printed()))
        contexts.append(browser.new_context(viewport=viewport, locale="en-GB"))
        contexts[-1].set_default_timeout(MILLISECONDS)
        page = _watched(contexts[-1].new_page(), app, wrong)
        page.goto(app.at(name, lang))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)
    for app, before in printed.items():
        assert "Traceback" not in app.printed()[before:], app.printed()[before:][-4000:]


def _watched(page: Page, app: LiveApp, wrong: list[str]) -> Page:
    """Return the page; whatever goes wrong in it is added to `wrong`."""

    def dismiss(dialog: object) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", lambda message: wrong.extend(_error(message)))
    page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
    page.on("dialog", dismiss)
    page.on("request", lambda request: wrong.extend(_stranger(request, app.url)))
    return page


def _error(message: ConsoleMessage) -> list[str]:
    place = message.location.get("url", "")
    # On a link to a page, Streamlit looks for its server beneath that page first, and then finds it at the root.
    probe = "404" in message.text and place.endswith(_PROBES)
    return [f"console: {message.text} ({place})"] if message.type == "error" and not probe else []


def _stranger(request: Request, url: str) -> list[str]:
    return [] if request.url.startswith((url, "data:", "blob:")) else [f"asked another host: {request.url}"]
