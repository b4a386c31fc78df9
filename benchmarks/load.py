"""What much costs, and whether memory and waiting stay flat: `python benchmarks/load.py [PART …]`.

soak     1,000 runs of ten nodes, one after the other in one process, by the real driver, with its journal on
         the disk and a runner that executes nothing; what a run takes, what a list of the newest 50 takes,
         and the memory of the process, quarter by quarter
journal  one run of 100,000 events: read whole, its state once it is known, one event more, and the memory
queue    200 runs of a trivial notebook, started at once from Python, until the last one is over
tabs     a tab of a JupyterLab in a real browser, alone and among 49 that ask the server what a tab asks
         (and draw nothing: fifty pages drawn by two processors would measure only that)
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil
from harness import machine
from servers import free_port, server
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

DAGBOOK: Final = [sys.executable, "-m", "dagbook"]
RUNS, NODES, EVENTS, QUEUED, TABS = 1_000, 10, 100_000, 200, 50
PIPELINE: Final = "pipeline: p\nnodes:\n  n: {notebook: n.ipynb, cache: false}\n"
_PATIENCE: Final = 3600


def main() -> int:
    """The command."""
    parts = {"soak": soak, "journal": journal, "queue": queue, "tabs": tabs}
    asked = sys.argv[1:] or list(parts)
    if unknown := [name for name in asked if name not in parts]:
        print(__doc__, f"There is no part {unknown[0]!r}.", sep="\n", file=sys.stderr)
        return 2
    print(f"On {machine()}.", flush=True)
    for name in asked:
        with tempfile.TemporaryDirectory(prefix="dagbook-load-") as made:
            parts[name](Path(made))
    return 0


def soak(folder: Path) -> None:
    """Quarter by quarter."""
    from scheduling import instant_driver

    from dagbook import bootstrap

    runs = folder / ".dagbook" / "runs"
    print(
        f"\n| of {RUNS:,} runs | a run of {NODES} nodes | the newest 50 listed | memory |\n|---|---|---|---|"
    )
    began = time.perf_counter()
    for number in range(1, RUNS + 1):
        run = runs / f"20260101-{number:06d}-abcdef"
        run.mkdir(parents=True)
        assert instant_driver(run, NODES).drive().state == "succeeded"
        if number % (RUNS // 4) == 0:
            taken = (time.perf_counter() - began) / (RUNS // 4)
            queries = bootstrap.queries_of(runs)
            looked = time.perf_counter()
            assert len(queries.runs(limit=50)) == 50
            listed = time.perf_counter() - looked
            print(
                f"| {number:,} | {taken * 1000:.0f} ms | {listed * 1000:.0f} ms | {_memory()} |", flush=True
            )
            began = time.perf_counter()


def journal(folder: Path) -> None:
    """A run that talks very much."""
    from scheduling import instant_driver

    from dagbook import bootstrap
    from dagbook.journals.lines import encode_line
    from dagbook.journals.tail import read_journal
    from dagbook.run.events import Entry, OutputSeen

    run = folder / "runs" / "20260101-000000-abcdef"
    run.mkdir(parents=True)
    name = next(iter(instant_driver(run, 1).drive().steps))
    file = run / "journal.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:3]))  # the step goes on
    told = read_journal(file)

    def talk(first: int, last: int) -> None:
        events = (
            (seq, OutputSeen(step=name, attempt=1, line=f"line {seq}")) for seq in range(first, last + 1)
        )
        with file.open("ab") as open_:
            open_.writelines(
                encode_line(Entry(seq=seq, at=told[-1].at, event=event)) for seq, event in events
            )

    talk(told[-1].seq + 1, EVENTS)
    before = _memory()
    queries = bootstrap.queries_of(folder / "runs")
    whole = _timed(lambda: queries.state(run.name))
    known = _timed(lambda: queries.state(run.name))
    talk(EVENTS + 1, EVENTS + 1)
    one = _timed(lambda: queries.state(run.name))
    tail = _timed(lambda: queries.entries(run.name, after=EVENTS))
    print(f"\n| a journal of {EVENTS:,} events | |\n|---|---|")
    print(f"| read whole | {whole:.2f} s |\n| its state again | {known * 1000:.2f} ms |")
    print(f"| its state after one more | {one * 1000:.1f} ms |\n| what is new, told | {tail * 1000:.1f} ms |")
    print(f"| memory before and after | {before}, {_memory()} |", flush=True)


def queue(folder: Path) -> None:
    """Everything is started before the first is over."""
    from dagbook import launch

    _project(folder)
    began = time.perf_counter()
    for _ in range(QUEUED):
        launch(folder / "p.pipeline.yaml", wait=False)
    started = time.perf_counter() - began
    most_memory, most_drivers, states = 0, 0, {}
    while states.get("succeeded", 0) + states.get("failed", 0) < QUEUED:
        time.sleep(2)
        drivers, memory = _drivers(folder)
        most_memory, most_drivers = max(most_memory, memory), max(most_drivers, drivers)
        states = _states(folder)
        assert time.perf_counter() - began < _PATIENCE, states
    taken = time.perf_counter() - began
    print(f"\n| {QUEUED} runs at once | |\n|---|---|")
    print(f"| to start them, by `dagbook.launch` | {started:.0f} s |")
    print(f"| until the last was over | {taken:.0f} s |\n| how they ended | {states} |")
    print(f"| drivers at a time, at most | {most_drivers} |")
    print(f"| memory of all processes together, at most (PSS) | {most_memory / 2**20:,.0f} MB |", flush=True)


def tabs(folder: Path) -> None:
    """A real tab among 49 others that ask what a tab asks, and draw nothing."""
    from playwright.sync_api import sync_playwright

    _project(folder, source="import os, time\nwhile not os.path.exists('go'):\n    time.sleep(0.05)")
    with lab(folder) as (url, token, server), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(reduced_motion="reduce")
        page.goto(f"{url}lab?token={token}&reset", timeout=180_000)
        page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=180_000)
        page.get_by_role("tab", name="Dagbook").click(timeout=60_000)
        page.get_by_role("tab", name="Pipelines").click(timeout=60_000)
        alone = _one_run(folder, page)
        with _other_tabs(url, token, TABS - 1) as others:
            memory = _memory(server)
            began = sum(psutil.Process(server).cpu_times()[:2])
            among = _one_run(folder, page)
            processor = sum(psutil.Process(server).cpu_times()[:2]) - began
            answers = sorted(_asked(url, token) for _ in range(20))
            after = _memory(server)
            assert all(other.told for other in others), "a tab was not told"
        browser.close()
    print("\n| a tab | alone | among fifty |\n|---|---|---|")
    print(f"| from the command until it shows the run | {alone[0]:.1f} s | {among[0]:.1f} s |")
    print(f"| from the last cell until it shows the end | {alone[1]:.1f} s | {among[1]:.1f} s |")
    print(f"| `GET runs`, median | | {answers[10] * 1000:.0f} ms |")
    print(f"| processor of the server for the run | | {processor:.1f} s |")
    print(f"| memory of the server before and after | | {memory}, {after} |", flush=True)


def _one_run(folder: Path, page: Any) -> tuple[float, float]:
    """Seconds until the tab shows that a run goes on, and, once it may end, that it has."""
    (folder / "go").unlink(missing_ok=True)
    runs = page.get_by_role("region", name="Dagbook runs")
    began = time.perf_counter()
    said = subprocess.run(
        [*DAGBOOK, "run", "p.pipeline.yaml", "--detach", "--json"], cwd=folder, check=True, stdout=-1
    )
    run = runs.locator(f'[data-run="{json.loads(said.stdout)["run"]}"]')
    run.get_by_text("Running").first.wait_for(timeout=300_000)
    shown = time.perf_counter() - began
    time.sleep(10)
    (folder / "go").touch()
    began = time.perf_counter()
    run.get_by_text("Succeeded").first.wait_for(timeout=300_000)
    return shown, time.perf_counter() - began


class _Tab:
    """What the panel of a tab asks: the runs, then of each change what is new in that run."""

    def __init__(self, url: str, token: str) -> None:
        self.told = 0
        self._url, self._headers = url, {"Authorization": f"token {token}"}
        self._known: dict[str, int] = {}

    async def live(self) -> None:
        """Until it is cancelled."""
        await self._ask("runs?limit=50")
        wanted = HTTPRequest(
            self._url.replace("http", "ws", 1) + "api/events/subscribe", headers=self._headers
        )
        socket = await websocket_connect(wanted)
        while (message := await socket.read_message()) is not None:
            event = json.loads(message)
            if event.get("schema_id", "").endswith("run-changed"):
                self.told += 1
                run = event["run"]
                answer = await self._ask(f"runs/{run}/events?after={self._known.get(run, 0)}")
                self._known[run] = answer["last"]

    async def _ask(self, path: str) -> Any:
        answer = await AsyncHTTPClient().fetch(
            f"{self._url}dagbook/api/{path}", headers=self._headers, request_timeout=120
        )
        return json.loads(answer.body)


@contextmanager
def _other_tabs(url: str, token: str, many: int) -> Iterator[list[_Tab]]:
    tabs = [_Tab(url, token) for _ in range(many)]
    loop = asyncio.new_event_loop()

    def live() -> None:
        asyncio.set_event_loop(loop)
        AsyncHTTPClient.configure(None, max_clients=many)
        living = [loop.create_task(tab.live()) for tab in tabs]
        loop.run_forever()
        for one in living:
            one.cancel()

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    time.sleep(5)
    yield tabs
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def _asked(url: str, token: str) -> float:
    asked = urllib.request.Request(f"{url}dagbook/api/runs", headers={"Authorization": f"token {token}"})
    began = time.perf_counter()
    with urllib.request.urlopen(asked, timeout=60) as answer:
        json.load(answer)
    return time.perf_counter() - began


@contextmanager
def lab(folder: Path) -> Iterator[tuple[str, str, int]]:
    """A JupyterLab in the folder: its address, its token and its process."""
    port, token = free_port(), "t0ken"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
    command += [f"--IdentityProvider.token={token}"]
    with server(command, folder):
        url = f"http://127.0.0.1:{port}/"
        deadline = time.monotonic() + 120
        while True:
            try:
                _asked(url, token)
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        running = psutil.process_iter(["cmdline"])
        process = next(
            one.pid for one in running if f"--ServerApp.port={port}" in (one.info["cmdline"] or [])
        )
        yield url, token, process


def _project(folder: Path, source: str = "print('x')") -> None:
    from nbformat import v4

    notebook = v4.new_notebook(cells=[v4.new_code_cell(source)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (folder / ".dagbook").mkdir()
    (folder / "n.ipynb").write_text(json.dumps(notebook), "utf-8")
    (folder / "p.pipeline.yaml").write_text(PIPELINE, "utf-8")


def _drivers(folder: Path) -> tuple[int, int]:
    """How many drivers there are, and the memory of all processes of runs, shared pages shared out."""
    drivers = memory = 0
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(folder) in line or "dagbook" in line:
            drivers += " drive " in line
            try:
                memory += process.memory_full_info().pss
            except psutil.Error:
                continue
    return drivers, memory


def _states(folder: Path) -> dict[str, int]:
    from dagbook import bootstrap

    found: dict[str, int] = {}
    for run in bootstrap.queries(folder).runs():
        found[run["state"]] = found.get(run["state"], 0) + 1
    return found


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory(process: int | None = None) -> str:
    return f"{psutil.Process(process or os.getpid()).memory_info().rss / 2**20:.0f} MB"


if __name__ == "__main__":
    sys.exit(main())
