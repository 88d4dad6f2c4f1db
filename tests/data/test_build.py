"""From rows to the grid: nothing lost, nothing invented, unobserved is NaN."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.files import days, look, shop, told


def csv(header, rows):
    return header + "\n" + "\n".join(",".join(map(str, row)) for row in rows) + "\n"


def test_a_day_without_a_row_is_unknown_and_not_zero():
    lines = shop().splitlines()
    del lines[6]
    panel = look("\n".join(lines)).panel
    assert panel.n_observed == 30 and np.isnan(panel.targets["gmv"][0, 5]) and panel.plan.levers["discount_depth"][0, 5] == 0


def test_rows_in_any_order_give_the_same_panel():
    lines = shop(segment=lambda k: "ab"[k % 2]).splitlines()
    again = "\n".join([lines[0], *reversed(lines[1:])])
    assert look("\n".join(lines)).panel.content_hash() == look(again).panel.content_hash()


def test_future_rows_with_levers_alone_are_the_known_future():
    text = shop(30, gmv=lambda k: "" if k > 24 else 100, orders=lambda k: "" if k > 24 else 5, visitors=lambda k: "" if k > 24 else 90, discount_depth=lambda k: 0.3 if k in (3, 26) else 0)
    panel = look(text).panel
    assert (panel.n_observed, len(panel.periods)) == (25, 30)
    assert panel.future_plan(5).levers["discount_depth"][0].tolist() == [0, pytest.approx(0.3), 0, 0, 0]
    assert len(panel.campaigns) == 1


def test_weeks_are_told_by_their_weekday():
    text = csv("date,segment,gmv", [(d, "vip", 100 + k * 7 % 13) for k, d in enumerate(days(20, step=7))])
    found = look(text)
    assert found.panel.frequency == "W-MON" and found.verdict.kind == "weekly" and found.panel.n_observed == 20
    daily = look(text, mapping=found.mapping.with_option(frequency="daily"))
    assert daily.panel is None and "far apart" in told(daily, "error")


def test_days_become_whole_weeks_when_asked():
    found = look(shop(40, gmv=10))
    weekly = look(shop(40, gmv=10), mapping=found.mapping.with_option(frequency="weekly", per_period=("gmv",)))
    assert weekly.panel is None and "weeks" in told(weekly, "error")
    longer = look(shop(80, gmv=10, discount_depth=0.1), mapping=found.mapping.with_option(frequency="weekly")).panel
    assert longer.frequency == "W-SUN" and (longer.targets["gmv"] == 70).all() and np.allclose(longer.plan.levers["discount_depth"], 0.1)


def test_monthly_dates_are_refused():
    rows = [(f"{2020 + k // 12}-{k % 12 + 1:02d}-01", "vip", 100 + k * 7 % 13) for k in range(36)]
    assert "far apart" in told(look(csv("date,segment,gmv", rows)), "error")


def test_finer_rows_add_outcomes_and_weigh_levers_by_sales():
    rows = [(d, "vip", 10, 100, 0.3) for d in days(30)] + [(d, "vip", 30, 200, 0.1) for d in days(30)]
    panel = look(csv("date,segment,units,gmv,discount_depth", rows)).panel
    assert panel.targets["units"][0, 0] == 40 and panel.targets["gmv"][0, 0] == 300
    assert panel.plan.levers["discount_depth"][0, 0] == pytest.approx((10 * 0.3 + 30 * 0.1) / 40)


def test_of_several_types_in_a_cell_the_heaviest_holds():
    rows = [(d, "vip", 10, "coupon") for d in days(30)] + [(d, "vip", 30, "gift") for d in days(30)]
    panel = look(csv("date,segment,units,promo_type", rows)).panel
    assert panel.plan.promo_types == ("none", "coupon", "gift") and (panel.plan.levers["promo_type"] == 2).all()


def test_an_id_with_thousands_of_values_is_summed_and_can_be_kept():
    rng = np.random.default_rng(7)
    rows = [(d, "vip", f"p{k}", 1 + k % 3) for d in days(12) for k in rng.choice(2000, 150, replace=False)]
    text = csv("date,segment,product,units", rows)
    found = look(text)
    assert found.panel.dimensions == ("segment",) and np.nansum(found.panel.targets["units"]) == sum(r[3] for r in rows)
    issue = next(i for i in found.issues if i.choices and i.column == "product")
    assert look(text, mapping=issue.choices[0].mapping).panel.dimensions == ("segment", "product")


def test_a_grid_too_large_to_hold_is_refused_in_words(monkeypatch):
    monkeypatch.setattr("promo_core.data.build.MAX_CELLS", 50)
    found = look(shop(segment=lambda k: f"s{k % 3}"), mapping=look(shop()).mapping.with_option(dimensions=("segment",)))
    assert found.panel is None and "more than Liftboard can hold" in told(found, "error")


def test_without_a_dimension_there_is_one_series():
    found = look(shop(segment=None))
    assert found.panel.n_series == 1 and found.panel.labels() == ["all"]


def test_visitors_repeated_over_rows_are_counted_once():
    rows = [(d, item, 1000 + 7 * (k * 5 % 11), 5) for k, d in enumerate(days(30)) for item in ("x", "y")]
    text = csv("date,product,visitors,orders", rows)
    both = look(text, mapping=look(text).mapping.with_option(dimensions=()))
    assert both.panel.targets["visitors"][0, 0] == 1000 and both.panel.targets["orders"][0, 0] == 10 and "counted once" in told(both)


def campaign_rows():
    return [("c1", "2026-01-01", "2026-01-10", "vip", 1000, 0.2, 50), ("c2", "2026-01-06", "2026-01-15", "vip", 500, 0.3, 20), ("c3", "2026-02-01", "2026-02-10", "vip", 300, 0.1, 0)]


def test_overlapping_campaigns_add_and_the_deeper_depth_holds():
    panel = look(csv("campaign_id,start_date,end_date,segment,gmv,discount_depth,ad_spend", campaign_rows())).panel
    assert panel.campaign_level and panel.targets["gmv"][0, 0] == 100 and panel.targets["gmv"][0, 5] == 150
    assert np.isnan(panel.targets["gmv"][0, 20]) and np.nansum(panel.targets["gmv"]) == pytest.approx(1800)
    assert panel.plan.levers["discount_depth"][0, [0, 5, 12, 20]].tolist() == [0.2, 0.3, 0.3, 0]
    assert panel.plan.levers["ad_spend"].sum() == pytest.approx(70)
    assert panel.campaigns[["start", "end", "name"]].values.tolist() == [[0, 9, "c1"], [5, 14, "c2"], [31, 40, "c3"]]


def test_a_campaign_file_without_depth_or_type_has_one_kind_of_promotion():
    rows = [(r[1], r[2], r[3], r[4]) for r in campaign_rows()]
    panel = look(csv("start_date,end_date,segment,gmv", rows)).panel
    assert panel.plan.promo_types == ("none", "campaign") and panel.plan.levers["promo_type"][0, [0, 20]].tolist() == [1, 0]


def test_a_campaign_to_come_is_known_future():
    rows = [*campaign_rows(), ("c4", "2026-03-01", "2026-03-05", "vip", "", 0.4, 10)]
    panel = look(csv("campaign_id,start_date,end_date,segment,gmv,discount_depth,ad_spend", rows)).panel
    assert str(panel.origin.date()) == "2026-02-10" and str(panel.periods[-1].date()) == "2026-03-05" and panel.plan.levers["discount_depth"][0, -1] == pytest.approx(0.4)


def test_runs_of_promoted_days_become_campaigns():
    found = look(shop(discount_depth=lambda k: 0.2 if k in (3, 4, 5, 12) else 0, campaign_name=lambda k: "May" if k in (3, 4) else "June" if k in (5, 12) else ""))
    assert found.panel.campaigns[["start", "end", "name", "promo_type"]].values.tolist() == [[3, 4, "May", "percent_off"], [5, 5, "June", "percent_off"], [12, 12, "June", "percent_off"]]


def test_price_alone_gives_depth_and_money_only_when_confirmed():
    text = shop(gmv=None, discount_depth=None, units=lambda k: 5 + k * 3 % 7, price=lambda k: 80 if k % 5 == 0 else 100)
    found = look(text)
    assert "gmv" not in found.panel.targets and not found.panel.plan.promoted.any()
    mapping = found.mapping.with_option(list_price="highest", gmv="price_times_units")
    panel = look(text, mapping=mapping).panel
    assert panel.plan.levers["discount_depth"][0, :2].tolist() == [pytest.approx(0.2), 0] and panel.targets["gmv"][0, 0] == 400


def test_the_callers_bytes_and_mapping_are_unchanged():
    data = shop().encode()
    before = look(data).mapping.to_dict()
    mapping = look(data).mapping
    look(data, mapping=mapping)
    assert mapping.to_dict() == before and data == shop().encode()
