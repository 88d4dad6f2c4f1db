"""Files of every supported kind give the same table."""

from __future__ import annotations

import gzip
import io

import numpy as np
import pandas as pd
import pytest

from promo_core.data.inspection import inspect
from promo_core.data.template import template_csv
from tests.data.files import days, look, shop

CHINESE = "日期,人群,访客数,支付订单数,支付金额,折扣\n" + "\n".join(f"{d.replace('-', '/')},新客,{1000 + 31 * (k * 7 % 5)},{40 + k * 3 % 7},{4000 + k * 11 % 300},{'8折' if k % 9 == 2 else ''}" for k, d in enumerate(days(30)))


def frames():
    return pd.read_csv(io.StringIO(shop()))


def as_parquet(frame):
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


def as_xlsx(frame):
    out = io.BytesIO()
    frame.to_excel(out, index=False)
    return out.getvalue()


@pytest.mark.parametrize("data", [
    shop().encode(), gzip.compress(shop().encode()), shop().replace(",", ";").encode(), shop().replace(",", "\t").encode(), shop().replace(",", "|").encode(), shop().replace("\n", "\r\n").encode(),
    shop().encode("utf-8-sig"), shop().encode("utf-16"), shop().encode("utf-16-le"), shop().replace("\n", "\r").encode(), ("\n\n" + shop() + "\n\n").encode(), ("Weekly report\n\n" + shop()).encode(),
    ("sep=,\n" + shop()).encode(), as_parquet(frames()), as_xlsx(frames()), as_xlsx(frames().assign(date=lambda f: pd.to_datetime(f.date))), as_parquet(frames().assign(date=lambda f: pd.to_datetime(f.date))),
    as_parquet(frames().astype({"segment": "category", "gmv": "float32"})), gzip.compress(shop().encode()[:600]) + gzip.compress(shop().encode()[600:]),
], ids=["csv", "csv.gz", "semicolon", "tab", "pipe", "crlf", "bom", "utf16", "utf16 without bom", "cr", "blank lines", "title", "sep", "parquet", "xlsx", "xlsx dates", "parquet dates", "parquet categories", "gz parts"])
def test_every_form_of_a_file_gives_the_same_panel(data):
    expected, found = look(shop()).panel, inspect(data).panel
    assert found.content_hash() == expected.content_hash()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_chinese_headers_are_read_in_every_encoding(encoding):
    found = look(CHINESE.encode(encoding))
    assert found.mapping.columns == {"date": "日期", "segment": "人群", "visitors": "访客数", "orders": "支付订单数", "gmv": "支付金额", "discount_depth": "折扣"}
    assert found.panel.series["segment"].tolist() == ["新客"]
    assert found.panel.plan.levers["discount_depth"].max() == pytest.approx(0.2)


def test_accents_in_windows_text_are_read_and_told():
    found = look(shop(segment="Müller").encode("cp1252"))
    assert found.panel.series["segment"].tolist() == ["Müller"]
    assert any("Windows-1252" in str(i.message) for i in found.issues)


def test_the_table_shows_cells_as_the_file_has_them():
    table = look(shop(gmv='"¥1,234.50"')).table
    assert list(table.columns) == ["date", "segment", "visitors", "orders", "gmv", "discount_depth"] and table["gmv"].iloc[0] == "¥1,234.50"


def test_numbers_that_are_names_keep_their_zeros():
    found = look(shop(segment="007"))
    assert found.panel.series["segment"].tolist() == ["007"]


def test_na_is_a_name_in_a_dimension_and_blank_in_a_number():
    found = look(shop(segment="NA", gmv=lambda k: "NA" if k == 3 else 100))
    assert found.panel.series["segment"].tolist() == ["NA"] and np.isnan(found.panel.targets["gmv"][0, 3])


def test_the_fingerprint_changes_with_one_byte_and_with_the_mapping():
    first, again, other = look(shop()), look(shop()), look(shop().replace("vip", "vap"))
    mapped = look(shop(), mapping=first.mapping.with_option(currency="CNY"))
    assert first.fingerprint == again.fingerprint == first.panel.fingerprint
    assert len({first.fingerprint, other.fingerprint, mapped.fingerprint}) == 3


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_template_passes_its_own_inspection(lang):
    found = inspect(template_csv(lang))
    assert found.verdict.usable and not [i for i in found.issues if i.severity != "info"]
    assert set(found.panel.targets) == {"visitors", "orders", "units", "gmv"} and found.panel.plan.promo_types == ("none", "percent_off", "threshold_off")


def test_both_templates_give_the_same_numbers():
    english, chinese = inspect(template_csv("en")).panel, inspect(template_csv("zh")).panel
    order = [chinese.series["segment"].tolist().index(s) for s in ("新客", "会员")]
    assert np.array_equal(english.targets["gmv"], chinese.targets["gmv"][order])
