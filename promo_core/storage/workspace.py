"""A workspace: the folder and database that keep datasets, models, scenarios, jobs and settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from promo_core.errors import N_, StorageError
from promo_core.storage.database import Database
from promo_core.storage.datasets import Datasets
from promo_core.storage.files import remove_leftovers
from promo_core.storage.jobs import Jobs
from promo_core.storage.models import Models
from promo_core.storage.scenarios import Scenarios
from promo_core.storage.settings import Settings

__all__ = ["Workspace"]

_UTC_NOW = partial(datetime.now, UTC)


class Workspace:
    """Everything one shop keeps; several processes and threads may hold the same workspace at once.

    Args:
        folder: where files lie; made when it is not there.
        url: an SQLAlchemy URL of the database; `None` keeps an SQLite file in the folder.
        name: tells workspaces that share a PostgreSQL apart.
        clock: tells the moment, with its time zone.

    Attributes:
        datasets, models, scenarios, jobs, settings: what is kept, by kind.

    Raises:
        StorageError: when the folder cannot be written or the database cannot be used.
    """

    def __init__(self, folder: Path | str, *, url: str | None = None, name: str = "liftboard", clock: Callable[[], datetime] = _UTC_NOW) -> None:
        self.folder = Path(folder).absolute()
        self.url = url
        self.name = name
        self.clock = clock
        _make_folders(self.folder)
        self._database = Database(url or sa.URL.create("sqlite", database=str(self.folder / "liftboard.db")), name)
        self.settings = Settings(self._database)
        self.datasets = Datasets(self._database, clock, self.folder / "datasets")
        self.models = Models(self._database, clock, self.folder / "models", self.settings)
        self.scenarios = Scenarios(self._database, clock)
        self.jobs = Jobs(self._database, clock)
        remove_leftovers(self.folder / "models", clock().timestamp())

    def close(self) -> None:
        """Close the database's connections."""
        self._database.close()


def _make_folders(folder: Path) -> None:
    try:
        for name in ("datasets", "models", "jobs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(N_("The workspace folder `{path}` cannot be made: {reason}. Choose a folder you may write to."), path=str(folder), reason=error.strerror or str(error)) from error
