"""What looks personal is found in both languages, told, and never kept as it came; what is not personal stays as it is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from promo_core.api import add_file
from promo_core.data.inspection import inspect, without_personal
from promo_core.data.privacy import KIND_WORDS, pseudonym
from promo_core.storage.workspace import Workspace

ROWS = 60
PEOPLE = ["王伟", "李娜", "张敏", "刘洋", "陈静", "杨磊", "赵强", "黄丽", "周杰", "吴勇", "徐艳", "孙涛", "马超", "朱琳", "胡军", "郭芳", "何平", "高翔", "林峰", "罗兰", "郑爽", "梁栋", "谢娜", "宋佳"]


def id_number(k: int) -> str:
    """Return a Chinese identity number whose check digit fits."""
    first = f"11010519900101{k:03d}"
    total = sum(int(d) * w for d, w in zip(first, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return first + "10X98765432"[total % 11]


VALUES = {"phone": lambda k: f"138{k:08d}", "email": lambda k: f"anna{k}@example.com", "identity": id_number, "name": lambda k: PEOPLE[k % len(PEOPLE)],
          "address": lambda k: f"北京市朝阳区建国路{k}号", "user": lambda k: f"10.0.{k}.1"}


def shop(**columns) -> pd.DataFrame:
    dates = pd.date_range("2026-03-01", periods=ROWS)
    frame = pd.DataFrame({"date": dates.strftime("%Y-%m-%d"), "segment": ["vip", "new"] * (ROWS // 2), "gmv": [100 + 37 * k % 50 for k in range(ROWS)], "orders": [10 + 7 * k % 11 for k in range(ROWS)], "discount_depth": 0.0})
    return frame.assign(**{name: [make(k) for k in range(ROWS)] for name, make in columns.items()})


def look(frame: pd.DataFrame, **more):
    return inspect(frame.to_csv(index=False).encode(), filename="shop.csv", **more)


@pytest.mark.parametrize("kind", VALUES)
def test_content_is_known_under_any_header(kind: str) -> None:
    found = look(shop(x1=VALUES[kind])).personal
    assert [(one.header, one.kind, one.kept) for one in found] == [("x1", kind, False)]


@pytest.mark.parametrize(("header", "kind"), [
    ("customer_name", "name"), ("收货人", "name"), ("Mobile Number", "phone"), ("手机号", "phone"), ("联系电话", "phone"), ("E-mail", "email"), ("邮箱", "email"), ("ID Card", "identity"), ("身份证号", "identity"),
    ("Shipping Address", "address"), ("收货地址", "address"), ("user_id", "user"), ("会员号", "user"), ("买家昵称", "user"), ("household_key", "user")])
def test_headers_are_known_in_both_languages(header: str, kind: str) -> None:
    assert [(one.header, one.kind) for one in look(shop(**{header: lambda k: f"v{k}"})).personal] == [(header, kind)]


@pytest.mark.parametrize("column", ["白酒", "高端白酒", "13.5", "2026", "6901234567892", "SKU-1381", "马桶", "门店A", "7-ELEVEN 1 road"])
def test_what_is_not_personal_stays(column: str) -> None:
    assert look(shop(product_group=lambda k: column)).personal == ()
    assert look(shop(商品=lambda k: f"{column}{k}")).personal == ()


def test_a_column_that_begins_empty_is_looked_at_to_its_end() -> None:
    frame = pd.concat([shop(x1=lambda k: "")] * 500, ignore_index=True)
    frame.loc[frame.index[-3000:], "x1"] = [VALUES["phone"](k) for k in range(3000)]
    assert [one.kind for one in look(frame).personal] == ["phone"]
    frame.loc[frame.index[-9000:], "x1"] = [f"anna{k}@example.com" for k in range(9000)]
    assert [one.kind for one in look(frame).personal] == ["email"]


def test_large_amounts_are_no_phone_numbers() -> None:
    frame = shop()
    frame["gmv"] = [13_800_000_000 + k for k in range(ROWS)]
    assert look(frame).personal == ()


def test_a_person_is_told_before_anything_is_kept() -> None:
    found = look(shop(手机号=VALUES["phone"]))
    issue = next(issue for issue in found.issues if issue.column == "手机号")
    assert "left out before anything is kept" in str(issue.message) and str(KIND_WORDS["phone"]) in str(issue.message)


def test_nothing_personal_reaches_the_disk_and_the_panel_is_the_same(tmp_path: Path) -> None:
    secret = shop(手机号=VALUES["phone"], customer_name=VALUES["name"], x1=VALUES["email"])
    workspace = Workspace(tmp_path / "home")
    kept = add_file(workspace, secret.to_csv(index=False).encode(), filename="shop.csv")
    plain = look(shop())
    assert workspace.datasets.panel(kept.id).content_hash() == plain.panel.content_hash()
    assert kept.receipt["kept"] == list(shop().columns) and {one["header"]: one["kind"] for one in kept.receipt["dropped"]} == {"手机号": "phone", "customer_name": "name", "x1": "email"}
    everything = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    for value in ("13800000001", "anna7@example.com", "王伟", "王伟".encode("utf-16-le")):
        assert (value if isinstance(value, bytes) else value.encode()) not in everything
    assert set(workspace.datasets.inspect(kept.id).headers) == set(shop().columns)


def test_a_personal_grouping_is_kept_under_codes_only_the_key_can_make(tmp_path: Path) -> None:
    frame = shop(customer_id=lambda k: f"c{k % 2}").drop(columns="segment")
    first = look(frame)
    mapped = look(frame, mapping=first.mapping.without_header("customer_id").with_column("dimension:customer_id", "customer_id"))
    assert [(one.header, one.kept) for one in mapped.personal] == [("customer_id", True)]
    workspace = Workspace(tmp_path / "home", pseudonym_key=b"k" * 32)
    kept = workspace.datasets.add(frame.to_csv(index=False).encode(), mapped)
    names = sorted(workspace.datasets.panel(kept.id).series["customer_id"])
    assert names == sorted(pseudonym(f"c{k}", b"k" * 32) for k in range(2)) and not set(names) & {pseudonym(f"c{k}", b"x" * 32) for k in range(2)}
    assert kept.receipt["hashed"] == [{"header": "customer_id", "kind": "user"}]


def test_the_same_file_is_one_dataset_though_it_was_cleaned(tmp_path: Path) -> None:
    workspace, content = Workspace(tmp_path / "home"), shop(手机号=VALUES["phone"]).to_csv(index=False).encode()
    assert add_file(workspace, content, filename="shop.csv").id == add_file(workspace, content, filename="shop.csv").id
    assert (tmp_path / "home" / "pseudonym.key").stat().st_mode & 0o077 == 0


def test_a_cleaned_file_reads_as_the_plain_one_does() -> None:
    for frame in (shop(手机号=VALUES["phone"]), shop(手机号=lambda k: VALUES["phone"](k) if k % 2 else None)):
        _content, again = without_personal(look(frame), b"k" * 32)
        assert again.personal == () and again.panel.content_hash() == look(shop()).panel.content_hash() and again.mapping == look(shop()).mapping
