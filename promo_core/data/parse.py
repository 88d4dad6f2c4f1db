"""Cells to numbers, discount depths and promotion words: each distinct text is read once, then spread over the rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from promo_core.data.panel import NO_PROMO

__all__ = ["Numbers", "clean_label", "coded", "currency_of", "depth_text", "is_number_column", "numbers", "promo_word", "FLAG_OFF", "FLAG_ON"]

BLANK = frozenset({"", "na", "n/a", "#n/a", "null", "nan", "-", "--", "—", "none", "无", "不详", "未知"})
FLAG_ON = frozenset({"1", "1.0", "yes", "y", "true", "t", "是", "有", "on", "x", "✓"})
FLAG_OFF = frozenset({"0", "0.0", "no", "n", "false", "f", "否", "无", "off", "none", "", "-", "no promo", "no_promo", "no promotion", "不促销", "未促销", "无促销", "无活动", "null", "nan", "na"})
_SYMBOLS = {"¥": "CNY", "元": "CNY", "rmb": "CNY", "cny": "CNY", "人民币": "CNY", "$": "USD", "usd": "USD", "€": "EUR", "eur": "EUR", "£": "GBP", "gbp": "GBP"}
_MONEY = re.compile("|".join(map(re.escape, _SYMBOLS)), re.I)
_SCALE = {"万": 1e4, "亿": 1e8, "千": 1e3}
_WORDS = (("threshold_off", r"满\d*.*减|满减|threshold|spend.*save"), ("flash_sale", r"秒杀|限时|抢购|flash"), ("coupon", r"券|coupon|voucher"), ("gift", r"赠|礼品|gift|买.送"),
          ("bundle", r"套装|组合|捆绑|第二件|bundle"), ("percent_off", r"折|直降|percent|% ?off|tpr_only$"))
_DIGITS = {c: str(k) for k, c in enumerate("零一二三四五六七八九")} | {"两": "2", "点": ".", "半": "5"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Numbers:
    """A column as numbers.

    Attributes:
        values: (n,) float64, NaN where blank or unreadable.
        bad: (n,) bool, where there was text that is no number; `None` where there was none.
        example: one such text.
        ambiguous: "grouped" where commas could be either and nothing in the column tells, "conflict" where cells contradict each other.
        comma: commas were read as decimals.
        symbol: currency code of a sign seen in the cells.
    """

    values: np.ndarray
    bad: np.ndarray | None = None
    example: str = ""
    ambiguous: str = ""
    comma: bool = False
    symbol: str | None = None


def is_number_column(column: pa.ChunkedArray) -> bool:
    """Say whether the file's cells were plain numbers."""
    return pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type)


def coded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Return codes (n,) int32 and the distinct texts they point at; blank cells point at the text ""."""
    if is_number_column(column):
        column = _number_as_text(column)
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    if column.num_chunks == 0:
        return np.zeros(0, dtype=np.int32), []
    whole = column.unify_dictionaries()
    words = [w or "" for w in whole.chunk(0).dictionary.to_pylist()]
    codes = np.concatenate([np.asarray(pc.fill_null(chunk.indices, len(words))) for chunk in whole.chunks]).astype(np.int32)
    return codes, [*words, ""] if codes.max(initial=0) == len(words) else words


def _number_as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_floating(column.type):
        values = column.to_numpy()
        known = values[np.isfinite(values)]
        if len(known) and np.abs(known).max() < 2**53 and (known == np.floor(known)).all():
            column = pc.cast(column, pa.int64(), safe=False) if len(known) == len(values) else pa.chunked_array([pa.array(values, from_pandas=True).cast(pa.int64())])
    return column.cast(pa.string())


def numbers(column: pa.ChunkedArray, decimal: str | None = None) -> Numbers:
    """Read a column as numbers: `¥1,234.50`, `1.234,50`, `1.2万`, `(12)`, `12%` (as 0.12)."""
    if is_number_column(column):
        return Numbers(values=column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64, copy=False))
    if pa.types.is_temporal(column.type):
        return Numbers(values=np.full(len(column), np.nan), bad=np.asarray(pc.is_valid(column)), example=str(column[0]))
    codes, words = coded(column)
    plain = [_bare(word) for word in words]
    comma, ambiguous = _decimal_comma(plain, decimal)
    read = np.array([_number(text, comma) for text in plain] or [np.nan])
    blank = np.array([w.strip().lower() in BLANK for w in words] or [True])
    bad = (np.isnan(read) & ~blank)
    symbol = next((code for word in words[:200] if (code := currency_of(word))), None)
    return Numbers(values=read[codes], bad=bad[codes] if bad.any() else None, example=next((w for w, b in zip(words, bad, strict=False) if b), ""),
                   ambiguous=ambiguous, comma=comma, symbol=symbol)


def currency_of(text: str) -> str | None:
    """Return the currency a sign or code in `text` tells, if any."""
    found = _MONEY.search(unicodedata.normalize("NFKC", text))
    return _SYMBOLS[found.group().lower()] if found else None


def _bare(word: str) -> str:
    text = _MONEY.sub("", unicodedata.normalize("NFKC", word)).strip()
    text = re.sub(r"[\s'’_]", "", text)
    return f"-{text[1:-1]}" if text.startswith("(") and text.endswith(")") else text


def _decimal_comma(texts: list[str], decimal: str | None) -> tuple[bool, str]:
    """Tell whether commas are decimals, and how far that is a guess."""
    if decimal:
        return decimal == ",", ""
    commas = dots = maybe = 0
    for text in texts:
        if "," not in text and text.count(".") < 2:
            continue
        if "," in text and "." in text:
            commas, dots = commas + (text.rfind(",") > text.rfind(".")), dots + (text.rfind(",") < text.rfind("."))
        elif text.count(".") >= 2:
            commas += 1
        elif text.count(",") >= 2:
            dots += 1
        elif re.search(r"^-?[1-9]\d{0,2},\d{3}$", text):
            maybe += 1
        else:
            commas += 1
    return commas > 0 and commas >= dots, "conflict" if commas and dots else "grouped" if maybe and not commas and not dots else ""


def _number(text: str, comma: bool) -> float:
    scale = 1.0
    if text and text[-1] in _SCALE:
        text, scale = text[:-1], _SCALE[text[-1]]
    elif text.endswith("%"):
        text, scale = text[:-1], 0.01
    text = text.replace(".", "").replace(",", ".") if comma else text.replace(",", "")
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?inf(inity)?", text, re.I):
        return np.nan
    return float(text) * scale


def depth_text(word: str, number: Callable[[str], float] = float) -> float | None:
    """Read a discount that says its own unit, as a fraction off list; `None` where it is no such text.

    `20%` `20% off` → 0.2, `8折` `八折` → 0.2, `85折` → 0.15, `满300减50` `300:50` → 1/6, `半价` → 0.5, `第二件半价` → 0.25.
    """
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", word)).lower()
    if text in FLAG_OFF or text in {"原价", "不打折", "无折扣", "10折", "十折"}:
        return 0.0
    if found := re.fullmatch(r"-?(\d+(?:[.,]\d+)?)%(off)?", text):
        return float(found[1].replace(",", ".")) / 100
    if text == "第二件半价":
        return 0.25
    if found := re.search(r"满(\d+(?:\.\d+)?)元?[,，]?立?减(\d+(?:\.\d+)?)", text) or re.fullmatch(r"(\d+(?:\.\d+)?)[:：](\d+(?:\.\d+)?)", text):
        return float(found[2]) / float(found[1]) if float(found[1]) > 0 else np.nan
    if found := re.search(r"([\d.]+|[零一二三四五六七八九两点]+)折", text):
        return _zhe(found[1])
    return 0.5 if "半价" in text else None


def _zhe(text: str) -> float:
    """Read what stands before 折, the tenths of list price that remain: 8 and 80 are 0.2 off, 85 is 0.15 off."""
    digits = "".join(_DIGITS.get(c, c) for c in text)
    if not re.fullmatch(r"\d+(\.\d+)?", digits):
        return np.nan
    value = float(digits)
    return 1 - (value / 100 if value > 10 else value / 10)


def clean_label(text: str) -> str:
    """Return a name as one line: control characters and runs of blanks become one blank."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def promo_word(word: str) -> str:
    """Return the schema's word for a promotion type, or the file's own, cleaned; "none" where nothing ran."""
    text = clean_label(word)
    low = text.lower()
    if low in FLAG_OFF:
        return NO_PROMO
    if low in FLAG_ON:
        return "promo"
    if low in {name for name, _ in _WORDS}:
        return low
    if re.search(r"[\u4e00-\u9fff]|% ?off", low):
        return next((name for name, pattern in _WORDS if re.search(pattern, low)), text)
    return next((name for name, pattern in _WORDS if re.fullmatch(pattern.replace("$", ""), low.replace("_", " ").strip()) and name != "percent_off"), text)
