"""One attempt from its request to its result: run, collect what was published, and say how it ended.

`result.json` is written last, whole and on the disk: without it the attempt never ended.
"""

from __future__ import annotations

from pathlib import Path

from dagbook.engine.checks import warnings_of
from dagbook.engine.collect import OUTPUTS, MissingOutput, collect
from dagbook.engine.disk import disk_error, sync_folder, write_whole
from dagbook.engine.folders import RESULT
from dagbook.engine.ports import Report, Runner
from dagbook.engine.registration import FindRegistry, registered
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.errors import DagbookError, EnvironmentFault, Finding
from dagbook.run.facts import NodeError


def run_node(
    request: NodeRequest, runner: Runner, report: Report, find: FindRegistry = lambda _: None
) -> NodeResult:
    """Make the attempt; its result is in `result.json` too.

    Args:
        request: what is to be executed.
        runner: executes the notebook.
        report: takes what happens meanwhile.
        find: the registry that takes the model, where the node registers one.

    Raises:
        InvalidInput: the notebook or a parameter cannot be used.
        EnvironmentFault: no kernel, or the attempt's folder cannot be written.
    """
    folder = Path(request.folder)
    try:
        (folder / OUTPUTS).mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise _folder_fault(fault, folder) from fault
    try:
        result = runner.run(request, report)
    except DagbookError as error:
        _write(folder, NodeResult(state="failed", error=_as_node_error(error)))
        raise
    if result.state == "succeeded":
        result = _with_outputs(request, result)
    if result.state == "succeeded":
        result = registered(request, result, find)
    _write(folder, result)
    return result


def _with_outputs(request: NodeRequest, result: NodeResult) -> NodeResult:
    try:
        outputs, warnings = collect(request)
    except MissingOutput as missing:
        error = missing.error
        if result.stopped_early is not None:
            early = f"{error.value} (it stopped early, at cell {result.stopped_early})"
            error = error.model_copy(update={"value": early, "cell": result.stopped_early})
    except OSError as fault:
        error = disk_error(fault, Path(request.folder) / OUTPUTS)
    else:
        said = (*result.warnings, *warnings, *warnings_of(Path(request.folder)))
        return result.model_copy(update={"outputs": outputs, "warnings": said})
    return result.model_copy(update={"state": "failed", "error": error})


def _as_node_error(error: DagbookError) -> NodeError:
    first = error.findings[0]
    said = "; ".join(finding.message for finding in error.findings)
    return NodeError(name=first.code, value=said, cell=first.cell, remedy=first.remedy)


def _write(folder: Path, result: NodeResult) -> None:
    content = result.model_dump_json(indent=1).encode("utf-8", "backslashreplace") + b"\n"
    try:
        sync_folder(folder / OUTPUTS)
        write_whole(folder / RESULT, content)
    except OSError as fault:
        raise _folder_fault(fault, folder) from fault


def _folder_fault(fault: OSError, folder: Path) -> EnvironmentFault:
    error = disk_error(fault, folder)
    code = {"DiskFull": "disk-full", "NotWritable": "not-writable"}.get(error.name, "disk-fault")
    return EnvironmentFault(Finding(code=code, message=error.value, remedy=error.remedy, file=str(folder)))
