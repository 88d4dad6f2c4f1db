"""Pictures of every page in both languages and widths, of the demo shop: `python -m benchmarks.screenshots`, into docs/screenshots."""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from datetime import date
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from benchmarks.live import PAGES, ROOT, LiveApp, chromium, live_app, settled
from promo_core import Campaign, Scenario, Workspace, ensure_demo, job_status

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {1440: 1150, 390: 1500}
WIDEST = 1000
SECONDS_TO_TRAIN = 900


def prepare(home: Path) -> None:
    """Have the demo shop trained in a workspace, with two scenarios kept."""
    workspace = Workspace(home)
    state = ensure_demo(workspace)
    deadline = time.monotonic() + SECONDS_TO_TRAIN
    while (job := job_status(workspace, state.job_id)).active:
        if time.monotonic() > deadline:
            raise RuntimeError(f"The demo's training took more than {SECONDS_TO_TRAIN} s.")
        time.sleep(1)
    if job.state != "done":
        raise RuntimeError(f"The demo's training ended as {job.state}: {job.message}")
    for name, depth, segment in (("618 vip", 0.3, "vip"), ("618 loyal", 0.2, "loyal")):
        campaign = Campaign(start=date(2026, 6, 8), end=date(2026, 6, 18), series={"segment": [segment]}, promo_type="percent_off", discount_depth=depth)
        workspace.scenarios.add(Scenario(name=name, campaigns=(campaign,)), dataset_id=state.dataset_id, model_id=job.result_id)
    workspace.close()


def shoot(browser: Browser, app: LiveApp, page: str, lang: str, width: int) -> Path:
    """Photograph one page."""
    context = browser.new_context(viewport={"width": width, "height": SIZES[width]}, locale="en-GB")
    tab = context.new_page()
    tab.goto(app.at(page, lang))
    tab.get_by_role("heading", level=1).wait_for(timeout=60_000)
    settled(tab)
    tab.wait_for_timeout(2500)  # charts draw after the script has ended
    picture = Image.open(io.BytesIO(tab.screenshot()))
    context.close()
    path = FOLDER / f"{page}-{lang}-{width}.png"
    scaled = picture if picture.width <= WIDEST else picture.resize((WIDEST, round(picture.height * WIDEST / picture.width)), Image.Resampling.LANCZOS)
    scaled.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def main() -> None:
    """Make all pictures anew."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        prepare(home)
        with live_app(home, Path(folder) / "log.txt") as app, chromium() as browser:
            for page in PAGES:
                for lang in ("en", "zh"):
                    for width in SIZES:
                        print(shoot(browser, app, page, lang, width).relative_to(ROOT), flush=True)


if __name__ == "__main__":
    main()
