"""Requests made from the OpenAPI document, right and wrong ones, to a real server: none brings it down."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dagbook.server.openapi import document
from dagbook.server.routes import EVERY_ROUTE
from dagbook.trackers.store import MlflowStore
from tests.acceptance.project import environment, wait_until
from tests.golden.runs import GoldenRuns
from tests.unit.notebook.notebooks import with_parameters

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

TOKEN: Final = "t0ken"
CHECKS: Final = [status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES: Final = int(os.environ.get("DAGBOOK_FUZZ", "12"))
"""For each operation, of right and of wrong requests each; more with DAGBOOK_FUZZ=500."""
# Without its `security`, for which it would make up tokens.
DOCUMENT: Final = {**document(EVERY_ROUTE, "/"), "security": []}
OPERATIONS: Final = {
    operation.ok().label: operation.ok()
    for operation in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()
}


class Server:
    """A Jupyter server in a process of its own, over a project with runs, a notebook and a record."""

    def __init__(self, folder: Path, home: Path) -> None:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{one.getsockname()[1]}"
        self.log = folder.parent / "server.log"
        runs = GoldenRuns(folder)
        (folder / "a.ipynb").write_text(json.dumps(with_parameters("rows: int = 1")))
        (folder / "p.pipeline.yaml").write_text("pipeline: p\nnodes:\n  a: {notebook: a.ipynb}\n")
        client = MlflowStore(None, folder / ".dagbook").client()
        record = client.create_run(client.create_experiment("e"), run_name="r")
        client.log_metric(record.info.run_id, "loss", 0.5)
        client.set_terminated(record.info.run_id)
        self.known: dict[str, list[str]] = {
            "run": [runs.add("control"), runs.add("resumed"), record.info.run_id],
            "step": ["a", "b"],
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root",
             f"--ServerApp.port={self.address.rpartition(':')[2]}", "--ServerApp.port_retries=0",
             f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}",
             "--ServerApp.jpserver_extensions=dagbook=True"],
            cwd=folder, env={**os.environ, **environment(home)}, stdout=subprocess.DEVNULL,
            stderr=self.log.open("wb"), start_new_session=True,
        )  # fmt: skip

    def answers(self) -> bool:
        asked = urllib.request.Request(
            f"{self.address}/dagbook/api/runs", headers={"Authorization": f"token {TOKEN}"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, quiet_home: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("fuzz") / "project"
    folder.mkdir()
    made = Server(folder, quiet_home)
    try:
        wait_until(made.answers, 120)
        yield made
    finally:
        os.killpg(made.process.pid, signal.SIGKILL)
        made.process.wait()


@pytest.mark.parametrize(
    ("label", "mode"),
    [
        pytest.param(label, mode, id=f"{label} {mode.value}")
        for label, operation in OPERATIONS.items()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        # Nothing can be wrong with a path.
        if mode is GenerationMode.POSITIVE or operation.body or operation.query
    ],
)
def test_no_request_brings_a_route_down(server: Server, label: str, mode: GenerationMode):
    operation = OPERATIONS[label]

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(mode), pick=st.integers(0, 3))
    def ask(case: Any, pick: int) -> None:
        for name, values in server.known.items():
            if name in case.path_parameters and pick < len(values):
                case.path_parameters[name] = values[pick]
        case.call_and_validate(
            base_url=server.address, headers={"Authorization": f"token {TOKEN}"}, checks=CHECKS, timeout=60
        )

    before = server.log.stat().st_size
    ask()
    assert server.process.poll() is None
    assert b"Traceback" not in server.log.read_bytes()[before:]
