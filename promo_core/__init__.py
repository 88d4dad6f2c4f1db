"""Liftboard's core: forecasts, what-ifs and reports for promotions. It knows nothing of Streamlit, environment or clock.

Every public name is imported when it is first used, so that `import promo_core` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "promo_core.access": ("ACTION_WORDS", "LOCAL", "Person", "ROLE_WORDS", "SYSTEM", "WorkRole"),
    "promo_core.api": ("DemoState", "add_file", "ensure_demo", "open_panel", "read_mapping", "read_scenario", "read_scenarios", "train"),
    "promo_core.data.demo": ("DemoConfig", "DemoShop", "demo_shop"),
    "promo_core.data.events": ("panel_of_log",),
    "promo_core.data.inspection": ("Inspection", "Verdict", "inspect"),
    "promo_core.data.issues": ("Choice", "Issue"),
    "promo_core.data.mapping": ("Mapping",),
    "promo_core.data.panel": ("Panel", "Plan", "default_horizon"),
    "promo_core.data.privacy": ("KIND_WORDS",),
    "promo_core.data.template": ("template_csv",),
    "promo_core.door": ("Door", "confined"),
    "promo_core.errors": ("AccessError", "DataError", "JobError", "MappingError", "Message", "ModelError", "ModelFolderError", "N_", "NotFittedError", "PromoError", "ReportError", "ScenarioError", "StorageError"),
    "promo_core.evaluation.arena_results": ("arena_table",),
    "promo_core.evaluation.training": ("backtest",),
    "promo_core.explain.narrative": ("LEVER_WORDS", "MEASURE_WORDS", "narrate_difference"),
    "promo_core.explain.shap_views": ("explain_answer", "global_importance"),
    "promo_core.features.events": ("country_of", "events_between"),
    "promo_core.jobs": ("cancel_job", "job_status", "start_training"),
    "promo_core.locale": ("Count", "Day", "LANGUAGES", "Money", "Percent", "Reader", "reader"),
    "promo_core.models.base": ("Composition", "Forecast"),
    "promo_core.models.trained": ("TrainedModel",),
    "promo_core.planning.compare": ("ScenarioTable", "compare", "explain_difference"),
    "promo_core.planning.guardrails": ("Blackout", "Breach", "Guardrails", "allowed_depths", "breaches_of"),
    "promo_core.planning.link": ("scenario_from_link", "scenario_to_link"),
    "promo_core.planning.evidence": ("EVIDENCE_WORDS", "lever_name"),
    "promo_core.planning.optimise": ("Surface", "decision_surface", "moved_to", "response_curve", "sweep"),
    "promo_core.planning.late": ("LateForecast", "last_forecast", "since_forecast"),
    "promo_core.planning.outcome": ("Comparison", "Economics", "Evidence", "LeverShare", "Outcome", "Quantity", "Summary", "Support"),
    "promo_core.planning.outlook": ("history", "outlook"),
    "promo_core.planning.overview": ("Finding", "beside", "findings", "laid", "last_year", "split_by"),
    "promo_core.planning.scenario": ("Campaign", "Scenario"),
    "promo_core.planning.segments": ("across_segments",),
    "promo_core.planning.simulate": ("forecast", "simulate"),
    "promo_core.planning.stock": ("StockNeed", "stock_needed"),
    "promo_core.planning.support": ("past_campaigns",),
    "promo_core.reporting.feature_words": ("feature_words",),
    "promo_core.reporting.report": ("make_forecast_report", "make_report"),
    "promo_core.reporting.small_cells": ("without_small_values",),
    "promo_core.schema": ("COLUMNS", "Column", "LEVERS", "Role", "column"),
    "promo_core.settings": ("MODEL_NAMES", "TrainSettings"),
    "promo_core.storage.artifacts": ("load_model", "save_model"),
    "promo_core.storage.ledger": ("AuditEntry",),
    "promo_core.storage.members": ("Member",),
    "promo_core.storage.packing": ("pack_model", "unpack_model"),
    "promo_core.storage.records": ("DatasetRecord", "JobRecord", "ModelRecord", "ScenarioRecord"),
    "promo_core.storage.workspace": ("Workspace",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 - the table above is the one place where names stand


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'promo_core' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
