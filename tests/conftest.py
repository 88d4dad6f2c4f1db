"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public data; in CI it must be there, elsewhere its absence skips the test and says so."""
    if not SHARED_DATA.exists():
        if os.environ.get("CI"):
            pytest.fail(f"real data is missing: expected it at {SHARED_DATA}")
        pytest.skip(f"real data is not here: expected it at {SHARED_DATA}")
    return SHARED_DATA
