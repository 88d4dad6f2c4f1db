"""The command line: everything a page does, from the shell. Exit 0 done, 2 wrong use or unusable data, 1 a bug."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from promo_core.cli_keep import add_workspace_commands
from promo_core.errors import N_, PromoError, ReportError
from promo_core.settings import MODEL_NAMES, TrainSettings

__all__ = ["main"]

_FORMATS = ("html", "xlsx", "pdf", "pptx", "csv")
_LOW_PRIORITY = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a bug is raised, and so exits with 1."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except PromoError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; nothing was written.", file=sys.stderr)
        return 130
    return 0


def _inspect(arguments: argparse.Namespace) -> None:
    from promo_core import api
    from promo_core.data.inspection import inspect
    from promo_core.storage.files import json_bytes

    inspection = inspect(arguments.data, mapping=_mapping(arguments))
    content = json_bytes(inspection.to_dict())
    if arguments.out:
        _write(arguments.out, content)
    else:
        sys.stdout.write(content.decode())
    api.require_panel(inspection)


def _aggregate(arguments: argparse.Namespace) -> None:
    from promo_core.data.events import aggregate_events, parquet_bytes, read_event_map

    table = aggregate_events(arguments.events, read_event_map(arguments.map), engine=arguments.engine, table=arguments.table, cluster=arguments.cluster)
    _write(arguments.out, parquet_bytes(table))
    print(f"{table.num_rows} rows", file=sys.stderr)


def _train(arguments: argparse.Namespace) -> None:
    from promo_core.api import open_panel, train
    from promo_core.storage.artifacts import load_model, require_place, save_model
    from promo_core.storage.models import dated

    settings = _settings(arguments, arguments.models, quick=arguments.quick, seed=arguments.seed)
    place = require_place(arguments.out)
    start = load_model(arguments.start, forecasters=True) if arguments.start else None
    model = train(open_panel(arguments.data, mapping=_mapping(arguments)), settings, progress=_Progress(), start=start)
    save_model(dated(model, datetime.now(UTC)), place)
    if start is not None:
        print(_changed(model.meta["tuned"]), file=sys.stderr)


def _changed(tuned: dict[str, Any]) -> str:
    """Say what going on from a model changed, in one line."""
    known = "" if tuned["wape"] is None else f" The model had forecast them with a WAPE of {tuned['wape']:.1%} (seasonal naive {tuned['wape_naive']:.1%})."
    return f"{tuned['new_periods']} new periods.{known} The next forecast without promotion moved by {tuned['moved']:.1%}."


def _backtest(arguments: argparse.Namespace) -> None:
    from promo_core.api import open_panel
    from promo_core.evaluation.training import backtest
    from promo_core.storage.files import json_bytes

    members = [name for name in arguments.models if name in ("gbm", "lstm")] or (["gbm", "lstm"] if "blend" in arguments.models else ["gbm"])
    settings = _settings(arguments, members, **({"folds": arguments.folds} if arguments.folds is not None else {}))
    scores = backtest(open_panel(arguments.data, mapping=_mapping(arguments)), settings, progress=_Progress())
    _write(arguments.out, json_bytes(scores[scores["model"].isin(arguments.models)].to_dict("records")))


def _simulate(arguments: argparse.Namespace) -> None:
    from promo_core.storage.artifacts import load_model
    from promo_core.storage.files import json_bytes

    into_folder = arguments.scenario.is_dir() or arguments.out.is_dir()
    for name, outcome in _outcomes(load_model(arguments.model), arguments.scenario, arguments.use).items():
        _write(arguments.out / name if into_folder else arguments.out, json_bytes(outcome.to_dict()))


def _report(arguments: argparse.Namespace) -> None:
    form = arguments.out.suffix.lower().removeprefix(".")
    if form not in _FORMATS:
        raise ReportError(N_("A report's file ends in one of {expected}. Received: {received}."), expected=", ".join(f".{f}" for f in _FORMATS), received=arguments.out.name)
    from promo_core.api import read_scenarios
    from promo_core.reporting.report import make_forecast_report, make_report
    from promo_core.storage.artifacts import load_model

    model = load_model(arguments.model)
    if arguments.kind == "forecast":
        planned = list(read_scenarios(arguments.scenario).values()) if arguments.scenario else []
        content = make_forecast_report(model, planned, form, lang=arguments.lang, now=datetime.now(UTC))
    elif arguments.scenario is None:
        raise ReportError(N_("A report on scenarios needs `--scenario` with a file or a folder. A report on the forecast is asked for with `--kind forecast`."))
    else:
        content = make_report(model, list(_outcomes(model, arguments.scenario, None).values()), form, lang=arguments.lang, now=datetime.now(UTC))
    _write(arguments.out, content)


def _demo(arguments: argparse.Namespace) -> None:
    from promo_core.data.demo import QUICK, DemoConfig, demo_shop
    from promo_core.storage.files import json_bytes

    shop = demo_shop(QUICK if arguments.quick else DemoConfig())
    _write(arguments.out, shop.frame.to_csv(index=False).encode())
    if arguments.truth:
        _write(arguments.truth, json_bytes(_truth_values(shop)))


def _work(arguments: argparse.Namespace) -> None:
    os.nice(_LOW_PRIORITY)
    from promo_core.api import train
    from promo_core.jobs import work
    from promo_core.storage.workspace import Workspace

    work(Workspace.at(arguments.workspace, sys.stdin.read()), arguments.job, train)


def _outcomes(model: Any, path: Path, use: str | None) -> dict[str, Any]:
    """Return file name → outcome of every scenario; nothing is written before all of them are answered."""
    from promo_core.api import read_scenarios
    from promo_core.planning.simulate import simulate

    outcomes = {}
    for name, scenario in read_scenarios(path).items():
        try:
            outcomes[name] = simulate(model, scenario, use=use)
        except PromoError as error:
            raise type(error)(N_("{file}: {problem}"), file=name, problem=error.message) from error
    return outcomes


def _truth_values(shop: Any) -> dict[str, Any]:
    """Return what is true of the demo shop: its settings, and by series what a one-day percent-off does at each depth, on the link scale."""
    import numpy as np

    depths = np.arange(0, 0.55, 0.05).round(2)
    links = ("log_visitors", "logit_conversion", "log_value_per_order")
    curves = [{**row, **dict(zip(links, shop.truth.curve(i, depths).T, strict=True))} for i, row in enumerate(shop.panel.series.to_dict("records"))]
    return {"config": shop.config, "depths": depths, "series": curves}


def _settings(arguments: argparse.Namespace, models: Sequence[str], **more: Any) -> TrainSettings:
    return TrainSettings(models=tuple(models), horizon=arguments.horizon, cluster=arguments.cluster, **more)


def _mapping(arguments: argparse.Namespace) -> Any:
    from promo_core.api import read_mapping

    return read_mapping(arguments.map) if arguments.map else None


def _write(path: Path, content: bytes) -> None:
    from promo_core.storage.files import write_atomic

    write_atomic(path, content)


class _Progress:
    """Tells progress on stderr, a line per stage and tenth."""

    def __init__(self) -> None:
        self._told: tuple[str, int] | None = None

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None:
        if self._told != (now := (stage, int(fraction * 10))):
            self._told = now
            print(f"{stage} {fraction:.0%} {detail}".rstrip(), file=sys.stderr, flush=True)


class _OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints take one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See `{self.prog} --help`.\n")


def _names(allowed: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def names(text: str) -> tuple[str, ...]:
        received = tuple(name.strip() for name in text.split(",") if name.strip())
        if not received or set(received) - set(allowed):
            raise argparse.ArgumentTypeError(f"expected names out of {', '.join(allowed)}, separated by commas; received {text!r}")
        return received

    return names


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(prog="promo_core", description="Promotion forecasts, what-ifs and reports.")
    commands = parser.add_subparsers(required=True, metavar="command", parser_class=_OneLineParser)
    _add_data_commands(commands)
    _add_model_commands(commands)
    demo = _command(commands, "demo", _demo, "write the demo shop's file", out="FILE.csv")
    demo.add_argument("--truth", type=Path, metavar="FILE.json", help="also write its true effects")
    demo.add_argument("--quick", action="store_true", help="a small shop")
    add_workspace_commands(commands)
    work = commands.add_parser("work")
    work.add_argument("workspace", type=Path)
    work.add_argument("job")
    work.set_defaults(run=_work)
    return parser


def _add_data_commands(commands: Any) -> None:
    inspect = _command(commands, "inspect", _inspect, "tell what a file can answer", data=True)
    inspect.add_argument("--out", type=Path, metavar="REPORT.json", help="where the report goes; without it, to the screen")
    aggregate = _command(commands, "aggregate", _aggregate, "turn an event log into a panel file", out="PANEL.parquet")
    aggregate.add_argument("--events", required=True, metavar="FILES", help="a file, folder or pattern of parquet or CSV; with --table a database's URL")
    aggregate.add_argument("--map", type=Path, required=True, metavar="MAP.json", help="what the log's columns mean")
    aggregate.add_argument("--engine", choices=("duckdb", "dask"), default="duckdb", help="who reads the files")
    aggregate.add_argument("--table", help="the log's table in a database, which groups it in its own SQL")
    aggregate.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler; without it Dask starts workers here")
    train = _command(commands, "train", _train, "train a model", data=True, out="MODEL_DIR")
    train.add_argument("--models", type=_names(("gbm", "lstm")), default=("gbm", "lstm"), metavar="gbm,lstm")
    train.add_argument("--horizon", type=int, metavar="N", help="periods to forecast")
    train.add_argument("--seed", type=int, default=7)
    train.add_argument("--quick", action="store_true", help="smaller models, for a first look")
    train.add_argument("--from", dest="start", type=Path, metavar="MODEL_DIR", help="go on from this model on newer data of the same series, with its own settings")
    _add_cluster(train)
    backtest = _command(commands, "backtest", _backtest, "score models over rolling origins", data=True, out="SCORES.json")
    backtest.add_argument("--models", type=_names(MODEL_NAMES), default=MODEL_NAMES, metavar=",".join(MODEL_NAMES))
    backtest.add_argument("--horizon", type=int, metavar="N", help="periods to forecast")
    backtest.add_argument("--folds", type=int, metavar="K", help="rolling origins")
    _add_cluster(backtest)


def _add_cluster(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler to spread the work over, or `local` for workers started here; without it, this process")


def _add_model_commands(commands: Any) -> None:
    simulate = _command(commands, "simulate", _simulate, "answer scenarios", model=True, out="FILE_OR_FOLDER")
    simulate.add_argument("--use", choices=("naive", "gbm", "lstm", "blend"), help="the member that answers; without it, the one that serves")
    report = _command(commands, "report", _report, "write a report on scenarios, or on the forecast and plan", model=True, scenario=False, out="FILE.{html,xlsx,pdf,pptx,csv}")
    report.add_argument("--kind", choices=("scenarios", "forecast"), default="scenarios", help="scenarios side by side, or the forecast with the scenarios as the plan")
    report.add_argument("--lang", choices=("en", "zh"), default="en")


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], None], does: str, *, data: bool = False, model: bool = False, scenario: bool = True, out: str | None = None) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=does, description=does)
    command.set_defaults(run=run)
    if data:
        command.add_argument("--data", type=Path, required=True, metavar="FILE")
        command.add_argument("--map", type=Path, metavar="MAP.json", help="what the columns mean, where they cannot be told")
    if model:
        command.add_argument("--model", type=Path, required=True, metavar="MODEL_DIR")
        command.add_argument("--scenario", type=Path, required=scenario, metavar="FILE_OR_FOLDER")
    if out:
        command.add_argument("--out", type=Path, required=True, metavar=out)
    return command
