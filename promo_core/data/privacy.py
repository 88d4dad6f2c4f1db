"""What in a file looks personal, found by header and by content in English and Chinese, and the file without it: dropped, or under a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from promo_core import schema
from promo_core.data.issues import Issue, warning
from promo_core.data.mapping import Mapping, normal_header
from promo_core.errors import N_, Message

if TYPE_CHECKING:
    from promo_core.data.intake import Raw

__all__ = ["KIND_WORDS", "Personal", "cleaned", "find_personal", "personal_notes", "pseudonym"]

KIND_WORDS = {"name": N_("names of people"), "phone": N_("phone numbers"), "email": N_("e-mail addresses"), "identity": N_("identity numbers"), "address": N_("addresses"),
              "user": N_("numbers or names of users")}

_HEADERS = {
    "name": "customer_name|full_name|first_name|last_name|surname|given_name|family_name|buyer_name|recipient|recipient_name|receiver|receiver_name|consignee|contact_name|contact_person"
            "|姓名|客户姓名|买家姓名|收货人|收货人姓名|收件人|收件人姓名|联系人|联系人姓名|会员姓名|真实姓名|用户姓名|顾客姓名",
    "phone": "phone|phone_number|phone_no|mobile|mobile_phone|mobile_number|cell|cellphone|cell_phone|tel|telephone|telephone_number|contact_number"
             "|电话|手机|手机号|手机号码|联系电话|联系手机|收货人手机|收货人电话|电话号码|联系方式|固定电话|会员手机号",
    "email": "email|e_mail|email_address|e_mail_address|邮箱|电子邮箱|邮箱地址|电子邮件|电子邮件地址",
    "identity": "id_card|id_card_number|id_number|identity_number|national_id|ssn|social_security_number|passport|passport_number|driver_license|身份证|身份证号|身份证号码|证件号|证件号码|护照号|护照号码",
    "address": "address|street|street_address|home_address|shipping_address|delivery_address|billing_address|postal_address|addr|ip|ip_address|地址|收货地址|详细地址|家庭地址|住址|收件地址|配送地址|ip地址",
    "user": "user_id|userid|uid|member_id|memberid|member_no|customer_id|customerid|customer_number|customer_no|cust_id|client_id|buyer_id|buyer_nick|nickname|username|user_name|login|household_key|household_id"
            "|openid|open_id|unionid|union_id|device_id|cookie_id|visitor_id|loyalty_card|card_number|用户id|用户编号|用户名|用户昵称|会员id|会员号|会员编号|会员卡号|会员名|客户id|客户编号|买家id|买家昵称|买家会员名|旺旺|旺旺号"
            "|旺旺id|昵称|账号|微信号|微信|qq|qq号|设备号|设备id",
}
_KIND_OF_HEADER = {alias: kind for kind, aliases in _HEADERS.items() for alias in aliases.split("|")}

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
_CONTENT = {
    "email": re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}"),
    "phone": re.compile(r"(\+?86[- ]?)?1[3-9]\d[- ]?(\d{4}|\*{4})[- ]?\d{4}|\+\d{1,3}[ -.]?\(?\d{1,4}\)?([ -.]?\d{2,4}){2,4}|\(\d{3}\) ?\d{3}-\d{4}|0\d{2,3}-\d{7,8}"),
    "identity": re.compile(r"\d{17}[\dXx]|\d{3}-\d{2}-\d{4}|\d{6}\*{8}\d{3}[\dXx]"),
    "address": re.compile(r".*(省|市|区|县).*(路|街|道|巷|弄|村|小区|大厦|室|栋|号).*|\d+[A-Za-z]?,? [\w .'-]*\b(street|st|avenue|ave|road|rd|lane|ln|boulevard|blvd|drive|dr)\b.*", re.I | re.S),
    "user": re.compile(r"\d{1,3}(\.\d{1,3}){3}"),
    "name": re.compile(rf"[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}|[{_SURNAMES}]\*{{1,2}}"),
}
_LEAST_SHARE = {"name": 0.9, "address": 0.6}
_LEAST_VALUES = {"name": 20}
_SAMPLE, _ROWS = 400, 20_000
_NUMBERS = {c.name for c in schema.COLUMNS if c.dtype in ("number", "date")}
_WEIGHTS, _CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
_PSEUDONYM_HEX = 16


@dataclass(frozen=True)
class Personal:
    """A column that looks personal.

    Attributes:
        header: its header.
        kind: one of `KIND_WORDS`.
        kept: whether it plays a part as names of groups, and so is kept under a keyed hash; otherwise it is dropped.
    """

    header: str
    kind: str
    kept: bool


def find_personal(raw: Raw, mapping: Mapping) -> tuple[Personal, ...]:
    """Return the columns of a file that look personal, in file order."""
    parts = {header: name for name, header in mapping.columns.items()}
    found = []
    for header in raw.headers:
        part = parts.get(header)
        if part in _NUMBERS:
            continue
        kind = _KIND_OF_HEADER.get(normal_header(header)) or _kind_of_content(raw.table.column(header))
        if kind is not None:
            found.append(Personal(header, kind, kept=part is not None and not part.startswith("covariate:")))
    return tuple(found)


def personal_notes(found: Sequence[Personal]) -> tuple[Issue, ...]:
    """Say of every personal column what will become of it."""
    dropped = N_("`{header}` looks personal ({kind}); it is left out before anything is kept.")
    hashed = N_("`{header}` looks personal ({kind}); its values are replaced by keyed codes before anything is kept.")
    return tuple(warning(Message(hashed if one.kept else dropped, {"header": one.header, "kind": KIND_WORDS[one.kind]}),
                         Message(N_("Nothing to do. To have nothing of it read at all, leave the column out of the file.")), column=one.header) for one in found)


def cleaned(raw: Raw, mapping: Mapping, found: Sequence[Personal], key: bytes) -> tuple[bytes, Mapping]:
    """Return a file's table without what is personal, as parquet, and the mapping that fits it.

    Args:
        key: secret of the keyed hash: the same value gives the same code under the same key, and nobody without the key can tell whose it is.
    """
    table = raw.table
    for one in found:
        place = table.column_names.index(one.header)
        if one.kept:
            table = table.set_column(place, one.header, _hashed(table.column(place), key))
        else:
            table, mapping = table.remove_column(place), mapping.without_header(one.header)
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(None), out, compression="zstd")
    return out.getvalue(), _without_options(mapping, {one.header for one in found if not one.kept})


def pseudonym(value: str, key: bytes) -> str:
    """Return the code that stands for `value` under `key`."""
    return "p-" + hmac.new(key, value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:_PSEUDONYM_HEX]


def _kind_of_content(column: pa.ChunkedArray) -> str | None:
    """Return what most of a column's values look like."""
    values = _sample(column)
    for kind, pattern in _CONTENT.items():
        hits = [value for value in values if pattern.fullmatch(value)]
        if kind == "identity":
            hits = [value for value in hits if len(value) != 18 or "*" in value or _checks(value)]
        if len(values) >= _LEAST_VALUES.get(kind, 1) and len(hits) >= max(1.0, _LEAST_SHARE.get(kind, 0.5) * len(values)):
            return kind
    return None


def _sample(column: pa.ChunkedArray) -> list[str]:
    """Return some of a column's different values, as text; a column of fractions, dates or flags has none."""
    kind = column.type
    if not (pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)):
        return []
    if pa.types.is_dictionary(kind):
        distinct = column.unify_dictionaries().chunk(0).dictionary.drop_null() if column.num_chunks else pa.array([], kind.value_type)
    else:
        distinct = column.take(_spread(len(column), _ROWS)).unique().drop_null()
    return [text for value in distinct.take(_spread(len(distinct), _SAMPLE)).to_pylist() if (text := str(value).strip())]


def _spread(length: int, most: int) -> np.ndarray:
    """Return up to `most` positions spread over `length`."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).astype("int64")) if length else np.array([], "int64")


def _checks(number: str) -> bool:
    """Tell whether a Chinese identity number's last digit fits the others (GB 11643-1999)."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True)) % 11] == number[17].upper()


def _hashed(column: pa.ChunkedArray, key: bytes) -> pa.Array:
    plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    encoded = plain.combine_chunks().dictionary_encode()
    codes = pa.array([pseudonym(str(value), key) for value in encoded.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(encoded.indices, codes).cast(pa.string())


def _without_options(mapping: Mapping, headers: set[str]) -> Mapping:
    """Return the mapping whose lists of headers name none that is gone."""
    changed: dict[str, Any] = {name: tuple(v for v in values if v not in headers) or None for name, values in mapping.options.items() if isinstance(values, tuple)}
    return mapping.with_option(**changed) if changed else mapping
