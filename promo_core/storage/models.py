"""Models that are kept, and which of them serves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from promo_core.errors import N_, Message
from promo_core.models.trained import TrainedModel
from promo_core.storage.artifacts import load_model, save_model
from promo_core.storage.files import json_bytes
from promo_core.storage.ledger import Ledger
from promo_core.storage.packing import pack_model, unpack_model
from promo_core.storage.records import ModelRecord
from promo_core.storage.settings import Preferences
from promo_core.storage.shelf import UndoShelf, new_id
from promo_core.storage.store import ArtifactStore
from promo_core.storage.tables import models

__all__ = ["Models", "dated"]

_SERVED = "served_model"


class Models(UndoShelf[ModelRecord]):
    """Models of a workspace, each in a folder of its own that is never written again."""

    table = models
    kind = Message(N_("model"))
    record = ModelRecord.of

    def __init__(self, ledger: Ledger, store: ArtifactStore, preferences: Preferences) -> None:
        super().__init__(ledger)
        self._store = store
        self._preferences = preferences

    def add(self, model: TrainedModel, name: str, dataset_id: str | None = None) -> ModelRecord:
        """Keep a model."""
        self._ledger.require("models.add")
        model_id = new_id()
        save_model(dated(model, self._ledger.clock()), self._new_path(model_id))
        return self._insert(model_id, model, name, dataset_id)

    def add_zip(self, source: bytes | Path, name: str) -> ModelRecord:
        """Keep a model from its zip, checked to the last byte.

        Raises:
            ModelFolderError: naming what is wrong with it.
        """
        self._ledger.require("models.add")
        model_id = new_id()
        return self._insert(model_id, load_model(unpack_model(source, self._new_path(model_id))), name, None)

    def add_folder(self, folder: Path, name: str) -> ModelRecord:
        """Keep a copy of a model folder.

        Raises:
            ModelFolderError: naming what is wrong with it.
        """
        return self.add_zip(pack_model(folder), name)

    def load(self, model_id: str, *, forecasters: bool = False) -> TrainedModel:
        """Return a kept model; see `load_model`."""
        self.get(model_id)
        return load_model(self.path(model_id), forecasters=forecasters)

    def zip(self, model_id: str) -> bytes:
        """Return a kept model as a zip."""
        self.get(model_id)
        return pack_model(self.path(model_id))

    def path(self, model_id: str) -> Path:
        """Return the folder of a kept model."""
        self._ledger.require("read")
        return self._store.path(_place(model_id))

    def serve(self, model_id: str) -> ModelRecord:
        """Let this model answer by default, for the person at work."""
        record = self.get(model_id)
        self._preferences.put(_SERVED, model_id)
        return record

    def served(self) -> ModelRecord | None:
        """Return the model that answers by default: the chosen one, else the newest; `None` without any."""
        kept = self.all()
        chosen = self._preferences.get(_SERVED)
        return next((record for record in kept if record.id == chosen), kept[0] if kept else None)

    def of_dataset(self, dataset_id: str) -> list[ModelRecord]:
        """Return the models trained on one dataset, newest first."""
        return [record for record in self.all() if record.dataset_id == dataset_id]

    def _new_path(self, model_id: str) -> Path:
        return self._store.folder / _place(model_id)

    def _insert(self, model_id: str, model: TrainedModel, name: str, dataset_id: str | None) -> ModelRecord:
        self._store.keep(_place(model_id))
        values = dict(id=model_id, name=name, dataset_id=dataset_id, settings=model.settings.to_dict(), summary=_summary(model), created=self._ledger.clock())
        with self._ledger.writing("models.add") as connection:
            connection.execute(sa.insert(models).values(**values))
            self._ledger.note(connection, "models.add", model_id, name=name)
        return self.get(model_id)


def _place(model_id: str) -> str:
    return f"models/{model_id}"


def _summary(model: TrainedModel) -> dict[str, Any]:
    panel = model.panel
    values = {"serves": model.serves, "members": sorted(model.bases), "chain": model.composition.chain, "horizon": model.horizon, "frequency": panel.frequency,
              "origin": panel.origin.date(), "n_series": panel.n_series, "data": panel.name, "currency": panel.currency, "meta": model.meta}
    return json.loads(json_bytes(values))


def dated(model: TrainedModel, now: datetime) -> TrainedModel:
    """Return the model with the time it was made."""
    return replace(model, meta={**model.meta, "created": now.isoformat(timespec="seconds")})
