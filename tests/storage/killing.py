"""Writers that are killed at a moment of the test's choosing; the imports are paid once."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from subprocess import PIPE, Popen

SERVER = """
import os, sys
{imports}
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        write(*line.split())
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("gone", flush=True)
"""
ROOT = Path(__file__).resolve().parent.parent.parent


class Writers:
    """Starts `write(*arguments)` in a process of its own again and again; `imports` is Python that defines `write`, which never returns."""

    def __init__(self, imports: str) -> None:
        self._server = Popen([sys.executable, "-c", SERVER.format(imports=imports)], stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT)

    def start(self, *arguments: object) -> int:
        """Start a writer and return its process number."""
        self._server.stdin.write(" ".join(map(str, arguments)) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def kill(self, pid: int) -> None:
        """Kill a writer, the way a power cut would, and wait until it is gone."""
        os.kill(pid, signal.SIGKILL)
        assert self._server.stdout.readline() == "gone\n"

    def close(self) -> None:
        """End the server."""
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()
