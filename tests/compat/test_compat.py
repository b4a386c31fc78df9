"""A warm kernel is a cold one that was there sooner: whatever a notebook does or sees is compared.

What differs is listed here, and in docs/explanation/warm-kernels.md.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dagbook.kernels.local import LocalKernels
from dagbook.zygote.asking import ForkServer
from tests.architecture.sources import ROOT
from tests.compat.behaviours import CELLS, FRESH, HASH

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only"),
]

LEARNT = ("numpy", "pandas", "matplotlib.pyplot", "sklearn.linear_model", "sklearn.cluster", "joblib")

DIFFERENCES: dict[str, str] = {"threads": "thread that watches"}
"""Behaviour → the words that document why it is not the same."""

SECONDS = 300.0

_CHANGING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"), "<uuid>"),
    (re.compile(r"pipe:\[\d+\]"), "pipe"),
    (re.compile(r"Tip: .*", re.DOTALL), "Tip"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0x…"),
    (re.compile(r"/tmp/[\w./-]*ipykernel_\d+/\d+\.py"), "<cell>"),
    (re.compile(r"ipykernel_\d+"), "ipykernel_N"),
    (re.compile(r"/dagbook-\d+-\w+"), "/dagbook-N"),
    (re.compile(r"Thread-\d+"), "Thread-N"),
)


@dataclass
class Told:
    """What came of one kernel."""

    answers: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    fresh: str = ""
    hashed: str = ""
    cold_because: str = ""
    interrupted: Any = None
    log: str = ""


def steady(value: Any) -> Any:
    """Without what is never twice the same."""
    if isinstance(value, dict):
        return {key: steady(part) for key, part in sorted(value.items()) if key != "execution_count"}
    if isinstance(value, list | tuple):
        return [steady(part) for part in value]
    if isinstance(value, str):
        for pattern, instead in _CHANGING:
            value = pattern.sub(instead, value)
    return value


class Kernel:
    """One kernel, asked cell by cell."""

    def __init__(self, manager: Any, client: Any, info: dict[str, Any]) -> None:
        self.manager, self.client, self.info = manager, client, info

    async def run(self, code: str) -> list[Any]:
        """The outputs of a cell and the reply to it, streams joined."""
        asked = self.client.execute(code, allow_stdin=False, stop_on_error=False)
        outputs: list[list[Any]] = []
        while True:
            message = await self.client.get_iopub_msg(timeout=SECONDS)
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != asked or kind == "execute_input":
                continue
            if kind == "status":
                if content["execution_state"] == "idle":
                    break
                continue
            last = outputs[-1] if outputs else ["", {}]
            if kind == "stream" and last[0] == kind and last[1]["name"] == content["name"]:
                last[1]["text"] += content["text"]
            else:
                outputs.append([kind, content])
        while True:
            reply = await self.client.get_shell_msg(timeout=SECONDS)
            if reply["parent_header"].get("msg_id") == asked:
                return [*steady(outputs), steady(reply["content"])]

    async def printed(self, code: str) -> str:
        (_, content), _ = await self.run(code)
        return str(content["text"]).strip()


async def tell(zygote: str, folder: Path) -> Told:
    """Run everything in one kernel; cold without a fork server."""
    told = Told()
    log = folder / "log"
    folder.mkdir(exist_ok=True)
    env = {**os.environ, "DAGBOOK_COMPAT": "yes"}
    with log.open("wb") as file:
        kernel = Kernel(
            *await LocalKernels(zygote).start(
                "python3", cwd=str(folder), env=env, log=file.fileno(), timeout=SECONDS
            )
        )
    told.cold_because = getattr(kernel.manager.provisioner, "cold_because", "no provisioner of ours")
    told.info = steady(kernel.info)
    told.fresh, told.hashed = await kernel.printed(FRESH), await kernel.printed(HASH)
    for name, code in CELLS.items():
        told.answers[name] = await kernel.run(code)
    told.interrupted = await interrupted(kernel, folder)
    await kernel.run("import atexit; atexit.register(lambda: open('ended', 'w').write('in order'))")
    process = kernel.manager.provisioner.process
    await kernel.manager.request_shutdown()
    for _ in range(int(SECONDS * 50)):
        if process.poll() is not None:
            break
        await asyncio.sleep(0.02)
    told.answers["end"] = [(folder / "ended").read_text(), process.poll()]
    kernel.client.stop_channels()
    kernel.client.context.destroy(linger=0)
    await kernel.manager.cleanup_resources()
    told.log = log.read_text()
    return told


async def interrupted(kernel: Kernel, folder: Path) -> Any:
    """What a cell says that is interrupted while it sleeps."""

    async def interrupt() -> None:
        while not (folder / "sleeping").exists():
            await asyncio.sleep(0.05)
        await kernel.manager.interrupt_kernel()

    interrupting = asyncio.ensure_future(interrupt())
    answer = await kernel.run("import time\nopen('sleeping', 'w')\nfor _ in range(600):\n    time.sleep(0.1)")
    await interrupting
    return [answer[-1]["status"], answer[-1].get("ename")]


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Told, Told, Told]]:
    """A cold kernel and two warm ones, each in a folder of the same name."""
    places = [tmp_path_factory.mktemp(name) for name in ("cold", "warm", "again")]
    # Under nohup it is ignored, and a cold kernel's processes would inherit that.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    server = ForkServer(learnt=LEARNT)
    try:
        yield tuple(  # type: ignore[misc]
            asyncio.run(tell(zygote, place / "x"))
            for place, zygote in zip(places, ("", server.socket, server.socket), strict=True)
        )
    finally:
        server.close()


@pytest.mark.parametrize("name", [*CELLS, "end"])
def test_a_warm_kernel_does_what_a_cold_one_does(kernels: tuple[Told, Told, Told], name: str):
    cold, warm, _ = kernels
    mine, theirs = (
        str(told.answers[name]).replace("/cold0/", "/").replace("/warm0/", "/") for told in (warm, cold)
    )
    if name in DIFFERENCES:
        assert mine != theirs, "it is the same now: take it off the list"
    else:
        assert mine == theirs


def test_the_kernels_were_what_they_are_compared_as(kernels: tuple[Told, Told, Told]):
    cold, *warm = kernels
    assert cold.cold_because == "no provisioner of ours"
    assert [told.cold_because for told in warm] == ["", ""]


def test_a_warm_kernel_says_the_same_of_itself(kernels: tuple[Told, Told, Told]):
    cold, warm, _ = kernels
    assert warm.info == cold.info


def test_no_two_kernels_have_chance_in_common(kernels: tuple[Told, Told, Told]):
    parts = [part for told in kernels for part in told.fresh.split()]
    assert len(parts) == len(set(parts)) == 18


def test_the_hash_seed_is_shared_and_that_is_documented(kernels: tuple[Told, Told, Told]):
    cold, warm, again = (told.hashed for told in kernels)
    assert warm == again != cold


def test_interrupts_arrive(kernels: tuple[Told, Told, Told]):
    assert [told.interrupted for told in kernels] == [["error", "KeyboardInterrupt"]] * 3


def test_nothing_more_is_written_past_jupyter(kernels: tuple[Told, Told, Told]):
    cold, warm, _ = kernels
    # Where a cold kernel ends before joblib's helper processes do, these complain now and then.
    assert set(steady(warm.log).splitlines()) <= set(steady(cold.log).splitlines())


def test_differences_are_documented():
    page = (ROOT / "docs" / "explanation" / "warm-kernels.md").read_text("utf-8")
    assert all(words in page for words in ("hash seed", *DIFFERENCES.values()))


def test_a_kernel_dies_with_whoever_asked_for_it(tmp_path: Path):
    """And by the signal that it is sent, as its runner is told."""
    server = ForkServer()

    async def killed() -> int | None:
        manager, client, _ = await LocalKernels(server.socket).start(
            "python3", cwd=str(tmp_path), env=dict(os.environ), log=1, timeout=SECONDS
        )
        process = manager.provisioner.process
        os.kill(process.pid, signal.SIGKILL)
        code = process.wait(SECONDS)
        client.stop_channels()
        client.context.destroy(linger=0)
        await manager.cleanup_resources()
        return int(code)

    try:
        assert asyncio.run(killed()) == -signal.SIGKILL
    finally:
        server.close()
