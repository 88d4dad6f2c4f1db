"""The app behind response headers that keep it out of strangers' frames and keep its addresses to itself: `python -m streamlit run pages/_ui/secured.py`.

What every page needs is loaded before the server answers at all, so that the first page does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages._ui.live import serve_plotly

HEADERS = ((b"x-frame-options", b"SAMEORIGIN"), (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"), (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
           (b"content-security-policy", b"frame-ancestors 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"))


class SecureHeaders:
    """Adds the headers to every answer that has not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(header for header in HEADERS if header[0] not in own)]
            await send(message)

        await self._app(scope, receive, with_headers)


for module in ("pages._ui.frame", "pages._ui.views", "promo_core.reporting.charts"):
    import_module(module)

app = st.App(Path(__file__).resolve().parents[2] / "app.py", routes=[serve_plotly()], middleware=[Middleware(SecureHeaders)])
