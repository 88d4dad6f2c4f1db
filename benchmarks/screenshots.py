"""Pictures of every page in both languages, both widths, light and dark, of the demo shop: `python -m benchmarks.screenshots`, into docs/screenshots."""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from datetime import date
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from benchmarks.live import PAGES, ROOT, LiveApp, chromium, live_app, settled
from promo_core import Campaign, Scenario, Workspace, ensure_demo, job_status

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {1440: 1150, 390: 1500}
SCHEMES = ("light", "dark")
WIDEST, COLOURS = 860, 64
SECONDS_TO_TRAIN, MILLISECONDS = 900, 120_000


def prepare(home: Path) -> None:
    """Have the demo shop trained in a workspace, with three scenarios kept, two of them on the plan."""
    workspace = Workspace(home)
    state = ensure_demo(workspace)
    deadline = time.monotonic() + SECONDS_TO_TRAIN
    while (job := job_status(workspace, state.job_id)).active:
        if time.monotonic() > deadline:
            raise RuntimeError(f"The demo's training took more than {SECONDS_TO_TRAIN} s.")
        time.sleep(1)
    if job.state != "done":
        raise RuntimeError(f"The demo's training ended as {job.state}: {job.message}")
    for name, depth, segment, days in (("618 vip", 0.3, "vip", (8, 18)), ("618 loyal", 0.2, "loyal", (8, 18)), ("End of June", 0.5, "vip", (16, 22))):
        campaign = Campaign(start=date(2026, 6, days[0]), end=date(2026, 6, days[1]), series={"segment": [segment]}, promo_type="percent_off", discount_depth=depth)
        kept = workspace.scenarios.add(Scenario(name=name, campaigns=(campaign,)), dataset_id=state.dataset_id, model_id=job.result_id)
        workspace.scenarios.plan(kept.id, on=name != "618 loyal")
    workspace.close()


def shoot(tab: Page, app: LiveApp, page: str, lang: str, width: int, scheme: str) -> Path:
    """Photograph one page once its charts are drawn."""
    tab.goto(app.at(page, lang))
    tab.get_by_role("heading", level=1).wait_for()
    settled(tab)
    tab.wait_for_function("() => !document.querySelector('[data-testid=\"stSkeleton\"]')")
    for chart in tab.locator(".live-chart").all():
        chart.locator(".main-svg").first.wait_for()
    tab.wait_for_timeout(800)
    picture = Image.open(io.BytesIO(tab.screenshot()))
    path = FOLDER / f"{page}-{lang}-{width}{'' if scheme == 'light' else '-dark'}.png"
    scaled = picture if picture.width <= WIDEST else picture.resize((WIDEST, round(picture.height * WIDEST / picture.width)), Image.Resampling.LANCZOS)
    scaled.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def shoot_all(browser: Browser, app: LiveApp, pages: list[str]) -> None:
    """Photograph the pages in both languages, both widths, light and dark."""
    for scheme in SCHEMES:
        for width, height in SIZES.items():
            for lang in ("en", "zh"):
                context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", color_scheme=scheme)
                context.set_default_timeout(MILLISECONDS)
                tab = context.new_page()
                for page in pages:
                    print(shoot(tab, app, page, lang, width, scheme).relative_to(ROOT), flush=True)
                context.close()


def main() -> None:
    """Make all pictures anew, or those of some pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", default=list(PAGES))
    parser.add_argument("--home", type=Path, help="a workspace with the trained demo shop; without it, one is made")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder) / "home"
        if options.home is None:
            prepare(home)
        with live_app(home, Path(folder) / "log.txt") as app, chromium() as browser:
            shoot_all(browser, app, options.pages)


if __name__ == "__main__":
    main()
