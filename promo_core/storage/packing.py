"""A model folder as one zip, and back: a stranger's zip is checked before anything in it is opened."""

from __future__ import annotations

import stat
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from promo_core.errors import N_, ModelFolderError
from promo_core.storage.files import folder_aside
from promo_core.storage.manifest import MANIFEST, check_folder, check_name, read_manifest

__all__ = ["pack_model", "unpack_model"]

_MOST_MEMBERS = 400
_MOST_BYTES = 2_000_000_000
_SUFFIXES = (".json", ".parquet", ".npz", ".npy", ".txt", ".h5", ".csv")
_CHUNK = 1 << 20


def pack_model(folder: Path | str) -> bytes:
    """Return an intact model folder as a zip; the same folder gives the same bytes.

    Raises:
        ModelFolderError: when the folder is not intact.
    """
    folder = Path(folder)
    names = [MANIFEST, *sorted(check_folder(folder))]
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.external_attr = 0o644 << 16
            archive.writestr(member, (folder / name).read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack_model(source: bytes | Path | str, folder: Path | str) -> Path:
    """Unpack a model's zip into the new `folder`, whole or not at all.

    The manifest may stand at the top or inside the zip's only folder, the way desktops zip. Names, sizes, kinds and the format's
    version are checked first; each member is read no further than its manifest says, and then checked against its sha256.

    Raises:
        ModelFolderError: naming what is wrong with the zip.
        StorageError: when `folder` cannot be written.
    """
    folder = Path(folder).absolute()
    if folder.exists():
        raise ModelFolderError(N_("`{path}` is already there. Choose a new folder for the model."), path=str(folder))
    try:
        with zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source) as archive:
            members, files = _checked(archive)
            with folder_aside(folder) as aside:
                for name, member in members.items():
                    _extract(archive, member, aside / name, files[name]["bytes"] if name in files else member.file_size)
                check_folder(aside)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, RuntimeError, zlib.error) as error:
        raise _refused(N_("it is no readable zip"), str(error)[:120]) from error
    return folder


def _checked(archive: zipfile.ZipFile) -> tuple[dict[str, zipfile.ZipInfo], dict[str, dict[str, Any]]]:
    """Return name → member and the manifest's files, once nothing about the zip is suspect."""
    infos = [info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith("__MACOSX/")]
    if len(infos) > _MOST_MEMBERS:
        raise _refused(N_("it has too many members"), str(len(infos)))
    if (total := sum(info.file_size for info in infos)) > _MOST_BYTES:
        raise _refused(N_("it is too large unpacked"), f"{total:,} bytes")
    for info in infos:
        _check_member(info)
    prefix = _prefix(infos)
    members = {info.filename.removeprefix(prefix): info for info in infos}
    if len(members) != len(infos):
        raise _refused(N_("it holds two members of one name"), "")
    files = read_manifest(_bounded(archive, members[MANIFEST]), "zip")
    if odd := set(files) ^ (set(members) - {MANIFEST}):
        raise _refused(N_("its members and its manifest differ"), min(odd)[:120])
    for name, entry in files.items():
        if entry["bytes"] != members[name].file_size:
            raise _refused(N_("a member has another size than its manifest says"), name)
    return members, files


def _check_member(info: zipfile.ZipInfo) -> None:
    check_name(info.filename, "zip")
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise _refused(N_("it holds a link or another thing that is no file"), info.filename)
    if info.flag_bits & 0x1:
        raise _refused(N_("it is encrypted"), info.filename)
    if not info.filename.endswith(_SUFFIXES):
        raise _refused(N_("it holds a kind of file that no model has"), info.filename)


def _prefix(infos: list[zipfile.ZipInfo]) -> str:
    """Return "" or the only top folder: what stands before manifest.json."""
    places = [info.filename.removesuffix(MANIFEST) for info in infos if info.filename.rsplit("/", 1)[-1] == MANIFEST]
    prefix = min(places, key=len, default=None)
    if prefix is None or prefix.count("/") > 1 or not all(info.filename.startswith(prefix) for info in infos):
        raise _refused(N_("it has no manifest.json at its top"), "")
    return prefix


def _bounded(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        return file.read(_CHUNK * 4)


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, size: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    left = size
    with archive.open(member) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise _refused(N_("a member is larger than it says"), member.filename)
            file.write(chunk)


def _refused(why: str, received: str) -> ModelFolderError:
    if received:
        return ModelFolderError(N_("This zip is no model that can be loaded: {why} ({received}). Expected a zip that Liftboard saved."), why=why, received=received)
    return ModelFolderError(N_("This zip is no model that can be loaded: {why}. Expected a zip that Liftboard saved."), why=why)
