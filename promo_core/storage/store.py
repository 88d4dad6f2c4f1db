"""Where a workspace's files lie: a folder, and behind it, by setting, an object store that several servers share (`s3://bucket/shop`)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from promo_core.errors import N_, StorageError
from promo_core.storage.files import folder_aside, write_atomic

__all__ = ["ArtifactStore"]


class ArtifactStore:
    """Files by name; a record that names one is written only once it is kept, so that no reader meets half of it.

    Args:
        folder: where files lie; beside an object store, this server's own copies of them.
        url: an fsspec address of the object store; `None` keeps files in the folder alone.

    Raises:
        StorageError: when the address cannot be used.
    """

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self.url = url
        self._remote, self._root = (None, "") if url is None else _opened(url)

    def path(self, name: str) -> Path:
        """Return where a file or folder lies on this machine, fetched from the object store where it is not here yet; it may lie nowhere."""
        place = self.folder / name
        if self._remote is not None and not place.exists():
            self._fetch(name, place)
        return place

    def keep(self, name: str) -> None:
        """Send what was written at `folder / name` to the object store; without one it is kept already.

        Raises:
            StorageError: when the object store refuses.
        """
        if self._remote is None:
            return
        place = self.folder / name
        with _told(self.url):
            for path in [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file()):
                self._remote.pipe_file(self._key(path.relative_to(self.folder).as_posix()), path.read_bytes())

    def remove(self, name: str) -> None:
        """Remove a file or folder here and in the object store; what is not there is removed already."""
        place = self.folder / name
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        if self._remote is not None:
            with _told(self.url):
                if self._remote.exists(self._key(name)):
                    self._remote.rm(self._key(name), recursive=True)

    def _fetch(self, name: str, place: Path) -> None:
        with _told(self.url):
            files = self._remote.find(self._key(name))
            if files == [self._key(name)]:
                write_atomic(place, self._remote.cat_file(files[0]))
            elif files:
                self._fetch_folder(files, self._key(name), place)

    def _fetch_folder(self, files: list[str], key: str, place: Path) -> None:
        with folder_aside(place) as aside:
            for file in files:
                target = aside / file.removeprefix(key).lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self._remote.cat_file(file))

    def _key(self, name: str) -> str:
        return f"{self._root}/{name}"


def _opened(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        remote, root = url_to_fs(url)
    except (ValueError, ImportError, OSError) as error:
        raise StorageError(N_("The address of the files cannot be used: {reason}. Expected one such as s3://bucket/shop, and its driver installed."), reason=str(error)[:200]) from error
    return remote, root.rstrip("/")


@contextmanager
def _told(url: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (OSError, BotoCoreError, ClientError) as error:
        raise StorageError(N_("The object store {path} cannot be used: {reason}. Check its address, its keys and the network."), path=url, reason=str(error)[:200]) from error
