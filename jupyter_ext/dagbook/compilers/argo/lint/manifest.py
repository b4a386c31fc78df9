"""A whole manifest: a Workflow, a WorkflowTemplate or a CronWorkflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from zoneinfo import available_timezones

from dagbook.compilers.argo.lint.flaws import Flaw, Place, each, names, part, twice
from dagbook.compilers.argo.lint.locks import flaws_of_locks
from dagbook.compilers.argo.lint.references import Scope, flaws_of_texts
from dagbook.compilers.argo.lint.tasks import all_of_dag, flaws_of_dag
from dagbook.compilers.argo.lint.templates import flaws_of_template
from dagbook.compilers.argo.lint.texts import FIELD, OBJECT, is_label, is_name, is_schedule

API: Final = "argoproj.io/v1alpha1"
_KINDS: Final = frozenset({"Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"})
_CONCURRENCY: Final = frozenset({"Allow", "Forbid", "Replace"})


def lint(manifest: Mapping[str, Any]) -> list[Flaw]:
    """What would fail on a cluster though Argo's schema takes it.

    Templates that are elsewhere (`templateRef`) and Argo's own expressions (`{{=…}}`) are not looked into.

    Args:
        manifest: the document, as plain values.
    """
    return list(_of_manifest(manifest))


def _of_manifest(manifest: Mapping[str, Any]) -> Iterator[Flaw]:
    kind = manifest.get("kind")
    if manifest.get("apiVersion") != API:
        yield Flaw(("apiVersion",), f"{manifest.get('apiVersion')!r} is not {API}")
    if kind not in _KINDS:
        yield Flaw(("kind",), f"{kind!r} is none of {', '.join(sorted(_KINDS))}")
    yield from _metadata(manifest.get("metadata"))
    spec: Any = manifest.get("spec")
    place: Place = ("spec",)
    if kind == "CronWorkflow":
        yield from _schedule(spec)
        spec, place = part(spec, "workflowSpec"), ("spec", "workflowSpec")
    if not isinstance(spec, Mapping):
        yield Flaw(place, "there is no workflow")
        return
    yield from _of_workflow(spec, place, is_run=kind in {"Workflow", "CronWorkflow"})


def _metadata(metadata: Any) -> Iterator[Flaw]:
    name, prefix = part(metadata, "name"), part(metadata, "generateName")
    if name is None and prefix is None:
        yield Flaw(("metadata",), "an object has a `name` or a `generateName`")
    for key, text in (("name", name), ("generateName", prefix and str(prefix).removesuffix("-"))):
        if text is not None and not is_name(text, OBJECT):
            yield Flaw(("metadata", key), f"'{text}' is no name for an object: small letters, digits, dashes")
    labels = part(metadata, "labels")
    for key, value in (labels if isinstance(labels, Mapping) else {}).items():
        if not is_label(value):
            yield Flaw(("metadata", "labels", key), f"{value!r} is no value for a label")


def _schedule(spec: Any) -> Iterator[Flaw]:
    schedules = part(spec, "schedules") or ([part(spec, "schedule")] if part(spec, "schedule") else [])
    if not schedules:
        yield Flaw(("spec",), "a CronWorkflow has `schedules`")
    for index, text in enumerate(schedules):
        if not is_schedule(text):
            yield Flaw(("spec", "schedules", index), f"{text!r} is no line of cron")
    zone = part(spec, "timezone")
    if zone is not None and zone not in available_timezones():
        yield Flaw(("spec", "timezone"), f"there is no timezone {zone!r}")
    policy = part(spec, "concurrencyPolicy")
    if policy is not None and policy not in _CONCURRENCY:
        yield Flaw(("spec", "concurrencyPolicy"), f"{policy!r} is none of {', '.join(sorted(_CONCURRENCY))}")


def _of_workflow(spec: Mapping[str, Any], place: Place, *, is_run: bool) -> Iterator[Flaw]:
    templates = {str(one.get("name")): one for _, one in each(spec.get("templates"), ())}
    if "workflowTemplateRef" not in spec:
        for key in ("entrypoint", "onExit"):
            named = spec.get(key)
            if named is not None and named not in templates:
                yield Flaw((*place, key), f"there is no template '{named}'")
        if spec.get("entrypoint") is None:
            yield Flaw(place, "nothing is the `entrypoint`")
    yield from _arguments(spec, place, is_run=is_run)
    yield from flaws_of_locks(spec.get("synchronization"), (*place, "synchronization"))
    yield from twice(spec.get("templates"), "templates", (*place, "templates"))
    yield from twice(spec.get("volumes"), "volumes", (*place, "volumes"))
    volumes = frozenset([*names(spec.get("volumes")), *_claims(spec.get("volumeClaimTemplates"))])
    parameters = frozenset(names(part(spec, "arguments", "parameters")))
    for at, template in each(spec.get("templates"), (*place, "templates")):
        if not is_name(template.get("name"), FIELD):
            yield Flaw(
                (*at, "name"),
                f"'{template.get('name')}' is no name for a template: letters, digits and dashes",
            )
        yield from flaws_of_template(template, at, volumes)
        inputs = template.get("inputs")
        scope = Scope(
            parameters,
            frozenset(names(part(inputs, "parameters"))),
            frozenset(names(part(inputs, "artifacts"))),
            is_retried="retryStrategy" in template,
        )
        if isinstance(template.get("dag"), Mapping):
            yield from flaws_of_dag(template, at, scope, templates)
        inside = {key: value for key, value in template.items() if key not in {"dag", "steps", "outputs"}}
        yield from flaws_of_texts(inside, at, scope)
        if isinstance(template.get("dag"), Mapping):
            scope = replace(scope, upstream=all_of_dag(template, templates))
        if "steps" not in template:
            yield from flaws_of_texts(template.get("outputs"), (*at, "outputs"), scope)


def _arguments(spec: Mapping[str, Any], place: Place, *, is_run: bool) -> Iterator[Flaw]:
    where = (*place, "arguments", "parameters")
    given = part(spec, "arguments", "parameters")
    yield from twice(given, "parameters", where)
    for at, one in each(given, where):
        choices = one.get("enum")
        if choices and "value" in one and str(one["value"]) not in map(str, choices):
            yield Flaw(
                (*at, "value"), f"'{one['value']}' is not among the choices {', '.join(map(str, choices))}"
            )
        if is_run and not {"value", "valueFrom", "default"} & set(one):
            yield Flaw(at, f"'{one.get('name')}' has no value")


def _claims(found: Any) -> list[str]:
    return [str(part(one, "metadata", "name")) for _, one in each(found, ())]
