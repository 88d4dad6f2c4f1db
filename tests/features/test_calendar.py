"""Holidays and retail events fall where they fall."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from promo_core.features.calendar import calendar_features
from promo_core.features.events import EVENTS, country_of, events_between, public_holidays

YEAR = pd.date_range("2025-01-01", "2025-12-31")


@pytest.mark.parametrize(("name", "day"), [
    ("spring_festival", date(2025, 1, 29)), ("qixi", date(2025, 8, 29)), ("mid_autumn", date(2025, 10, 6)), ("june_18", date(2025, 6, 18)),
    ("double_11", date(2025, 11, 11)), ("black_friday", date(2025, 11, 28)), ("cyber_monday", date(2025, 12, 1)), ("easter", date(2025, 4, 20)),
    ("mothers_day", date(2025, 5, 11)), ("super_bowl", date(2025, 2, 9)), ("christmas", date(2025, 12, 25)),
])
def test_an_event_falls_on_its_day(name, day):
    event = next(e for e in EVENTS if e.name == name)
    assert event.day(day.year) == day


def test_every_event_can_be_told_for_the_years_a_shop_may_have():
    assert [e.name for e in EVENTS for year in range(2010, 2032) if e.day(year) is None] == []


def test_the_currency_chooses_whose_events_are_kept():
    assert [country_of(c) for c in ("CNY", "USD", None, "eur")] == ["CN", "US", "US", "DE"]
    chinese, german = (set(calendar_features(YEAR, "D", c).columns) for c in ("CNY", "EUR"))
    assert "event_june_18" in chinese - german
    assert "event_black_friday" in german - chinese


@pytest.mark.parametrize("frequency", ("D", "W-WED"))
@pytest.mark.parametrize("currency", ("CNY", "USD", "EUR", None))
def test_features_are_never_unknown(frequency, currency):
    table = calendar_features(pd.date_range("1989-09-14", "2027-01-01", freq=frequency), frequency, currency)
    assert np.isfinite(table.to_numpy()).all()
    assert (table.dtypes == np.float32).all()


def test_an_event_rises_to_its_day_and_fades_after_it():
    near = calendar_features(YEAR, "D", "CNY")["event_double_11"]
    assert near["2025-11-11"] == 1.0
    assert 0 < near["2025-10-25"] < near["2025-11-10"] < 1
    assert near["2025-11-12"] == -1.0 and near["2025-11-12"] < near["2025-11-15"] < 0
    assert near["2025-09-01"] == 0.0


def test_an_event_early_in_january_is_already_near_in_december():
    assert calendar_features(pd.DatetimeIndex(["2024-12-30"]), "D", "USD")["event_new_year"].iloc[0] > 0


def test_a_week_takes_the_events_and_holidays_of_its_seven_days():
    weeks = calendar_features(pd.date_range("2025-11-02", "2025-12-28", freq="W-SUN"), "W-SUN", "CNY")
    assert weeks.index[weeks["event_double_11"] == 1.0].tolist() == [pd.Timestamp("2025-11-16")]
    german = calendar_features(pd.DatetimeIndex(["2025-12-21", "2025-12-28"]), "W-SUN", "EUR")
    np.testing.assert_allclose(german["holiday"], [0.0, 2 / 7], rtol=1e-6)
    np.testing.assert_allclose(german["holiday_next"].iloc[0], 2 / 7, rtol=1e-6)


def test_public_holidays_are_marked_on_their_day_and_beside_it():
    table = calendar_features(YEAR, "D", "EUR")
    assert date(2025, 10, 3) in public_holidays("DE", 2025)
    assert table.loc["2025-10-03", "holiday"] == 1 and table.loc["2025-10-02", "holiday_next"] == 1 and table.loc["2025-10-04", "holiday_last"] == 1


def test_the_same_period_gets_the_same_features_whatever_stands_around_it():
    whole, part = calendar_features(YEAR, "D", "CNY"), calendar_features(YEAR[100:140], "D", "CNY")
    pd.testing.assert_frame_equal(whole.iloc[100:140], part, check_freq=False)


def test_events_between_two_days_come_in_order():
    told = [(day, event.name) for day, event in events_between(date(2025, 11, 1), date(2025, 12, 31), "CN")]
    assert told == [(date(2025, 11, 11), "double_11"), (date(2025, 12, 12), "double_12"), (date(2025, 12, 25), "christmas")]
