"""A model folder comes back whole, or says which file is not."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from promo_core.errors import ModelFolderError, StorageError
from promo_core.storage.artifacts import load_model, save_model
from tests.storage.fakes import tiny_model
from tests.storage.killing import Writers
from tests.storage.test_panels import assert_same

pytestmark = pytest.mark.usefixtures("fake_parts")


def test_a_model_comes_back_with_every_number(tmp_path: Path) -> None:
    model = tiny_model()
    read = load_model(save_model(model, tmp_path / "model"), forecasters=True)
    assert_same(model.panel, read.panel)
    for kind in ("bases", "weights", "contributions"):
        before, after = getattr(model, kind), getattr(read, kind)
        assert list(before) == list(after) and all(np.array_equal(before[k], after[k]) and before[k].dtype == after[k].dtype for k in before)
    for name in ("scores", "importance"):
        pd.testing.assert_frame_equal(getattr(model, name), getattr(read, name))
    for name in ("settings", "composition", "horizon", "serves", "serves_why", "notes", "meta", "contribution_names"):
        assert getattr(model, name) == getattr(read, name), name
    assert read.certificate is None
    assert {m: n.value for m, n in read.noises.items()} == {"naive": 1.0, "gbm": 2.0}
    assert (read.response.value, read.forecasters["gbm"].value) == (0.1, 3.0)


def test_equal_models_have_equal_keys_and_others_have_others(tmp_path: Path) -> None:
    keys = [load_model(save_model(tiny_model(seed), tmp_path / str(i))).key for i, seed in enumerate([0, 0, 1])]
    assert keys[0] == keys[1] != keys[2]


def test_forecasters_stay_on_disk_unless_asked_for(tmp_path: Path) -> None:
    assert load_model(save_model(tiny_model(), tmp_path / "model")).forecasters == {}


def test_saving_replaces_a_model_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    save_model(tiny_model(0), tmp_path / "model")
    save_model(tiny_model(1), tmp_path / "model")
    assert load_model(tmp_path / "model").settings.seed == 1
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "love.txt").write_text("dear")
    with pytest.raises(StorageError, match="no model"):
        save_model(tiny_model(), tmp_path / "letters")
    assert (tmp_path / "letters" / "love.txt").read_text() == "dear"


FILES = ["manifest.json", "model.json", "settings.json", "bases.npz", "weights.npz", "scores.parquet", "panel/cells.parquet", "panel/panel.json", "response/part.json",
         "noises/gbm/part.json", "forecasters/gbm/part.json"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", ["missing", "cut", "altered"])
def test_a_harmed_file_is_named(tmp_path: Path, name: str, harm: str) -> None:
    path = save_model(tiny_model(), tmp_path / "model") / name
    content = path.read_bytes()
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if harm == "cut" else content[:-1] + bytes([content[-1] ^ 255]))
    with pytest.raises(ModelFolderError) as caught:
        load_model(tmp_path / "model")
    assert name in str(caught.value)


def test_an_extra_file_and_a_link_are_named(tmp_path: Path) -> None:
    folder = save_model(tiny_model(), tmp_path / "model")
    (folder / "extra.py").write_text("print()")
    with pytest.raises(ModelFolderError, match="extra.py"):
        load_model(folder)
    (folder / "extra.py").unlink()
    (folder / "settings.json").rename(tmp_path / "settings.json")
    (folder / "settings.json").symlink_to(tmp_path / "settings.json")
    with pytest.raises(ModelFolderError, match="settings.json"):
        load_model(folder)


def test_a_newer_format_is_told(tmp_path: Path) -> None:
    path = save_model(tiny_model(), tmp_path / "model") / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 99}))
    with pytest.raises(ModelFolderError, match="Update Liftboard"):
        load_model(tmp_path / "model")


def test_a_place_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="no model"):
        load_model(tmp_path / "nowhere")


WRITER = """
from pathlib import Path
from tests.storage.fakes import install_fakes, tiny_model
from promo_core.storage.artifacts import save_model
install_fakes()

def write(folder):
    seed = 0
    while True:
        seed += 1
        save_model(tiny_model(seed), Path(folder))
"""


def test_a_writer_killed_at_any_moment_leaves_the_last_model_whole(tmp_path: Path) -> None:
    """Writers that save over and over are killed at twenty moments spread over the time of a few saves; the model can be read after each."""
    started = time.monotonic()
    folder = save_model(tiny_model(0), tmp_path / "model")
    save_seconds = time.monotonic() - started
    writers, seeds = Writers(WRITER), set()
    for i in range(20):
        pid = writers.start(folder)
        time.sleep(save_seconds * (0.3 + 0.15 * i))
        writers.kill(pid)
        model = load_model(folder)
        seeds.add(model.settings.seed)
        assert model.panel.content_hash() == tiny_model(model.settings.seed).panel.content_hash()
    writers.close()
    assert seeds != {0}, "no writer got as far as a save: the test proved nothing"
