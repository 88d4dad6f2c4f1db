"""Files of a workspace in an object store: another server finds them, half of one is never met, and a store that fails is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import fsspec
import pytest

from promo_core.errors import StorageError
from promo_core.storage.store import ArtifactStore
from promo_core.storage.workspace import Workspace
from tests.storage.fakes import tiny_model, tiny_panel
from tests.storage.test_workspace import CONTENT, inspection

pytestmark = pytest.mark.usefixtures("fake_parts")


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """A real S3 server on loopback with an empty bucket; its settings for the environment."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "of-the-tests", "AWS_SECRET_ACCESS_KEY": "of-the-tests", "AWS_DEFAULT_REGION": "us-east-1"}
    with pytest.MonkeyPatch.context() as patched:
        for key, value in settings.items():
            patched.setenv(key, value)
        fsspec.filesystem("s3").mkdir("shops")
        yield settings
    server.stop()


@pytest.fixture(params=["memory", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An object store's address."""
    if request.param == "s3":
        request.getfixturevalue("s3")
        return "s3://shops"
    return f"memory://{tmp_path.name}"


def test_another_server_finds_what_one_kept(tmp_path: Path, postgres_url: str, files: str) -> None:
    name = tmp_path.name
    first, second = (Workspace(tmp_path / where, url=postgres_url, name=name, files=files) for where in ("first", "second"))
    dataset, model = first.datasets.add(CONTENT, inspection()), first.models.add(tiny_model(5), "five")
    assert second.datasets.content(dataset.id) == CONTENT and second.datasets.panel(dataset.id).content_hash() == tiny_panel().content_hash()
    assert second.models.load(model.id).key == first.models.load(model.id).key
    shutil.rmtree(tmp_path / "first" / "models")
    assert first.models.zip(model.id) == second.models.zip(model.id)
    other = Workspace(tmp_path / "first", url=postgres_url, name=f"{name} else", files=files)
    assert not list(fsspec.core.url_to_fs(files)[0].find(f"{files.split('://')[1]}/{other.name}"))
    for workspace in (first, second, other):
        workspace.close()


def test_what_is_removed_is_gone_here_and_there(tmp_path: Path, files: str) -> None:
    store, copy = ArtifactStore(tmp_path / "one", f"{files}/x"), ArtifactStore(tmp_path / "two", f"{files}/x")
    (tmp_path / "one" / "models" / "a").mkdir(parents=True)
    (tmp_path / "one" / "models" / "a" / "part.txt").write_text("a")
    store.keep("models/a")
    assert (copy.path("models/a") / "part.txt").read_text() == "a"
    store.remove("models/a")
    copy.remove("models/a")
    copy.remove("models/a")
    assert not copy.path("models/a").exists() and not store.path("models/a").exists()


def test_a_copy_that_is_cut_short_is_not_kept(tmp_path: Path) -> None:
    store, copy = ArtifactStore(tmp_path / "one", "memory://cut"), ArtifactStore(tmp_path / "two", "memory://cut")
    (tmp_path / "one" / "m").mkdir(parents=True)
    for part in "ab":
        (tmp_path / "one" / "m" / part).write_text(part)
    store.keep("m")
    cat = copy._remote.cat_file
    with patch.object(copy._remote, "cat_file", side_effect=lambda file: cat(file) if file.endswith("a") else (_ for _ in ()).throw(OSError("the line broke"))), pytest.raises(StorageError):
        copy.path("m")
    assert not (tmp_path / "two" / "m").exists()
    assert sorted(path.name for path in copy.path("m").iterdir()) == ["a", "b"]


def test_a_store_that_refuses_leaves_no_record(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, files="memory://refuses")
    with patch.object(workspace._store._remote, "pipe_file", side_effect=PermissionError("no key")):
        for add in (lambda: workspace.models.add(tiny_model(), "one"), lambda: workspace.datasets.add(CONTENT, inspection())):
            with pytest.raises(StorageError, match="no key"):
                add()
    assert workspace.models.all() == [] and workspace.datasets.all() == []


@pytest.mark.parametrize("url", ["martian://shops", "nonsense://"])
def test_an_address_that_cannot_be_used_is_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(StorageError, match="address of the files"):
        ArtifactStore(tmp_path, url)
