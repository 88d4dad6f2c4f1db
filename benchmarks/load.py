"""Twenty merchandisers who move sliders at once, as websocket clients of the real server: `python -m benchmarks.load`.

Each opens the what-if page and moves the discount's depth every few seconds, at moments of their own. Seconds are from the move sent to the last byte of the new answer. Then
people come and go for a simulated day, to see whether memory is given back. Server and clients share this machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import numpy as np
import pandas as pd
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.live import LiveApp, live_app
from benchmarks.screenshots import prepare

_SLIDER = "depth_campaign"
_BUG = ":material/bug_report:"  # a broken house rule is told in red too, and is an answer
_PATIENCE = 120.0


@dataclass
class Merchandiser:
    """One session: what its page shows, as far as the load needs it."""

    socket: ClientConnection
    slider: str = ""
    fragment: str = ""
    page: str = ""
    answers: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def open(self) -> None:
        """Ask for the what-if page, and wait until it stands."""
        message = BackMsg()
        message.rerun_script.query_string, message.rerun_script.page_name = "lang=en", "whatif"
        await self._ask(message)
        if not self.slider:
            self.errors.append("the page has no slider of the discount's depth")

    async def move(self, depth: int) -> float:
        """Move the slider to `depth` percent; returns the seconds until the whole answer was there."""
        message = BackMsg()
        message.rerun_script.query_string, message.rerun_script.page_script_hash, message.rerun_script.fragment_id = "lang=en", self.page, self.fragment
        state = message.rerun_script.widget_states.widgets.add(id=self.slider)
        state.double_array_value.data.append(depth)
        before, begun = len(self.answers), monotonic()
        await self._ask(message)
        if len(self.answers) == before:
            self.errors.append(f"no answer to {depth} %")
        return monotonic() - begun

    async def _ask(self, message: BackMsg) -> None:
        await self.socket.send(message.SerializeToString())
        async with asyncio.timeout(_PATIENCE):
            while not self._heard(await self.socket.recv()):
                pass

    def _heard(self, content: bytes | str) -> bool:
        """Take in one message of the server; true when it was the script's last."""
        message = ForwardMsg.FromString(content)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.page = message.new_session.page_script_hash
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._see(message.delta)
        return kind == "script_finished"

    def _see(self, delta: object) -> None:
        element = delta.new_element
        match element.WhichOneof("type"):
            case "slider" if element.slider.id.endswith(_SLIDER):
                self.slider, self.fragment = element.slider.id, delta.fragment_id
            case "metric":
                self.answers.append(element.metric.body)
            case "exception":
                self.errors.append(element.exception.message)
            case "alert" if element.alert.icon == _BUG:
                self.errors.append(element.alert.body)


@asynccontextmanager
async def arrived(app: LiveApp) -> AsyncIterator[Merchandiser]:
    """Give a session whose page stands; it ends with the block."""
    async with connect(app.url.replace("http", "ws", 1) + "/_stcore/stream", subprotocols=["streamlit"], max_size=None, proxy=None) as socket:
        someone = Merchandiser(socket)
        await someone.open()
        yield someone


def megabytes(app: LiveApp) -> float:
    """Return the server's resident memory."""
    status = Path(f"/proc/{app.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def processor_seconds(app: LiveApp) -> float:
    """Return the processor time the server has used."""
    used = Path(f"/proc/{app.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


async def one_at_work(app: LiveApp, moves: int, think: float, seed: int, ready: asyncio.Barrier, done: asyncio.Barrier) -> tuple[list[float], list[str]]:
    """Let one merchandiser move the slider `moves` times, thinking `think` seconds in the mean in between."""
    rng = np.random.default_rng(seed)
    async with arrived(app) as someone:
        async with ready:
            pass
        await asyncio.sleep(rng.uniform(0, think))
        seconds = []
        for _ in range(moves):
            seconds.append(await someone.move(int(rng.integers(1, 60))))
            await asyncio.sleep(rng.uniform(0.5, 1.5) * think)
        async with done:
            return seconds, someone.errors


async def together(app: LiveApp, people: int, moves: int, think: float) -> dict[str, object]:
    """Let everybody work at once; memory is read while all are still there."""
    async with arrived(app) as first:
        await first.move(20)
        base = megabytes(app)
        ready, done = asyncio.Barrier(people + 1), asyncio.Barrier(people + 1)
        work = [asyncio.create_task(one_at_work(app, moves, think, seed, ready, done)) for seed in range(people)]
        async with ready:
            used = processor_seconds(app)
        async with done:
            held, used = megabytes(app), processor_seconds(app) - used
        results = await asyncio.gather(*work)
    seconds, errors = np.concatenate([s for s, _ in results]), [e for _, es in results for e in es]
    return {"people": people, "moves": len(seconds), "median, s": round(float(np.median(seconds)), 2), "p95, s": round(float(np.quantile(seconds, 0.95)), 2), "worst, s": round(float(seconds.max()), 2),
            "server's processor time per move, s": round(used / len(seconds), 3), "processes waiting for a core (load average)": round(os.getloadavg()[0], 1),
            "errors": len(errors), "base, MB": round(base), "per session, MB": round((held - base) / people, 1), "told": "; ".join(sorted(set(errors)))[:200]}


async def a_day(app: LiveApp, sessions: int) -> dict[str, object]:
    """Let people come, move twice and go, three at a time; memory in the middle of the day and at its end."""
    marks, errors = [], 0
    for _half in range(2):
        for _ in range(max(1, sessions // 6)):
            errors += sum(await asyncio.gather(*(_come_and_go(app) for _ in range(3))))
        await asyncio.sleep(5)
        marks.append(megabytes(app))
    return {"sessions": 2 * 3 * max(1, sessions // 6), "errors": errors, "after half of them, MB": round(marks[0]), "after all, MB": round(marks[1]), "growth per session, MB": round((marks[1] - marks[0]) / max(1, sessions / 2), 2)}


async def _come_and_go(app: LiveApp) -> int:
    async with arrived(app) as someone:
        for depth in (10, 35):
            await someone.move(depth)
        return len(someone.errors)


def main() -> None:
    """Run the load and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--moves", type=int, default=15)
    parser.add_argument("--think", type=float, default=3.0, help="seconds between two moves of one person, in the mean")
    parser.add_argument("--day", type=int, default=240, help="sessions of the simulated day")
    parser.add_argument("--home", type=Path, help="a workspace whose demo shop is trained; without it one is made")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if asked.home:
            shutil.copytree(asked.home, home)
        else:
            prepare(home)
        with live_app(home, Path(folder) / "log.txt", options=["--server.disconnectedSessionTTL", "2"]) as app:
            print(pd.DataFrame([asyncio.run(together(app, asked.people, asked.moves, asked.think))]).T.to_string(header=False))
            print(pd.DataFrame([asyncio.run(a_day(app, asked.day))]).T.to_string(header=False))
            print("tracebacks printed:", app.printed().count("Traceback"))


if __name__ == "__main__":
    main()
