"""`promo_core` is quick to import, sorted, and every name it offers is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import promo_core

HEAVY = ("tensorflow", "keras", "shap", "lightgbm", "plotly", "sklearn", "streamlit", "pandas", "numpy", "sqlalchemy")


def loaded_after(code: str) -> set[str]:
    """Return the top-level packages loaded once a fresh interpreter has run `code`."""
    shown = "import sys; print(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    return set(subprocess.run([sys.executable, "-c", f"{code}\n{shown}"], capture_output=True, text=True, check=True).stdout.splitlines()[-1].split())


def test_importing_the_core_imports_nothing_heavy() -> None:
    assert not set(HEAVY) & loaded_after("import promo_core")


def test_opening_a_workspace_and_stating_a_scenario_imports_no_model_package() -> None:
    assert not {"tensorflow", "keras", "shap", "lightgbm", "plotly", "sklearn", "streamlit"} & loaded_after("from promo_core import Scenario, Workspace, load_model, start_training")


def test_the_names_are_sorted_and_once_each() -> None:
    assert promo_core.__all__ == sorted(set(promo_core.__all__)) and dir(promo_core) == promo_core.__all__


@pytest.mark.parametrize("name", promo_core.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(promo_core, name) is not None


def test_a_name_that_is_not_there_is_told() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'predict_everything'"):
        promo_core.predict_everything  # noqa: B018 - the look itself raises
