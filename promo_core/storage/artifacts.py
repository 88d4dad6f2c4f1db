"""A trained model as a folder of arrays, JSON, parquet and a manifest: no pickle, so that a stranger's folder runs no code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from promo_core.errors import N_, ModelFolderError, StorageError
from promo_core.models.base import Composition
from promo_core.models.trained import TrainedModel
from promo_core.settings import TrainSettings
from promo_core.storage.files import folder_aside, json_bytes, message_from_json, message_to_json, previous_of
from promo_core.storage.manifest import MANIFEST, check_folder, write_manifest
from promo_core.storage.panels import load_panel, save_panel

__all__ = ["load_model", "require_place", "save_model"]

_FRAMES = ("scores", "importance", "certificate", "evidence", "placebo", "shap_points")
_ARRAYS = ("bases", "weights", "contributions")


def save_model(model: TrainedModel, folder: Path | str) -> Path:
    """Write `model` to `folder`, whole or not at all; a model that stood there is replaced at once.

    Raises:
        StorageError: when the place cannot be written, or holds something that is no model.
    """
    folder = require_place(folder)
    with folder_aside(folder) as aside:
        _write(model, aside)
        write_manifest(aside)
    return folder


def require_place(folder: Path | str) -> Path:
    """Return the absolute `folder` when a model may be written there, so that it is known before a long training.

    Raises:
        StorageError: when it holds something that is no model.
    """
    folder = Path(folder).absolute()
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(N_("`{path}` holds something that is no model, and it would be lost. Choose an empty or a new folder."), path=str(folder))
    return folder


def load_model(folder: Path | str, *, forecasters: bool = False) -> TrainedModel:
    """Read a model folder once every file has been checked against its manifest.

    Args:
        folder: what `save_model` wrote.
        forecasters: also load the fitted members; without them neither TensorFlow nor LightGBM is imported.

    Raises:
        ModelFolderError: naming the file that is missing, altered or unreadable.
    """
    folder = Path(folder).absolute()
    if not folder.exists() and previous_of(folder).exists():
        folder = previous_of(folder)
    files = check_folder(folder)
    try:
        return _read(folder, files, forecasters)
    except ModelFolderError:
        raise
    except Exception as error:  # a stranger's files reach half a dozen readers, each with errors of its own
        raise ModelFolderError(N_("The model in `{path}` cannot be read: {reason}. Take a whole copy, or train it again."), path=str(folder), reason=str(error)[:200]) from error


def _write(model: TrainedModel, folder: Path) -> None:
    save_panel(model.panel, folder / "panel")
    for kind in _ARRAYS:
        np.savez_compressed(folder / f"{kind}.npz", **getattr(model, kind))
    for name in _FRAMES:
        if (frame := getattr(model, name)) is not None:
            frame.to_parquet(folder / f"{name}.parquet")
    _save_part(model.response, folder / "response")
    for member, noise in model.noises.items():
        _save_part(noise, folder / "noises" / member)
    for member, forecaster in model.forecasters.items():
        _save_part(forecaster, folder / "forecasters" / member)
    (folder / "settings.json").write_bytes(json_bytes(model.settings.to_dict()))
    (folder / "model.json").write_bytes(json_bytes(_head(model)))


def _save_part(part: Any, folder: Path) -> None:
    folder.mkdir(parents=True)
    part.save(folder)


def _head(model: TrainedModel) -> dict[str, Any]:
    return {"chain": model.composition.chain, "horizon": model.horizon, "serves": model.serves, "serves_why": message_to_json(model.serves_why),
            "notes": [message_to_json(note) for note in model.notes], "contribution_names": model.contribution_names, "meta": model.meta,
            "noises": sorted(model.noises), "forecasters": sorted(model.forecasters)}


def _read(folder: Path, files: dict[str, dict[str, Any]], forecasters: bool) -> TrainedModel:
    from promo_core.models.intervals import Intervals
    from promo_core.models.response import Response

    head = json.loads((folder / "model.json").read_bytes())
    frames = {name: pd.read_parquet(folder / f"{name}.parquet") if f"{name}.parquet" in files else None for name in _FRAMES}
    arrays = {kind: _arrays(folder / f"{kind}.npz") for kind in _ARRAYS}
    members = _forecasters(folder, head["forecasters"]) if forecasters else {}
    model = TrainedModel(
        panel=load_panel(folder / "panel"), composition=Composition(tuple(head["chain"])), horizon=head["horizon"],
        settings=TrainSettings.from_dict(json.loads((folder / "settings.json").read_bytes())),
        response=Response.load(folder / "response"), noises={member: Intervals.load(folder / "noises" / member) for member in head["noises"]},
        serves=head["serves"], serves_why=message_from_json(head["serves_why"]), notes=tuple(map(message_from_json, head["notes"])), meta=head["meta"],
        contribution_names={member: tuple(names) for member, names in head["contribution_names"].items()}, forecasters=members, key=_key(files), **arrays, **frames)
    _check_shapes(model, folder)
    return model


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _forecasters(folder: Path, members: Iterable[str]) -> dict[str, Any]:
    from promo_core.models.registry import load_forecaster

    return {member: load_forecaster(member, folder / "forecasters" / member) for member in members}


def _check_shapes(model: TrainedModel, folder: Path) -> None:
    expected = (model.panel.n_series, model.horizon, len(model.composition.chain))
    wrong = [member for member, base in model.bases.items() if base.shape != expected or not np.isfinite(base).all()]
    if wrong or model.serves not in model.bases or model.serves not in model.noises:
        raise ModelFolderError(N_("The model in `{path}` is not consistent: its forecasts do not fit its data ({received}). Train it again."),
                               path=str(folder), received=", ".join(wrong) or model.serves)


def _key(files: dict[str, dict[str, Any]]) -> str:
    """Return sha256 over every file's name and sha256: equal models have equal keys."""
    return hashlib.sha256("".join(f"{name}\0{entry['sha256']}\n" for name, entry in sorted(files.items())).encode()).hexdigest()
