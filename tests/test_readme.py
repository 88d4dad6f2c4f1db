"""The README says what the schema and the committed results say."""

from __future__ import annotations

from benchmarks.readme import README, rewritten


def test_the_generated_parts_are_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert rewritten(text) == text, "Run `python -m benchmarks.readme`."


def test_the_two_commands_come_first() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.index("make app") < text.index("make test") < text.index("## ")
