"""Rewrite the README's generated parts: the CSV table from the schema, the numbers from benchmarks/results: `python -m benchmarks.readme`."""

from __future__ import annotations

import csv
from pathlib import Path

from promo_core.schema import COLUMNS, Column

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
ALIASES_SHOWN = 6


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


def rewritten(text: str) -> str:
    """Return the README with each `<!-- generated:NAME -->` … `<!-- end -->` part made anew."""
    parts = text.split("<!-- generated:")
    out = [parts[0]]
    for part in parts[1:]:
        name, rest = part.split(" -->", 1)
        after = rest.split("<!-- end -->", 1)[1]
        table = schema_table() if name == "schema" else results_table(name)
        out.append(f"<!-- generated:{name} -->\n{table}\n<!-- end -->{after}")
    return "".join(out)


def main() -> None:
    """Rewrite README.md in place."""
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
