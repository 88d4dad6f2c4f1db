"""The architecture as a table: each layer imports only itself and what stands before it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = (
    ("errors", "schema", "settings", "locale", "access", "door", "cluster"),
    ("data",),
    ("features",),
    ("models", "evaluation"),
    ("planning", "explain"),
    ("reporting", "storage"),
    ("api", "jobs", "cli", "cli_keep", "__main__", "__init__"),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
HEAVY = ("tensorflow", "keras", "shap", "lightgbm", "plotly", "streamlit", "torch", "jax", "duckdb", "dask", "distributed")
HOMES = {"keras": ("models/lstm",), "tensorflow": ("models/lstm",), "lightgbm": ("models/gbm", "models/response_baseline", "explain/"), "shap": ("explain/", "models/lstm_explain"),
         "plotly": ("reporting/",), "duckdb": ("data/events_duckdb",), "dask": ("data/events_dask", "models/gbm_cluster"), "distributed": ("cluster", "models/gbm_cluster")}
TOP_LEVEL = {"requirements.txt", "requirements-gpu.txt", "app.py", "pages", "promo_core", "assets", "tests", "benchmarks", "deploy", "docs", "README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", ".streamlit", ".ci",
             ".gitignore"}


def modules() -> list[Path]:
    return sorted((ROOT / "promo_core").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the dotted names a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT / "promo_core").with_suffix("").parts[0]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_its_own_layer_and_lower_ones(path: Path) -> None:
    own = RANK[layer_of(path)]
    targets = {name.split(".")[1] for name in imported(path) if name.startswith("promo_core.")}
    upward = sorted(t for t in targets if t in RANK and RANK[t] > own)
    assert not upward, f"{path.name} imports upward: {upward}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_heavy_package_has_one_home(path: Path) -> None:
    inside = str(path.relative_to(ROOT / "promo_core"))
    strays = [pkg for pkg, homes in HOMES.items() if any(n.split(".")[0] == pkg for n in imported(path)) and not inside.startswith(homes)]
    assert not strays, f"{inside} imports {strays}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_core_knows_neither_streamlit_nor_pickle(path: Path) -> None:
    assert not {n.split(".")[0] for n in imported(path)} & {"streamlit", "pickle", "joblib", "cloudpickle", "dill"}


def test_pages_reach_the_core_through_its_facade_only() -> None:
    allowed = ("promo_core.reporting.charts",)
    package = "promo_core.reporting"  # `from promo_core.reporting import charts` names it too
    for path in [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]:
        deep = sorted(n for n in imported(path) if n.count(".") >= 1 and n.startswith("promo_core.") and n != package and not n.startswith(allowed) and is_module(n))
        assert not deep, f"{path.name} reaches deeper than the facade: {deep}"


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def test_importing_the_core_imports_nothing_heavy() -> None:
    code = "import sys, promo_core; print([m for m in " + repr(HEAVY) + " if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.strip() == "[]"


def test_the_top_level_holds_what_the_design_names_and_nothing_else() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    assert {name.split("/")[0] for name in listed if name} <= TOP_LEVEL


def test_pages_stay_under_a_hundred_lines() -> None:
    long = {p.name: n for p in (ROOT / "pages").glob("*.py") if (n := p.read_text(encoding="utf-8").count("\n")) > 100}
    assert not long


def test_the_version_is_told_once() -> None:
    import tomllib

    from promo_core.settings import VERSION

    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"] == VERSION
