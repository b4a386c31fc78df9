"""`compile`: a pipeline in the language of another scheduler."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagbook import bootstrap
from dagbook.api.planning import Checked, Choices, make_plan
from dagbook.engine.deployment import Deployment, Option
from dagbook.errors import Finding, InvalidInput, did_you_mean
from dagbook.notebook.types import parse_text
from dagbook.notebook.values import Secret, decode, encode
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import PipelineSpec


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """The manifest's text, and what the other scheduler does in another way than we."""

    to: str
    text: str
    suffix: str
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Target:
    """What to compile to: a compiler's name, and its options by name."""

    to: str
    options: Mapping[str, str] = field(default_factory=dict)


def compile_pipeline(checked: Checked, target: Target, params: Mapping[str, Any]) -> Compiled:
    """The pipeline for another scheduler.

    Raises:
        InvalidInput: something cannot be said in it, each with its place; or an option is wrong.
        EnvironmentFault: what the compiler needs is not installed.
    """
    compiler = bootstrap.compiler(target.to)
    options = _options(target, compiler.options)
    plan = make_plan(checked, Choices(params=params, use_cache=False)).plan
    deployment = Deployment(
        spec=checked.spec, plan=plan, file=_place(plan, checked.loaded.file),
        params=_as_texts(checked, plan), options=options,
    )  # fmt: skip
    manifest = compiler.compile(deployment)
    findings = checked.loaded.findings(manifest.problems)
    if manifest.is_refused:
        raise InvalidInput(*(finding for finding in findings if finding.severity == "error"))
    notes = tuple(finding for finding in (*checked.warnings, *findings) if finding.severity == "warning")
    return Compiled(to=target.to, text=manifest.text, suffix=manifest.suffix, notes=notes)


def _options(target: Target, known: Mapping[str, Option]) -> dict[str, str]:
    findings = []
    for name, value in target.options.items():
        if name not in known:
            findings.append(
                Finding(
                    code="compile-option", message=f"--{name} means nothing to {target.to}",
                    remedy=did_you_mean(name, known, "leave it out"),
                )
            )  # fmt: skip
        elif known[name].choices and value not in known[name].choices:
            findings.append(
                Finding(
                    code="compile-option", message=f"--{name} {value} is not known to {target.to}",
                    remedy=did_you_mean(value, known[name].choices),
                )
            )  # fmt: skip
    if findings:
        raise InvalidInput(*findings)
    return {name: option.default for name, option in known.items()} | dict(target.options)


def _place(plan: Plan, file: Path) -> str:
    """The pipeline file as steps find it: from the project's folder."""
    project = Path(plan.project)
    return file.relative_to(project).as_posix() if file.is_relative_to(project) else file.name


def _as_texts(checked: Checked, plan: Plan) -> dict[str, str]:
    """Every parameter as a text that is read back as the same value; secrets are left out."""
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for name, form in plan.params.items():
        value = decode(form)
        if isinstance(value, Secret):
            continue
        text = _text_of(checked.spec, name, value)
        if text is None:
            problems.append(
                Problem(
                    path=("params", name), code="not-compilable",
                    message=f"the value {value!r:.60} of '{name}' cannot travel as text",
                    remedy="give the parameter a `type:` that says how it is written",
                )
            )  # fmt: skip
        else:
            found[name] = text
    if problems:
        raise InvalidInput(*checked.loaded.findings(problems))
    return found


def _text_of(spec: PipelineSpec, name: str, value: Any) -> str | None:
    kind = spec.params[name].param_type
    form = encode(value)
    for text in (str(value), json.dumps(form, ensure_ascii=False)):
        try:
            if encode(parse_text(kind, text)) == form:
                return text
        except ValueError:
            continue
    return None
