"""Files that are whole or not there: written aside, flushed to the disk, then renamed."""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from promo_core.errors import N_, Message, StorageError
from promo_core.locale import Count, Day, Listed, Money, Percent

__all__ = ["folder_aside", "json_bytes", "kept_key", "message_from_json", "message_to_json", "plain", "previous_of", "remove_leftovers", "sha256_of", "write_atomic"]

_ASIDE = ".aside-"
_LEFTOVER_SECONDS = 86_400
_FACTS = {kind.__name__: kind for kind in (Count, Day, Listed, Money, Percent)}


def write_atomic(path: Path, content: bytes) -> None:
    """Write `content` to `path`, or leave what stood there: a reader never meets half a file. Makes the folder.

    Raises:
        StorageError: when the folder cannot be written.
    """
    aside = path.parent / f"{_ASIDE}{secrets.token_hex(6)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error


def kept_key(path: Path) -> bytes:
    """Return the secret kept in `path`, which only its owner may read; made at the first call.

    Raises:
        StorageError: when it cannot be written.
    """
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.parent / f"{_ASIDE}{secrets.token_hex(6)}"
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(aside, path)  # whoever comes first decides; the others take theirs
            aside.unlink()
        except OSError as error:
            raise _unwritable(path, error) from error
    return path.read_bytes()


@contextmanager
def folder_aside(target: Path) -> Iterator[Path]:
    """Give an empty folder beside `target` that takes its place once the block ends well, and is gone when it does not.

    The folder that stood there waits under `previous_of(target)` between the two renames, so that one of them is whole at any moment.

    Raises:
        StorageError: when the place cannot be written.
    """
    aside = target.parent / f"{_ASIDE}{secrets.token_hex(6)}"
    try:
        aside.mkdir(parents=True)
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        yield aside
        _sync_tree(aside)
        _take_place(aside, target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def previous_of(target: Path) -> Path:
    """Return where a folder waits while its successor takes its place."""
    return target.parent / f".{target.name}.previous"


def _take_place(aside: Path, target: Path) -> None:
    previous = previous_of(target)
    if target.exists():
        shutil.rmtree(previous, ignore_errors=True)
        os.rename(target, previous)
    os.rename(aside, target)
    _sync_folder(target.parent)
    shutil.rmtree(previous, ignore_errors=True)


def remove_leftovers(folder: Path, now: float) -> None:
    """Remove what killed writers left aside in `folder` more than a day before `now` (seconds since 1970)."""
    for path in folder.glob(f"{_ASIDE}*"):
        if now - path.stat().st_mtime > _LEFTOVER_SECONDS:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain(value: Any) -> Any:
    """Return `value` as strict JSON values: unknown numbers (NaN, infinities) become `None`, dates ISO text, messages their English."""
    match value:
        case None | bool() | str():
            return value
        case int() | np.integer():
            return int(value)
        case float() | np.floating():
            return float(value) if math.isfinite(value) else None
        case np.bool_():
            return bool(value)
        case np.ndarray():
            return [plain(item) for item in value.tolist()]
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case date():
            return value.isoformat() if value == value else None
        case Message():
            return str(value)
    return plain(asdict(value)) if is_dataclass(value) and not isinstance(value, type) else str(value)


def json_bytes(value: Any, *, indent: int | None = 1) -> bytes:
    """Return `value` as strict JSON in UTF-8."""
    return (json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=indent) + "\n").encode("utf-8", "replace")


def message_to_json(message: Message | None) -> dict[str, Any] | None:
    """Return a message as JSON values that `message_from_json` reads back with the kinds of its facts."""
    return None if message is None else {"text": message.text, "facts": {key: _fact_to_json(value) for key, value in message.facts.items()}}


def message_from_json(values: dict[str, Any] | None) -> Message | None:
    """Read what `message_to_json` wrote."""
    return None if values is None else Message(str(values["text"]), {key: _fact_from_json(value) for key, value in values["facts"].items()})


def _fact_to_json(value: Any) -> Any:
    if isinstance(value, Message):
        return {"message": message_to_json(value)}
    if isinstance(value, tuple(_FACTS.values())):
        return {"kind": type(value).__name__, **plain(asdict(value))}
    return plain(value)


def _fact_from_json(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "message" in value:
        return message_from_json(value["message"])
    made = {key: item for key, item in value.items() if key != "kind"}
    return Day(date.fromisoformat(made["value"])) if value["kind"] == "Day" else _FACTS[value["kind"]](**made)


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(N_("Cannot write `{path}`: {reason}. Choose a place you may write to, or free some space."),
                        path=str(path), reason=error.strerror or str(error))


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
