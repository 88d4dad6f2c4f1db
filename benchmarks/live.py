"""The app as a person meets it: started for real on a port of its own, and a Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from playwright.sync_api import Browser, Page, sync_playwright

__all__ = ["PAGES", "SERVED", "LiveApp", "chromium", "free_port", "live_app", "settled"]

PAGES = ("home", "data", "models", "whatif", "overview", "forecast", "stock", "reports", "truth")
ROOT = Path(__file__).resolve().parent.parent
SERVED = "pages/_ui/secured.py"  # what `make app` runs
_FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--no-proxy-server"]
_SECONDS_TO_START, _SECONDS_TO_STOP = 90, 10
_IDLE = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'


@dataclass(frozen=True)
class LiveApp:
    """A running app: where it answers, where it keeps things, the file with everything it printed, and its process."""

    url: str
    home: Path
    log: Path
    pid: int = 0

    def at(self, page: str, lang: str = "en") -> str:
        """Return the link to one page in one language."""
        return f"{self.url}/{'' if page == 'home' else page}?lang={lang}"

    def printed(self) -> str:
        """Return everything the server has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def live_app(home: Path, log: Path, *, script: str = SERVED, port: int | None = None, options: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Iterator[LiveApp]:
    """Run the app on the workspace `home` until the block ends.

    Args:
        script: what Streamlit runs.
        port: where it answers; `None` takes a free one.
        options, environment: more of Streamlit's options, and of the environment.

    Raises:
        RuntimeError: when it does not answer in time; says what it printed.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port), "--server.headless", "true", *options]
    environment = {**os.environ, "LIFTBOARD_HOME": str(home), "OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2", **(environment or {})}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    app = LiveApp(f"http://localhost:{port}", home, log, process.pid)
    try:
        _wait_for_health(app, process)
        yield app
    finally:
        _stop(process)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium where it is installed, else Playwright's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        yield browser
        browser.close()


def settled(page: Page) -> None:
    """Wait until the page's script has run to its end."""
    page.locator(_IDLE).wait_for()


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def _wait_for_health(app: LiveApp, process: subprocess.Popen) -> None:
    opener, deadline = build_opener(ProxyHandler({})), monotonic() + _SECONDS_TO_START
    while monotonic() < deadline and process.poll() is None:
        try:
            with opener.open(f"{app.url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            sleep(0.2)
    raise RuntimeError(f"The app did not answer at {app.url} within {_SECONDS_TO_START} s. It printed:\n{app.printed()[-3000:]}")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
