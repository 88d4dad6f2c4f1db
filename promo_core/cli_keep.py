"""Commands on a workspace: who is in it, who did what, what is erased, and how long what was deleted is kept."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from promo_core.access import WorkRole

__all__ = ["add_workspace_commands"]


def add_workspace_commands(commands: Any) -> None:
    """Add `members`, `audit`, `erase` and `retain`."""
    members = _command(commands, "members", _members, "list who signed in, or give one a role")
    members.add_argument("--subject", metavar="SUBJECT", help="whose role to set; without it, list all")
    members.add_argument("--role", choices=[*WorkRole, "claims"], help="the role to give; `claims` leaves it to the sign-in")
    audit = _command(commands, "audit", _audit, "list who did what, newest first")
    audit.add_argument("--object", metavar="ID", help="of one object alone")
    audit.add_argument("--limit", type=int, default=200)
    erase = _command(commands, "erase", _erase, "remove for good")
    what = erase.add_mutually_exclusive_group(required=True)
    what.add_argument("--dataset", metavar="ID", help="a data set, its file and its models")
    what.add_argument("--person", metavar="SUBJECT", help="someone's name, role and preferences")
    retain = _command(commands, "retain", _retain, "erase what was deleted long enough ago, and files no record names")
    retain.add_argument("--deleted-days", type=float, required=True, metavar="N", help="days that deleted things can be restored")
    retain.add_argument("--trail-days", type=float, metavar="N", help="days that the trail is kept; without it, for ever")


def _members(arguments: argparse.Namespace) -> None:
    workspace = _opened(arguments)
    if arguments.subject is not None and arguments.role is not None:
        workspace.members.assign(arguments.subject, None if arguments.role == "claims" else WorkRole(arguments.role))
    _tell(workspace.members.all())


def _audit(arguments: argparse.Namespace) -> None:
    _tell(_opened(arguments).audit.entries(object_id=arguments.object, limit=arguments.limit))


def _erase(arguments: argparse.Namespace) -> None:
    erasure = _opened(arguments).erasure
    if arguments.dataset:
        erasure.dataset(arguments.dataset)
    else:
        erasure.person(arguments.person)


def _retain(arguments: argparse.Namespace) -> None:
    _tell([_opened(arguments).erasure.outdated(deleted_days=arguments.deleted_days, trail_days=arguments.trail_days)])


def _opened(arguments: argparse.Namespace) -> Any:
    from promo_core.errors import N_, StorageError
    from promo_core.storage.workspace import Workspace

    if not arguments.workspace.is_dir():
        raise StorageError(N_("`{path}` is no workspace. Expected the folder where Liftboard keeps things."), path=str(arguments.workspace))
    return Workspace(arguments.workspace, url=arguments.database, name=arguments.name, files=arguments.files)


def _tell(records: list[Any]) -> None:
    """Write one JSON object per line."""
    from promo_core.storage.files import json_bytes

    for record in records:
        sys.stdout.write(json_bytes(record, indent=None).decode())


def _command(commands: Any, name: str, run: Any, does: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=does, description=does)
    command.set_defaults(run=run)
    command.add_argument("--workspace", type=Path, required=True, metavar="DIR")
    command.add_argument("--database", metavar="URL", help="its PostgreSQL, where it has one")
    command.add_argument("--name", default="liftboard", help="its name in there")
    command.add_argument("--files", metavar="URL", help="its object store, where it has one")
    return command
