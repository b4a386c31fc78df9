"""What the canvas asks about a pipeline that is being written, without the web. Call it in a thread.

Imported when the first of these routes is asked, since what lies below is slow to import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dagbook import bootstrap
from dagbook.api.init import init_folder
from dagbook.api.pipelines import open_pipeline
from dagbook.api.planning import check
from dagbook.errors import DagbookError, Finding, InvalidInput
from dagbook.loaders.pipeline_file import parse_pipeline
from dagbook.notebook import types
from dagbook.notebook.outputs import published_outputs
from dagbook.notebook.parameters import MISSING, Parameter, ParametersError, declared_parameters
from dagbook.pipeline.groups import is_inside
from dagbook.pipeline.sub_pipelines import parts_of
from dagbook.server.launching import place_at

_MOST_NOTEBOOKS: Final = 5_000


def checked(root: Path, body: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong with a text, and the ports of the notebooks that it names.

    Raises:
        InvalidInput: the request cannot be read; what is wrong with the text is told, and not raised.
    """
    path, text, notebooks = body.get("path"), body.get("text"), body.get("notebooks", [])
    if (
        not isinstance(path, str)
        or not isinstance(text, str)
        or not isinstance(notebooks, list)
        or not all(isinstance(notebook, str) for notebook in notebooks)
    ):
        raise InvalidInput(
            Finding(
                code="bad-body",
                message="the request needs `path`, `text` and perhaps a list `notebooks`",
                remedy="see docs/reference/rest.md",
            )
        )
    file = place_at(root, path)
    named = list(dict.fromkeys(notebooks))[:_MOST_NOTEBOOKS]
    return {
        "findings": [finding.to_json() for finding in _findings(text, file)],
        "notebooks": {notebook: ports(root, file.parent, notebook) for notebook in named},
    }


def ports(root: Path, folder: Path, notebook: str) -> dict[str, Any]:
    """What a notebook, or a pipeline file, takes and publishes, read without running it.

    `problem` says why that is not known; `complete` is false when it may publish what its code does not show.
    """
    unknown: dict[str, Any] = {"parameters": None, "outputs": [], "complete": False}
    try:
        file = (folder / notebook).resolve()
    except (OSError, ValueError) as error:  # a NUL in it, a circle of links
        return {**unknown, "problem": f"{notebook!r} is no path: {error}"}
    if not file.is_relative_to(root.resolve()):
        # Elsewhere it may be run, but nothing of it is told to a browser.
        return {**unknown, "problem": f"{notebook} lies outside of the server's root folder"}
    try:
        if file.suffix in {".yaml", ".yml"}:
            return _ports_of_pipeline(root, file)
        document, _ = bootstrap.loader(bootstrap.settings(folder)).notebook_and_warnings(file)
        parameters = declared_parameters(document)
    except InvalidInput as error:
        return {**unknown, "problem": error.findings[0].message}
    except ParametersError as error:
        return {**unknown, "problem": str(error)}
    published = published_outputs(document)
    return {
        "parameters": None if parameters is None else [_parameter(each) for each in parameters],
        "outputs": list(published.names),
        "complete": published.complete,
        "problem": None,
    }


def _ports_of_pipeline(root: Path, file: Path) -> dict[str, Any]:
    """Of a pipeline inside: its parameters, and what the notebooks in it publish.

    Raises:
        InvalidInput: the file cannot be read.
    """
    loaded = open_pipeline(file)
    inside = [ports(root, file.parent, node.notebook) for node in loaded.spec.nodes.values() if node.notebook]
    declared = [name for node in loaded.spec.nodes.values() for name in node.outputs]
    published = [name for one in inside for name in one["outputs"]]
    return {
        "parameters": [
            {
                "name": name, "type": types.describe(param.param_type), "required": param.required,
                "help": param.help,
            }
            for name, param in loaded.spec.params.items()
            if ("params", name) not in loaded.files
        ],
        "outputs": list(dict.fromkeys([*declared, *published])),
        "complete": all(one["complete"] for one in inside),
        "problem": None,
    }  # fmt: skip


def drafted(root: Path, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write a first pipeline file for a folder of notebooks: `{"path": …, "nodes": […]}`.

    Raises:
        InvalidInput: there are no notebooks, one cannot be read, or there is such a file already.
    """
    path = body.get("path")
    if not isinstance(path, str):
        raise InvalidInput(
            Finding(
                code="bad-body",
                message="the request needs the `path` of a folder",
                remedy="see docs/reference/rest.md",
            )
        )
    folder = place_at(root, path) if path.strip("/") else root
    written = init_folder(folder)
    return {
        "path": written.file.resolve().relative_to(root.resolve()).as_posix(),
        "nodes": list(written.nodes),
    }


def _findings(text: str, file: Path) -> tuple[Finding, ...]:
    try:
        written = parse_pipeline(text, file)
        looked = check(written)
    except DagbookError as error:
        return error.findings
    found = (*looked.findings, *(looked.read.fault.findings if looked.read.fault else ()))
    outer = [name for name, _ in parts_of(written.spec)]
    return tuple(_of_document(finding, str(file), outer) for finding in found)


def _of_document(finding: Finding, file: str, outer: Sequence[str]) -> Finding:
    """As it is shown where only the outer file is: at the node of it, and at no line of another file."""
    node = next((name for name in outer if is_inside(finding.node or "", name)), finding.node)
    if finding.file == file or finding.line is None:
        return replace(finding, node=node)
    place = f"{Path(finding.file or '').name}:{finding.line}"
    return replace(finding, node=node, line=None, column=None, message=f"{place}: {finding.message}")


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "type": types.describe(parameter.type),
        "required": parameter.default is MISSING,
        "help": parameter.help,
    }
