"""Executes one notebook with papermill, in a kernel of its own that ends with it, and all it started too."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import nbformat
from papermill import PapermillExecutionError, __version__, execute_notebook
from papermill.engines import papermill_engines

from dagbook.engine import leftovers
from dagbook.engine.disk import disk_error
from dagbook.engine.folders import LOG, NOTEBOOK
from dagbook.engine.ports import Environments, Loader, Report
from dagbook.engine.request import CellTiming, NodeRequest, NodeResult
from dagbook.notebook.cells import kernel_name_of, language_of
from dagbook.runners.deadline import Bounds
from dagbook.runners.echo import Echo
from dagbook.runners.ending import STATE_AFTER, error_of
from dagbook.runners.engine import NAME, DagbookEngine
from dagbook.runners.execution import Execution
from dagbook.runners.holding import Holding
from dagbook.runners.inject import to_execute
from dagbook.runners.kernel_log import KernelLog
from dagbook.runners.masking import Mask
from dagbook.runners.notebook_file import NotebookFile
from dagbook.runners.progress import Progress
from dagbook.runners.secret_values import in_kernel, secret_values
from dagbook.runners.streams import OUTPUT_LIMIT

OUTPUTS = "outputs"

# Entry points are known only of what is installed; a source tree on the path must do as well.
papermill_engines.register(NAME, DagbookEngine)


class KernelSource(Protocol):
    """What a runner wants of kernels; `dagbook.kernels.local.LocalKernels` has it."""

    def choose(self, wanted: str | None, language: str) -> tuple[str, str | None]:
        """The kernel to use, and a warning when it is not the wanted one. Raises EnvironmentFault."""

    async def start(
        self,
        name: str,
        *,
        cwd: str,
        env: Mapping[str, str],
        log: int,
        timeout: float,
        python: str | None = None,
    ) -> tuple[Any, Any, dict[str, Any]]:
        """A ready kernel: manager, client, what it says of itself. Raises EnvironmentFault."""


class PapermillRunner:
    """Implements `engine.ports.Runner`: one notebook at a time. A signal handler may call `stop`."""

    def __init__(
        self,
        *,
        loader: Loader,
        kernels: KernelSource,
        output_limit: int = OUTPUT_LIMIT,
        environments: Callable[[Path], Environments] | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._say = say
        self._loader = loader
        self._kernels = kernels
        self._environments = environments
        self._output_limit = output_limit
        self._stopping = False

    def stop(self) -> None:
        """End what runs, now: its kernel gets SIGTERM, and SIGKILL a second later."""
        self._stopping = True

    def run(self, request: NodeRequest, report: Report) -> NodeResult:
        """Execute the notebook and return the result; outputs are not collected here.

        Raises:
            InvalidInput: the notebook or a parameter cannot be used; nothing was started.
            EnvironmentFault: there is no kernel, or it does not start.
        """
        nb, _ = self._loader.notebook_and_warnings(Path(request.notebook))
        kernel, warning = self._kernels.choose(request.kernel or kernel_name_of(nb), language_of(nb))
        secrets = secret_values(request.params, os.environ)
        python = self._python(request)
        prepared = to_execute(nb, request.params, kernel)
        mask = Mask(secrets.values())
        echo = None if self._say is None else Echo(self._say, mask)
        mark = {leftovers.ATTEMPT_ID: uuid.uuid4().hex}
        folder = Path(request.folder)
        started = time.monotonic()
        with KernelLog(folder / LOG, mask) as log:
            execution = Execution(
                start=partial(
                    self._kernels.start,
                    kernel,
                    cwd=request.cwd,
                    env=_environment(request, in_kernel(secrets) | mark),
                    log=log.writing,
                    timeout=request.start_timeout,
                    python=python,
                ),
                progress=Progress(
                    step=request.step, attempt=request.attempt, report=report, mask=mask, echo=echo
                ),
                mask=mask,
                file=NotebookFile(folder / NOTEBOOK),
                metadata=_papermill_metadata(request),
                bounds=Bounds(
                    timeout=request.timeout, cell_timeout=request.cell_timeout, memory=request.memory
                ),
                stop_asked=lambda: self._stopping,
                output_limit=self._output_limit,
                holding=self._holding(request, report),
            )
            try:
                fault = _execute(prepared, kernel, execution)
            finally:
                left = leftovers.end_marked(mark)
        warnings = [warning] if warning else []
        if execution.cold_because:
            warnings.append(f"its kernel started cold: {execution.cold_because}")
        if left:
            warnings.append(f"processes that the notebook left behind were ended: {', '.join(left)}")
        result = _result(execution, kernel=kernel, seconds=time.monotonic() - started)
        result = _with_fault(result, fault, folder).model_copy(update={"warnings": tuple(warnings)})
        if echo is not None:
            echo.over("" if result.error is None else result.error.traceback or str(result.error.value))
        return result

    def _holding(self, request: NodeRequest, report: Report) -> Holding | None:
        if not request.hold:
            return None
        return Holding(
            step=request.step, attempt=request.attempt, folder=Path(request.folder), seconds=request.hold,
            report=report, stop_asked=lambda: self._stopping,
        )  # fmt: skip

    def _python(self, request: NodeRequest) -> str | None:
        """The Python of the request's own environment; None for the machine's kernels."""
        if not request.lock or self._environments is None:
            return None
        return self._environments(Path(request.environments)).prepare(request.lock)


def _environment(request: NodeRequest, more: Mapping[str, str]) -> dict[str, str]:
    """The kernel's environment: ours, the tracking identity, and where to publish and who it is."""
    return {
        **os.environ,
        **request.env,
        **more,
        "DAGBOOK_OUTPUTS": str(Path(request.folder) / OUTPUTS),
        leftovers.RUN: request.run,
        leftovers.STEP: request.step,
        leftovers.ATTEMPT: str(request.attempt),
    }


def _papermill_metadata(request: NodeRequest) -> dict[str, Any]:
    return {
        "default_parameters": {},
        "parameters": request.params,
        "environment_variables": {},
        "version": __version__,
        "input_path": request.notebook,
        "output_path": str(Path(request.folder) / NOTEBOOK),
    }


def _execute(prepared: dict[str, Any], kernel: str, execution: Execution) -> OSError | None:
    """Have papermill execute it; returns what kept the notebook from being saved."""
    node = nbformat.from_dict(prepared)
    node.metadata.pop("papermill", None)
    try:
        execute_notebook(
            node, None, engine_name=NAME, kernel_name=kernel, progress_bar=False, execution=execution
        )
    except PapermillExecutionError:
        # Raised for whatever error stands in an output, also where the notebook expects it. We know better.
        pass
    except OSError as error:
        return error
    return None


def _result(execution: Execution, *, kernel: str, seconds: float) -> NodeResult:
    nb, ending = execution.nb, execution.ending
    error = error_of(ending, nb) if ending else None
    return NodeResult(
        state=STATE_AFTER[ending.how] if ending else "succeeded",
        notebook=NOTEBOOK,
        kernel=kernel,
        seconds=round(seconds, 3),
        cells=tuple(_timings(nb)),
        peak_memory=execution.peak_memory,
        error=error,
        by_hand=execution.by_hand,
        stopped_early=ending.index + 1
        if ending and ending.how == "exited" and ending.index is not None
        else None,
    )


def _timings(nb: Any) -> Iterator[CellTiming]:
    for position, cell in enumerate(nb.cells, 1):
        if cell.cell_type == "code":
            own = cell.metadata.papermill
            seconds = own["duration"]
            yield CellTiming(cell=position, cell_id=cell.get("id", ""), status=own["status"], seconds=seconds)


def _with_fault(result: NodeResult, fault: OSError | None, folder: Path) -> NodeResult:
    """A result whose notebook could not be saved is no success."""
    if fault is None or result.error is not None:
        return result
    error = disk_error(fault, folder / NOTEBOOK)
    return result.model_copy(update={"state": "failed", "error": error, "stopped_early": None})
