"""A kernel that is kept: what ends the waiting, and what is taken over of the person's notebook."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dagbook.engine.held import CONTINUED, DECISION, HeldDecision, leave_decision
from dagbook.run.events import Event, StepHeld
from dagbook.run.facts import NodeError
from dagbook.runners.holding import Holding
from dagbook.runners.masking import Mask

ERROR = NodeError(name="ValueError", value="no", cell=2)


class Manager:
    connection_file = "/tmp/kernel.json"


class Kernel:
    """As much of a kernel's life as is asked."""

    manager = Manager()
    memory_now = 100
    memory_limit: int | None = None

    def __init__(self, *, lives: int = 10**6) -> None:
        self.lives = lives

    def look_at_memory(self) -> None:
        """Nothing changes."""

    async def is_alive(self) -> bool:
        self.lives -= 1
        return self.lives >= 0


def holding(folder: Path, told: list[Event], **options: Any) -> Holding:
    given = {"seconds": 3600.0, "stop_asked": lambda: False} | options
    return Holding(step="a", attempt=1, folder=folder, report=told.append, **given)


def decided(keeper: Holding, kernel: Kernel) -> str | None:
    """How it ended, which it must long before its time is up."""
    waiting = keeper.decided(kernel, ERROR, lambda: None)  # type: ignore[arg-type]
    return asyncio.run(asyncio.wait_for(waiting, 10))


def test_it_is_said_that_it_waits_before_it_does(tmp_path: Path):
    told: list[Event] = []
    assert decided(holding(tmp_path, told, seconds=0.01), Kernel()) is None
    (event,) = told
    assert isinstance(event, StepHeld)
    assert (event.step, event.attempt, event.error, event.connection) == ("a", 1, ERROR, "/tmp/kernel.json")


@pytest.mark.parametrize(("go_on", "who"), [(True, "ann"), (False, None)])
def test_a_decision_ends_the_waiting(tmp_path: Path, go_on: bool, who: str | None):
    leave_decision(tmp_path, HeldDecision(go_on=go_on, by="ann"))
    assert decided(holding(tmp_path, []), Kernel()) == who


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"go_on": "perhaps"}'])
def test_half_a_decision_is_none(tmp_path: Path, content: bytes):
    (tmp_path / DECISION).write_bytes(content)
    assert decided(holding(tmp_path, [], seconds=0.3), Kernel()) is None


def test_whoever_stops_the_attempt_ends_it(tmp_path: Path):
    assert decided(holding(tmp_path, [], stop_asked=lambda: True), Kernel()) is None


def test_a_kernel_that_dies_is_waited_for_no_longer(tmp_path: Path):
    kernel = Kernel(lives=2)
    assert decided(holding(tmp_path, []), kernel) is None
    assert kernel.lives == -1


def test_a_kernel_that_outgrows_its_limit_is_let_go(tmp_path: Path):
    kernel = Kernel()
    kernel.memory_limit = 99
    assert decided(holding(tmp_path, []), kernel) is None


def test_a_machine_that_has_no_memory_left_gets_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Memory:
        total, available = 100, 4

    monkeypatch.setattr("dagbook.runners.holding.psutil.virtual_memory", Memory)
    assert decided(holding(tmp_path, []), Kernel()) is None


def cell(cell_id: str, source: Any, count: int | None, **more: Any) -> dict[str, Any]:
    made = {"id": cell_id, "cell_type": "code", "source": source, "execution_count": count}
    return {"metadata": {}, "outputs": [], **made, **more}


def stream(text: Any) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def test_what_a_person_ran_is_told_from_what_had_run_and_secrets_are_masked(tmp_path: Path):
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
    ran = {"status": "completed", "exception": False, "duration": 3.0}
    nb = nbformat.from_dict(
        {
            "nbformat": 4, "nbformat_minor": 5, "metadata": {"papermill": {"exception": True}},
            "cells": [
                cell("kept", "x = 1", 1, metadata={"papermill": ran}),
                cell("mended", "1 / 0", 2, metadata={"papermill": {"status": "failed", "exception": True}}),
            ],
        }
    )  # fmt: skip
    cells = [
        cell("kept", ["x = ", "1"], 1),
        cell("mended", "1 / 1", 5, outputs=[stream(["my ", "hunter2hunter2"])]),
        cell("raised", "boom", 6, outputs=[error]),
        cell("idle", "later", None),
        {"id": "text", "cell_type": "markdown", "source": ["# ", "words"], "metadata": {}},
    ]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (tmp_path / CONTINUED).write_text(json.dumps(document))

    holding(tmp_path, []).taken_up(nb, Mask(["hunter2hunter2"]))

    told = [(each["id"], each.metadata.papermill["status"]) for each in nb.cells]
    assert told == [
        ("kept", "completed"), ("mended", "completed"), ("raised", "failed"), ("idle", "not-run"),
        ("text", "completed"),
    ]  # fmt: skip
    assert [each.metadata.papermill["duration"] for each in nb.cells] == [3.0, None, None, None, None]
    assert nb.cells[1].outputs[0].text == "my ••••"
    assert nb.cells[4].source == "# words"
    assert nb.metadata.papermill.exception is True
