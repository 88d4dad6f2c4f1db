"""Figures side by side, sent as one piece: with a container, a metric and captions for each, half of what a moved control sends would be these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

__all__ = ["Card", "cards"]


@dataclass(frozen=True, kw_only=True)
class Card:
    """One figure.

    Attributes:
        name, value: what it is, and what it comes to.
        change: what the value is more or less than beside, with its sign; empty where there is nothing beside it.
        falls: whether the change is downward; `None` where there is none to speak of.
        lines: what is said beneath.
        about: what the name means, for whoever asks.
    """

    name: str
    value: str
    change: str = ""
    falls: bool | None = None
    lines: Sequence[str] = ()
    about: str = ""


def cards(shown: Iterable[Card], *, least: int, framed: bool = False) -> None:
    """Show cards in as many columns as have room.

    Args:
        least: the least width of a column (pixels).
        framed: whether each has a frame, and a larger figure.
    """
    body = "".join(_html(card) for card in shown)
    st.html(f'<div class="cards{" framed" if framed else ""}" style="--least: {least}px">{body}</div>')


def _html(card: Card) -> str:
    hint = f' <span class="hint" tabindex="0" role="note" aria-label="{escape(card.about)}" data-hint="{escape(card.about)}">?</span>' if card.about else ""
    look, arrow = {None: ("", ""), True: ("falls", "↓ "), False: ("rises", "↑ ")}[card.falls]
    change = f'<p class="change {look}"><span aria-hidden="true">{arrow}</span>{escape(card.change)}</p>' if card.change else ""
    return f'<section class="card"><p class="name">{escape(card.name)}{hint}</p><p class="value">{escape(card.value)}</p>{change}{"".join(f"<p class=line>{escape(line)}</p>" for line in card.lines)}</section>'
