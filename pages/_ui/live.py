"""Charts that are changed in place when a control moves.

Streamlit takes a Plotly chart down and draws it anew whenever its figure changes, which is most of what a moved control costs a browser. Where Plotly's own script is served beside the app
(`pages/_ui/secured.py`, as `make app` starts it), a component of ours asks Plotly to change the chart that is there; elsewhere Streamlit's chart is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import streamlit as st
from starlette.responses import FileResponse
from starlette.routing import Route

from pages._ui.i18n import _
from promo_core import N_

__all__ = ["live_chart", "serve_plotly"]

_SCRIPT = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_ADDRESS = f"/charts/plotly-{plotly.__version__}.min.js"
_CACHED = {"Cache-Control": "public, max-age=31536000, immutable"}
_TOOLS = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}
_COMPONENT = st.components.v2.component("liftboard_chart", js=(Path(__file__).resolve().parents[2] / "assets" / "live_chart.js").read_text(encoding="utf-8"), isolate_styles=False)
_served = False


def serve_plotly() -> Route:
    """Return the route that serves Plotly's script, and draw charts with it from now on."""
    global _served
    _served = True
    return Route(_ADDRESS, lambda request: FileResponse(_SCRIPT, media_type="text/javascript", headers=_CACHED))


def live_chart(figure: go.Figure | Mapping[str, Any], *, key: str, config: Mapping[str, Any] = _TOOLS, alt: str | None = None, on_point: Callable[[Any], None] | None = None) -> None:
    """Show a figure; the same key with another figure changes the chart in place.

    Args:
        figure: a figure, or its data and layout as plain values; its layout names a height (pixels).
        key: the chart's own.
        config: Plotly's configuration.
        alt: what a screen reader calls it.
        on_point: is given the `customdata` of a point that is clicked.
    """
    if not _served:
        _plain_chart(figure, key, config, alt, on_point)
        return
    told = json.loads(figure.to_json()) if isinstance(figure, go.Figure) else figure
    data = {"address": _address(), "figure": told, "config": dict(config), "alt": alt, "clickable": on_point is not None, "enlarge": _(N_("Full screen"))}
    clicks = {"on_clicked_change": lambda: on_point(st.session_state[key]["clicked"])} if on_point else {}
    _COMPONENT(key=key, height=int(told["layout"]["height"]), data=json.dumps(data).encode(), **clicks)


def _plain_chart(figure: go.Figure | Mapping[str, Any], key: str, config: Mapping[str, Any], alt: str | None, on_point: Callable[[Any], None] | None) -> None:
    """Show Streamlit's chart, in a frame of its height where it is clicked, so that nothing jumps while it is drawn anew."""
    figure = figure if isinstance(figure, go.Figure) else go.Figure(figure, _validate=False)
    if on_point is None:
        st.plotly_chart(figure, key=key, config=dict(config), alt=alt)
        return

    def selected() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:
            on_point(points[0].get("customdata"))

    with st.container(key=f"{key}_frame", height=int(figure.layout.height), border=False):
        st.plotly_chart(figure, key=key, config=dict(config), alt=alt, on_select=selected, selection_mode="points")


def _address() -> str:
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}{_ADDRESS}" if base else _ADDRESS
