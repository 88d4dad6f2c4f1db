"""What several parts do together: a file into a workspace, a panel from a file, scenarios from files, the demo shop."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promo_core.data.mapping import Mapping
from promo_core.data.panel import Panel
from promo_core.errors import N_, DataError, JobError, MappingError, PromoError, ScenarioError
from promo_core.jobs import start_training
from promo_core.planning.scenario import Scenario
from promo_core.settings import TrainSettings
from promo_core.storage.records import DatasetRecord
from promo_core.storage.workspace import Workspace

if TYPE_CHECKING:
    from promo_core.data.inspection import Inspection
    from promo_core.models.trained import TrainedModel

__all__ = ["DEMO_SETTINGS", "DemoState", "add_file", "ensure_demo", "open_panel", "read_mapping", "read_scenario", "read_scenarios", "require_panel", "train"]

DEMO_SETTINGS = TrainSettings(quick=True)
_DEMO, _DEMO_JOB = "demo_dataset", "demo_job"


@dataclass(frozen=True, kw_only=True)
class DemoState:
    """The demo shop in a workspace: its dataset; its newest model, once trained; the job that trains or trained it."""

    dataset_id: str
    model_id: str | None
    job_id: str | None


def train(panel: Panel, settings: TrainSettings, *, progress: Callable[[str, float, str], None] | None = None, start: TrainedModel | None = None) -> TrainedModel:
    """Train every member, the response and the bands, and explain the members while they are loaded.

    Args:
        panel: the panel; its origin is where forecasts start.
        settings: see `TrainSettings`; not read with `start`, whose own hold.
        progress: told (stage, fraction 0–1, detail); what it raises ends the training.
        start: a model, loaded with its forecasters, to go on from: see `fine_tune`.

    Raises:
        ModelError: when the past is too short or holds no target, or the panel is none to go on with.
    """
    from promo_core.evaluation.training import train as fit_all
    from promo_core.evaluation.tuning import fine_tune
    from promo_core.explain.shap_views import explained

    model = fit_all(panel, settings, progress=progress) if start is None else fine_tune(start, panel, progress=progress)
    if progress:
        progress("explain", 0.0, "")
    return explained(model)


def open_panel(source: bytes | Path, *, filename: str | None = None, mapping: Mapping | None = None) -> Panel:
    """Return the panel of a file.

    Raises:
        DataError: when the file cannot be read, or nothing can be forecast from it; says the worst issue and its remedy.
    """
    from promo_core.data.inspection import inspect

    return require_panel(inspect(source, filename=filename, mapping=mapping))


def require_panel(inspection: Inspection) -> Panel:
    """Return the panel of an inspection.

    Raises:
        DataError: when it has none; says the worst issue and its remedy.
    """
    if inspection.panel is not None and inspection.verdict.usable:
        return inspection.panel
    if not inspection.issues:
        raise DataError(N_("Nothing can be forecast from {name}: {reason}"), name=inspection.filename, reason=next(iter(inspection.verdict.cannot), "—"))
    worst = inspection.issues[0]
    raise DataError(N_("Nothing can be forecast from {name}: {issue} {remedy}"), name=inspection.filename, issue=worst.message, remedy=worst.remedy)


def add_file(workspace: Workspace, source: bytes | Path, *, filename: str | None = None, mapping: Mapping | None = None, name: str | None = None) -> DatasetRecord:
    """Inspect a file and keep it in the workspace, flaws and all.

    Raises:
        DataError: when the file cannot be read at all.
    """
    from promo_core.data.inspection import inspect
    from promo_core.data.intake import source_bytes

    content, filename = source_bytes(source, filename)
    return workspace.datasets.add(content, inspect(content, filename=filename, mapping=mapping), name)


def ensure_demo(workspace: Workspace, settings: TrainSettings = DEMO_SETTINGS) -> DemoState:
    """Have the demo shop in the workspace, and its model trained or in training; quick when it is there already.

    A demo that a person deleted stays deleted, and a training that failed or was cancelled is not started again by itself. While another
    training runs, the demo's waits for a later call.
    """
    dataset_id = workspace.settings.get(_DEMO) or _add_demo(workspace)
    kept, job_id = workspace.models.of_dataset(dataset_id), workspace.settings.get(_DEMO_JOB)
    if not kept and job_id is None and workspace.datasets.get(dataset_id).deleted is None:
        job_id = _train_demo(workspace, dataset_id, settings)
    return DemoState(dataset_id=dataset_id, model_id=kept[0].id if kept else None, job_id=job_id)


def _train_demo(workspace: Workspace, dataset_id: str, settings: TrainSettings) -> str | None:
    try:
        job_id = start_training(workspace, dataset_id, settings)
    except JobError:
        return workspace.settings.get(_DEMO_JOB)  # another training runs: perhaps this very one, started by another session
    workspace.settings.put(_DEMO_JOB, job_id)
    return job_id


def _add_demo(workspace: Workspace) -> str:
    from promo_core.data.demo import demo_shop
    from promo_core.data.inspection import inspect

    shop = demo_shop()
    content, filename = shop.frame.to_csv(index=False).encode(), "demo_shop.csv"
    mapping = inspect(content, filename=filename).mapping.with_option(currency=shop.panel.currency)
    dataset = add_file(workspace, content, filename=filename, mapping=mapping, name=N_("Demo shop"))
    workspace.settings.put(_DEMO, dataset.id)
    return dataset.id


def read_mapping(path: Path) -> Mapping:
    """Read MAP.json.

    Raises:
        MappingError: when it is no mapping.
    """
    return Mapping.from_dict(_read_json(path, MappingError))


def read_scenario(path: Path) -> Scenario:
    """Read one scenario file; one without a name takes the file's.

    Raises:
        ScenarioError: naming the file and what is wrong with it.
    """
    values = _read_json(path, ScenarioError)
    try:
        return Scenario.from_dict({**values, "name": values.get("name") or path.stem} if isinstance(values, dict) else values)
    except ScenarioError as error:
        raise ScenarioError(N_("{file}: {problem}"), file=path.name, problem=error.message) from error


def read_scenarios(path: Path) -> dict[str, Scenario]:
    """Return file name → scenario, of one file or of every .json in a folder, by name.

    Raises:
        ScenarioError: when there is none, or naming the first file that is none.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise ScenarioError(N_("`{path}` holds no scenario. Expected .json files."), path=str(path))
    return {file.name: read_scenario(file) for file in files}


def _read_json(path: Path, kind: type[PromoError]) -> Any:
    try:
        return json.loads(_read_bytes(path, kind))
    except (ValueError, RecursionError) as error:
        raise kind(N_("`{path}` is no JSON: {reason}."), path=str(path), reason=str(error)[:120]) from error


def _read_bytes(path: Path, kind: type[PromoError]) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise kind(N_("Cannot read `{path}`: {reason}. Check the path."), path=str(path), reason=error.strerror or str(error)) from error
