"""A folder's manifest: the size and sha256 of every file, so that a half-written or altered folder is known before it is read."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

from promo_core.errors import N_, ModelFolderError
from promo_core.storage.files import json_bytes, sha256_of

__all__ = ["FORMAT_VERSION", "MANIFEST", "check_folder", "read_manifest", "write_manifest"]

MANIFEST = "manifest.json"
FORMAT_VERSION = 1
_FORMAT = "liftboard-model"
_LARGEST_MANIFEST = 4_000_000


def write_manifest(folder: Path) -> None:
    """Write the manifest of every file now under `folder`."""
    files = {path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in sorted(folder.rglob("*")) if path.is_file()}
    (folder / MANIFEST).write_bytes(json_bytes({"format": _FORMAT, "version": FORMAT_VERSION, "files": files}))


def read_manifest(content: bytes, place: str) -> dict[str, dict[str, Any]]:
    """Return path → {"bytes", "sha256"} from a manifest's bytes; every path is relative and stays inside its folder.

    Raises:
        ModelFolderError: when it is no manifest, of a newer format, or names a path outside its folder.
    """
    try:
        if len(content) > _LARGEST_MANIFEST:
            raise ValueError(f"{len(content)} bytes")
        values = json.loads(content)
        version, kind = int(values["version"]), values["format"]
        files = {str(path): {"bytes": int(entry["bytes"]), "sha256": str(entry["sha256"])} for path, entry in values["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(place, MANIFEST, str(error)[:120]) from error
    if kind != _FORMAT or not 1 <= version <= FORMAT_VERSION:
        raise ModelFolderError(N_("`{path}` holds a model of format {received}; this version reads up to {expected}. Update Liftboard, or save the model again."),
                               path=place, received=f"{str(kind)[:40]} {version}", expected=f"{_FORMAT} {FORMAT_VERSION}")
    for path in files:
        check_name(path, place)
    return files


def check_name(name: str, place: str) -> None:
    """Raise ModelFolderError unless `name` is a plain relative path inside its folder."""
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") for part in path.parts)
    if not name or path.is_absolute() or hidden or ":" in name or "\\" in name or not name.isprintable() or path.as_posix() != name or len(name) > 200:
        raise _damaged(place, name[:120], N_("a name that leaves the folder"))


def check_folder(folder: Path) -> dict[str, dict[str, Any]]:
    """Check every file of `folder` against its manifest, and return the manifest's files.

    Raises:
        ModelFolderError: naming the first file that is missing, altered, a link, or not listed.
    """
    place = str(folder)
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise ModelFolderError(N_("`{path}` is no model: `{file}` cannot be read. Expected a folder that training wrote."), path=place, file=MANIFEST) from error
    files = read_manifest(content, place)
    for name, entry in files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise _damaged(place, name, N_("missing"))
        if path.stat().st_size != entry["bytes"] or sha256_of(path) != entry["sha256"]:
            raise _damaged(place, name, N_("altered"))
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or (not path.is_dir() and name != MANIFEST and name not in files):
            raise _damaged(place, name, N_("not listed in the manifest"))
    return files


def _damaged(place: str, file: str, what: str) -> ModelFolderError:
    return ModelFolderError(N_("The model in `{path}` is not intact: `{file}` ({reason}). Take a whole copy, or train it again."), path=place, file=file, reason=what)
