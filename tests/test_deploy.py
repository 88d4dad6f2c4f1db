"""The deployment files name what is there: files, settings and the app's own commands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))


def test_what_the_image_copies_is_there() -> None:
    copied = re.findall(r"^COPY (.+)$", (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8"), re.MULTILINE)
    names = {name for line in copied for name in line.split()[:-1]}
    assert names >= {"app.py", "pages", "promo_core", "assets", ".streamlit"} and all((ROOT / name).exists() for name in names)


def test_the_services_use_settings_that_the_app_reads() -> None:
    source = "".join(path.read_text(encoding="utf-8") for folder in ("pages", "promo_core") for path in (ROOT / folder).rglob("*.py"))
    own = {name for name in COMPOSE["services"]["app"]["environment"] if not name.startswith(("AWS_", "STREAMLIT_"))}
    assert own and all(name in source for name in own)


def test_the_proxy_keeps_a_browser_with_its_server_and_the_records_with_the_database() -> None:
    proxy = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert "lb_policy cookie" in proxy and "dynamic a app 8501" in proxy
    assert COMPOSE["services"]["app"]["deploy"]["replicas"] >= 2 and "@database/" in COMPOSE["services"]["app"]["environment"]["DATABASE_URL"]
    assert set(COMPOSE["services"]) >= {"app", "app-gpu", "proxy", "database", "store"}


def test_the_image_serves_the_app_that_sends_the_headers() -> None:
    """Through Python, whose path has the folder that `pages` lies in; through `streamlit` alone it has not."""
    started = re.findall(r"^CMD (.+)$", (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8"), re.MULTILINE)[-1]
    assert json.loads(started) == ["python", "-m", "streamlit", "run", "pages/_ui/secured.py"]
    assert "$(BIN)/python -m streamlit run pages/_ui/secured.py" in (ROOT / "Makefile").read_text(encoding="utf-8")
