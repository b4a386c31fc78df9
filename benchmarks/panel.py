"""The panel: first rows of 10,000 recorded runs beside MLflow's own search, and what a server's start costs.

Every way asks a server of its own over HTTP. The store is one SQLite file that both servers read.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import Ways, comparison

RUNS = 10_000
ROWS = 100
_TOKEN = uuid.uuid4().hex
_PATIENCE = 180
_TICKS = os.sysconf("SC_CLK_TCK")
_TABLES = ("metrics", "latest_metrics", "params", "tags")


@comparison(
    f"First {ROWS} rows of {RUNS:,} recorded runs",
    ours="Dagbook: GET tracked/runs",
    unit="ms",
    note=(
        "One SQLite file; each run has ten metrics, five parameters and six tags. Dagbook's answer is what "
        "the table shows, newest first; MLflow's is the search that its page makes, with the same limit and "
        "order. Neither is drawn."
    ),
    rounds=9,
)
def first_rows() -> Iterator[Ways]:
    """Both servers are up, and have answered once, before anything counts."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        experiment = _fill(folder)
        ours, theirs = _free_port(), _free_port()
        store = f"sqlite:///{folder / '.dagbook' / 'mlflow.db'}"
        mlflow = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, "--workers", "1"]
        mlflow += ["--host", "127.0.0.1", "--port", str(theirs)]
        with _server(_jupyter("jupyter_server", folder, ours), folder), _server(mlflow, folder):
            rows = f"http://127.0.0.1:{ours}/dagbook/api/tracked/runs?scope=all&limit={ROWS}"
            search = f"http://127.0.0.1:{theirs}/ajax-api/2.0/mlflow/runs/search"
            asked = {
                "experiment_ids": [experiment],
                "max_results": ROWS,
                "order_by": ["attributes.start_time DESC"],
            }
            _answer(f"http://127.0.0.1:{theirs}/health")
            _answer(f"http://127.0.0.1:{ours}/api/status")
            yield {
                "Dagbook: GET tracked/runs": lambda: _asked(rows, None),
                "MLflow: runs/search": lambda: _asked(search, asked),
            }


def _start_of_lab(unit: str) -> Iterator[Ways]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)

        def start(*, is_on: bool) -> float:
            port = _free_port()
            command = _jupyter("jupyterlab", folder, port)
            command[-1] = f"--ServerApp.jpserver_extensions={{'dagbook': {is_on}}}"
            began = time.perf_counter()
            with _server(command, folder) as process:
                _answer(f"http://127.0.0.1:{port}/api/status")
                return time.perf_counter() - began if unit == "s" else _processor_seconds(process.pid)

        yield {"with Dagbook": lambda: start(is_on=True), "without": lambda: start(is_on=False)}


_NOTE = "From the command to the first answer, no browser; nobody has asked Dagbook anything yet."


@comparison("A JupyterLab server's start", ours="with Dagbook", unit="s", note=_NOTE, rounds=5)
def start_of_lab() -> Iterator[Ways]:
    """By the clock."""
    yield from _start_of_lab("s")


@comparison(
    "A JupyterLab server's start, in processor time",
    ours="with Dagbook",
    unit="processor s",
    note=_NOTE,
    rounds=5,
)
def work_of_start() -> Iterator[Ways]:
    """By what the process has used, which moves little with what else the machine does."""
    yield from _start_of_lab("processor s")


def _fill(folder: Path) -> str:
    """A project whose store has the runs, copied from one that MLflow wrote; the id of their experiment."""
    from dagbook.trackers.store import MlflowStore

    state = folder / ".dagbook"
    (state / "outbox").mkdir(parents=True)
    store = MlflowStore(None, state)
    client, experiment = store.client(), store.experiment_id("digits")
    tags = {"mlflow.source.name": str(folder / "train.ipynb"), "mlflow.user": "ada", "team": "vision"}
    first = client.create_run(experiment, run_name="run", tags=tags).info.run_id
    for number in range(10):
        client.log_metric(first, f"metric{number}", number / 7)
    for number in range(5):
        client.log_param(first, f"param{number}", number)
    client.set_terminated(first)
    with sqlite3.connect(state / "mlflow.db") as database:
        _copy(database, first)
    return str(experiment)


def _copy(database: sqlite3.Connection, first: str) -> None:
    ids = [uuid.uuid4().hex for _ in range(RUNS - 1)]
    columns = [name for _, name, *_ in database.execute("pragma table_info(runs)")]
    (row,) = database.execute("select * from runs where run_uuid = ?", (first,))
    begun = columns.index("start_time")
    copies = []
    for number, copied in enumerate(ids):
        values = [copied if value == first else value for value in row]
        values[begun] = row[begun] - 1000 * number
        copies.append(values)
    _insert(database, "runs", len(columns), copies)
    for table in _TABLES:
        rows = list(database.execute(f"select * from {table} where run_uuid = ?", (first,)))
        made = [[copied if value == first else value for value in row] for copied in ids for row in rows]
        _insert(database, table, len(rows[0]), made)


def _insert(database: sqlite3.Connection, table: str, width: int, rows: list[list[object]]) -> None:
    database.executemany(f"insert into {table} values ({', '.join('?' * width)})", rows)


def _jupyter(module: str, folder: Path, port: int) -> list[str]:
    """The command of a Jupyter server; its last word says which extensions are on."""
    return [
        sys.executable, "-m", module, "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root",
        f"--IdentityProvider.token={_TOKEN}", f"--ServerApp.root_dir={folder}",
        "--ServerApp.jpserver_extensions={'dagbook': True}",
    ]  # fmt: skip


@contextmanager
def _server(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    settings = {
        name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "DAGBOOK_"))
    }
    home = folder / "home"
    settings |= {"JUPYTER_RUNTIME_DIR": str(home), "JUPYTERLAB_SETTINGS_DIR": str(home)}
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=settings,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _asked(url: str, body: dict[str, object] | None) -> float:
    """Milliseconds until the answer has been read."""
    began = time.perf_counter()
    said = json.loads(_answer(url, body))
    taken = (time.perf_counter() - began) * 1000
    if len(said["runs"]) != ROWS:
        raise RuntimeError(f"{url} gave {len(said['runs'])} rows")
    return taken


def _answer(url: str, body: dict[str, object] | None = None) -> bytes:
    """What the server says, once it is up."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"token {_TOKEN}", "Content-Type": "application/json"}
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            request = urllib.request.Request(url, data, headers)
            with urllib.request.urlopen(request, timeout=_PATIENCE) as response:
                return bytes(response.read())
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    import harness

    print(harness.machine())
    for wanted in harness.COMPARISONS:
        print(harness.measure(wanted).markdown(), flush=True)
