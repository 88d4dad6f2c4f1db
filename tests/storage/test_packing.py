"""A zip is checked before anything in it is opened."""

from __future__ import annotations

import json
import stat
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from promo_core.errors import ModelFolderError
from promo_core.storage.artifacts import load_model, save_model
from promo_core.storage.packing import pack_model, unpack_model
from tests.storage.fakes import tiny_model

pytestmark = pytest.mark.usefixtures("fake_parts")


@pytest.fixture
def packed(tmp_path: Path) -> bytes:
    return pack_model(save_model(tiny_model(), tmp_path / "source"))


def rezip(packed: bytes, change) -> bytes:
    """Return the zip with its {name: content} changed; a ZipInfo may stand for a name."""
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def listed(members: dict, name: str, content: bytes) -> None:
    """Add a member that the manifest lists as well."""
    manifest = json.loads(members["manifest.json"])
    manifest["files"][name] = {"bytes": len(content), "sha256": "0" * 64}
    members["manifest.json"] = json.dumps(manifest).encode()
    members[name] = content


def test_a_model_travels_as_a_zip(tmp_path: Path, packed: bytes) -> None:
    assert load_model(unpack_model(packed, tmp_path / "copy")).key == load_model(tmp_path / "source").key
    assert pack_model(tmp_path / "copy") == packed


def test_a_zip_made_on_a_desktop_is_read(tmp_path: Path, packed: bytes) -> None:
    def move(members: dict) -> None:
        inside = {f"model/{name}": content for name, content in members.items()}
        members.clear()
        members.update(inside, **{"__MACOSX/model/._x": b""})

    (tmp_path / "model.zip").write_bytes(rezip(packed, move))
    assert load_model(unpack_model(tmp_path / "model.zip", tmp_path / "copy")).horizon == 7


@pytest.mark.parametrize("name", ["../evil.json", "/etc/evil.json", "a/../../evil.json", "C:/evil.json", "..\\evil.json", ".hidden.json", "evil.pkl", "evil.py", "a\nb.json"])
def test_a_member_with_an_evil_name_is_refused(tmp_path: Path, packed: bytes, name: str) -> None:
    for change in (lambda m: m.update({name: b"{}"}), lambda m: listed(m, name, b"{}")):
        with pytest.raises(ModelFolderError):
            unpack_model(rezip(packed, change), tmp_path / "copy")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["source"]


def test_a_link_is_refused(tmp_path: Path, packed: bytes) -> None:
    link = zipfile.ZipInfo("settings.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    def swap(members: dict) -> None:
        del members["settings.json"]
        members[link] = b"/etc/passwd"

    with pytest.raises(ModelFolderError, match="link"):
        unpack_model(rezip(packed, swap), tmp_path / "copy")


def test_a_bomb_is_refused_by_what_it_says(tmp_path: Path, packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promo_core.storage.packing._MOST_BYTES", 10_000_000)
    with pytest.raises(ModelFolderError, match="too large"):
        unpack_model(rezip(packed, lambda m: listed(m, "zeros.json", bytes(11_000_000))), tmp_path / "copy")


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path, packed: bytes) -> None:
    zeros = bytes(5_000_000)
    evil = rezip(packed, lambda m: listed(m, "zeros.json", zeros))
    small = (10).to_bytes(4, "little")
    evil = evil.replace(len(zeros).to_bytes(4, "little"), small)
    with pytest.raises(ModelFolderError):
        unpack_model(evil, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_too_many_members_are_refused(tmp_path: Path, packed: bytes) -> None:
    with pytest.raises(ModelFolderError, match="too many"):
        unpack_model(rezip(packed, lambda m: m.update({f"{i}.json": b"" for i in range(500)})), tmp_path / "copy")


def test_members_and_manifest_must_agree(tmp_path: Path, packed: bytes) -> None:
    changes = [lambda m: m.pop("bases.npz"), lambda m: m.update({"more.json": b"{}"}), lambda m: m.pop("manifest.json"), lambda m: m.update({"settings.json": b"{}"}),
               lambda m: m.update({"settings.json": m["settings.json"].replace(b"7", b"8").replace(b"0", b"1")})]
    for change in changes:
        with pytest.raises(ModelFolderError):
            unpack_model(rezip(packed, change), tmp_path / "copy")
        assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"<html>login</html>", bytes(range(256)) * 40])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ModelFolderError, match="no readable zip"):
        unpack_model(content, tmp_path / "copy")


def test_a_folder_that_is_there_is_not_written_over(tmp_path: Path, packed: bytes) -> None:
    with pytest.raises(ModelFolderError, match="already there"):
        unpack_model(packed, tmp_path / "source")
