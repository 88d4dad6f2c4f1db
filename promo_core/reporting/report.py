"""A report of one scenario, of up to six side by side, or of the forecast and plan, in the format a reader asks for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from types import ModuleType

from promo_core.errors import N_, ReportError
from promo_core.models.trained import TrainedModel
from promo_core.planning.late import LateForecast
from promo_core.planning.outcome import Outcome
from promo_core.planning.scenario import Scenario
from promo_core.reporting.content import content
from promo_core.reporting.plan_content import plan_content
from promo_core.reporting.small_cells import LEAST_PEOPLE, without_small_cells

__all__ = ["FORMATS", "make_forecast_report", "make_report"]

FORMATS = {"html": "html", "xlsx": "workbook", "csv": "table", "pptx": "slides", "pdf": "pdf"}
"""Format → the module whose `render` and `render_plan` write it, imported when it is asked for."""


def make_report(model: TrainedModel, outcomes: Sequence[Outcome], fmt: str, lang: str = "en", *, now: datetime, least_people: int = LEAST_PEOPLE) -> bytes:
    """Return a report as a file's bytes: one outcome makes a scenario's report, several a comparison.

    Args:
        model: the model that answered.
        outcomes: one to six, of the same currency and origin.
        fmt: one of `FORMATS`.
        lang: the reader's language.
        now: when the report is made; it is printed with the provenance.
        least_people: groups of fewer orders over the horizon are not told.

    Raises:
        ReportError: for another format, for none or more than six outcomes, or when they do not compare.
    """
    return _writer(fmt).render(content(model, [without_small_cells(outcome, least_people) for outcome in outcomes], lang, now))


def make_forecast_report(model: TrainedModel, planned: Sequence[Scenario], fmt: str, lang: str = "en", *, now: datetime, late: LateForecast | None = None,
                         least_people: int = LEAST_PEOPLE) -> bytes:
    """Return the forecast report as a file's bytes: the plan beside last year and beside doing nothing, what deserves a look, late forecasts and stock.

    Args:
        model: the model that answers.
        planned: the scenarios on the plan; none tells what the file knows of the future.
        late: the newest forecast that can be judged, where an earlier model made it; `None` takes the backtest's.
        fmt, lang, now, least_people: as of `make_report`.

    Raises:
        ReportError: for another format.
    """
    writer = _writer(fmt)
    return writer.render_plan(plan_content(model, planned, lang, now, late=late, least_people=least_people))


def _writer(fmt: str) -> ModuleType:
    if fmt not in FORMATS:
        raise ReportError(N_("A report is one of {expected}. Received: {received}."), expected=", ".join(FORMATS), received=str(fmt))
    return import_module(f"promo_core.reporting.{FORMATS[fmt]}")
