"""What a compiler cannot say is refused, by name: nothing of a pipeline file is ever dropped."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import NodeSettings, NodeSpec, PipelineSpec

# Means the same wherever a pipeline runs: names, words for people, and what `dagbook node prepare` sees to.
EVERYWHERE_PIPELINE = frozenset(
    {"pipeline", "description", "params", "defaults", "nodes", "experiment", "tags", "version"}
    # Where steps run while we schedule; another scheduler has places of its own.
    | {"executor", "dask_address", "storage"}
)
EVERYWHERE_NODE = frozenset(
    {"notebook", "params", "matrix", "needs", "outputs", "deps", "description", "tags", "kernel", "timeout"}
)


def unknown_keys(
    spec: PipelineSpec, engine: str, *, node: Collection[str], pipeline: Collection[str] = ()
) -> Iterator[Problem]:
    """A problem for every key that was written and that the compiler does not handle.

    Args:
        spec: what was written.
        engine: the scheduler's name, for people.
        node: keys of nodes (and of `defaults`) that the compiler handles.
        pipeline: keys of the pipeline that it handles.
    """
    for key in sorted(spec.model_fields_set - EVERYWHERE_PIPELINE - set(pipeline)):
        if getattr(spec, key) != type(spec).model_fields[key].get_default(call_default_factory=True):
            yield refused((key,), f"`{key}:` cannot be said to {engine} yet", "take it away for this engine")
    settings = spec.defaults.model_fields_set & set(NodeSettings.model_fields)
    for key in sorted(settings - EVERYWHERE_NODE - set(node)):
        yield _refused_key(("defaults", key), key, engine, None)
    for name, written in spec.nodes.items():
        for key in sorted(_as_written(written.model_fields_set) - EVERYWHERE_NODE - set(node)):
            yield _refused_key(("nodes", name, key), key, engine, name)


def _as_written(fields: Collection[str]) -> set[str]:
    return {NodeSpec.model_fields[field].alias or field for field in fields}


def refused(path: tuple[str | int, ...], message: str, remedy: str, node: str | None = None) -> Problem:
    """Something that the scheduler cannot do."""
    return Problem(path=path, code="not-compilable", message=message, remedy=remedy, node=node)


def instead(path: tuple[str | int, ...], message: str, remedy: str, node: str | None = None) -> Problem:
    """Something that is done in another way than here."""
    return Problem(
        path=path, code="compiled-otherwise", message=message, remedy=remedy, node=node, severity="warning"
    )


def _refused_key(path: tuple[str | int, ...], key: str, engine: str, node: str | None) -> Problem:
    return refused(path, f"`{key}:` cannot be said to {engine} yet", "take it away for this engine", node)
