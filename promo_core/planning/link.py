"""A scenario as a short text for a web address, and back."""

from __future__ import annotations

import base64
import binascii
import json
import zlib

from promo_core.errors import N_, ScenarioError
from promo_core.planning.scenario import Scenario

__all__ = ["scenario_from_link", "scenario_to_link"]

_MOST_BYTES = 200_000


def scenario_to_link(scenario: Scenario) -> str:
    """Return the scenario as letters, digits, "-" and "_"."""
    content = json.dumps(scenario.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


def scenario_from_link(text: str) -> Scenario:
    """Return the scenario that `scenario_to_link` wrote.

    Raises:
        ScenarioError: when the text is no such thing, or unpacks to more than 200 kB.
    """
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(packed, _MOST_BYTES)
        values = json.loads(content) if unpacker.eof else None
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise ScenarioError(_BROKEN) from error
    if values is None:
        raise ScenarioError(_BROKEN)
    return Scenario.from_dict(values)


_BROKEN = N_("The link's scenario cannot be read: it was cut off or changed on its way. Ask for the link again.")
