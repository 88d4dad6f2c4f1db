"""The theme's colours can be read in light and in dark: ratios of WCAG AA, computed from the theme itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from promo_core.reporting import theme as charts

ROOT = Path(__file__).resolve().parents[2]
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
STYLE = (ROOT / "assets" / "liftboard.css").read_text(encoding="utf-8")
NAMED = {name: dict(zip(("light", "dark"), pair, strict=True)) for name, *pair in re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", STYLE)}
TEXT, GRAPHIC = 4.5, 3.0


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2)."""
    parts = [int(colour[i: i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_has_the_ratio_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0) and contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_text_colour_can_be_read_on_both_grounds(mode: str) -> None:
    colours = THEME[mode]
    for ground in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
        for text in (colours["textColor"], colours["linkColor"], colours["primaryColor"], NAMED["soft-text"][mode]):
            assert contrast(text, ground) >= TEXT, f"{text} on {ground}"
    assert contrast(NAMED["on-primary"][mode], colours["primaryColor"]) >= TEXT


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_stylesheet_names_the_theme_s_own_colours(mode: str) -> None:
    for name, key in (("st-primary-color", "primaryColor"), ("st-background-color", "backgroundColor"), ("st-text-color", "textColor")):
        assert NAMED[name][mode] == THEME[mode][key]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_lines_of_charts_stand_out_from_the_ground(mode: str) -> None:
    for colour in (charts.SCENARIO, charts.BASELINE, charts.HISTORY, charts.POSITIVE, charts.NEGATIVE, charts.TOTAL, *charts.MODEL_COLOURS.values()):
        assert contrast(colour, THEME[mode]["backgroundColor"]) >= GRAPHIC, colour
