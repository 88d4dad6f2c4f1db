"""Who may do what: people, their roles, and the least role of every action. The workspace asks here before it reads or writes anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from promo_core.errors import N_, AccessError
from promo_core.locale import Listed

__all__ = ["ACTIONS", "ACTION_WORDS", "LOCAL", "ROLE_WORDS", "SYSTEM", "Person", "WorkRole"]


class WorkRole(StrEnum):
    """What a person is in a workspace; each role may do all that those before it may."""

    VIEWER = "viewer"
    MERCHANDISER = "merchandiser"
    MANAGER = "manager"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """The role's place: a higher one may do more."""
        return list(WorkRole).index(self)


ROLE_WORDS = {WorkRole.VIEWER: N_("viewer"), WorkRole.MERCHANDISER: N_("merchandiser"), WorkRole.MANAGER: N_("manager"), WorkRole.ADMIN: N_("administrator")}

ACTIONS: dict[str, WorkRole] = {
    "read": WorkRole.VIEWER, "preferences.put": WorkRole.VIEWER,
    "scenarios.add": WorkRole.MERCHANDISER, "scenarios.change": WorkRole.MERCHANDISER, "scenarios.delete": WorkRole.MERCHANDISER,
    "scenarios.restore": WorkRole.MERCHANDISER, "scenarios.plan": WorkRole.MANAGER,
    "datasets.add": WorkRole.MERCHANDISER, "datasets.rename": WorkRole.MERCHANDISER, "datasets.delete": WorkRole.MANAGER, "datasets.restore": WorkRole.MANAGER,
    "models.add": WorkRole.MERCHANDISER, "models.rename": WorkRole.MERCHANDISER, "models.delete": WorkRole.MANAGER, "models.restore": WorkRole.MANAGER,
    "jobs.add": WorkRole.MERCHANDISER, "jobs.stop": WorkRole.MERCHANDISER, "jobs.run": WorkRole.MERCHANDISER,
    "settings.put": WorkRole.MANAGER, "audit.read": WorkRole.MANAGER, "members.read": WorkRole.MANAGER, "members.assign": WorkRole.ADMIN, "members.seen": WorkRole.ADMIN,
    "erase": WorkRole.ADMIN,
}
"""The least role of every action; an action that is not here may be done by nobody."""


ACTION_WORDS: dict[str, str] = {
    "scenarios.add": N_("saved a new scenario"), "scenarios.change": N_("changed a scenario"), "scenarios.delete": N_("deleted a scenario"),
    "scenarios.restore": N_("brought a scenario back"), "scenarios.plan": N_("changed the plan"), "datasets.add": N_("loaded data"), "datasets.rename": N_("renamed data"),
    "datasets.delete": N_("deleted data"), "datasets.restore": N_("brought data back"), "models.add": N_("kept a model"), "models.rename": N_("renamed a model"), "models.delete": N_("deleted a model"),
    "models.restore": N_("brought a model back"), "jobs.add": N_("started a training"), "jobs.stop": N_("cancelled a training"), "jobs.end": N_("training ended"), "settings.put": N_("changed a setting"),
    "members.seen": N_("signed in"), "members.assign": N_("gave a role"), "erase.dataset": N_("erased data"), "erase.person": N_("erased a person"), "erase.outdated": N_("erased what was outdated"),
}
"""What the trail's actions are called."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone at work.

    Attributes:
        subject: what the trail calls them: stable, and no name.
        name: what the page calls them.
        role: what they are; `None` may do nothing.
        expires: when their sign-in ends; `None` never.
    """

    subject: str
    name: str
    role: WorkRole | None
    expires: datetime | None = None

    def may(self, action: str) -> bool:
        """Tell whether the role allows an action."""
        return self.role is not None and action in ACTIONS and self.role.rank >= ACTIONS[action].rank

    def require(self, action: str, now: datetime) -> None:
        """Let an allowed action pass.

        Raises:
            AccessError: when the role does not allow it, or the sign-in has ended.
        """
        if self.expires is not None and now >= self.expires:
            raise AccessError(N_("Your sign-in has ended. Sign in again; what you saved is kept."))
        if self.role is None:
            raise AccessError(N_("You are signed in as {name}, but nobody has given you a role here yet. Ask an administrator of the workspace."), name=self.name)
        if not self.may(action):
            allowed = Listed(tuple(ROLE_WORDS[role] for role in WorkRole if action in ACTIONS and role.rank >= ACTIONS[action].rank))
            raise AccessError(N_("This takes another role: {expected}. Yours is {received}. Ask an administrator of the workspace."), expected=allowed, received=ROLE_WORDS[self.role])


LOCAL = Person(subject="local", name="local", role=WorkRole.ADMIN)
"""Whoever sits at a machine without sign-in, and the shell."""

SYSTEM = Person(subject="system", name="system", role=WorkRole.ADMIN)
"""The program itself: it lays out the demo and tells of processes that died."""
