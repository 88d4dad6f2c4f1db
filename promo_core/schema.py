"""Every column Liftboard knows, declared once: name, role, unit, bounds, aliases.

Validation, the mapping screen, the CSV template, the README's table and the reports' column heads come from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from promo_core.errors import N_

__all__ = ["COLUMNS", "COUNT_TARGETS", "LEVERS", "PROMO_TYPES", "Column", "Role", "column", "names"]


class Role(StrEnum):
    """What a column is for."""

    TIME = "time"
    DIMENSION = "dimension"
    TARGET = "target"
    LEVER = "lever"
    COVARIATE = "covariate"
    IDENTITY = "identity"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the campaign file.

    Attributes:
        name: canonical name.
        role: what it is for.
        dtype: "date", "text" or "number".
        unit: unit of a number, in words; empty for text.
        low, high: bounds a sound value keeps, inclusive; `None` is unbounded.
        aliases: headers that mean it, lower case, English and Chinese.
        label: short head for screens and reports.
        meaning: one line for the template and the README.
    """

    name: str
    role: Role
    dtype: str
    label: str
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    aliases: tuple[str, ...] = ()


def _dimension(name: str, label: str, meaning: str, *aliases: str) -> Column:
    return Column(name=name, role=Role.DIMENSION, dtype="text", label=label, meaning=meaning, aliases=aliases)


def _target(name: str, label: str, meaning: str, unit: str, *aliases: str) -> Column:
    return Column(name=name, role=Role.TARGET, dtype="number", label=label, meaning=meaning, unit=unit, low=0.0, aliases=aliases)


def _share(name: str, role: Role, label: str, meaning: str, *aliases: str, high: float = 1.0) -> Column:
    return Column(name=name, role=role, dtype="number", label=label, meaning=meaning, unit=N_("fraction 0–1"), low=0.0, high=high, aliases=aliases)


def _money(name: str, role: Role, label: str, meaning: str, *aliases: str) -> Column:
    return Column(name=name, role=role, dtype="number", label=label, meaning=meaning, unit=N_("money"), low=0.0, aliases=aliases)


COLUMNS: tuple[Column, ...] = (
    Column(name="date", role=Role.TIME, dtype="date", label=N_("Date"), meaning=N_("the day, or the week's last day"),
           aliases=("day", "week", "ds", "dt", "order_date", "week_end_date", "period", "week_start", "week_ending", "week_end", "transaction_date", "sale_date", "datum", "fecha",
                    "日期", "时间", "统计日期", "更新时间", "update_time", "周", "业务日期", "下单日期", "支付日期")),
    Column(name="start_date", role=Role.TIME, dtype="date", label=N_("Start"), meaning=N_("the campaign's first day"),
           aliases=("start", "start_day", "begin_date", "begin", "from", "campaign_start", "promo_start", "valid_from", "开始日期", "开始时间", "活动开始", "活动开始时间")),
    Column(name="end_date", role=Role.TIME, dtype="date", label=N_("End"), meaning=N_("the campaign's last day"),
           aliases=("end", "end_day", "finish_date", "to", "until", "campaign_end", "promo_end", "valid_to", "结束日期", "结束时间", "活动结束", "活动结束时间")),
    _dimension("segment", N_("Segment"), N_("who buys"), "customer_segment", "customer_group", "audience", "user_group", "人群", "人群分层", "用户分层", "客群", "人群标签", "会员等级", "store_tier", "age_group"),
    _dimension("category", N_("Category"), N_("what is sold"), "cat", "department", "product_category", "category_name", "类目", "类目名称", "商品分类", "品类", "一级类目", "商品类目"),
    _dimension("channel", N_("Channel"), N_("where it is sold"), "sales_channel", "platform", "渠道", "销售渠道", "平台"),
    _dimension("region", N_("Region"), N_("where the buyers are"), "area", "state", "city", "province", "地区", "区域", "省份", "城市"),
    _dimension("store", N_("Store"), N_("the shop"), "shop", "store_id", "store_name", "shop_id", "unit_id", "门店名称", "店铺", "门店", "店名", "店铺名称"),
    _dimension("brand", N_("Brand"), N_("the brand"), "brand_name", "品牌"),
    _dimension("product", N_("Product"), N_("the product"), "sku", "sku_id", "upc", "item", "item_id", "product_id", "product_name", "id", "商品", "商品id", "货号", "宝贝id"),
    _target("visitors", N_("Visitors"), N_("traffic, for conversion"), N_("count"),
            "uv", "visitor", "visitor_count", "unique_visitors", "footfall", "traffic", "customers", "visits", "sessions", "visitors_avg", "hh_targeted", "访客数", "访客", "访客人数", "独立访客", "访问人数", "浏览人数", "进店人数", "客流"),
    _target("orders", N_("Orders"), N_("orders paid"), N_("count"),
            "order", "order_count", "num_orders", "paid_orders", "transactions", "baskets", "redeemers", "支付订单数", "订单数", "订单量", "订单", "支付单量", "支付子订单数", "成交订单数", "成交笔数", "支付买家数"),
    _target("units", N_("Units"), N_("pieces sold"), N_("count"),
            "unit", "quantity", "qty", "units_sold", "sales_units", "sale_count", "销量", "累计销量", "总销量", "销售数量", "支付商品件数", "件数", "支付件数", "成交件数"),
    _target("gmv", N_("GMV"), N_("money after discount, in the file's currency"), N_("money"),
            "sales", "revenue", "net_sales", "turnover", "sales_value", "gross_merchandise_value", "sales_amount", "spend", "支付金额", "支付额", "实付金额", "销售金额", "销售收入", "营业额", "成交额", "成交金额", "销售额", "交易额"),
    _share("discount_depth", Role.LEVER, N_("Discount depth"), N_("fraction off list; also read: 20, 20%, 8折, 满300减50, 300:50"),
           "discount", "depth", "discount_rate", "discount_pct", "discount_percent", "markdown", "折扣", "折扣率", "折扣力度", "折扣深度", "优惠力度", "满减"),
    Column(name="promo_type", role=Role.LEVER, dtype="text", label=N_("Promotion type"),
           meaning=N_("none, percent_off, threshold_off, coupon, gift, bundle, flash_sale, or the file's own words"),
           aliases=("promo", "promotion", "promotion_type", "campaign_type", "offer_type", "deal", "is_promo", "promo_flag", "on_promotion", "onpromotion", "促销", "促销方式", "优惠类型", "促销类型", "活动类型", "是否促销")),
    _money("ad_spend", Role.LEVER, N_("Ad spend"), N_("advertising money of the period"), "spend_amount", "marketing_spend", "advertising", "ad_cost", "广告费", "广告花费", "推广花费", "推广费", "投放金额"),
    _share("feature", Role.LEVER, N_("Feature"), N_("share in the flyer or on the front page"), "feat", "feature_unit_share", "首页", "会场"),
    _share("display", Role.LEVER, N_("Display"), N_("share on special display"), "display_unit_share", "陈列", "展示位"),
    _share("mailer", Role.LEVER, N_("Mailer"), N_("share reached by mail or message"), "mail", "mailer_unit_share", "短信", "邮件"),
    Column(name="campaign_id", role=Role.IDENTITY, dtype="text", label=N_("Campaign"), meaning=N_("the campaign's number"), aliases=("campaign", "promo_id", "活动id", "活动编号")),
    Column(name="campaign_name", role=Role.IDENTITY, dtype="text", label=N_("Campaign name"), meaning=N_("the campaign's name"), aliases=("promo_name", "活动名称", "活动")),
    _money("price", Role.COVARIATE, N_("Price"), N_("price paid; with list price it gives the depth"), "sale_price", "selling_price", "price_paid", "价格", "单价", "售价", "到手价", "现价", "活动价", "成交价"),
    _money("list_price", Role.COVARIATE, N_("List price"), N_("price without promotion"), "base_price", "regular_price", "original_price", "rrp", "msrp", "原价", "市场价", "标价", "吊牌价", "划线价"),
    _money("unit_cost", Role.COVARIATE, N_("Unit cost"), N_("cost of one unit, for margin and ROI"), "cost", "cogs", "cost_price", "成本", "成本价", "单位成本"),
    Column(name="stock", role=Role.COVARIATE, dtype="number", label=N_("Stock"), meaning=N_("pieces in stock"), unit=N_("count"), low=0.0,
           aliases=("inventory", "stock_on_hand", "库存")),
    _share("randomised", Role.COVARIATE, N_("Dealt by lot"), N_("1 where a lot decided whether and what to promote: effects then rest on an experiment"),
           "randomized", "experiment", "is_experiment", "ab_test", "random_assignment", "随机", "随机实验", "随机分组", "实验", "是否随机", "是否实验"),
    _share("school_holiday", Role.COVARIATE, N_("School holiday"), N_("share of the area on school holiday"), "schoolholiday", "学校假期"),
)

LEVERS: tuple[str, ...] = ("discount_depth", "promo_type", "ad_spend", "feature", "display", "mailer")
COUNT_TARGETS: tuple[str, ...] = ("visitors", "orders", "units")
PROMO_TYPES: dict[str, str] = {"none": N_("no promotion"), "percent_off": N_("percent off"), "threshold_off": N_("money off above a threshold"), "coupon": N_("coupon"), "gift": N_("gift"),
                               "bundle": N_("bundle"), "flash_sale": N_("flash sale"), "promo": N_("promotion"), "campaign": N_("campaign")}
"""What a reader calls the promotion types of a plan; any other type is the file's own word."""


def names(role: Role) -> tuple[str, ...]:
    """Return the canonical names of one role, in order."""
    return tuple(c.name for c in COLUMNS if c.role is role)


def column(name: str) -> Column:
    """Return the column of that canonical name.

    Raises:
        KeyError: when no column has that name.
    """
    return _BY_NAME[name]


_BY_NAME = {c.name: c for c in COLUMNS}
