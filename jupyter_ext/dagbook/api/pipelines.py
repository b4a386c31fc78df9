"""Pipeline files with everything that they consist of: the one way in for whoever needs all nodes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dagbook import bootstrap
from dagbook.errors import InvalidInput
from dagbook.loaders.pipeline_file import LoadedPipeline, load_pipeline
from dagbook.notebook.outputs import PublishedOutputs, published_outputs
from dagbook.pipeline.sub_pipelines import parts_of


def open_pipeline(file: Path) -> LoadedPipeline:
    """The pipeline in a file as one of notebooks alone; `remarks` say what is wrong with pipelines inside.

    Raises:
        InvalidInput: the file itself cannot be read as a pipeline.
    """
    return whole(load_pipeline(file))


def whole(loaded: LoadedPipeline) -> LoadedPipeline:
    """The same, of a pipeline that was read already, or built in Python."""
    if not any(parts_of(loaded.spec)):
        return loaded
    # Most pipelines have none inside.
    from dagbook.loaders.sub_pipelines import SubPipelines

    around = bootstrap.settings(loaded.file)
    loader = bootstrap.loader(around)

    @cache
    def publishes(notebook: Path) -> PublishedOutputs | None:
        try:
            document, _ = loader.notebook_and_warnings(notebook)
        except InvalidInput:
            return None
        return published_outputs(document)

    return SubPipelines(project=around.project.resolve(), publishes=publishes).taken_apart(loaded)
