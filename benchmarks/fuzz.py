"""Odd files through intake, odd scenario files through the simulator, odd zips through the model loader: `python -m benchmarks.fuzz`.

Nothing may crash, hang for more than ten seconds, or touch a file outside the workspace. The tests run the same with smaller counts.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promo_core import (
    DemoConfig,
    PromoError,
    TrainedModel,
    TrainSettings,
    Workspace,
    add_file,
    demo_shop,
    load_model,
    make_report,
    pack_model,
    read_scenario,
    save_model,
    simulate,
    train,
)

__all__ = ["Tally", "fuzz_files", "fuzz_scenarios", "fuzz_zips", "small_model"]

SECONDS = 10.0
_CHANGES = ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree", "subprocess.Popen", "os.system", "socket.connect")
_WRITES = set("wax+")


@dataclass
class Tally:
    """What a fuzz met.

    Attributes:
        accepted, refused: how many came through, and how many were refused in words.
        crashes: other exceptions, told.
        slow: cases that took more than ten seconds.
        strays: files written, or programs and connections opened, outside the workspace.
        slowest: seconds of the slowest case.
    """

    what: str
    accepted: int = 0
    refused: int = 0
    crashes: list[str] = field(default_factory=list)
    slow: int = 0
    strays: list[str] = field(default_factory=list)
    slowest: float = 0.0

    @property
    def clean(self) -> bool:
        """Tell whether nothing went wrong."""
        return not (self.crashes or self.slow or self.strays)

    def row(self) -> dict[str, Any]:
        """Return the tally as a table's row."""
        return {"fuzz": self.what, "cases": self.accepted + self.refused + len(self.crashes), "accepted": self.accepted, "refused in words": self.refused, "crashes": len(self.crashes),
                "over 10 s": self.slow, "files touched outside": len(self.strays), "slowest, s": round(self.slowest, 2)}


def fuzz_files(count: int, folder: Path) -> Tally:
    """Put `count` generated files through intake and into a workspace under `folder`."""
    workspace = Workspace(folder / "home")
    return _run("files through intake", count, _files(), lambda case: add_file(workspace, case[1], filename=case[0]), folder)


def fuzz_scenarios(count: int, folder: Path, model: TrainedModel) -> Tally:
    """Read `count` generated scenario files and answer those that can be; every tenth answer is made a report."""
    place, answered = folder / "scenario.json", iter(range(sys.maxsize))

    def try_one(content: bytes) -> None:
        place.write_bytes(content)
        outcome = simulate(model, read_scenario(place))
        json.dumps(outcome.to_dict(), allow_nan=False)
        if next(answered) % 10 == 0:
            make_report(model, [outcome], "csv", now=datetime(2026, 1, 1, tzinfo=UTC))

    return _run("scenario files", count, _scenarios(model), try_one, folder)


def fuzz_zips(count: int, folder: Path, model: TrainedModel) -> Tally:
    """Load `count` damaged or forged zips of a real model, members and all."""
    whole = pack_model(save_model(model, folder / "whole"))
    workspace = Workspace(folder / "home")

    def try_one(content: bytes) -> None:
        record = workspace.models.add_zip(content, "fuzz")
        load_model(workspace.models.path(record.id), forecasters=True)
        workspace.models.delete(record.id)

    return _run("model zips", count, _zips(whole), try_one, folder)


def small_model() -> TrainedModel:
    """Return a quick model of a small demo shop."""
    shop = demo_shop(DemoConfig(n_segments=3, n_categories=2, n_channels=1, n_periods=200))
    return train(shop.panel, TrainSettings(models=("gbm",), quick=True, horizon=14, folds=1))


def _run(what: str, count: int, cases: st.SearchStrategy, try_one: Callable[[Any], object], folder: Path) -> Tally:
    tally = Tally(what)

    @given(case=cases)
    @settings(max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def each(case: Any) -> None:
        begun = time.monotonic()
        try:
            with _watched(folder, tally.strays):
                try_one(case)
            tally.accepted += 1
        except PromoError as error:
            tally.refused += bool(str(error))
        except Exception as error:
            tally.crashes.append(f"{type(error).__name__}: {error}"[:300])
        taken = time.monotonic() - begun
        tally.slowest, tally.slow = max(tally.slowest, taken), tally.slow + (taken > SECONDS)

    each()
    return tally


_watching: list[tuple[Path, list[str]]] = []


@contextmanager
def _watched(folder: Path, strays: list[str]) -> Iterator[None]:
    """Note what is written outside `folder`, by Python's own audit events, while the block runs."""
    if not getattr(sys, "_liftboard_fuzz", False):
        sys.addaudithook(_hear)
        sys._liftboard_fuzz = True
    _watching.append((folder.resolve(), strays))
    try:
        yield
    finally:
        _watching.pop()


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or event not in _CHANGES:
        return
    folder, strays = _watching[-1]
    if event in ("subprocess.Popen", "os.system", "socket.connect"):
        strays.append(f"{event} {arguments[0]}"[:200])
        return
    if event == "open" and not (_WRITES & set(arguments[1]) if isinstance(arguments[1], str) else (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR)):
        return
    places = [Path(os.fsdecode(place)) for place in arguments[: 2 if event in ("os.rename", "os.link", "os.symlink") else 1] if isinstance(place, (str, bytes, Path))]
    strays += [f"{event} {place}" for place in places if place.is_absolute() and not _inside(place, folder)]


def _inside(place: Path, folder: Path) -> bool:
    place = Path(os.path.abspath(place))  # without `..`, which a comparison of names would take for a folder
    return place.is_relative_to(folder) or place.is_relative_to("/dev") or place.suffix in (".pyc", "") and "__pycache__" in place.parts


_CELLS = st.one_of(st.sampled_from(["2026-01-05", "05/06/2026", "2026年1月5日", "20%", "8折", "满300减50", "300:50", "¥1,234.50", "1.234,50", "inf", "-3", "", "none", "是", "1e400", "'", '"', "=1+1", "\t", "NaT",
                                    "0.2", "../../etc/passwd", "13800000001", "a@b.cn", "\x00", "\u202e", "9" * 400, "{0}", "%s", "<script>"]),
                   st.text(max_size=8), st.integers(-10**20, 10**20).map(str), st.floats().map(str), st.dates().map(str))
_HEADERS = st.one_of(st.sampled_from(["date", "日期", "start_date", "end_date", "segment", "gmv", "orders", "visitors", "units", "discount_depth", "折扣", "promo", "price", "list_price", "x", "", "销量", "ad_spend",
                                      "campaign_id", "手机号", "customer_id", "姓名", "stock", "unit_cost"]), st.text(max_size=6))
_NAMES = st.sampled_from(["a.csv", "../../x.csv", "/etc/passwd", "a.csv.gz", "b.xlsx", "c.parquet", "名.csv", "a\0b.csv", "." * 300, "", "con.txt", "<img>.csv"])


def _files() -> st.SearchStrategy:
    """Return a strategy of (name, bytes): odd tables, spoilt shops, damaged files of every form, and noise."""
    shop = demo_shop(DemoConfig(n_segments=2, n_categories=2, n_channels=1, n_periods=60)).frame
    whole = list(_forms(shop).values())
    damaged = st.builds(_damaged, st.sampled_from(whole), st.randoms(use_true_random=False), st.integers(0, 12))
    spoilt = st.builds(_spoilt, st.just(shop.head(80).astype(str)), st.lists(st.tuples(st.integers(0, 79), st.integers(0, shop.shape[1] - 1), _CELLS), max_size=12), st.lists(_HEADERS, max_size=4))
    return st.tuples(_NAMES, st.one_of(_tables(), spoilt, damaged, st.binary(max_size=400)))


def _forms(frame: pd.DataFrame) -> dict[str, bytes]:
    """Return a table as CSV in three encodings, gzip, parquet and workbook."""
    text = frame.to_csv(index=False)
    parquet, workbook = io.BytesIO(), io.BytesIO()
    frame.to_parquet(parquet)
    frame.head(40).to_excel(workbook, index=False)
    return {"csv": text.encode(), "utf-16": text.encode("utf-16"), "gb18030": text.encode("gb18030"), "gz": gzip.compress(text.encode()), "parquet": parquet.getvalue(), "xlsx": workbook.getvalue()}


@st.composite
def _tables(draw: st.DrawFn) -> bytes:
    width, delimiter = draw(st.integers(1, 7)), draw(st.sampled_from([",", ";", "\t", "|"]))
    columns = [draw(st.lists(_CELLS, min_size=1, max_size=3)) for _ in range(width)]
    dated = draw(st.booleans())
    first = pd.date_range("2026-03-01", periods=30).strftime("%Y-%m-%d")
    body = [[first[k] if dated and c == 0 else columns[c][k % len(columns[c])] for c in range(width)] for k in range(draw(st.integers(0, 30)))]
    return "\n".join(delimiter.join(row) for row in [[draw(_HEADERS) for _ in range(width)], *body]).encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"])), "replace")


def _spoilt(frame: pd.DataFrame, cells: list[tuple[int, int, str]], headers: list[str]) -> bytes:
    frame = frame.copy()
    for row, column, value in cells:
        frame.iat[row, column] = value
    return frame.set_axis([*headers, *frame.columns[len(headers):]], axis=1).to_csv(index=False).encode("utf-8", "replace")


def _damaged(content: bytes, rng: random.Random, times: int) -> bytes:
    """Return bytes with some of them flipped, cut, doubled or made zero."""
    data = bytearray(content)
    for _ in range(times):
        place = rng.randrange(max(1, len(data)))
        match rng.randrange(5):
            case 0:
                data[place: place + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[place: place + rng.randrange(1, 200)]
            case 2:
                data[place:place] = data[place: place + rng.randrange(1, 200)]
            case 3:
                data[place: place + 8] = bytes(8)
            case _:
                data = data[: max(1, place)] if rng.random() < 0.2 else data
    return bytes(data)


def _scenarios(model: TrainedModel) -> st.SearchStrategy:
    """Return a strategy of scenario files: sound ones with odd values, odd JSON, and noise."""
    origin = model.panel.origin.date()
    odd = st.one_of(st.none(), st.booleans(), st.integers(-10**20, 10**20), st.floats(), st.text(max_size=12), st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=4), st.integers(), max_size=2))
    days = st.one_of(st.dates(origin, date(origin.year + 1, 1, 1)).map(str), st.dates().map(str), odd)
    names = {column: list(model.panel.series[column].unique()) for column in model.panel.series.columns}
    chosen = st.fixed_dictionaries({}, optional={column: st.lists(st.one_of(st.sampled_from(values), st.text(max_size=5)), max_size=3) for column, values in names.items()})
    campaign = st.fixed_dictionaries({"start": days, "end": days, "series": st.one_of(chosen, chosen, odd)}, optional={
        "discount_depth": st.one_of(st.floats(0, 0.9), odd), "promo_type": st.one_of(st.sampled_from(model.panel.plan.promo_types), odd), "ad_spend": st.one_of(st.floats(0, 1e6), odd),
        "feature": odd, "display": st.floats(0, 1), "mailer": odd, "name": odd, "x": odd})
    near = st.builds(lambda start, length, depth, series: {"start": str(origin + pd.Timedelta(days=start)), "end": str(origin + pd.Timedelta(days=start + length)), "discount_depth": depth, "series": series},
                     st.integers(1, 14), st.integers(0, 6), st.floats(0, 0.6), chosen)
    file = st.fixed_dictionaries({"campaigns": st.one_of(st.lists(st.one_of(near, campaign), max_size=4), st.lists(near, max_size=2), odd)}, optional={"name": odd, "horizon": st.one_of(st.integers(1, 20), odd), "x": odd})
    written = st.one_of(file, file, odd).map(lambda values: json.dumps(values).encode("utf-8", "replace"))
    return st.one_of(written, written, written, st.builds(_damaged, written, st.randoms(use_true_random=False), st.integers(0, 3)), st.binary(max_size=200))


def _zips(whole: bytes) -> st.SearchStrategy:
    """Return a strategy of zips: damaged bytes, and forged members whose manifest fits them."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = st.sampled_from(sorted(members))
    strange = st.sampled_from(["../evil.json", "/tmp/evil.json", "a/../../b.json", "C:/x.json", "x.pkl", "x.py", ".hidden.json", "a" * 300 + ".json", "manifest.json/x.json", "com1.json"])
    forged = st.builds(_forged, st.just(members), names, st.randoms(use_true_random=False), st.integers(0, 8), st.one_of(st.none(), strange), st.booleans(), st.booleans())
    return st.one_of(st.builds(_damaged, st.just(whole), st.randoms(use_true_random=False), st.integers(0, 6)), forged, forged)


def _forged(members: dict[str, bytes], name: str, rng: random.Random, times: int, strange: str | None, listed: bool, values: bool) -> bytes:
    """Return a zip with one member changed, or one of a strange name added; `listed` forges the manifest to fit."""
    members = dict(members)
    changed = _odd_json(members[name], rng) if values and name.endswith(".json") else _damaged(members[name], rng, times)
    members[name] = changed
    if strange is not None:
        members[strange] = b"{}"
    if listed and name != "manifest.json":
        manifest = json.loads(members["manifest.json"])
        manifest["files"] |= {one: {"bytes": len(members[one]), "sha256": sha256(members[one]).hexdigest()} for one in (name, strange) if one}
        members["manifest.json"] = json.dumps(manifest).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in members.items():
            archive.writestr(one, content)
    return out.getvalue()


def _odd_json(content: bytes, rng: random.Random) -> bytes:
    """Return JSON with one of its values replaced by an odd one, somewhere inside."""
    values = json.loads(content)
    place = values
    while isinstance(place, (dict, list)) and place:
        key = rng.choice(list(place)) if isinstance(place, dict) else rng.randrange(len(place))
        if not isinstance(place[key], (dict, list)) or rng.random() < 0.3:
            place[key] = rng.choice([None, -1, 0, 10**12, float("nan"), 1e308, "", "x", [], {}, [None], True, "../../etc/passwd"])
            break
        place = place[key]
    return json.dumps(values).encode()


def main() -> None:
    """Run all three and print what they met."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, count in (("files", 2000), ("scenarios", 2000), ("zips", 500)):
        parser.add_argument(f"--{name}", type=int, default=count)
    counts = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        tallies = [fuzz_files(counts.files, _made(here / "files"))] if counts.files else []
        if counts.scenarios or counts.zips:
            model = small_model()
            tallies += [fuzz_scenarios(counts.scenarios, _made(here / "scenarios"), model)] if counts.scenarios else []
            tallies += [fuzz_zips(counts.zips, _made(here / "zips"), model)] if counts.zips else []
    print(pd.DataFrame([tally.row() for tally in tallies]).to_string(index=False))
    for tally in tallies:
        print("\n".join(sorted(set(tally.crashes + tally.strays))[:20]))
    sys.exit(0 if all(tally.clean for tally in tallies) else 1)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()
