"""The shell does what the pages do: files in, files out, one line and exit code 2 for what a person can mend."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from promo_core.cli import main
from promo_core.storage.artifacts import load_model

ROOT = Path(__file__).resolve().parent.parent


def shell(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `python -m promo_core` in a process of its own."""
    return subprocess.run([sys.executable, "-m", "promo_core", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=300)


def done(*arguments: object) -> None:
    """Run a command in this process; it has to end well."""
    assert main([str(argument) for argument in arguments]) == 0


def strict(path: Path) -> object:
    """Read JSON that holds no NaN and no infinity."""
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda word: pytest.fail(f"{word} in {path.name}"))


def scenario_of(model_folder: Path, days: int = 14) -> dict:
    """State a campaign right after the origin, with the levers that the data has."""
    panel = load_model(model_folder).panel
    start = panel.origin.date() + timedelta(days=1)
    campaign: dict = {"start": start.isoformat(), "end": (start + timedelta(days=days - 1)).isoformat()}
    if "discount_depth" in panel.plan.levers:
        campaign["discount_depth"] = 0.2
    if len(panel.plan.promo_types) > 1:
        campaign["promo_type"] = panel.plan.promo_types[1]
    return {"name": "two weeks", "campaigns": [campaign]}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the quick demo's file, its model and a scenario, all made by the shell."""
    folder = tmp_path_factory.mktemp("shop")
    done("demo", "--quick", "--out", folder / "demo.csv", "--truth", folder / "truth.json")
    trained = shell("train", "--data", folder / "demo.csv", "--out", folder / "deep" / "model", "--models", "gbm", "--quick")
    assert (trained.returncode, trained.stdout) == (0, "") and "gbm" in trained.stderr, trained.stderr
    scenario = {"name": "618 beauty", "horizon": 21, "campaigns": [{"series": {"category": ["beauty"]}, "start": "2026-06-01", "end": "2026-06-07",
                                                                    "promo_type": "percent_off", "discount_depth": 0.3, "ad_spend": 0}]}
    (folder / "618.json").write_text(json.dumps(scenario))
    return folder


def test_inspect_reports_what_the_file_can_answer(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done("inspect", "--data", shop / "demo.csv", "--out", shop / "new" / "report.json")
    report = strict(shop / "new" / "report.json")
    assert report["verdict"]["usable"] is True and report["panel"]["series"] == 6
    done("inspect", "--data", shop / "demo.csv")
    assert json.loads(capsys.readouterr().out) == report


def test_a_mapping_is_used(shop: Path) -> None:
    done("inspect", "--data", shop / "demo.csv", "--out", shop / "proposed.json")
    columns = strict(shop / "proposed.json")["mapping"]["columns"]
    (shop / "map.json").write_text(json.dumps({"columns": columns, "options": {"currency": "USD"}}))
    done("inspect", "--data", shop / "demo.csv", "--map", shop / "map.json", "--out", shop / "report.json")
    assert strict(shop / "report.json")["panel"]["currency"] == "USD"


def test_simulate_writes_the_outcome_file_of_the_contract(shop: Path) -> None:
    done("simulate", "--model", shop / "deep" / "model", "--scenario", shop / "618.json", "--out", shop / "out" / "618.json", "--use", "gbm")
    outcome = strict(shop / "out" / "618.json")
    assert (outcome["scenario"], outcome["model"], outcome["origin"], outcome["horizon"]) == ("618 beauty", "gbm", "2026-05-31", 21)
    for scope in ("totals", "promoted", "series"):
        for side in ("scenario", "baseline", "increment"):
            assert {"visitors", "conversion", "orders", "gmv"} <= set(outcome[scope][side])
            assert set(outcome[scope][side]["gmv"]) == {"mean", "p10", "p50", "p90"}
    assert {"date", "segment", "category", "visitors", "conversion", "orders", "gmv", "gmv_p10", "gmv_p90", "baseline_gmv"} <= set(outcome["daily"][0])
    assert len(outcome["daily"]) == 3 * 21 and outcome["daily"][0]["date"] == "2026-06-01"
    assert outcome["support"]["grade"] in "ABCD" and sum(share["gmv"] for share in outcome["attribution"]) == pytest.approx(outcome["totals"]["increment"]["gmv"]["mean"], rel=1e-6)


def test_the_same_scenario_gives_the_same_bytes_in_another_process(shop: Path) -> None:
    asked = ("simulate", "--model", shop / "deep" / "model", "--scenario", shop / "618.json", "--out")
    done(*asked, shop / "one.json")
    assert shell(*asked, shop / "two.json").returncode == 0
    assert (shop / "one.json").read_bytes() == (shop / "two.json").read_bytes()


def test_a_folder_of_scenarios_gives_a_folder_of_outcomes(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for depth in (0.1, 0.2):
        scenario = json.loads((shop / "618.json").read_text())
        scenario["campaigns"][0]["discount_depth"] = depth
        (tmp_path / "in" / f"{depth}.json").write_text(json.dumps(scenario))
    done("simulate", "--model", shop / "deep" / "model", "--scenario", tmp_path / "in", "--out", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["0.1.json", "0.2.json"]
    (tmp_path / "in" / "0.3.json").write_text("{")
    assert main(["simulate", "--model", str(shop / "deep" / "model"), "--scenario", str(tmp_path / "in"), "--out", str(tmp_path / "none")]) == 2
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("form", ["html", "xlsx", "csv"])
def test_report_writes_every_form(shop: Path, form: str) -> None:
    path = shop / "reports" / f"618.{form}"
    done("report", "--model", shop / "deep" / "model", "--scenario", shop / "618.json", "--out", path, "--lang", "zh" if form == "html" else "en")
    content = path.read_bytes()
    if form == "html":
        assert content.lstrip().lower().startswith(b"<!doctype html>") and b"618 beauty" in content
    elif form == "xlsx":
        assert zipfile.is_zipfile(path)
    else:
        assert len(list(csv.reader(content.decode("utf-8-sig").splitlines()))) > 1


def test_report_writes_the_forecast_with_and_without_a_plan(shop: Path, tmp_path: Path) -> None:
    model = shop / "deep" / "model"
    for name, plan in (("bare.csv", []), ("planned.csv", ["--scenario", shop / "618.json"])):
        done("report", "--kind", "forecast", "--model", model, *plan, "--out", tmp_path / name)
    bare, planned = (list(csv.DictReader((tmp_path / name).read_text(encoding="utf-8-sig").splitlines())) for name in ("bare.csv", "planned.csv"))
    assert len(bare) == len(planned) and [r["plan"] for r in bare] == [r["baseline"] for r in bare] != [r["plan"] for r in planned]
    assert main(["report", "--model", str(model), "--out", str(tmp_path / "none.html")]) == 2 and not (tmp_path / "none.html").exists()


def test_backtest_writes_a_row_per_model_target_fold_and_step(shop: Path) -> None:
    done("backtest", "--data", shop / "demo.csv", "--out", shop / "scores.json", "--models", "naive,gbm", "--folds", "2", "--horizon", "7")
    rows = strict(shop / "scores.json")
    assert {row["model"] for row in rows} == {"naive", "gbm"}
    assert {"model", "target", "fold", "step", "wape", "mape", "rmse", "mae", "bias", "rmspe", "pinball", "coverage_80"} <= set(rows[0])


def test_demo_writes_its_true_effects(shop: Path) -> None:
    truth = strict(shop / "truth.json")
    assert truth["config"]["seed"] == 7 and len(truth["series"]) == 6
    assert all(curve["log_visitors"][0] == 0 and curve["log_visitors"][-1] > 0 for curve in truth["series"])


WRONG = [
    ([], "arguments are required"),
    (["fly"], "invalid choice"),
    (["train", "--data", "a.csv"], "--out"),
    (["train", "--data", "a.csv", "--out", "m", "--models", "gbm,oracle"], "expected names out of gbm, lstm"),
    (["train", "--data", "nowhere.csv", "--out", "m"], "nowhere.csv"),
    (["train", "--data", "{shop}/demo.csv", "--out", "{shop}", "--models", "gbm"], "no model"),
    (["train", "--data", "{shop}/demo.csv", "--out", "m", "--horizon", "0"], "from 1 to 400"),
    (["train", "--data", "{shop}/demo.csv", "--out", "m", "--from", "{shop}/deep/model"], "nothing newer"),
    (["backtest", "--data", "{shop}/demo.csv", "--out", "s.json", "--folds", "0"], "from 1 to 20"),
    (["inspect", "--data", "{shop}/demo.csv", "--map", "{shop}/demo.csv"], "is no JSON"),
    (["inspect", "--data", "{shop}"], "{shop}"),
    (["simulate", "--model", "nowhere", "--scenario", "{shop}/618.json", "--out", "o.json"], "no model"),
    (["simulate", "--model", "{shop}/deep/model", "--scenario", "nowhere.json", "--out", "o.json"], "nowhere.json"),
    (["simulate", "--model", "{shop}/deep/model", "--scenario", "{shop}/618.json", "--out", "o.json", "--use", "lstm"], "lstm"),
    (["report", "--model", "{shop}/deep/model", "--scenario", "{shop}/618.json", "--out", "report.docx"], ".html"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=[" ".join(a) or "nothing" for a, _ in WRONG])
def test_wrong_use_is_one_line_and_exit_2(shop: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    try:
        code = main([a.format(shop=shop) for a in arguments])
    except SystemExit as stop:
        code = stop.code
    error = capfd.readouterr().err
    assert code == 2 and error.count("\n") == 1 and "Traceback" not in error
    assert said.format(shop=shop) in error


def test_a_bug_is_exit_1_with_its_story(tmp_path: Path) -> None:
    code = "import sys, promo_core.cli as cli; cli._demo = lambda arguments: 1 / 0; sys.exit(cli.main(['demo', '--out', 'x.csv']))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1 and "ZeroDivisionError" in result.stderr


REAL = ["frat/segment_category_week.csv", "rossmann/storetype_day.csv", "complete_journey/campaign_age.csv"]


@pytest.mark.parametrize("name", REAL)
def test_real_files_go_from_csv_to_answer(shared_data: Path, tmp_path: Path, name: str) -> None:
    done("train", "--data", shared_data / name, "--out", tmp_path / "model", "--models", "gbm", "--quick")
    scenario = scenario_of(tmp_path / "model")
    (tmp_path / "s.json").write_text(json.dumps(scenario))
    done("simulate", "--model", tmp_path / "model", "--scenario", tmp_path / "s.json", "--out", tmp_path / "o.json")
    outcome = strict(tmp_path / "o.json")
    measures = {name for name, quantity in outcome["totals"]["scenario"].items() if quantity is not None}
    expected = {"frat": {"visitors", "conversion", "orders", "gmv"}, "rossmann": {"visitors", "gmv"}, "complete_journey": {"visitors", "conversion", "orders"}}
    assert expected[name.split("/")[0]] <= measures
    assert ("gmv" in measures) == (not name.startswith("complete_journey"))
    assert date.fromisoformat(outcome["daily"][0]["date"]) > date.fromisoformat(outcome["origin"])


@pytest.mark.parametrize(("name", "said"), [("double11/snapshots_gb18030.csv", "running total"), ("hillstrom/hillstrom.csv.gz", "No column holds dates")])
def test_real_files_that_cannot_be_forecast_say_why_in_one_line(shared_data: Path, tmp_path: Path, name: str, said: str) -> None:
    result = shell("inspect", "--data", shared_data / name, "--out", tmp_path / "report.json")
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and said in result.stderr
    report = strict(tmp_path / "report.json")
    assert report["verdict"]["usable"] is False and report["issues"][0]["severity"] == "error"
    assert main(["train", "--data", str(shared_data / name), "--out", str(tmp_path / "model")]) == 2
    assert not (tmp_path / "model").exists()
