"""Starting a run and holding on to it. The run itself belongs to its driver process, never to us."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from dagbook import bootstrap
from dagbook.api.driver import start_driver
from dagbook.api.planning import Prepared
from dagbook.engine.folders import CANCEL, DRIVER_LOG, PLAN, frozen_notebook, new_run_id
from dagbook.engine.hooks import write_addresses
from dagbook.engine.kept_sources import write_sources
from dagbook.engine.queries import Queries
from dagbook.engine.surroundings import read_surroundings
from dagbook.errors import EnvironmentFault, Exit, Finding, NotFound, QueueFull, did_you_mean
from dagbook.run.events import Entry
from dagbook.run.state import RunState

if TYPE_CHECKING:
    import pandas as pd

    from dagbook.api.opening import Opened
    from dagbook.pipeline.plan import Plan

_PAUSE: Final = 0.05


def start(prepared: Prepared, run: str | None = None) -> Run:
    """Make the run's folder and start its driver, which needs neither us nor a terminal.

    Args:
        prepared: what is to be run.
        run: its id, for who must know it before; a new one otherwise.

    Raises:
        EnvironmentFault: the folder cannot be written, or (QueueFull) too many runs go on or wait already.
    """
    around = bootstrap.settings(Path(prepared.plan.project))
    run = run or new_run_id()
    folder = around.runs / run
    try:
        write_run_folder(folder, prepared)
        process = start_driver(folder)
    except OSError as error:
        # Half a run would be listed for ever.
        shutil.rmtree(folder, ignore_errors=True)
        raise not_writable(error, folder) from error
    except QueueFull:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Run(run, bootstrap.queries_of(around.runs), process)


def not_writable(error: OSError, folder: Path) -> EnvironmentFault:
    """What to raise when a run's folder refuses to be written."""
    return EnvironmentFault(
        Finding(
            code="not-writable",
            message=f"the run's folder cannot be written: {error.strerror}",
            remedy="make room or allow writing there; nothing was started",
            file=str(error.filename or folder),
        )
    )


def write_run_folder(folder: Path, prepared: Prepared, plan: Plan | None = None) -> None:
    """Make a run's folder with all that its driver needs.

    Args:
        folder: made here; its name is the run's id.
        prepared: what is to be run.
        plan: in place of the prepared one.

    Raises:
        OSError: it cannot be written.
    """
    if not folder.parent.exists():
        folder.parent.mkdir(parents=True)
        # Runs hold data: nothing of them belongs in a repository.
        ignore = folder.parent.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", "utf-8")
    folder.mkdir(mode=0o700)
    (folder / "notebooks").mkdir()
    for node, document in prepared.documents.items():
        text = json.dumps(document, ensure_ascii=False, indent=1)
        (folder / frozen_notebook(node)).write_text(text, "utf-8", "surrogatepass")
    write_addresses(folder, prepared.addresses)
    write_sources(folder, prepared.sources)
    (folder / PLAN).write_text((plan or prepared.plan).model_dump_json(indent=1), "utf-8")


class Run:
    """A run, going on or over. Everything is read from its journal; letting go of it changes nothing."""

    def __init__(
        self, run: str, queries: Queries, process: subprocess.Popen[bytes] | None = None, after: int = 0
    ) -> None:
        self.id = run
        self._queries = queries
        self._process = process
        # What the journal told up to here is of drivers before ours.
        self._after = after

    def __repr__(self) -> str:
        state = self.state
        done = sum(step.state in {"succeeded", "reused"} for step in state.steps.values())
        return f"<Run {self.id}: {state.pipeline} {state.state}, {done} of {len(state.steps)} steps>"

    def __getitem__(self, node: str) -> NodeRuns:
        steps = [step for step in self.show()["steps"] if step["node"] == node]
        if not steps:
            names = {step["node"] for step in self.show()["steps"]}
            raise NotFound(
                Finding(code="unknown-node", message=f"run {self.id} has no node '{node}'",
                        remedy=did_you_mean(node, names))
            )  # fmt: skip
        return NodeRuns(node, steps)

    @property
    def folder(self) -> Path:
        """The run's folder; self-contained."""
        return self._queries.folder(self.id)

    @property
    def state(self) -> RunState:
        """The run as it is now."""
        return self._queries.state(self.id)

    def show(self) -> dict[str, Any]:
        """Everything of the run, in the shape of `dagbook show --json`."""
        return self._queries.show(self.id)

    def open(self, step: str, *, within: Path | None = None) -> Path:
        """A copy of the step's notebook with what this run gave it, like `dagbook open`; its path.

        Args:
            step: its name: `train`, `train[3]`.
            within: a folder that the copy must lie in, if any.
        """
        from dagbook.api.opening import open_step

        return open_step(self._opened(), step, within=within)

    def values(self, step: str) -> dict[str, Any]:
        """What a step was given and what it published, as people look at it; see `api.step_values`."""
        from dagbook.api.step_values import step_values

        return step_values(self._opened(), step)

    def file(self, step: str, of: Literal["input", "output"], name: str) -> Path:
        """The file that a parameter (`input`) or an output of a step is; see `api.step_values`."""
        from dagbook.api.step_values import file_of_value

        return file_of_value(self._opened(), step, of, name)

    def _opened(self) -> Opened:
        from dagbook.api.opening import Opened

        return Opened(self.id, self.folder, self.state)

    def report(self, best: str | None = None) -> str:
        """The run as one page of HTML that needs neither a network nor a script.

        Args:
            best: an output that tells which step of a matrix is best: `accuracy` for the highest,
                `min:loss` for the lowest.

        Raises:
            InvalidInput: no step of a matrix published a number of that name.
        """
        from dagbook.api.report.attempts import attempts, bars
        from dagbook.api.report.page import Story, write_page
        from dagbook.api.report.sweep import read_aim

        made_in = read_surroundings(self.folder)
        story = Story(
            run=self.show(),
            description=_description(self.folder),
            bars=bars(attempts(self._queries.entries(self.id))),
            made_in=made_in.facts,
            packages=made_in.packages,
            patch=made_in.patch,
        )
        return write_page(story, read_aim(best) if best else None)

    def history(self, limit: int = 20) -> dict[str, Any]:
        """The newest runs of the same pipeline file, and how each node came out in each; see `run_grid`."""
        from dagbook.engine.run_grid import run_grid

        return run_grid(self._queries, self.id, limit)

    @property
    def damage(self) -> str | None:
        """What of its journal cannot be read, in words; None when nothing is lost."""
        return self._queries.damage(self.id)

    def entries(self, after: int = 0) -> list[Entry]:
        """What its journal tells, from the entry after `after`."""
        return self._queries.entries(self.id, after)

    def cancel(self, by: str = "api") -> None:
        """Ask the driver to end the run; it does so within seconds and says so in the journal."""
        request = self.folder / CANCEL
        waiting = request.with_suffix(".new")
        waiting.write_text(json.dumps({"by": by}), "utf-8")
        waiting.replace(request)

    def wait(self, look: Callable[[RunState], None] | None = None) -> RunState:
        """Follow the run to its end; `look` is called with the state at the start and whenever it changed."""
        seen = -1
        for state in self.follow():
            if look is not None and state.seq != seen:
                look(state)
            seen = state.seq
        return state

    def follow(self) -> Iterator[RunState]:
        """The state, again and again, until the run is over; the last one is final."""
        while True:
            # Looked at before the state, so that what a driver did last is never missed.
            gone = self._process is None or self._process.poll() is not None
            state = self.state
            # A driver that takes its first breath holds no lock yet, and looks interrupted.
            over = state.state != "running" if gone else state.state not in {"running", "interrupted"}
            over = over and (gone or state.seq > self._after)
            if over or state.seq > self._after:
                yield state
            if over:
                return
            time.sleep(_PAUSE)

    def has_begun(self) -> bool:
        """Wait until the driver has taken the run; False when it died before."""
        while self.state.seq <= self._after:
            if self._process is None or self._process.poll() is not None:
                return self.state.seq > self._after
            time.sleep(_PAUSE)
        return True

    def kill(self) -> None:
        """End the driver at once; its guardian ends the rest."""
        if self._process is not None:
            self._process.kill()

    def driver_said(self) -> str:
        """What the driver wrote to its log: nothing, unless something is wrong."""
        try:
            return (self.folder / DRIVER_LOG).read_text("utf-8", "replace").strip()
        except OSError:
            return ""

    @property
    def driver_code(self) -> int | None:
        """The exit code of a driver that this process started and that is over."""
        return self._process.poll() if self._process is not None else None


@dataclass(frozen=True)
class NodeRuns:
    """The steps of one node in a run: one, or one for each combination of its matrix."""

    node: str
    steps: list[dict[str, Any]]

    @property
    def outputs(self) -> Any:
        """Output → value or path; a list of such for a matrix."""
        found = [step["outputs"] for step in self.steps]
        return found if self.steps[0]["item"] else found[0]

    @property
    def metrics(self) -> pd.DataFrame:
        """One row a step: its item, and the numbers it published."""
        import pandas as pd

        rows = []
        for step in self.steps:
            numbers = {
                name: value
                for name, value in step["outputs"].items()
                if isinstance(value, int | float) and not isinstance(value, bool)
            }
            rows.append({"step": step["step"], **step["item"], **numbers})
        return pd.DataFrame(rows).set_index("step")


def find(run: str | None, where: Path) -> Run:
    """A run of the project at `where`: by id or the beginning of one, or the newest. Raises NotFound."""
    queries = bootstrap.queries(where)
    name = queries.latest() if run is None else queries.folder(run).name
    return Run(name, queries)


def run_of(run: Run | str) -> Run:
    """The run itself, or that of the project here whose id begins like the text. Raises NotFound."""
    return find(run, Path()) if isinstance(run, str) else run


def exit_code(state: RunState) -> Exit:
    """The exit code of a command that followed the run to this state."""
    if state.state == "succeeded":
        return Exit.OK
    if state.state == "failed":
        return Exit.FAILED
    if state.state == "cancelled":
        return {"SIGINT": Exit.SIGINT, "SIGTERM": Exit.SIGTERM}.get(state.cancel_by or "", Exit.CANCELLED)
    return Exit.BUG


def _description(folder: Path) -> str:
    """The author's words on the pipeline; nothing when the plan is gone, which a page can do without."""
    from dagbook.pipeline.plan import Plan

    try:
        return Plan.model_validate_json((folder / PLAN).read_bytes()).description
    except (OSError, ValueError):
        return ""
