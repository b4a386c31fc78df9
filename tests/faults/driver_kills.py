"""Kills drivers at random instants, resumes, and holds what comes out against an undisturbed run.

    python -m tests.faults.driver_kills --kills 200 --seed 7         workers that execute nothing
    python -m tests.faults.driver_kills --kills 40 --seed 7 --real   real kernels and MLflow

After each kill some runs are resumed at once, others when nothing is left running; some guardians are killed
with their drivers. Ends with 1 and says what was wrong at the first run that did not come out as it should.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from dagbook.api import resume as resuming
from dagbook.api import run as running
from dagbook.api.launch import Wish, open_launchable
from dagbook.api.planning import Choices
from dagbook.api.run import Run, start
from dagbook.engine.again import Again
from dagbook.engine.content import digest_of
from dagbook.engine.leftovers import RUN, marked
from dagbook.run.events import StepStarted, StepSucceeded
from dagbook.run.state import RunState
from tests.acceptance.notebooks import notebook, parameters, write

LAYERS, WIDTH = 4, 5
_PATIENCE = 600.0
# A machine that does much else takes its time to end what is left.
_ENDING = 180.0


def make_pipeline(folder: Path, chance: random.Random) -> Path:
    """Twenty nodes in four layers; each adds a number of its own to what two before it published."""
    write(folder / "n.ipynb", notebook(
        parameters("given: list = []\nown = 0\npause = 0.0"),
        "import os, time\nlog = os.open('executions.log', os.O_WRONLY | os.O_APPEND | os.O_CREAT)\n"
        "os.write(log, f\"{os.environ['DAGBOOK_RUN']} {os.environ['DAGBOOK_STEP']}\\n\".encode())",
        "time.sleep(pause)",
        "from pathlib import Path\nimport dagbook\ntotal = sum(given) + own\n"
        "Path(os.environ['DAGBOOK_OUTPUTS'], 'text.txt').write_text(f'{total}\\n')\n"
        "dagbook.output(total=total)",
    ))  # fmt: skip
    lines = ["pipeline: kills", "nodes:"]
    for layer in range(LAYERS):
        for place in range(WIDTH):
            ups = chance.sample(range(WIDTH), 2) if layer else []
            given = ", ".join(f"'${{n{layer - 1}_{up}.total}}'" for up in ups)
            own, pause = layer * WIDTH + place + 1, round(chance.uniform(0.02, 0.25), 3)
            lines.append(
                f"  n{layer}_{place}: {{notebook: n.ipynb, cache: false, outputs: {{}},"
                f" params: {{given: [{given}], own: {own}, pause: {pause}}}}}"
            )
    file = folder / "kills.pipeline.yaml"
    file.write_text("\n".join(lines) + "\n")
    return file


@dataclass
class Trial:
    """Runs of one pipeline, and what was seen of them."""

    file: Path
    chance: random.Random
    most: int
    longest: float = 0.0
    expected: dict[str, Any] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)

    def undisturbed(self) -> None:
        """The run that all others are held against."""
        began = time.monotonic()
        run = self._start()
        state = run.wait()
        self.longest = time.monotonic() - began
        _demand(state.state == "succeeded", run, f"undisturbed, and {state.state}")
        self.expected = published(state, run.folder)

    def disturbed(self) -> None:
        """One run, killed again and again until it is through, or as many were killed as shall be."""
        run = self._start()
        kills = 0
        while self.seen["kills"] < self.most and self._killed(run):
            kills += 1
            finished = {name for name, step in run.state.steps.items() if step.state == "succeeded"}
            before = self._executions(run.id)
            run = self._resumed(run)
            again = self._executions(run.id) - before
            _demand(not finished & set(again), run, f"run again: {finished & set(again)}")
        state = run.wait()
        self._hold(run, state, kills)

    def _start(self) -> Run:
        return start(open_launchable(self.file).prepare(Wish(choices=Choices(jobs=3))))

    def _killed(self, run: Run) -> bool:
        """Kill the driver at some instant; False when it was through before."""
        process = run._process
        assert process is not None
        try:
            process.wait(self.chance.uniform(0, self.longest))
        except subprocess.TimeoutExpired:
            pass
        else:
            return False
        if self.chance.random() < 0.25:
            for child in psutil.Process(process.pid).children():
                # One that ends by itself meanwhile is no guardian.
                with contextlib.suppress(psutil.Error):
                    if "guardian" in " ".join(child.cmdline()):
                        child.kill()
                        self.seen["guardians"] += 1
        elif self.chance.random() < 0.5:
            run.kill()
            deadline = time.monotonic() + _ENDING
            while marked({RUN: run.id}):
                _demand(time.monotonic() < deadline, run, "something is left running after a kill")
                time.sleep(0.05)
            self.seen["waited"] += 1
        run.kill()
        process.wait()
        self.seen["kills"] += 1
        state = run.state
        self.seen["before the first word"] += state.seq == 0
        self.seen["in an attempt"] += any(step.state == "lost" for step in state.steps.values())
        return True

    def _resumed(self, run: Run) -> Run:
        state = run.state
        if state.state == "succeeded":  # its last word was written; only its exit was not
            self.seen["after the last word"] += 1
        # What a person does who sees it interrupted.
        return run if state.state == "succeeded" else resuming.resume(run, wait=False)

    def _hold(self, run: Run, state: RunState, kills: int) -> None:
        _demand(state.state == "succeeded", run, f"is {state.state} after {kills} kills")
        _demand(published(state, run.folder) == self.expected, run, "published something else")
        done: set[str] = set()
        for entry in run.entries():
            if isinstance(entry.event, StepStarted):
                _demand(entry.event.step not in done, run, f"{entry.event.step} began after it had succeeded")
            elif isinstance(entry.event, StepSucceeded):
                done.add(entry.event.step)
        times = self._executions(run.id)
        _demand(set(times) == set(self.expected), run, "a step was never executed")
        _demand(max(times.values()) <= kills + 1, run, f"executed too often: {times.most_common(3)}")
        deadline = time.monotonic() + _ENDING
        while left := marked({RUN: run.id}):
            _demand(time.monotonic() < deadline, run, f"left running: {[process.pid for process in left]}")
            time.sleep(0.05)
        self.seen["runs"] += 1
        self.seen["executed again"] += sum(times.values()) - len(times)

    def _executions(self, run: str) -> Counter[str]:
        try:
            lines = (self.file.parent / "executions.log").read_text().splitlines()
        except OSError:
            return Counter()
        return Counter(step for known, step in (line.split() for line in lines) if known == run)


class Wrong(AssertionError):
    """A run that did not come out as it should."""


def published(state: RunState, folder: Path) -> dict[str, Any]:
    """Step → what it published: values, and the content of files as they lie there now."""
    return {
        name: {
            key: digest_of(folder / output.path) if output.kind == "file" else output.value
            for key, output in step.outputs.items()
        }
        for name, step in state.steps.items()
    }


def _demand(holds: bool, run: Run, otherwise: str) -> None:
    if not holds:
        raise Wrong(f"run {run.id} {otherwise}; see {run.folder}")


def _cheap_driver(folder: Path, again: Again | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.faults.cheap_drive", str(folder)]
    if again is not None:
        request = folder / f"again-{time.monotonic_ns()}.json"
        request.write_text(again.model_dump_json())
        command.append(str(request))
    with (folder / "driver.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def torture(folder: Path, *, kills: int, seed: int, real: bool = False) -> Counter[str]:
    """Kill so many drivers of runs below `folder`; what was seen. Raises Wrong."""
    chance = random.Random(seed)
    (folder / ".dagbook").mkdir(parents=True, exist_ok=True)
    trial = Trial(make_pipeline(folder, chance), chance, kills)
    proper = running.start_driver
    if not real:
        running.start_driver = resuming.start_driver = _cheap_driver
    try:
        trial.undisturbed()
        while trial.seen["kills"] < kills:
            trial.disturbed()
            print(dict(trial.seen), flush=True)
    finally:
        running.start_driver = resuming.start_driver = proper
    return trial.seen


def main() -> int:
    """The command."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked.add_argument("--real", action="store_true", help="real kernels and MLflow")
    given = asked.parse_args()
    print(f"seed {given.seed}")
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="kills-"))  # kept when something is wrong
    try:
        seen = torture(folder, kills=given.kills, seed=given.seed, real=given.real)
    except Wrong as wrong:
        print(f"WRONG: {wrong}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    print(
        f"all {seen['runs']} runs came out as they should, in {time.monotonic() - began:.0f} s: {dict(seen)}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
