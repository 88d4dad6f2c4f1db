"""A real PostgreSQL on loopback for the tests that need one: made in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

PASSWORD = "of-the-tests"
_PLACES = "/usr/lib/postgresql/*/bin"
_SECONDS_TO_START = 60


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest version's; `None` where it is not installed."""
    found = sorted((folder for folder in Path("/").glob(_PLACES.lstrip("/")) if (folder / "initdb").exists()), key=lambda folder: int(folder.parent.name.split(".")[0]))
    if found:
        return found[-1]
    return Path(path).resolve().parent if (path := shutil.which("initdb")) else None


@contextmanager
def running_server(programs: Path) -> Iterator[str]:
    """Run a server until the block ends; gives the URL of an empty database.

    Raises:
        RuntimeError: when it does not start; says what it printed.
    """
    folder = Path(tempfile.mkdtemp(prefix="liftboard-pg-"))
    user = _owner(folder)
    try:
        (folder / "password").write_text(PASSWORD)
        os.chmod(folder / "password", 0o644)
        subprocess.run([programs / "initdb", "-D", folder / "data", "-U", "liftboard", "--pwfile", folder / "password", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL, user=user, cwd="/")
        port = _free_port()
        options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off", "-c", "shared_buffers=16MB"]
        with (folder / "log").open("wb") as log, subprocess.Popen([programs / "postgres", "-D", folder / "data", "-p", str(port), *options], stdout=log, stderr=log, user=user, cwd="/") as server:
            try:
                _wait(port, server, folder / "log")
                yield f"postgresql://liftboard:{PASSWORD}@127.0.0.1:{port}/postgres"
            finally:
                server.send_signal(2)  # "fast": ends its sessions and stops
                server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: Path) -> str | None:
    """Hand the folder to the user whose PostgreSQL runs: it refuses to run as root."""
    if os.geteuid():
        return None
    entry = pwd.getpwnam("postgres" if any(e.pw_name == "postgres" for e in pwd.getpwall()) else "nobody")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return entry.pw_name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(port: int, server: subprocess.Popen, log: Path) -> None:
    deadline = monotonic() + _SECONDS_TO_START
    while monotonic() < deadline and server.poll() is None:
        if "ready to accept connections" in log.read_text(errors="replace"):
            return
        sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start on port {port}. It printed:\n{log.read_text(errors='replace')[-2000:]}")
