"""What the past cannot tell apart: siblings always promoted together, and after-effects of promotions that ran everywhere at once."""

from __future__ import annotations

import numpy as np

from promo_core.data.panel import Panel
from promo_core.errors import N_, Message
from promo_core.models.response import Response
from promo_core.models.response_design import carry_over, carry_over_windows, exposure, sibling_codes

__all__ = ["unidentified"]

LEAST_APART = 0.3  # share of an exposure's variance that must be its own
LEAST_OWN_AFTER = 0.1  # share of the after-effects' variance that must lie between series of one period


def unidentified(panel: Panel, response: Response) -> tuple[Message, ...]:
    """Return what an answer must say of echoes that the past holds no comparison for; nothing where nothing was promoted."""
    past = panel.past_plan()
    if not past.promoted.any():
        return ()
    extra = response.extra_demand(panel, past)
    return (*_together(panel, response, extra), *_everywhere(panel, extra, past.promoted))


def _together(panel: Panel, response: Response, extra: np.ndarray) -> list[Message]:
    """Name the dimensions whose siblings were nearly always promoted together."""
    siblings = sibling_codes(panel, response.kinds_)
    exposed = exposure(extra, response.sizes_, siblings)
    names = [name for g, name in enumerate(siblings) if exposed[..., g].any() and _apart(exposed[..., g], extra) < LEAST_APART]
    text = N_("Series that differ only in {dimension} were nearly always promoted together: what they take from one another, or bring each other, can't be told apart from a promotion's own effect, "
              "and is left in it.")
    return [Message(text, {"dimension": name}) for name in names]


def _everywhere(panel: Panel, extra: np.ndarray, promoted: np.ndarray) -> list[Message]:
    """Say so where no series rests while others are promoted; how strongly each series answers makes no comparison, so its extra demand is told in its own mean."""
    usually = np.where(promoted, extra, 0.0).sum(axis=1, keepdims=True) / np.maximum(promoted.sum(axis=1, keepdims=True), 1)
    relative = np.divide(extra, usually, out=promoted.astype(float), where=np.abs(usually) > 1e-6)
    carried = np.where(promoted, np.nan, carry_over(relative, carry_over_windows(panel.frequency))[..., 0])
    known = np.isfinite(carried)
    if not known.any() or np.nanvar(carried) < 1e-12:
        return []
    counts = np.maximum(known.sum(axis=0), 1)
    usual = np.where(known, carried, 0.0).sum(axis=0) / counts
    own = np.nanvar(carried - usual) / np.nanvar(carried)
    if own >= LEAST_OWN_AFTER:
        return []
    return [Message(N_("Promotions ran on all series at once: what they take from the time after can't be told from that time's own mood, so a dip afterwards may be missing from the answer."))]


def _apart(exposed: np.ndarray, extra: np.ndarray) -> float:
    """Return the share of an exposure's variance that the own extra demand does not explain."""
    a, b = exposed.ravel() - exposed.mean(), extra.ravel() - extra.mean()
    size = float((a @ a) * (b @ b))
    return 1.0 - float(a @ b) ** 2 / size if size > 0 else 1.0
