"""Every figure of pages and reports, made from records and named with units; each takes the reader's `lang`."""

from promo_core.reporting.charts_bars import compare_bars, contributions, coverage, group_bars, importance, league_table, waterfall
from promo_core.reporting.charts_curves import response_curve, surface
from promo_core.reporting.charts_desk import decision_map, points_with_bands, segment_split, timeline_spec
from promo_core.reporting.charts_paths import answer_path_spec, calendar, forecast_fan, increment_path, outcome_path
from promo_core.reporting.charts_plan import late_path, plan_path, stock_weeks
from promo_core.reporting.charts_shap import beeswarm, dependence
from promo_core.reporting.charts_truth import COMPETITORS, arena_bars, placebo

__all__ = ["COMPETITORS", "answer_path_spec", "arena_bars", "beeswarm", "calendar", "compare_bars", "contributions", "coverage", "decision_map", "dependence", "forecast_fan", "group_bars", "importance", "increment_path", "late_path", "league_table",
           "outcome_path", "placebo", "plan_path", "points_with_bands", "response_curve", "segment_split", "stock_weeks", "surface", "timeline_spec", "waterfall"]
