"""The tasks of a DAG: their names, what they wait for, what they hand to their templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from dagbook.compilers.argo.lint.flaws import Flaw, Place, each, names, part, twice
from dagbook.compilers.argo.lint.references import Scope, flaws_of_texts
from dagbook.compilers.argo.lint.texts import FIELD, is_name

_WORD: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z]+)?|&&|\|\||!|\(|\)|\S")
_RESULTS: Final = frozenset(
    {"Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed"}
)
_OF_MANY: Final = frozenset({"AnySucceeded", "AllFailed"})
_MANY: Final = ("withItems", "withParam", "withSequence")


def flaws_of_dag(
    template: Mapping[str, Any], place: Place, around: Scope, templates: Mapping[str, Any]
) -> Iterator[Flaw]:
    """Everything of the tasks of `template`.

    Args:
        template: with `dag`.
        place: of the template.
        around: the workflow's parameters and the template's inputs.
        templates: every template of the workflow by its name.
    """
    tasks = template["dag"].get("tasks")
    where = (*place, "dag", "tasks")
    known = {str(task.get("name")): task for _, task in each(tasks, where)}
    if not known:
        yield Flaw(where, "a DAG without tasks")
    yield from twice(tasks, "tasks", where)
    waits = {name: _upstream(task) for name, task in known.items()}
    before = _all_before(waits)
    if before is None:
        yield Flaw(where, "tasks wait for each other in a circle")
        before = waits
    for at, task in each(tasks, where):
        name = str(task.get("name"))
        if not is_name(task.get("name"), FIELD):
            yield Flaw((*at, "name"), f"'{name}' is no name for a task: letters, digits and dashes")
        yield from _waiting(task, at, known)
        yield from _target(task, at, templates)
        upstream = {
            up: _put_out(templates.get(str(known[up].get("template")))) for up in before[name] if up in known
        }
        scope = Scope(around.workflow, around.parameters, around.artifacts, upstream, _items(task))
        yield from _items_flaws(task, at)
        yield from flaws_of_texts(
            {key: value for key, value in task.items() if key != "withParam"}, at, scope
        )
        without = Scope(around.workflow, around.parameters, around.artifacts, upstream, None)
        yield from flaws_of_texts(task.get("withParam"), (*at, "withParam"), without)


def all_of_dag(template: Mapping[str, Any], templates: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Task → what its template puts out, for the outputs of the DAG itself."""
    return {
        str(task.get("name")): _put_out(templates.get(str(task.get("template"))))
        for _, task in each(template["dag"].get("tasks"), ())
    }


def _words(task: Mapping[str, Any]) -> list[str]:
    return _WORD.findall(str(task.get("depends", "")))


def _upstream(task: Mapping[str, Any]) -> set[str]:
    named = [word.partition(".")[0] for word in _words(task) if word[0].isalnum()]
    return {*named, *map(str, task.get("dependencies", ()))}


def _all_before(waits: Mapping[str, set[str]]) -> dict[str, set[str]] | None:
    """Task → all that have ended before it; None when they turn in a circle."""
    try:
        order = list(TopologicalSorter(waits).static_order())
    except CycleError:
        return None
    found: dict[str, set[str]] = {}
    for name in order:
        direct = waits.get(name, set())
        found[name] = direct.union(*(found.get(up, set()) for up in direct))
    return found


def _waiting(task: Mapping[str, Any], at: Place, known: Mapping[str, Any]) -> Iterator[Flaw]:
    if "depends" in task and "dependencies" in task:
        yield Flaw((*at, "dependencies"), "`depends` and `dependencies` exclude each other")
    for index, name in enumerate(task.get("dependencies", ())):
        if name not in known:
            yield Flaw((*at, "dependencies", index), f"there is no task '{name}'")
    words, place = _words(task), (*at, "depends")
    if "depends" in task and not _is_condition(words):
        yield Flaw(place, f"{task['depends']!r:.80} is no condition")
    for word in words:
        name, _, result = word.partition(".")
        if not name[0].isalnum():
            continue
        if name not in known:
            yield Flaw(place, f"there is no task '{name}'")
        elif result and result not in _RESULTS:
            yield Flaw(place, f"a task does not end as '{result}'")
        elif result in _OF_MANY and not any(key in known[name] for key in _MANY):
            yield Flaw(place, f"'{name}' has no items, of which some could end as '{result}'")


def _is_condition(words: list[str]) -> bool:
    """Whether the words are tasks, `!` before them, `&&` or `||` between them, and closed brackets."""
    shape = "".join("t" if word[0].isalnum() else word for word in words)
    before = None
    while shape != before:
        before = shape
        shape = shape.replace("!t", "t").replace("(t)", "t").replace("t&&t", "t").replace("t||t", "t")
    return shape == "t"


def _target(task: Mapping[str, Any], at: Place, templates: Mapping[str, Any]) -> Iterator[Flaw]:
    """Whether there is such a template, and it gets what it asks for and nothing else."""
    if sum(key in task for key in ("template", "templateRef", "inline")) != 1:
        yield Flaw(at, "a task has one of `template`, `templateRef` and `inline`")
    if "template" not in task or "{{" in str(task["template"]):
        return
    target = templates.get(str(task["template"]))
    if target is None:
        yield Flaw((*at, "template"), f"there is no template '{task['template']}'")
        return
    for kind in ("parameters", "artifacts"):
        given, asked = part(task, "arguments", kind), part(target, "inputs", kind)
        place = (*at, "arguments", kind)
        yield from twice(given, kind, place)
        for where, one in each(given, place):
            if str(one.get("name")) not in names(asked):
                yield Flaw((*where, "name"), f"template '{task['template']}' takes no '{one.get('name')}'")
        for _, one in each(asked, ()):
            if _is_needed(one, kind) and str(one.get("name")) not in names(given):
                yield Flaw(at, f"template '{task['template']}' is not given '{one.get('name')}'")


def _is_needed(asked: Mapping[str, Any], kind: str) -> bool:
    if kind == "parameters":
        return not {"value", "valueFrom", "default"} & set(asked)
    # An artifact with a place of its own is fetched from there.
    return not asked.get("optional") and not set(asked) - {"name", "path", "mode", "archive"}


def _put_out(template: Any) -> frozenset[str]:
    outputs = part(template, "outputs")
    return frozenset(
        [f"parameters.{name}" for name in names(part(outputs, "parameters"))]
        + [f"artifacts.{name}" for name in names(part(outputs, "artifacts"))]
    )


def _items(task: Mapping[str, Any]) -> tuple[str, ...] | None:
    if not any(key in task for key in _MANY):
        return None
    if "withItems" not in task or "{{" in str(task["withItems"])[:2]:
        return ("*",)
    objects = [one for _, one in each(task["withItems"], ())]
    return tuple(sorted(set(objects[0]).intersection(*objects))) if objects else ()


def _items_flaws(task: Mapping[str, Any], at: Place) -> Iterator[Flaw]:
    said = [key for key in _MANY if key in task]
    if len(said) > 1:
        yield Flaw(at, f"{' and '.join(f'`{key}`' for key in said)} exclude each other")
    if "withItems" in task and not task["withItems"]:
        yield Flaw((*at, "withItems"), "without items the task never runs")
    source = task.get("withParam")
    if source is not None and "{{" not in str(source) and not str(source).lstrip().startswith("["):
        yield Flaw((*at, "withParam"), f"{source!r:.60} is no list in JSON, and refers to none")
