"""A workspace: the folder and database that keep datasets, models, scenarios, jobs, settings and the trail of who did what."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from promo_core.access import LOCAL, SYSTEM, Person, WorkRole
from promo_core.errors import N_, StorageError
from promo_core.storage.database import Database
from promo_core.storage.datasets import Datasets
from promo_core.storage.erasure import Erasure
from promo_core.storage.files import remove_leftovers
from promo_core.storage.jobs import Jobs
from promo_core.storage.ledger import Audit, Ledger
from promo_core.storage.members import Members
from promo_core.storage.models import Models
from promo_core.storage.scenarios import Scenarios
from promo_core.storage.settings import Preferences, Settings
from promo_core.storage.store import ArtifactStore

__all__ = ["Workspace"]

_UTC_NOW = partial(datetime.now, UTC)


class Workspace:
    """Everything one shop keeps; several processes and threads may hold the same workspace at once.

    Args:
        folder: where files lie; made when it is not there.
        url: an SQLAlchemy URL of the database; `None` keeps an SQLite file in the folder.
        name: tells workspaces that share a PostgreSQL or an object store apart.
        files: an fsspec address such as s3://bucket/shops, where files lie besides; `None` keeps them in the folder alone.
        clock: tells the moment, with its time zone.
        pseudonym_key: secret of the codes that stand for personal values; `None` makes one and keeps it in the folder.
        person: who is at work; every read and write is checked against their role.

    Attributes:
        datasets, models, scenarios, jobs, settings: what is kept, by kind.
        preferences: what the person at work prefers.
        members, audit: who signed in here, and who did what.
        erasure: what removes for good.

    Raises:
        StorageError: when the folder cannot be written or the database cannot be used.
    """

    def __init__(self, folder: Path | str, *, url: str | None = None, name: str = "liftboard", files: str | None = None, pseudonym_key: bytes | None = None,
                 clock: Callable[[], datetime] = _UTC_NOW, person: Person = LOCAL) -> None:
        self.folder = Path(folder).absolute()
        self.url = url
        self.name = name
        self.files = files
        self._pseudonym_key = pseudonym_key
        self.clock = clock
        self._store = ArtifactStore(self.folder, None if files is None else f"{files.rstrip('/')}/{name}")
        _make_folders(self.folder)
        self._database = Database(url or sa.URL.create("sqlite", database=str(self.folder / "liftboard.db")), name)
        self._lay_out(person)
        remove_leftovers(self.folder / "models", clock().timestamp())

    @classmethod
    def at(cls, folder: Path | str, address: str) -> Workspace:
        """Open a workspace from what `address` told another process."""
        told = json.loads(address)
        person = Person(subject=told["subject"], name=told["subject"], role=WorkRole(told["role"]))
        return cls(folder, url=told["url"], name=told["name"], files=told["files"], person=person)

    def address(self) -> str:
        """Return how another process opens this workspace for the same person; holds the database's password."""
        return json.dumps({"url": self.url, "name": self.name, "files": self.files, "subject": self.person.subject, "role": self.person.role.value})

    def used_by(self, person: Person) -> Workspace:
        """Return the same workspace as `person` may use it; both share the database's connections."""
        other = copy(self)
        other._lay_out(person)
        return other

    def require(self, action: str) -> None:
        """Let an action that the person at work may do pass.

        Raises:
            AccessError: when they may not.
        """
        self.person.require(action, self.clock())

    def signed_in(self, person: Person) -> Workspace:
        """Return the workspace for someone who signed in, with the role given here where there is one, else the one their claims gave."""
        given = self.used_by(SYSTEM).members.role(person.subject)
        return self.used_by(person if given is None else replace(person, role=given))

    def welcome(self, person: Person) -> None:
        """Remember that someone signed in."""
        self.used_by(replace(SYSTEM, subject=person.subject)).members.seen(person)

    def close(self) -> None:
        """Close the database's connections."""
        self._database.close()

    def _lay_out(self, person: Person) -> None:
        ledger = Ledger(self._database, self.clock, person)
        self.person = person
        self.settings = Settings(ledger)
        self.preferences = Preferences(ledger, self.settings)
        self.datasets = Datasets(ledger, self._store, self._pseudonym_key)
        self.models = Models(ledger, self._store, self.preferences)
        self.scenarios = Scenarios(ledger)
        self.jobs = Jobs(ledger)
        self.members = Members(ledger)
        self.audit = Audit(ledger)
        self.erasure = Erasure(ledger, self._store)


def _make_folders(folder: Path) -> None:
    try:
        for name in ("datasets", "models", "jobs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(N_("The workspace folder `{path}` cannot be made: {reason}. Choose a folder you may write to."), path=str(folder), reason=error.strerror or str(error)) from error
