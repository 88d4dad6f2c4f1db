"""An event log becomes the same panel on every engine: counted by hand, by DuckDB, by a Dask cluster of two workers and by PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from promo_core.cli import main
from promo_core.data.events import aggregate_events, event_files, panel_of_log, parquet_bytes, read_event_map
from promo_core.data.events_map import EventMap
from promo_core.data.inspection import inspect
from promo_core.errors import DataError, JobError, MappingError

MAP = {"columns": {"timestamp": "at", "user": "uid", "kind": "what", "amount": "paid", "quantity": "pieces", "price": "price", "list_price": "tag", "spend": "cost",
                   "campaign": "campaign", "promo_type": "promo", "order": "receipt"},
       "dimensions": {"segment": "who", "category": "shelf"}, "kinds": {"visit": ["view", "pv"], "order": "pay", "exposure": "ad"}, "utc_offset_hours": 8}


def log_of(n: int, seed: int = 3) -> pd.DataFrame:
    """Return a log of `n` events over three weeks, with users, segments and words missing here and there, and kinds that do not count."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["view", "pv", "pay", "ad", "login"], n, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    day, shelf = rng.integers(0, 21, n), rng.integers(0, 3, n)
    promoted = (day + shelf) % 7 < 2
    tag = 20.0 + 10.0 * shelf
    price = np.round(tag * np.where(promoted, rng.choice([0.8, 0.7], n), 1.0), 2)
    pieces, paying = rng.integers(1, 4, n), kind == "pay"
    user = pd.Series(rng.integers(0, max(5, n // 12), n)).astype("Int64").mask(rng.random(n) < 0.02)
    return pd.DataFrame({
        "at": pd.Timestamp("2026-03-01") + pd.to_timedelta(day * 86_400 + rng.integers(0, 86_400, n), unit="s"), "uid": user, "what": kind,
        "who": pd.Series(rng.choice(["new", "vip"], n)).mask(rng.random(n) < 0.03), "shelf": pd.Series(shelf).map({0: "007", 1: "tea", 2: "soap"}),
        "paid": np.where(paying, price * pieces, np.nan), "pieces": np.where(paying, pieces, np.nan), "price": price, "tag": tag, "cost": np.where(kind == "ad", 0.25, np.nan),
        "campaign": pd.Series(np.where(promoted & paying, rng.choice(["spring", "tea week"], n), None), dtype="str"),
        "promo": pd.Series(np.where(promoted, "percent_off", None), dtype="str"),
        "receipt": pd.Series(rng.integers(0, max(3, n // 10), n)).astype("str").where(pd.Series(paying))})


def by_hand(log: pd.DataFrame) -> pd.DataFrame:
    """Return date, segment, category, visitors, orders, units, gmv and discount_depth, counted one cell at a time."""
    log = log.assign(date=(log["at"] + pd.Timedelta(hours=8)).dt.normalize(), segment=log["who"].fillna("unknown"))
    rows = []
    for (date, segment, category), cell in log[log["what"] != "login"].groupby(["date", "segment", "shelf"]):
        bought = cell[cell["what"] == "pay"]
        lists = (bought["tag"] * bought["pieces"]).sum()
        seen = cell[cell["what"].isin(["view", "pv"])]
        depth = 1 - bought["paid"].sum() / lists if lists else 1 - seen["price"].sum() / seen["tag"].sum() if len(seen) else np.nan
        rows.append({"date": date, "segment": segment, "category": category, "visitors": cell[cell["what"].isin(["view", "pv", "pay"])]["uid"].nunique(),
                     "orders": bought["receipt"].nunique(), "units": int(bought["pieces"].sum()), "gmv": round(bought["paid"].sum(), 2), "discount_depth": max(0.0, depth)})
    return pd.DataFrame(rows).sort_values(["date", "segment", "category"], ignore_index=True)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return log_of(6_000)


@pytest.fixture(scope="module")
def folder(log: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the log as five parquet files in sub-folders."""
    place = tmp_path_factory.mktemp("log")
    for i, part in enumerate(np.array_split(np.arange(len(log)), 5)):
        (place / f"day={i}").mkdir()
        log.iloc[part].to_parquet(place / f"day={i}" / "part.parquet", index=False)
    return place


@pytest.fixture(scope="module")
def panel(folder: Path) -> pd.DataFrame:
    return aggregate_events(str(folder), EventMap.from_dict(MAP)).to_pandas()


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left, right, check_dtype=False, rtol=1e-9, atol=0.011)


def test_the_panel_is_what_counting_by_hand_gives(log: pd.DataFrame, panel: pd.DataFrame) -> None:
    told = by_hand(log)
    cells = panel.merge(told[["date", "segment", "category"]], on=["date", "segment", "category"])
    pd.testing.assert_frame_equal(cells[told.columns.tolist()], told, check_dtype=False, atol=0.006, rtol=1e-6)
    assert panel["exposures"].sum() == (log["what"] == "ad").sum() and panel["ad_spend"].sum() == pytest.approx(0.25 * (log["what"] == "ad").sum())


def test_a_day_without_events_inside_a_series_is_a_zero(panel: pd.DataFrame) -> None:
    for _, series in panel.groupby(["segment", "category"]):
        assert len(series) == series["date"].nunique() == (series["date"].max() - series["date"].min()).days + 1
    quiet = aggregate_events_of([("2026-03-01", "vip"), ("2026-03-02", "new"), ("2026-03-03", "vip")])
    assert quiet[(quiet["segment"] == "vip") & (quiet["date"] == "2026-03-02")][["visitors", "orders"]].to_numpy().tolist() == [[0, 0]]
    assert len(quiet) == 4


def aggregate_events_of(visits: list[tuple[str, str]]) -> pd.DataFrame:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        pd.DataFrame(visits, columns=["at", "who"]).assign(uid="a", what="view").to_csv(Path(place) / "tiny.csv", index=False)
        simple = EventMap.from_dict({"columns": {"timestamp": "at", "user": "uid", "kind": "what"}, "dimensions": {"segment": "who"}, "kinds": {"visit": "view", "order": "pay"}})
        return aggregate_events(place, simple).to_pandas()


def test_the_most_frequent_word_names_a_cell(log: pd.DataFrame, panel: pd.DataFrame) -> None:
    bought = log[(log["what"] == "pay") & log["campaign"].notna() & (log["who"] == "vip") & (log["shelf"] == "tea")]
    counts = bought.groupby((bought["at"] + pd.Timedelta(hours=8)).dt.normalize())["campaign"].value_counts().unstack().fillna(0)
    mine = panel[(panel["segment"] == "vip") & (panel["category"] == "tea")].set_index("date")["campaign_id"]
    assert all(mine[day] == ("spring" if row["spring"] >= row["tea week"] else "tea week") for day, row in counts.iterrows())
    assert set(panel["promo_type"]) == {"none", "percent_off"}


def test_csv_gives_what_parquet_gives(log: pd.DataFrame, panel: pd.DataFrame, tmp_path: Path) -> None:
    log.iloc[:3000].to_csv(tmp_path / "a.csv", index=False)
    log.iloc[3000:].to_csv(tmp_path / "b.csv.gz", index=False)
    same(aggregate_events(str(tmp_path), EventMap.from_dict(MAP)).to_pandas(), panel)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> list:
    """The spans that each log is counted in from here on, of 1,500 rows."""
    from promo_core.data import events_duckdb

    seen, told = [], events_duckdb._spans
    monkeypatch.setattr(events_duckdb, "_ROWS_AT_ONCE", 1_500)
    monkeypatch.setattr(events_duckdb, "_spans", lambda *a: seen.append(told(*a)[0]) or (seen[-1], 0))
    return seen


def in_twenty_files(log: pd.DataFrame, folder: Path) -> str:
    for i, rows in enumerate(np.array_split(np.arange(len(log)), 20)):
        log.iloc[rows].to_parquet(folder / f"{i:02d}.parquet", index=False)
    return str(folder)


def test_a_log_in_order_of_time_is_counted_span_by_span(log: pd.DataFrame, panel: pd.DataFrame, tmp_path: Path, spans: list) -> None:
    ordered = log.sort_values("at", ignore_index=True)
    same(aggregate_events(in_twenty_files(ordered, tmp_path), EventMap.from_dict(MAP)).to_pandas(), panel)
    assert len(spans[0]) == 4
    log.iloc[:3000].to_parquet(tmp_path / "99.parquet", index=False)
    aggregate_events(str(tmp_path), EventMap.from_dict(MAP))
    assert spans[1] == [None], "files out of order would be read again and again"


@pytest.mark.parametrize("users", ["texts", "beyond 32 bits", "below zero", "too many to list"])
def test_users_are_counted_the_same_as_numbers_and_as_texts(log: pd.DataFrame, panel: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, users: str) -> None:
    from promo_core.data import events_duckdb

    changed = {"texts": log["uid"].astype("string"), "beyond 32 bits": log["uid"] * 10_000_000_019 - 2**60, "below zero": -log["uid"], "too many to list": log["uid"]}[users]
    if users == "too many to list":
        monkeypatch.setattr(events_duckdb, "_MOST_LISTED", 100)
    log.assign(uid=changed).to_parquet(tmp_path / "log.parquet", index=False)
    same(aggregate_events(str(tmp_path), EventMap.from_dict(MAP)).to_pandas(), panel)


def test_events_without_a_time_count_for_nothing(log: pd.DataFrame, panel: pd.DataFrame, tmp_path: Path) -> None:
    pd.concat([log, log.iloc[:200].assign(at=pd.NaT)]).to_parquet(tmp_path / "log.parquet", index=False)
    same(aggregate_events(str(tmp_path), EventMap.from_dict(MAP)).to_pandas(), panel)


def test_times_kept_as_text_are_counted_in_one_go(log: pd.DataFrame, panel: pd.DataFrame, tmp_path: Path, spans: list) -> None:
    ordered = log.sort_values("at", ignore_index=True).assign(at=lambda t: t["at"].dt.strftime("%Y-%m-%d %H:%M:%S"))
    same(aggregate_events(in_twenty_files(ordered, tmp_path), EventMap.from_dict(MAP)).to_pandas(), panel)
    assert spans == [[None]], "texts do not compare as moments"


def test_a_cluster_of_two_workers_gives_what_duckdb_gives(folder: Path, log: pd.DataFrame, panel: pd.DataFrame, workers: str, tmp_path: Path) -> None:
    same(aggregate_events(str(folder), EventMap.from_dict(MAP), engine="dask", cluster=workers).to_pandas(), panel)
    log.to_csv(tmp_path / "a.csv", index=False)
    same(aggregate_events(str(tmp_path / "*.csv"), EventMap.from_dict(MAP), engine="dask", cluster=workers).to_pandas(), panel)


def test_a_warehouse_gives_it_in_its_own_sql(log: pd.DataFrame, panel: pd.DataFrame, postgres_url: str) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(postgres_url)
    log.to_sql("events", engine, schema="public", index=False)
    same(aggregate_events(postgres_url, EventMap.from_dict(MAP), table="public.events").to_pandas(), panel)
    with pytest.raises(DataError, match="does not give the event log"):
        aggregate_events(postgres_url, EventMap.from_dict(MAP), table="public.nowhere")
    engine.dispose()


def test_intake_reads_the_panel(panel: pd.DataFrame, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text(json.dumps(MAP))
    assert main(["aggregate", "--events", str(folder / "*" / "*.parquet"), "--map", str(tmp_path / "map.json"), "--out", str(tmp_path / "panel.parquet")]) == 0
    read = inspect(tmp_path / "panel.parquet")
    assert read.verdict.usable and read.panel.dimensions == ("segment", "category") and read.panel.n_observed == panel["date"].nunique()
    assert np.nansum(read.panel.targets["gmv"]) == pytest.approx(panel["gmv"].sum())


def test_a_map_beside_its_log_opens_it_and_nothing_elsewhere(folder: Path, panel: pd.DataFrame) -> None:
    (folder / "shop.json").write_text(json.dumps({**MAP, "events": "*/*.parquet"}))
    content, name = panel_of_log(folder / "shop.json")
    assert name == "shop.parquet" and content == parquet_bytes(aggregate_events(str(folder), read_event_map(folder / "shop.json")))
    (folder / "bad.json").write_text(json.dumps({**MAP, "events": f"../{folder.name}/../*/*.parquet"}))
    (folder.parent / "elsewhere").mkdir()
    (folder.parent / "elsewhere" / "x.parquet").write_bytes(b"")
    with pytest.raises(DataError, match="in its own folder"):
        panel_of_log(folder / "bad.json")


@pytest.mark.parametrize(("change", "said"), [
    ({"columns": {"timestamp": "at", "user": "uid"}}, "Received none for: kind"),
    ({"columns": {**MAP["columns"], "colour": "x"}}, "knows timestamp, user, kind"),
    ({"columns": {**MAP["columns"], "user": "nobody"}}, "does not have: nobody"),
    ({"dimensions": {}}, "at least one dimension"),
    ({"dimensions": {"gmv": "who"}}, "Received: gmv"),
    ({"dimensions": {"kind": "who"}}, "Received: kind"),
    ({"kinds": {"exposure": "ad"}}, "one of visit and order is needed"),
    ({"kinds": {"visit": "seen"}}, "no event of the kinds seen"),
    ({"kinds": ["view"]}, "a word of the log, or a list of them"),
    ({"utc_offset_hours": 99}, "whole number from -12 to 14"),
    ({"columns": {**MAP["columns"], "timestamp": "shelf"}}, "cannot be read"),
    ({"columns": {**MAP["columns"], "amount": "shelf"}}, "cannot be read"),
    ({"columns": 3}, "Expected a map of events"),
])
def test_bad_maps_give_one_clear_error(folder: Path, change: dict, said: str) -> None:
    with pytest.raises(DataError, match=said):
        aggregate_events(str(folder), EventMap.from_dict({**MAP, **change}))


def test_bad_input_gives_one_clear_error(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promo_core.cluster._SECONDS_TO_CONNECT", 0.5)
    with pytest.raises(DataError, match="No event files"):
        event_files(str(tmp_path))
    (tmp_path / "a.csv").write_text("at\n")
    (tmp_path / "b.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match="all parquet or all CSV"):
        event_files(str(tmp_path))
    with pytest.raises(DataError, match="cannot be read"):
        aggregate_events(str(tmp_path / "b.parquet"), EventMap.from_dict(MAP))
    with pytest.raises(DataError, match="`engine` is one of duckdb, dask"):
        aggregate_events(str(folder), EventMap.from_dict(MAP), engine="abacus")
    with pytest.raises(JobError, match="No Dask scheduler answers"):
        aggregate_events(str(folder), EventMap.from_dict(MAP), engine="dask", cluster="tcp://127.0.0.1:1")
    with pytest.raises(MappingError, match="is no map of events"):
        read_event_map(tmp_path / "a.csv")
    assert main(["aggregate", "--events", str(tmp_path / "none"), "--map", str(tmp_path / "a.csv"), "--out", str(tmp_path / "out.parquet")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1 and not (tmp_path / "out.parquet").exists()


def test_the_same_bad_column_is_told_by_the_cluster_too(folder: Path, workers: str) -> None:
    for change in ({"timestamp": "shelf"}, {"amount": "shelf"}):
        with pytest.raises(DataError, match="cannot be read"):
            aggregate_events(str(folder), EventMap.from_dict({**MAP, "columns": {**MAP["columns"], **change}}), engine="dask", cluster=workers)
