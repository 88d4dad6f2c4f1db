"""Generated odd files, scenario files and model zips: refused in words or taken, never a crash, a hang, or a file touched outside. The full counts: `python -m benchmarks.fuzz`."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fuzz import fuzz_files, fuzz_scenarios, fuzz_zips
from promo_core import TrainedModel


def test_odd_files_are_taken_or_refused_in_words(tmp_path: Path) -> None:
    tally = fuzz_files(60, tmp_path)
    assert tally.clean, tally
    assert tally.accepted > 10 and tally.refused > 10


def test_odd_scenario_files_are_answered_or_refused_in_words(tmp_path: Path, small_model: TrainedModel) -> None:
    tally = fuzz_scenarios(100, tmp_path, small_model)
    assert tally.clean, tally
    assert tally.accepted > 5 and tally.refused > 10


def test_odd_model_zips_are_loaded_or_refused_in_words(tmp_path: Path, small_model: TrainedModel) -> None:
    tally = fuzz_zips(40, tmp_path, small_model)
    assert tally.clean, tally
    assert tally.accepted + tally.refused == 40
