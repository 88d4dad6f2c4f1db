"""A file is loaded, mended and used; whatever is wrong with it, the data in use stays until then."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from promo_core import DemoShop, Workspace, reader, template_csv
from tests.pages.conftest import run_at, texts

CSV = "text/csv"
AMBIGUOUS = "date,segment,gmv,orders,discount\n" + "".join(f"{day:02d}/{month:02d}/2025,vip,{100 + day},{day},{day % 3 * 10}%\n" for month in range(1, 8) for day in range(1, 13))


def upload(app: AppTest, content: bytes, name: str = "shop.csv") -> AppTest:
    app.file_uploader[0].upload(name, content, CSV).run()
    assert not app.exception, app.exception
    return app


def in_use(home: Path) -> str | None:
    return Workspace(home).preferences.get("desk_dataset")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_data_lists_what_is_kept_and_what_is_in_use(small_home: Path, lang: str) -> None:
    app = run_at("data", lang)
    say = reader(lang).text
    assert say("Kept data sets") in [heading.value for heading in app.subheader]
    assert say("Demo shop") in texts(app) and say("in use") in texts(app)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_template_can_be_used_as_it_is(small_home: Path, lang: str) -> None:
    app = upload(run_at("data", lang), template_csv(lang), "template.csv")
    assert not app.button(key="use_data").disabled
    app.button(key="use_data").click().run()
    assert not app.exception
    kept = Workspace(small_home).datasets.all()
    assert kept[0].filename == "template.csv" and in_use(small_home) == kept[0].id
    assert len(kept) == 2, "the demo shop stays on the shelf"


@pytest.mark.parametrize(("content", "name"), [
    (b"", "empty.csv"), (b"\x00\x01\x02\xff" * 50, "noise.csv"), (b"PK\x03\x04broken", "broken.xlsx"), (b"PAR1nothing", "broken.parquet"), (b"\x1f\x8bnothing", "broken.csv.gz"),
    (b"just one line of text", "prose.txt"), (b"a,b,c\n1,2,3\n", "strange.csv"), (b"date,segment,gmv\nyesterday,vip,lots\n", "words.csv"),
])
def test_a_file_that_cannot_be_used_leaves_the_data_in_use(small_home: Path, content: bytes, name: str) -> None:
    app = upload(run_at("data"), content, name)
    said = texts(app)
    assert "went wrong" not in said, "a bad file is no bug of ours"
    assert app.error or ":red[" in said, "the reader is told what is wrong"
    assert not [b for b in app.button if b.key == "use_data" and not b.disabled]
    assert "In use: Demo shop" in said and len(Workspace(small_home).datasets.all()) == 1


def test_a_question_is_answered_by_a_button(small_home: Path) -> None:
    app = upload(run_at("data"), AMBIGUOUS.encode())
    choices = [b for b in app.button if b.key and b.key.startswith("choice_")]
    assert choices and app.button(key="use_data").disabled, "day and month can't be told apart, so the file waits for an answer"
    choices[0].click().run()
    assert not app.exception
    assert not [b for b in app.button if b.key and b.key.startswith("choice_")] and not app.button(key="use_data").disabled


def test_a_columns_meaning_can_be_changed(small_home: Path, small_shop: DemoShop) -> None:
    app = upload(run_at("data"), small_shop.frame.head(600).to_csv(index=False).encode())
    visitors = next(box for box in app.selectbox if box.label == "visitors")
    assert visitors.value == "visitors"
    visitors.set_value("").run()
    assert not app.exception and "Conversion" in texts(app)
    assert next(box for box in app.selectbox if box.label == "visitors").value == ""


def test_the_currency_is_asked_for_and_kept(small_home: Path, small_shop: DemoShop) -> None:
    app = upload(run_at("data"), small_shop.frame.to_csv(index=False).encode(), "other.csv")
    next(box for box in app.selectbox if box.label == "Currency").set_value("USD").run()
    app.button(key="use_data").click().run()
    assert Workspace(small_home).datasets.all()[0].mapping["options"]["currency"] == "USD"


def test_flaws_are_told_with_their_rows(small_home: Path, small_shop: DemoShop) -> None:
    frame = small_shop.frame.astype({"gmv": "str"})
    frame.loc[4, "gmv"] = "n.a."
    said = texts(upload(run_at("data"), frame.to_csv(index=False).encode()))
    assert re.search(r":(red|orange|gray)\[:material/\w+:\].*gray\[row 6\]", said), "row 6 of the spreadsheet holds the fifth record"


def test_words_of_a_file_are_no_markup(small_home: Path) -> None:
    header = "<b>gmv</b>[x](http://e.vil)"
    app = upload(run_at("data"), f"date,segment,{header}\n2025-01-01,:red[vip],5\n".encode(), "![img](x).csv")
    said = texts(app) + "".join(box.label for box in app.selectbox)
    assert "](" not in said and "<b>" not in said.replace("\\<b\\>", "")


def test_a_path_is_read_and_a_wrong_one_is_told(small_home: Path, tmp_path: Path) -> None:
    file = tmp_path / "past.csv"
    file.write_bytes(template_csv("en"))
    app = run_at("data")
    app.text_input(key="data_path").set_value(str(tmp_path / "nowhere.csv")).run()
    app.button(key="read_path").click().run()
    assert "Check the path" in texts(app)
    app.text_input(key="data_path").set_value(str(file)).run()
    app.button(key="read_path").click().run()
    assert not app.button(key="use_data").disabled


def test_discarding_keeps_what_was_in_use(small_home: Path) -> None:
    app = upload(run_at("data"), template_csv("en"))
    app.button(key="discard_data").click().run()
    assert not [b for b in app.button if b.key == "use_data"] and len(Workspace(small_home).datasets.all()) == 1


def test_data_sets_are_switched_deleted_and_brought_back(small_home: Path) -> None:
    app = upload(run_at("data"), template_csv("en"))
    app.button(key="use_data").click().run()
    new, demo = (record.id for record in Workspace(small_home).datasets.all())
    app.button(key=f"use_{demo}").click().run()
    assert "In use: Demo shop" in texts(app)
    app.button(key=f"delete_{new}").click().run()
    assert [record.id for record in Workspace(small_home).datasets.all()] == [demo]
    app.button(key=f"undo_{new}").click().run()
    assert {record.id for record in Workspace(small_home).datasets.all()} == {new, demo}
