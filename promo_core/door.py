"""The way in: what a sign-in's claims make of someone, and which of the machine's files a page may open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from promo_core.access import Person, WorkRole
from promo_core.errors import N_, AccessError

__all__ = ["Door", "confined"]

_LONGEST_SUBJECT = 200
_WORKSPACE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_KEYS = ("role_claim", "roles", "default_role", "admins", "workspace_claim", "session_hours")


@dataclass(frozen=True, kw_only=True)
class Door:
    """How claims of an OpenID Connect sign-in are read.

    Attributes:
        role_claim: the claim that lists roles or groups; dots go into nested claims.
        roles: what a claim's value makes of someone; without it the roles' own names count.
        default_role: of someone whose claims give none; `None` waits for an administrator.
        admins: verified e-mail addresses, or subjects, of those who are administrators in any case.
        workspace_claim: the claim that names someone's workspace; `None` keeps everybody in one.
        session_hours: how long a sign-in lasts; `None` takes the end that the provider gave it.
    """

    role_claim: str = "roles"
    roles: Mapping[str, WorkRole] = field(default_factory=lambda: {role.value: role for role in WorkRole})
    default_role: WorkRole | None = None
    admins: tuple[str, ...] = ()
    workspace_claim: str | None = None
    session_hours: float | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Door:
        """Read the settings' section `[liftboard]`.

        Raises:
            AccessError: when it names an unknown setting or role.
        """
        try:
            if unknown := sorted(set(values) - set(_KEYS)):
                raise ValueError(unknown[0])
            told = {key: values[key] for key in ("role_claim", "workspace_claim") if key in values}
            if "roles" in values:
                told["roles"] = {str(claimed): WorkRole(role) for claimed, role in dict(values["roles"]).items()}
            if "default_role" in values:
                told["default_role"] = WorkRole(values["default_role"])
            if "session_hours" in values:
                told["session_hours"] = float(values["session_hours"])
            if isinstance(admins := values.get("admins", ()), str):
                raise ValueError("admins")
            return cls(admins=tuple(map(str, admins)), **told)
        except (ValueError, TypeError) as error:
            raise AccessError(N_("The sign-in's settings cannot be used: {reason}. Expected some of {expected}, and roles out of {roles}."),
                              reason=str(error)[:120], expected=", ".join(_KEYS), roles=", ".join(WorkRole)) from error

    def person(self, claims: Mapping[str, Any]) -> Person:
        """Return who signed in.

        Raises:
            AccessError: when the claims name nobody, or no end.
        """
        issuer, subject = claims.get("iss"), claims.get("sub")
        if not issuer or not subject or len(key := f"{issuer}|{subject}") > _LONGEST_SUBJECT:
            raise AccessError(N_("The sign-in names nobody: expected the claims `iss` and `sub`. Ask whoever runs the sign-in."))
        name = str(claims.get("name") or claims.get("preferred_username") or claims.get("email") or subject)
        return Person(subject=key, name=name[:120], role=self._role(claims, key), expires=self._end(claims))

    def workspace(self, claims: Mapping[str, Any]) -> str | None:
        """Return the name of someone's workspace; `None` where all share one.

        Raises:
            AccessError: when the claim is missing or no name.
        """
        if self.workspace_claim is None:
            return None
        named = str(_claim(claims, self.workspace_claim) or "").lower()
        if not _WORKSPACE.fullmatch(named):
            raise AccessError(N_("Your sign-in names no workspace: expected the claim `{expected}`, of letters, digits and hyphens. Received: {received}. Ask whoever runs the sign-in."),
                              expected=self.workspace_claim, received=named[:60] or "—")
        return named

    def _role(self, claims: Mapping[str, Any], subject: str) -> WorkRole | None:
        address = claims.get("email") if claims.get("email_verified") is True else None
        if subject in self.admins or claims["sub"] in self.admins or (address and address in self.admins):
            return WorkRole.ADMIN
        claimed = _claim(claims, self.role_claim)
        values = [claimed] if isinstance(claimed, str) else claimed if isinstance(claimed, (list, tuple, Mapping)) else ()
        given = [self.roles[value] for value in values if isinstance(value, str) and value in self.roles]
        return max(given, key=lambda role: role.rank, default=self.default_role)

    def _end(self, claims: Mapping[str, Any]) -> datetime:
        moment, hours = ("exp", 0.0) if self.session_hours is None else ("iat", self.session_hours)
        try:
            return datetime.fromtimestamp(float(claims[moment]), UTC) + timedelta(hours=hours)
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise AccessError(N_("The sign-in tells no time: expected the claim `{expected}`. Ask whoever runs the sign-in."), expected=moment) from error


def confined(path: str, folders: Sequence[Path] | None) -> Path:
    """Return where `path` leads when a page may open it.

    Args:
        path: what a person typed.
        folders: the only folders whose files may be opened; `None` for any, `()` for none.

    Raises:
        AccessError: when it leads elsewhere, links followed.
    """
    try:
        place = Path(path.strip().strip("'\"")).expanduser().resolve()
    except (ValueError, RuntimeError, OSError) as error:
        raise AccessError(N_("`{path}` is no path. Expected the place of a file on this machine."), path=path[:200]) from error
    if folders is not None and not any(place.is_relative_to(folder.resolve()) for folder in folders):
        raise AccessError(N_("Files outside the folders that this server opens stay closed: `{path}`. Upload the file instead, or ask whoever runs the server."), path=path[:200])
    return place


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
