"""A worker whose training behaves as the job's model name says: done, slow, deaf, broken, refused, killed."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

from promo_core.data.panel import Panel
from promo_core.errors import ModelError
from promo_core.jobs import work
from promo_core.models.trained import TrainedModel
from promo_core.settings import TrainSettings
from promo_core.storage.workspace import Workspace
from tests.storage.fakes import install_fakes, tiny_model


def train(panel: Panel, settings: TrainSettings, *, progress: Callable[[str, float, str], None], start: TrainedModel | None = None) -> TrainedModel:
    """Take some steps, then end the way `behaviour` says; going on from a model adds 100 to its seed."""
    for i in range(100_000 if behaviour == "slow" else 3):
        progress(f"step {i // 50}", i / 100_000, f"epoch {i}")
        time.sleep(0.01)
    if behaviour == "deaf":
        time.sleep(60)
    if behaviour == "killed":
        print("allocating", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "broken":
        raise ZeroDivisionError("a bug")
    if behaviour == "refused":
        raise ModelError("Expected {expected} periods. Received: {received}.", expected=30, received=3)
    return tiny_model(settings.seed if start is None else start.settings.seed + 100)


if __name__ == "__main__":
    install_fakes()
    workspace = Workspace.at(sys.argv[1], sys.stdin.read())
    behaviour = workspace.jobs.get(sys.argv[2]).request["name"]
    work(workspace, sys.argv[2], train)
