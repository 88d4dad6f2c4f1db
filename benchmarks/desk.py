"""How the what-if desk feels, in real Chromium on the demo shop of 64 series × 2 years: `python -m benchmarks.desk --peer-python ENV/bin/python`.

Measured from the hand (a key pressed, a button clicked) to the last paint of the new answer, and of the server's part from the browser's question to the last byte of its
answer, as the browser's network process saw them. Beside it, move by move in the same run, explainerdashboard's what-if tab (benchmarks/peers/dashboard-requirements.txt in an environment of its own)
on the table and the LightGBM model that forecast the same shop's visitors. One answers a row, the other the whole scenario with bands and baseline.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, CDPSession, Locator, Page

from benchmarks.live import ROOT, LiveApp, chromium, live_app, settled
from benchmarks.screenshots import prepare
from promo_core import Campaign, Scenario, TrainedModel, Workspace, load_model, sweep

PROBE = ROOT / "benchmarks" / "probe.js"
OURS = {"answer": '.st-key-answer [data-testid="stMetricValue"]', "area": '[data-testid="stMain"]', "quiet": 500, "patience": 20_000}
PEER = {"answer": None, "area": "body", "quiet": 500, "patience": 20_000}  # its number may stay the same: the plot of contributions is drawn anew
PEER_FEATURE = "weekday"
CHARTS = "() => [...document.querySelectorAll('.live-chart')].filter(c => c.inSight).map(c => c.drawn === c.wanted && Boolean(c.querySelector('.main-svg .xaxislayer-above .xtick')))"
BENEATH_THE_ANSWER = 330  # pixels from the window's top
BARS = {"hand to paint, ms": "≤ 400 / 700", "server's part, ms": "p95 ≤ 150", "decision surface of 20 × 28 cells, ms": "≤ 2000", "first page after the server is up, ms": "≤ 3000"}


def row(what: str, ours: list[float], peer: list[float]) -> dict[str, object]:
    """Return one line of the table: medians and 95th percentiles in whole milliseconds, and the ratio of the medians."""
    told = [(round(float(np.median(values))), round(float(np.quantile(values, 0.95)))) if values else None for values in (ours, peer)]
    return {"what": what, "median / p95": "{} / {}".format(*told[0]), "bar": BARS.get(what, ""), "explainerdashboard what-if": "{} / {}".format(*told[1]) if told[1] else "",
            "ours ÷ peer": f"{told[0][0] / told[1][0]:.2f} ×" if told[1] else ""}


def move(page: Page, watched: dict[str, object], act: Locator, key: str | None) -> dict[str, object]:
    """Move one control, by a key or a click, and return what the probe saw.

    Raises:
        RuntimeError: when no new answer came.
    """
    devtools, frames = _frames(page)
    page.evaluate("watched => { window.__moved = window.__desk.watch(watched); }", watched)
    act.press(key) if key else act.click()
    seen = page.evaluate("() => window.__moved")
    devtools.detach()
    if not seen["done"]:
        raise RuntimeError(f"No new answer after moving {act}: {seen}")
    sockets = [at for kind, at in frames if kind == "received"]
    return seen | ({"server": 1000 * (sockets[-1] - next(at for kind, at in frames if kind == "sent"))} if sockets else {})


def _frames(page: Page) -> tuple[CDPSession, list[tuple[str, float]]]:
    """Return a session to detach, and a list that until then fills with what goes over the page's web socket, and when (s)."""
    frames: list[tuple[str, float]] = []
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.on("Network.webSocketFrameSent", lambda seen: frames.append(("sent", seen["timestamp"])))
    devtools.on("Network.webSocketFrameReceived", lambda seen: frames.append(("received", seen["timestamp"])))
    return devtools, frames


def our_page(browser: Browser, app: LiveApp) -> Page:
    """Open the desk, scroll to where the answer, the control and the charts are in sight together, and wait until nothing moves."""
    page = _probed(browser)
    page.goto(app.at("whatif"))
    page.locator(OURS["answer"]).wait_for()
    settled(page)
    _depth(page).evaluate("(slider, top) => { const main = document.querySelector('[data-testid=\"stMain\"]'); main.scrollBy(0, slider.getBoundingClientRect().top - top); }", BENEATH_THE_ANSWER)
    _depth(page).press("Home")  # from no cut upward no answer comes twice, so that none is one kept from before
    page.wait_for_timeout(3000)
    return page


def _depth(page: Page) -> Locator:
    return page.get_by_test_id("stSlider").filter(has_text="Discount depth").get_by_role("slider").first


def our_moves(page: Page) -> Iterator[tuple[Locator, str | None]]:
    """Return controls to move, again and again: depth deeper, a day longer, depth deeper, a day shorter."""
    depth = _depth(page)
    length = page.get_by_test_id("stNumberInput").filter(has_text="Length").first
    while True:
        yield depth, "ArrowRight"
        yield length.get_by_test_id("stNumberInputStepUp"), None
        yield depth, "ArrowRight"
        yield length.get_by_test_id("stNumberInputStepDown"), None


def peer_page(browser: Browser, url: str) -> Page:
    """Open the peer's what-if tab on some row."""
    page = _probed(browser)
    page.goto(url)
    page.get_by_role("button", name="Random Index").first.click()
    page.locator('[id^="contributions-graph"] .main-svg').first.wait_for()
    page.wait_for_timeout(5000)
    return page


def peer_moves(page: Page) -> Iterator[tuple[Locator, str | None]]:
    """Return one feature's number to step up and down, as a person does with the arrow keys."""
    number = page.locator(f"xpath=//label[normalize-space()='{PEER_FEATURE}']/following::input[1]")
    while True:
        yield number, "ArrowUp"
        yield number, "ArrowDown"


def measure_moves(browser: Browser, app: LiveApp, peer: str | None, moves: int) -> list[dict[str, object]]:
    """Move ours and the peer's controls in turns; the first two moves of each warm up."""
    ours, theirs = our_page(browser, app), peer_page(browser, peer) if peer else None
    turns, their_turns = our_moves(ours), peer_moves(theirs) if theirs else None
    seen: dict[str, list[dict[str, object]]] = {"ours": [], "peer": []}
    for _turn in range(moves + 2):
        seen["ours"].append(move(ours, OURS, *next(turns)))
        if not (drawn := ours.evaluate(CHARTS)) or not all(drawn):
            raise RuntimeError(f"After a move the charts in sight do not show the new answer: {drawn}.")
        if theirs:
            seen["peer"].append(move(theirs, PEER, *next(their_turns)))
    told = {what: {who: [s[key] for s in values[2:] if s[key] is not None] for who, values in seen.items()} for what, key in
            (("hand to paint, ms", "painted"), ("hand to the new number, ms", "told"), ("server's part, ms", "server"))}
    return [row(what, both["ours"], both["peer"]) for what, both in told.items()]


def measure_first_page(browser: Browser, home: Path, folder: Path, starts: int) -> dict[str, object]:
    """Start the server anew and take the time from its first sign of life to the first page's figures; TensorFlow must not be among what it loaded."""
    seen = []
    for start in range(starts):
        with live_app(home, folder / f"start{start}.txt") as app:
            page, begun = _probed(browser), time.perf_counter()
            page.goto(app.at("home"))
            page.locator(".st-key-glance").get_by_test_id("stMetricValue").first.wait_for()
            seen.append(1000 * (time.perf_counter() - begun))
            if b"tensorflow" in Path(f"/proc/{app.pid}/maps").read_bytes():
                raise RuntimeError("The server has loaded TensorFlow to show its first page.")
            page.context.close()
    return row("first page after the server is up, ms", seen, [])


def measure_surface(model: TrainedModel, runs: int) -> dict[str, object]:
    """Take the time of a decision surface: 20 depths × 28 first days."""
    first = model.panel.future_periods(1)[0].date()
    scenario = Scenario(name="surface", campaigns=(Campaign(start=first, end=first + timedelta(days=6), series={"segment": ["vip"]}, promo_type="percent_off", discount_depth=0.2),))
    seen = []
    for _run in range(runs):
        begun = time.perf_counter()
        sweep(model, scenario, depths=list(np.linspace(0.02, 0.4, 20)), starts=list(model.panel.future_periods(model.horizon)))
        seen.append(1000 * (time.perf_counter() - begun))
    return row("decision surface of 20 × 28 cells, ms", seen, [])


def export(model: TrainedModel, folder: Path, place: Path) -> None:
    """Write the peer's table and model: features of every series and day to come, and the trees that forecast visitors from them."""
    from promo_core.features.tabular import Tabular
    from promo_core.models.gbm import GBMForecaster

    trees = GBMForecaster.load(folder / "forecasters" / "gbm")
    clean = model.composition.clean_links(model.panel, model.response.past_effect(model.panel))
    matrix = Tabular(model.panel, clean, trees.encoding_, model.panel.baseline_plan(model.horizon)).future(0, model.horizon)
    pd.DataFrame(matrix.values, columns=list(matrix.names)).astype("float64").fillna(0.0).to_parquet(place / "table.parquet")
    shutil.copy(folder / "forecasters" / "gbm" / "link0-l2.txt", place / "model.txt")


@contextmanager
def peer_server(python: Path, place: Path, port: int = 8765) -> Iterator[str]:
    """Serve the peer until the block ends.

    Raises:
        RuntimeError: when it does not answer within two minutes.
    """
    with (place / "peer.log").open("wb") as log:
        process = subprocess.Popen([str(python), str(ROOT / "benchmarks" / "peers" / "dashboard.py"), str(place), str(port)], stdout=log, stderr=subprocess.STDOUT)
    url, opener, deadline = f"http://127.0.0.1:{port}/", build_opener(ProxyHandler({})), time.monotonic() + 120
    try:
        while not _answers(opener, url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The peer did not start:\n{(place / 'peer.log').read_text()[-2000:]}")
            time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait()


def _answers(opener: object, url: str) -> bool:
    try:
        return opener.open(url, timeout=5).status == 200
    except (URLError, OSError):
        return False


def _probed(browser: Browser) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 1100}, locale="en-GB")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.add_init_script(path=PROBE)
    return page


def main() -> None:
    """Print the table, and write it where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a workspace with the trained demo shop; without it, one is made")
    parser.add_argument("--peer-python", type=Path, help="python of the environment with explainerdashboard; without it, the peer is left out")
    parser.add_argument("--moves", type=int, default=40)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place, home = Path(folder), options.home or Path(folder) / "home"
        if options.home is None:
            prepare(home)
        workspace = Workspace(home)
        kept = Path(workspace.models.path(workspace.models.served().id))
        workspace.close()
        model = load_model(kept)
        export(model, kept, place)
        begun = os.getloadavg()[0]
        with chromium() as browser:
            with live_app(home, place / "log.txt") as app, peer_server(options.peer_python, place) if options.peer_python else nullcontext() as peer:
                rows = measure_moves(browser, app, peer, options.moves)
            rows += [measure_first_page(browser, home, place, 5), measure_surface(model, 5)]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False))
    print(f"{os.cpu_count()} cores; load {begun:.1f} when it began, {os.getloadavg()[0]:.1f} when it ended")
    if options.out:
        table.to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
