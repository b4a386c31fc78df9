"""The panel: first rows of 10,000 recorded runs beside MLflow's own search, and what a server's start costs.

Every way asks a server of its own over HTTP. The store is one SQLite file that both servers read.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from harness import Ways, comparison
from servers import answer, free_port, jupyter, server

RUNS = 10_000
ROWS = 100
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
        ours, theirs = free_port(), free_port()
        store = f"sqlite:///{folder / '.dagbook' / 'mlflow.db'}"
        mlflow = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, "--workers", "1"]
        mlflow += ["--host", "127.0.0.1", "--port", str(theirs)]
        with server(jupyter("jupyter_server", folder, ours), folder), server(mlflow, folder):
            rows = f"http://127.0.0.1:{ours}/dagbook/api/tracked/runs?scope=all&limit={ROWS}"
            search = f"http://127.0.0.1:{theirs}/ajax-api/2.0/mlflow/runs/search"
            asked = {
                "experiment_ids": [experiment],
                "max_results": ROWS,
                "order_by": ["attributes.start_time DESC"],
            }
            answer(f"http://127.0.0.1:{theirs}/health")
            answer(f"http://127.0.0.1:{ours}/api/status")
            yield {
                "Dagbook: GET tracked/runs": lambda: _asked(rows, None),
                "MLflow: runs/search": lambda: _asked(search, asked),
            }


def _start_of_lab(unit: str) -> Iterator[Ways]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)

        def start(*, is_on: bool) -> float:
            port = free_port()
            command = jupyter("jupyterlab", folder, port)
            command[-1] = f"--ServerApp.jpserver_extensions={{'dagbook': {is_on}}}"
            began = time.perf_counter()
            with server(command, folder) as process:
                answer(f"http://127.0.0.1:{port}/api/status")
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


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _asked(url: str, body: dict[str, object] | None) -> float:
    """Milliseconds until the answer has been read."""
    began = time.perf_counter()
    said = json.loads(answer(url, body))
    taken = (time.perf_counter() - began) * 1000
    if len(said["runs"]) != ROWS:
        raise RuntimeError(f"{url} gave {len(said['runs'])} rows")
    return taken


if __name__ == "__main__":
    import harness

    print(harness.machine())
    for wanted in harness.COMPARISONS:
        print(harness.measure(wanted).markdown(), flush=True)
