"""One template: its kind, inputs and outputs, container, retries and times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagbook.compilers.argo.lint.flaws import Flaw, Place, each, names, part, twice
from dagbook.compilers.argo.lint.locks import flaws_of_locks
from dagbook.compilers.argo.lint.texts import PARAMETER, VARIABLE, is_duration, is_quantity

_KINDS: Final = (
    "container", "containerSet", "dag", "data", "http", "plugin", "resource", "script", "steps", "suspend",
)  # fmt: skip
_LAST_RETRY: Final = re.compile(r"\blastRetry\.(\w+)")
_OF_LAST_RETRY: Final = frozenset({"exitCode", "status", "duration", "message"})
_POLICIES: Final = frozenset({"Always", "OnFailure", "OnError", "OnTransientError"})


def flaws_of_template(template: Mapping[str, Any], place: Place, volumes: frozenset[str]) -> Iterator[Flaw]:
    """Everything of it but its tasks and what it refers to.

    Args:
        template: one of the workflow.
        place: where it stands.
        volumes: names of the workflow's volumes.
    """
    kinds = [kind for kind in _KINDS if kind in template]
    if len(kinds) != 1:
        said = " and ".join(f"`{kind}`" for kind in kinds) or "nothing"
        yield Flaw(place, f"a template is one thing, and this one is {said}")
    for side in ("inputs", "outputs"):
        yield from _ports(part(template, side), (*place, side))
    for key in ("container", "script"):
        if isinstance(template.get(key), Mapping):
            own = frozenset(names(template.get("volumes")))
            yield from _container(template[key], (*place, key), volumes | own)
    yield from flaws_of_locks(template.get("synchronization"), (*place, "synchronization"))
    yield from _retries(template.get("retryStrategy"), (*place, "retryStrategy"))
    deadline = template.get("activeDeadlineSeconds")
    if (
        deadline is not None
        and "{{" not in str(deadline)
        and not (str(deadline).isdigit() and int(deadline) > 0)
    ):
        yield Flaw((*place, "activeDeadlineSeconds"), f"{deadline!r} is no number of seconds above 0")
    pause = part(template, "suspend", "duration")
    if pause is not None and "{{" not in str(pause) and not is_duration(pause):
        yield Flaw((*place, "suspend", "duration"), f"{pause!r} is no duration: write `30s` or `2h`")


def _ports(side: Any, place: Place) -> Iterator[Flaw]:
    parameters, artifacts = part(side, "parameters"), part(side, "artifacts")
    yield from twice(parameters, "parameters", (*place, "parameters"))
    yield from twice(artifacts, "artifacts", (*place, "artifacts"))
    for at, one in each(parameters, (*place, "parameters")):
        if not PARAMETER.fullmatch(str(one.get("name"))):
            yield Flaw((*at, "name"), f"'{one.get('name')}' is no name for a parameter")
        if place[-1] == "outputs" and not {"value", "valueFrom"} & set(one):
            yield Flaw(at, "an output has a `value` or a `valueFrom`")
        choices = one.get("enum")
        if choices and "value" in one and str(one["value"]) not in map(str, choices):
            yield Flaw(
                (*at, "value"), f"'{one['value']}' is not among the choices {', '.join(map(str, choices))}"
            )
    taken: dict[str, str] = {}
    for at, one in each(artifacts, (*place, "artifacts")):
        path, name = one.get("path"), str(one.get("name"))
        if path is None and not {"from", "fromExpression"} & set(one):
            yield Flaw(at, "an artifact has a `path`")
        if path is not None and not str(path).startswith(("/", "{{")):
            yield Flaw((*at, "path"), f"{path!r} is no absolute path")
        if path is not None and path in taken:
            yield Flaw((*at, "path"), f"artifact '{taken[path]}' lies there too")
        taken.setdefault(str(path), name)


def _container(container: Mapping[str, Any], place: Place, volumes: frozenset[str]) -> Iterator[Flaw]:
    if not str(container.get("image") or "").strip():
        yield Flaw(place, "a container has an `image`")
    yield from twice(container.get("env"), "variables", (*place, "env"))
    for at, one in each(container.get("env"), (*place, "env")):
        if not VARIABLE.fullmatch(str(one.get("name"))):
            yield Flaw((*at, "name"), f"'{one.get('name')}' is no name for a variable")
        if "value" in one and "valueFrom" in one:
            yield Flaw(at, "`value` and `valueFrom` exclude each other")
    yield from twice([{"name": one.get("mountPath")} for _, one in each(container.get("volumeMounts"), ())],
                     "mounts at", (*place, "volumeMounts"))  # fmt: skip
    for at, one in each(container.get("volumeMounts"), (*place, "volumeMounts")):
        if str(one.get("name")) not in volumes:
            yield Flaw((*at, "name"), f"there is no volume '{one.get('name')}'")
    for kind in ("requests", "limits"):
        amounts = part(container, "resources", kind)
        for key, value in (amounts if isinstance(amounts, Mapping) else {}).items():
            if "{{" not in str(value) and not is_quantity(value):
                yield Flaw((*place, "resources", kind, key), f"{value!r} is no amount: write `500m` or `2Gi`")


def _retries(strategy: Any, place: Place) -> Iterator[Flaw]:
    if not isinstance(strategy, Mapping):
        return
    limit = strategy.get("limit")
    if limit is not None and "{{" not in str(limit) and not str(limit).isdigit():
        yield Flaw((*place, "limit"), f"{limit!r} is no number of retries")
    policy = strategy.get("retryPolicy")
    if policy is not None and policy not in _POLICIES:
        yield Flaw((*place, "retryPolicy"), f"{policy!r} is none of {', '.join(sorted(_POLICIES))}")
    for key in ("duration", "maxDuration", "cap"):
        said = part(strategy, "backoff", key)
        if said is not None and "{{" not in str(said) and not is_duration(said):
            yield Flaw((*place, "backoff", key), f"{said!r} is no duration: write `30s` or `2h`")
    factor = part(strategy, "backoff", "factor")
    if factor is not None and "{{" not in str(factor) and not str(factor).isdigit():
        yield Flaw((*place, "backoff", "factor"), f"{factor!r} is no whole number")
    for word in _LAST_RETRY.findall(str(strategy.get("expression", ""))):
        if word not in _OF_LAST_RETRY:
            yield Flaw((*place, "expression"), f"of the attempt before, nothing is known as '{word}'")
    if "{{" in str(strategy.get("expression", "")):
        yield Flaw((*place, "expression"), "an expression is written without double braces")
