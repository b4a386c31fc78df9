"""A first pipeline file for a folder of notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dagbook import bootstrap
from dagbook.api.facts import read_notebooks
from dagbook.errors import EnvironmentFault, Finding, InvalidInput
from dagbook.loaders.folder import notebooks_in, write_pipeline
from dagbook.pipeline.spec import NodeSpec, PipelineSpec


@dataclass(frozen=True, kw_only=True)
class WrittenPipeline:
    """The file that was written and the nodes in it."""

    file: Path
    nodes: tuple[str, ...]


def init_folder(folder: Path, name: str | None = None, *, replace: bool = False) -> WrittenPipeline:
    """Write `NAME.pipeline.yaml` into `folder` from what its notebooks declare.

    Raises:
        InvalidInput: no notebooks there, one that cannot be read, or a file that is there already.
    """
    notebooks = notebooks_in(folder)
    pipeline = name or folder.resolve().name
    file = folder / f"{pipeline}.pipeline.yaml"
    if file.exists() and not replace:
        raise InvalidInput(
            Finding(
                code="file-exists",
                message="there is a pipeline file already",
                file=str(file),
                remedy="edit it, or say --force to replace it",
            )
        )
    draft = PipelineSpec(
        pipeline=pipeline, nodes={node: NodeSpec(notebook=path.name) for node, path in notebooks.items()}
    )
    read = read_notebooks(draft, folder.resolve(), bootstrap.loader(bootstrap.settings(folder)))
    broken = [finding for finding in read.findings if finding.severity == "error"]
    if broken:
        raise InvalidInput(*broken)
    try:
        file.write_text(write_pipeline(pipeline, read.facts, folder), "utf-8")
    except OSError as error:
        raise EnvironmentFault(
            Finding(
                code="not-writable",
                message=f"the file cannot be written: {error.strerror}",
                file=str(file),
                remedy="allow writing there",
            )
        ) from error
    return WrittenPipeline(file=file, nodes=tuple(read.facts))
