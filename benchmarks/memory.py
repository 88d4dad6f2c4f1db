"""The most memory that this process has held."""

from __future__ import annotations

import resource
from pathlib import Path

__all__ = ["peak_kib"]

_STATUS = Path("/proc/self/status")


def peak_kib() -> int:
    """Return this program's peak resident memory in KiB; `getrusage` would begin with that of the process which started it."""
    told = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines()) if _STATUS.exists() else {}
    return int(told["VmHWM"].split()[0]) if "VmHWM" in told else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
