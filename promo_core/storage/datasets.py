"""Files that were loaded: their bytes as they came, and the panel made of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from promo_core.data.panel import Panel
from promo_core.errors import N_, DataError, Message, StorageError
from promo_core.storage.files import folder_aside, json_bytes, kept_key, write_atomic
from promo_core.storage.ledger import Ledger
from promo_core.storage.panels import load_panel, save_panel
from promo_core.storage.records import DatasetRecord
from promo_core.storage.shelf import UndoShelf, new_id
from promo_core.storage.store import ArtifactStore
from promo_core.storage.tables import datasets

if TYPE_CHECKING:
    from promo_core.data.inspection import Inspection
    from promo_core.data.privacy import Personal

__all__ = ["Datasets"]


class Datasets(UndoShelf[DatasetRecord]):
    """Datasets of a workspace; the same bytes under the same mapping are one dataset."""

    table = datasets
    kind = Message(N_("dataset"))
    record = DatasetRecord.of

    def __init__(self, ledger: Ledger, store: ArtifactStore, key: bytes | None = None) -> None:
        super().__init__(ledger)
        self._store = store
        self._key = key

    def add(self, content: bytes, inspection: Inspection, name: str | None = None) -> DatasetRecord:
        """Keep a file and how it was read; a file kept before is found again, and restored where it had been deleted.

        Columns that look personal are left out, or their values replaced by keyed codes, before anything is written.
        """
        self._ledger.require("datasets.add")
        left_out = inspection.personal
        if left_out:
            content, inspection = self._without_personal(inspection)
        with self._ledger.reading() as connection:
            known = connection.scalar(datasets.select().with_only_columns(datasets.c.id).where(datasets.c.fingerprint == inspection.fingerprint))
        if known is not None:
            return self._update("add", known, {"again": True}, deleted=None)
        dataset_id = new_id()
        write_atomic(self._store.folder / _original(dataset_id), content)
        self._store.keep(_original(dataset_id))
        if inspection.panel is not None:
            self._cache(dataset_id, inspection.panel)
        return self._insert(dataset_id, content, inspection, name, _receipt(content, inspection, left_out))

    def content(self, dataset_id: str) -> bytes:
        """Return the file's bytes as they came.

        Raises:
            StorageError: when they are gone or altered.
        """
        record = self.get(dataset_id)
        path = self._store.path(_original(dataset_id))
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != record.sha256:
            raise StorageError(N_("The file of dataset {name} is missing or altered: `{path}`. Load it again on the Data page."), name=record.name, path=str(path))
        return content

    def inspect(self, dataset_id: str) -> Inspection:
        """Read the file again under its mapping."""
        from promo_core.data.inspection import inspect
        from promo_core.data.mapping import Mapping

        record = self.get(dataset_id)
        return inspect(self.content(dataset_id), filename=record.filename, mapping=Mapping.from_dict(record.mapping))

    def panel(self, dataset_id: str) -> Panel:
        """Return the dataset's panel, from its cache where that is whole, else from its bytes.

        Raises:
            DataError: when no panel can be made of the file.
        """
        self.get(dataset_id)
        if (panel := self._cached(dataset_id)) is not None:
            return panel
        inspection = self.inspect(dataset_id)
        if inspection.panel is None:
            raise DataError(N_("No forecast can be made from {name} as it is mapped. The Data page lists what to mend."), name=inspection.filename)
        self._cache(dataset_id, inspection.panel)
        return inspection.panel

    def _without_personal(self, inspection: Inspection) -> tuple[bytes, Inspection]:
        from promo_core.data.inspection import without_personal

        return without_personal(inspection, self._key or kept_key(self._store.folder / "pseudonym.key"))

    def _insert(self, dataset_id: str, content: bytes, inspection: Inspection, name: str | None, receipt: dict[str, Any]) -> DatasetRecord:
        filename = inspection.filename
        values = dict(id=dataset_id, name=name or filename, filename=filename, fingerprint=inspection.fingerprint, sha256=hashlib.sha256(content).hexdigest(),
                      mapping=json.loads(json_bytes(inspection.mapping.to_dict())), created=self._ledger.clock(), receipt=receipt)
        with self._ledger.writing("datasets.add") as connection:
            known = connection.scalar(datasets.select().with_only_columns(datasets.c.id).where(datasets.c.fingerprint == inspection.fingerprint))
            if known is None:
                connection.execute(datasets.insert().values(**values))
                self._ledger.note(connection, "datasets.add", dataset_id, name=values["name"])
        return self.get(known or dataset_id)

    def _cache(self, dataset_id: str, panel: Panel) -> None:
        with folder_aside(self._store.folder / _panel(dataset_id)) as aside:
            save_panel(panel, aside)
        self._store.keep(_panel(dataset_id))

    def _cached(self, dataset_id: str) -> Panel | None:
        folder = self._store.path(_panel(dataset_id))
        if not folder.is_dir():
            return None
        try:
            return load_panel(folder)
        except StorageError:
            return None  # a cache of another format or cut short: the bytes are the record


def _receipt(content: bytes, inspection: Inspection, left_out: Sequence[Personal]) -> dict[str, Any]:
    """Return what is kept of a file, and what is not."""
    sides = {word: [{"header": one.header, "kind": one.kind} for one in left_out if one.kept is kept] for word, kept in (("dropped", False), ("hashed", True))}
    return {"rows": inspection.rows, "bytes": len(content), "kept": list(inspection.headers), **sides}


def _original(dataset_id: str) -> str:
    return f"datasets/{dataset_id}/original"


def _panel(dataset_id: str) -> str:
    return f"datasets/{dataset_id}/panel"
