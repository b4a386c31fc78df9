"""What stands between double braces, and whether there is such a thing where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dagbook.compilers.argo.lint.flaws import Flaw, Place

_BRACES: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_GLOBAL: Final = frozenset(
    {"name", "namespace", "mainEntrypoint", "serviceAccountName", "uid", "status", "failures", "priority"}
    | {"duration", "scheduledTime", "creationTimestamp"}
)
_TIMES: Final = re.compile(r"creationTimestamp\.([A-Za-z]|s|RFC3339)|(annotations|labels)\..+")
_POD: Final = frozenset({"pod.name", "node.name"})
_RETRIED: Final = re.compile(r"retries|lastRetry\.(exitCode|status|duration|message)")
_LAST: Final = re.compile(r"cronworkflow\..+|sequence\..+")


@dataclass(frozen=True)
class Scope:
    """What may be referred to.

    Attributes:
        workflow: names of the workflow's parameters.
        parameters: of the template's inputs.
        artifacts: of the template's inputs.
        upstream: task → the names of what its template puts out (`parameters.x`, `artifacts.y`, `result`);
            those that have ended before, when it is known; all of the template in its outputs.
        is_retried: whether the template has a `retryStrategy`.
        item: None where there is no item; else the keys of its objects, `*` when they are not known.
    """

    workflow: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    artifacts: frozenset[str] = frozenset()
    upstream: Mapping[str, frozenset[str]] = field(default_factory=dict)
    item: tuple[str, ...] | None = None
    is_retried: bool = False


def flaws_of_texts(found: Any, place: Place, scope: Scope) -> Iterator[Flaw]:
    """The flaws of every text below `found`."""
    if isinstance(found, str):
        yield from _of_text(found, place, scope)
    elif isinstance(found, Mapping):
        for key, value in found.items():
            yield from flaws_of_texts(value, (*place, key), scope)
    elif isinstance(found, Sequence):
        for index, value in enumerate(found):
            yield from flaws_of_texts(value, (*place, index), scope)


def _of_text(text: str, place: Place, scope: Scope) -> Iterator[Flaw]:
    if _BRACES.sub("", text).count("{{"):
        yield Flaw(place, "`{{` is not closed")
    for inside in _BRACES.findall(text):
        name = inside.strip()
        if name.startswith("="):  # an expression of its own language
            continue
        if why := _nothing_there(name, scope):
            yield Flaw(place, f"{{{{{name}}}}}: {why}")


def _nothing_there(name: str, scope: Scope) -> str:
    """Why there is no such thing; empty when there is."""
    root, _, rest = name.partition(".")
    if root == "workflow":
        return _of_workflow(rest, scope)
    if root == "inputs":
        kind, _, what = rest.partition(".")
        known = {"parameters": scope.parameters, "artifacts": scope.artifacts}.get(kind)
        if known is None:
            return "inputs have `parameters` and `artifacts`"
        wanted = what.removesuffix(".path") if kind == "artifacts" else what
        return "" if wanted in known else f"the template has no such input among its {kind}"
    if root in {"tasks", "steps"}:
        return _of_task(rest, scope)
    if root == "item":
        return _of_item(rest, scope)
    if _RETRIED.fullmatch(name):
        return "" if scope.is_retried else "the template has no `retryStrategy`"
    if root == "outputs" or name in _POD or _LAST.fullmatch(name):
        return ""
    return "Argo knows no such thing"


def _of_workflow(rest: str, scope: Scope) -> str:
    if rest.startswith("parameters."):
        wanted = rest.removeprefix("parameters.")
        return "" if wanted in scope.workflow else "the workflow has no such parameter"
    if rest in _GLOBAL or rest in {"parameters", "parameters.json"} or _TIMES.fullmatch(rest):
        return ""
    return "" if rest.startswith("outputs.") else "a workflow has no such thing"


def _of_task(rest: str, scope: Scope) -> str:
    task, _, what = rest.partition(".")
    if task not in scope.upstream:
        return "no such task has ended before"
    if not what.startswith("outputs."):
        return (
            ""
            if what in {"id", "ip", "status", "exitCode", "startedAt", "finishedAt"}
            else "a task has no such thing"
        )
    wanted = what.removeprefix("outputs.")
    if wanted in {"result", "exitCode", "parameters"} or wanted in scope.upstream[task]:
        return ""
    return "the task's template puts out no such thing"


def _of_item(rest: str, scope: Scope) -> str:
    if scope.item is None:
        return "there are no items here: no `withItems`, `withParam` or `withSequence`"
    if rest and "*" not in scope.item and rest not in scope.item:
        return f"the items have {', '.join(scope.item) or 'no fields'}"
    return ""
