"""The arena's committed results, as the app shows them: means over seeds by form of shop and competitor."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from promo_core.evaluation.shops import FORMS

__all__ = ["ARENA_SCORES", "arena_table", "shared_shops"]

ARENA_SCORES = ("increment_error", "net_increment_error", "order_increment_error", "rank_correlation", "regret", "level_error", "coverage_80", "increment_coverage_80")
_COMMITTED = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "arena.csv"


def arena_table(path: Path = _COMMITTED) -> pd.DataFrame | None:
    """Return one row per form and competitor: form, about (a marked text), competitor, confounded, seeds, and the scores the run has; `None` where no result lies at `path`."""
    if not path.is_file():
        return None
    raw = shared_shops(pd.read_csv(path))
    scores = [name for name in ARENA_SCORES if name in raw and raw[name].notna().any()]
    grouped = raw.groupby(["form", "competitor"], sort=False)
    confounded, about = ({form.name: getattr(form, what) for form in FORMS} for what in ("confounded", "about"))
    table = grouped[scores].mean().assign(seeds=grouped["seed"].nunique()).reset_index()
    return table.assign(confounded=[confounded.get(form, True) for form in table["form"]], about=[about.get(form, form) for form in table["form"]])


def shared_shops(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of the shops that both we and the plain S-learner played: only those compare, where a run is not at its end."""
    return scores[scores.groupby(["form", "seed"])["competitor"].transform(lambda played: {"ours", "S-learner"} <= set(played))]
