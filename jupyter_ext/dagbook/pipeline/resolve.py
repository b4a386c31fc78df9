"""From templates to values: what a step's parameters are worth, given what its upstream published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dagbook.notebook.outputs import Output
from dagbook.notebook.values import FileValue, decode
from dagbook.pipeline.expressions import ExpressionError, references, resolve

Published = Mapping[str, Output]


def output_value(output: Output) -> Any:
    """What downstream receives of an output: a value as it is, a file as `FileValue`."""
    if output.kind == "value":
        return decode(output.value)
    return FileValue(path=output.path, sha256=output.sha256, format=output.format)


def node_names(steps: Sequence[Published], *, is_matrix: bool) -> dict[str, Any]:
    """Output → value, as expressions see a node; a list per output, in order, for a matrix."""
    if not is_matrix:
        return {name: output_value(output) for name, output in steps[0].items()}
    shared = [name for name in (steps[0] if steps else {}) if all(name in step for step in steps)]
    return {name: [output_value(step[name]) for step in steps] for name in shared}


def resolve_params(templates: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """Name → value for every template.

    Args:
        templates: as written, decoded.
        names: `params`, `item`, `run`, `env` and one entry per upstream node (see `node_names`).

    Raises:
        ExpressionError: something that is referred to is not there; the message names the parameter.
    """
    values: dict[str, Any] = {}
    for name, template in templates.items():
        for reference in references(template):
            known = names.get(reference.root)
            if reference.name is not None and isinstance(known, Mapping) and reference.name not in known:
                raise ExpressionError(
                    f"parameter '{name}' needs {reference}, which was not published; "
                    f"'{reference.root}' published {', '.join(known) or 'nothing'}"
                )
        try:
            values[name] = resolve(template, names)
        except ExpressionError as error:
            raise ExpressionError(f"parameter '{name}': {error}") from error
    return values
