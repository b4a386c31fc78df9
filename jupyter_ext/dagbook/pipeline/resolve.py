"""From templates to values: what a step's parameters are worth, given what its upstream published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dagbook.notebook.outputs import Output
from dagbook.notebook.values import FileValue, decode
from dagbook.pipeline.expressions import ExpressionError, references, resolve
from dagbook.pipeline.names import FAILURES

Published = Mapping[str, Output]


def output_value(output: Output) -> Any:
    """What downstream receives of an output: a value as it is, a file as `FileValue`."""
    if output.kind == "value":
        return decode(output.value)
    return FileValue(path=output.path, sha256=output.sha256, format=output.format)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One step of a `foreach` that failed; `index` counts the elements from 0."""

    step: str
    index: int
    item: Any
    state: str
    name: str
    value: str


def node_names(
    steps: Sequence[Published],
    *,
    is_list: bool,
    expected: Sequence[str] = (),
    failures: Sequence[Failure] | None = None,
) -> dict[str, Any]:
    """Output → value, as expressions see a node.

    Args:
        steps: what each of its steps published, in order.
        is_list: whether there is a list for each output; so for a matrix and for `foreach`.
        expected: outputs that others refer to: of no steps at all they are empty lists.
        failures: of a `foreach`: those that failed.
    """
    if not is_list:
        return {name: output_value(output) for name, output in steps[0].items()}
    shared = [name for name in (steps[0] if steps else ()) if all(name in step for step in steps)]
    names: dict[str, Any] = {name: [] for name in expected} if not steps else {}
    names |= {name: [output_value(step[name]) for step in steps] for name in shared}
    if failures is not None:
        names[FAILURES] = [asdict(failure) for failure in failures]
    return names


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
