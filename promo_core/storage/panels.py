"""A panel as parquet and JSON, read back bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from promo_core.data.panel import Panel, Plan
from promo_core.errors import N_, StorageError
from promo_core.storage.files import json_bytes

__all__ = ["PANEL_FORMAT", "load_panel", "save_panel"]

PANEL_FORMAT = 1
_GRIDS = ("target", "lever", "covariate")


def save_panel(panel: Panel, folder: Path) -> None:
    """Write `panel` under `folder`: panel.json, cells.parquet, series.parquet and, where there are campaigns, campaigns.parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    grids = zip(_GRIDS, (panel.targets, panel.plan.levers, panel.plan.covariates), strict=True)
    cells = {f"{kind}.{name}": pa.array(np.ascontiguousarray(values).ravel()) for kind, grid in grids for name, values in grid.items()}
    pq.write_table(pa.table(cells), folder / "cells.parquet", compression="zstd")
    panel.series.to_parquet(folder / "series.parquet")
    if panel.campaigns is not None:
        panel.campaigns.to_parquet(folder / "campaigns.parquet")
    (folder / "panel.json").write_bytes(json_bytes(_head(panel)))


def load_panel(folder: Path) -> Panel:
    """Read what `save_panel` wrote.

    Raises:
        StorageError: when the folder holds no panel of this format.
    """
    try:
        head = json.loads((folder / "panel.json").read_bytes())
        if head["format"] != PANEL_FORMAT:
            raise ValueError(f"format {head['format']}")
        return _panel(head, folder)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise StorageError(N_("`{path}` holds no panel of format {expected}. Received: {received}. Load its file again on the Data page."),
                           path=str(folder), expected=PANEL_FORMAT, received=str(error)[:200]) from error


def _head(panel: Panel) -> dict[str, Any]:
    return {"format": PANEL_FORMAT, "n_observed": panel.n_observed, "frequency": panel.frequency, "currency": panel.currency, "campaign_level": panel.campaign_level,
            "name": panel.name, "fingerprint": panel.fingerprint, "campaigns": panel.campaigns is not None, "n_series": panel.n_series,
            "promo_types": panel.plan.promo_types, "plan_frequency": panel.plan.frequency,
            "periods": {"values": panel.periods.asi8, "unit": panel.periods.unit, "freq": panel.periods.freqstr}}


def _panel(head: dict[str, Any], folder: Path) -> Panel:
    shape = (head["n_series"], len(head["periods"]["values"]))
    grids: dict[str, dict[str, np.ndarray]] = {kind: {} for kind in _GRIDS}
    table = pq.read_table(folder / "cells.parquet")
    for column in table.column_names:
        kind, name = column.split(".", 1)
        grids[kind][name] = np.array(table[column].to_numpy()).reshape(shape)
    periods = _periods(head["periods"])
    plan = Plan(periods=periods, levers=grids["lever"], promo_types=tuple(head["promo_types"]), covariates=grids["covariate"], frequency=head["plan_frequency"])
    return Panel(series=pd.read_parquet(folder / "series.parquet"), periods=periods, n_observed=head["n_observed"], targets=grids["target"], plan=plan,
                 frequency=head["frequency"], currency=head["currency"], campaigns=pd.read_parquet(folder / "campaigns.parquet") if head["campaigns"] else None,
                 campaign_level=head["campaign_level"], name=head["name"], fingerprint=head["fingerprint"])


def _periods(values: dict[str, Any]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.array(values["values"], dtype="int64").view(f"M8[{values['unit']}]"), freq=values["freq"])
