"""The reports page: every form is written and offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.conftest import run_at, texts


@pytest.mark.parametrize("form", ["html", "xlsx", "pptx", "pdf", "csv"])
def test_every_form_is_written_and_offered(small_home: Path, form: str) -> None:
    app = run_at("reports")
    app.radio(key="form").set_value(form).run()
    assert not app.error and not app.exception
    assert app.get("download_button") and "kB" in texts(app)


def test_the_report_page_speaks_chinese(small_home: Path) -> None:
    app = run_at("reports", "zh")
    assert not app.error and app.title[0].value != "Reports"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_forecast_report_is_offered_with_what_deserves_a_look(small_home: Path, lang: str) -> None:
    app = run_at("reports", lang, about="forecast")
    assert app.segmented_control(key="about").value == "forecast"
    assert not app.error and not app.exception and app.get("download_button") and "kB" in texts(app)
