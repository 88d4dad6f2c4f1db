"""Rewrite the README's generated parts: the CSV table from the schema, the numbers from benchmarks/results: `python -m benchmarks.readme`."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from promo_core.evaluation.arena_results import shared_shops
from promo_core.schema import COLUMNS, Column

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
ALIASES_SHOWN = 6
SHORT = {"ours": "ours", "S-learner": "S", "S-learner, monotone": "S monotone", "double ML": "double ML"}
ALL, BOTH, OURS = tuple(SHORT), ("ours", "S-learner"), ("ours",)
ARENA_COLUMNS = {"increment_error": ("increment error", ALL), "net_increment_error": ("net increment error", ALL), "rank_correlation": ("rank correlation", BOTH), "regret": ("regret", BOTH),
                 "level_error": ("level error", BOTH), "coverage_80": ("80 % bands hold the total", OURS), "increment_coverage_80": ("the increment", OURS)}


def schema_table() -> str:
    """Return the CSV table in Markdown, one row per column of the schema."""
    rows = ["| column | role | meaning, unit | also recognised |", "| --- | --- | --- | --- |"]
    return "\n".join(rows + [_row(column) for column in COLUMNS])


def _row(column: Column) -> str:
    unit = f" ({column.unit})" if column.unit else ""
    shown = [*(a for a in column.aliases if a.isascii())][:3] + [*(a for a in column.aliases if not a.isascii())][:3]
    return f"| `{column.name}` | {column.role.value} | {column.meaning}{unit} | {', '.join(shown[:ALIASES_SHOWN])} |"


def results_table(name: str) -> str:
    """Return a committed result file as a Markdown table."""
    path = RESULTS / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        head, *body = list(csv.reader(file))
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *("| " + " | ".join(row) + " |" for row in body)])


def arena_table() -> str:
    """Return one row per form of shop: scores against the truth, ours beside the peers', means over the seeds that both we and the plain S-learner played."""
    raw = shared_shops(pd.read_csv(RESULTS / "arena.csv"))
    means = raw.groupby(["form", "competitor"])[list(ARENA_COLUMNS)].mean().unstack()
    confounded = [not form.startswith("random") for form in means.index]
    total = pd.DataFrame({"all confounded forms": means[confounded].mean(), "all random pasts": means[[not c for c in confounded]].mean()}).T
    rows = ["| shop | " + " | ".join(f"{title}: {' / '.join(SHORT[name] for name in shown)}" for title, shown in ARENA_COLUMNS.values()) + " |", "|" + " --- |" * (len(ARENA_COLUMNS) + 1)]
    for name, row in pd.concat([means, total]).iterrows():
        cells = [" / ".join(f"{row[(score, competitor)]:.2f}" for competitor in shown) for score, (_, shown) in ARENA_COLUMNS.items()]
        rows.append(f"| {str(name).replace('_', ' ')} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def rewritten(text: str) -> str:
    """Return the README with each `<!-- generated:NAME -->` … `<!-- end -->` part made anew."""
    parts = text.split("<!-- generated:")
    out = [parts[0]]
    for part in parts[1:]:
        name, rest = part.split(" -->", 1)
        after = rest.split("<!-- end -->", 1)[1]
        table = {"schema": schema_table, "arena": arena_table}.get(name, lambda name=name: results_table(name))()
        out.append(f"<!-- generated:{name} -->\n{table}\n<!-- end -->{after}")
    return "".join(out)


def main() -> None:
    """Rewrite README.md in place."""
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
