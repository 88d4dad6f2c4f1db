"""A CSV to start from: every column a merchandiser may give, in the reader's language, with rows that pass inspection."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

__all__ = ["TEMPLATE_COLUMNS", "template_csv"]

TEMPLATE_COLUMNS = ("date", "segment", "category", "channel", "visitors", "orders", "units", "gmv", "discount_depth", "promo_type", "ad_spend", "list_price", "unit_cost")
_CHINESE = ("日期", "人群", "类目", "渠道", "访客数", "支付订单数", "销量", "支付金额", "折扣深度", "促销类型", "广告费", "原价", "成本")
_WORDS = {
    "en": {"new": "new", "vip": "vip", "beauty": "beauty", "app": "app", "none": "none", "percent_off": "percent_off", "threshold_off": "threshold_off"},
    "zh": {"new": "新客", "vip": "会员", "beauty": "美妆", "app": "APP", "none": "无", "percent_off": "打折", "threshold_off": "满减"},
}
_PROMOTIONS = {5: ("percent_off", 0.2, 300.0), 6: ("percent_off", 0.2, 300.0), 16: ("threshold_off", 1 / 6, 200.0), 17: ("threshold_off", 1 / 6, 200.0)}


def template_csv(lang: str = "en") -> bytes:
    """Return the template as UTF-8 with a BOM, which spreadsheets need to show Chinese headers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(TEMPLATE_COLUMNS if lang == "en" else _CHINESE)
    words = _WORDS["en" if lang == "en" else "zh"]
    for day in range(28):
        for k, segment in enumerate(("new", "vip")):
            writer.writerow(_row(day, k, segment, words))
    return out.getvalue().encode("utf-8-sig")


def _row(day: int, k: int, segment: str, words: dict[str, str]) -> list[object]:
    kind, depth, spend = _PROMOTIONS.get(day, ("none", 0.0, 0.0))
    visitors = 1000 + 400 * k + 60 * (day % 7)
    orders = round(visitors * (0.03 + 0.01 * k) * (1 + 2.5 * depth))
    units = round(orders * 1.3)
    return [(date(2026, 1, 5) + timedelta(days=day)).isoformat(), words[segment], words["beauty"], words["app"], visitors, orders, units,
            f"{units * 120 * (1 - depth):.2f}", f"{depth:.4g}", words[kind], spend, 120, 48]
