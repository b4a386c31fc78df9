"""What is wrong with `on:` in a pipeline file, as far as the file alone can tell."""

from __future__ import annotations

from collections.abc import Iterator

from dagbook.errors import did_you_mean
from dagbook.pipeline.expressions import ExpressionError, Reference, references, resolve
from dagbook.pipeline.hook_facts import FACTS
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import PipelineSpec

Place = tuple[str | int, ...]


def check_hooks(spec: PipelineSpec) -> tuple[Problem, ...]:
    """Expressions that cannot be read, and references that a hook cannot make."""
    return tuple(
        problem
        for _, event, index, hook in spec.on.hooks()
        for place, template in (
            (("on", event, index, "notify"), hook.notify),
            *((("on", event, index, "params", name), value) for name, value in hook.params.items()),
        )
        for problem in _check_template(spec, place, template)
    )


def _check_template(spec: PipelineSpec, place: Place, template: object) -> Iterator[Problem]:
    try:
        found = references(template)
        if not found:
            resolve(template, {})
    except ExpressionError as error:
        yield Problem(path=place, code="expression", message=str(error), remedy="correct the expression")
        return
    for reference in found:
        if problem := _check_reference(spec, place, reference):
            yield problem


def _check_reference(spec: PipelineSpec, place: Place, reference: Reference) -> Problem | None:
    name = reference.name
    known = {"params": tuple(spec.params), "run": FACTS}.get(reference.root)
    if known is not None:
        if name in known:
            return None
        return Problem(
            path=place,
            code="unknown-parameter" if reference.root == "params" else "unknown-reference",
            message=f"`{reference}` means nothing here",
            remedy=did_you_mean(name or "", known, "write `run.state`"),
        )
    if reference.root == "env":
        if name is not None:
            return None
        message = "`env` alone means nothing"
        return Problem(path=place, code="unknown-reference", message=message, remedy="write `env.NAME`")
    return Problem(
        path=place,
        code="unknown-reference",
        message=f"a hook cannot refer to `{reference}`: it runs when the run is over, however far it came",
        remedy=f"use params.NAME, env.NAME or one of: {', '.join(f'run.{fact}' for fact in FACTS)}",
    )
