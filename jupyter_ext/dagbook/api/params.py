"""The parameters of a run, from texts, a file or Python, checked against what the pipeline declares."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dagbook.errors import Finding, InvalidInput, did_you_mean
from dagbook.loaders.yaml_places import YamlWalk
from dagbook.notebook import types
from dagbook.notebook.values import Secret, UnsupportedValue, encode
from dagbook.pipeline.spec import PipelineSpec


def split_assignments(assignments: Iterable[str], option: str = "-p NAME=VALUE") -> dict[str, str]:
    """Name → text from `NAME=TEXT`; the last of a name counts. Raises InvalidInput for what is none."""
    texts: dict[str, str] = {}
    findings: list[Finding] = []
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if equals and name.strip():
            texts[name.strip()] = text
        else:
            findings.append(_no_assignment(assignment, option))
    if findings:
        raise InvalidInput(*findings)
    return texts


def _no_assignment(assignment: str, option: str = "-p NAME=VALUE") -> Finding:
    return Finding(
        code="parameter-syntax",
        message=f"`{option.split(maxsplit=1)[0]} {assignment}` is no assignment",
        remedy=f"write {option}",
    )


def parse_assignments(spec: PipelineSpec, assignments: Iterable[str]) -> dict[str, Any]:
    """Values from `NAME=TEXT`, each read by the type of its parameter.

    Raises:
        InvalidInput: with a finding for each that is malformed, unknown or ill-typed.
    """
    values: dict[str, Any] = {}
    findings: list[Finding] = []
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals or not name:
            findings.append(_no_assignment(assignment))
        elif name not in spec.params:
            findings.append(_unknown(name, spec))
        else:
            try:
                values[name] = types.parse_text(spec.params[name].param_type, text)
            except ValueError as error:
                findings.append(_ill_typed(name, str(error), spec))
    if findings:
        raise InvalidInput(*findings)
    return values


def read_params_file(path: Path) -> dict[str, Any]:
    """The mapping in a YAML or JSON file. Raises InvalidInput when there is none."""
    remedy = "name a YAML or JSON file with one `name: value` a line"
    try:
        text = path.read_text("utf-8-sig")
        content = json.loads(text) if path.suffix == ".json" else _from_yaml(text, str(path))
    except (OSError, UnicodeDecodeError, YAMLError, ValueError, RecursionError) as error:
        problem = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise InvalidInput(
            Finding(
                code="params-file", message=f"the parameters cannot be read: {problem}", remedy=remedy,
                file=str(path), line=getattr(error, "lineno", None), column=getattr(error, "colno", None),
            )
        ) from error  # fmt: skip
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        message = "the file holds no mapping of names to values"
        raise InvalidInput(Finding(code="params-file", message=message, remedy=remedy, file=str(path)))
    return content


def _from_yaml(text: str, file: str) -> Any:
    walk = YamlWalk(file)
    walk.walk(text)
    if walk.findings:
        raise InvalidInput(*walk.findings)
    return YAML(typ="safe", pure=True).load(text)


def run_params(spec: PipelineSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter of the pipeline with the value that a run will use.

    Raises:
        InvalidInput: with a finding for each that is unknown, missing or does not fit.
    """
    findings = [_unknown(name, spec) for name in given if name not in spec.params]
    values: dict[str, Any] = {}
    for name, param in spec.params.items():
        if param.secret is not None and name in given and not isinstance(given[name], Secret):
            findings.append(_secret_given(name, param.secret))
            continue
        if name in given:
            value = given[name]
        elif param.secret is not None:
            value = Secret(param.secret)
        elif param.required:
            findings.append(
                Finding(
                    code="missing-parameter",
                    message=f"the parameter '{name}' has no default and was not given",
                    remedy=f"add -p {name}=…",
                    parameter=name,
                )
            )
            continue
        else:
            value = param.default
        problem = types.problem(param.param_type, value) if value is not None or name in given else None
        if problem is None:
            try:
                values[name] = types.convert(param.param_type, value) if value is not None else None
                encode(values[name])
            except UnsupportedValue as error:
                problem = str(error)
        if problem:
            findings.append(_ill_typed(name, problem, spec))
    if findings:
        raise InvalidInput(*findings)
    return values


def _unknown(name: str, spec: PipelineSpec) -> Finding:
    return Finding(
        code="unknown-parameter",
        message=f"the pipeline '{spec.pipeline}' has no parameter '{name}'",
        remedy=did_you_mean(name, spec.params, "declare it under `params:` in the pipeline file"),
        parameter=name,
    )


def _secret_given(name: str, secret: str) -> Finding:
    return Finding(
        code="secret-given",
        message=f"parameter '{name}' is a secret: a value that is given would be written down",
        remedy=f"set the environment variable {secret}, or put it into $DAGBOOK_SECRETS_DIR/{secret}",
    )


def _ill_typed(name: str, problem: str, spec: PipelineSpec) -> Finding:
    return Finding(
        code="parameter-type",
        message=f"parameter '{name}': {problem}",
        remedy=f"give {types.describe(spec.params[name].param_type)}",
        parameter=name,
    )
