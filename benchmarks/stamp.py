"""What goes with every score: when, of which commit and on how many cores it was made."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["stamp"]


def stamp() -> dict[str, Any]:
    """Return date, commit and cores."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=True).stdout.strip()
    return {"date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit, "cores": os.cpu_count()}
