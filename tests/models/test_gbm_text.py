"""A LightGBM text that would keep its reader or a prediction going for ever is refused before it is read."""

from __future__ import annotations

import re
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from promo_core.models.gbm_text import require_sound_text


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three small trees, one with a category."""
    rng = np.random.default_rng(7)
    matrix = np.column_stack([rng.normal(size=300), rng.integers(0, 5, 300)])
    data = lgb.Dataset(matrix, matrix[:, 0] + 9 * np.isin(matrix[:, 1], (1, 3)), categorical_feature=[1], params={"verbose": -1, "min_data_per_group": 5, "cat_smooth": 1})
    booster = lgb.train({"num_leaves": 6, "verbose": -1, "seed": 7, "num_threads": 1}, data, 3)
    booster.save_model(place := tmp_path_factory.mktemp("booster") / "model.txt")
    return place.read_text()


def look(text: str, folder: Path) -> None:
    (folder / "model.txt").write_bytes(text.encode("utf-8"))
    require_sound_text(folder / "model.txt")


def test_what_lightgbm_writes_passes(text: str, tmp_path: Path) -> None:
    look(text, tmp_path)
    assert re.search(r"num_cat=[12]", text)


def changed(text: str, pattern: str, make) -> str:
    """Change one match, keeping its length, so that the sizes still fit."""
    found = re.search(pattern, text)
    new = make(found[0])
    assert len(new) == len(found[0]) and new != found[0]
    return text[: found.start()] + new + text[found.end():]


@pytest.mark.parametrize("make", [
    lambda t: t.replace("version=v4", "version=v4\0", 1), lambda t: changed(t, r"left_child=-?\d", lambda m: m[:-1] + "0"), lambda t: changed(t, r"right_child=-?\d", lambda m: m[:-1] + "9"),
    lambda t: changed(t, r"num_leaves=6", lambda m: "num_leaves=9"), lambda t: changed(t, r"tree_sizes=\d", lambda m: "tree_sizes=9" if m[-1] != "9" else "tree_sizes=8"),
    lambda t: t[: len(t) // 3], lambda t: changed(t, r"split_feature=\d", lambda m: "split_feature=7"), lambda t: t.replace("end of trees", "end of trunk"), lambda t: t.replace("end of parameters", ""),
    lambda t: changed(t, r"num_cat=[12]", lambda m: "num_cat=0"), lambda t: "", lambda t: t.replace("leaf_value=", "leaf_value=é", 1)])
def test_what_lightgbm_never_writes_is_refused(text: str, tmp_path: Path, make) -> None:
    with pytest.raises((ValueError, KeyError, IndexError)):
        look(make(text), tmp_path)
