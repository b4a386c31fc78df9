"""`on:` in a pipeline file: its short forms, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.errors import InvalidInput
from dagbook.loaders.pipeline_file import load_pipeline
from dagbook.pipeline.check_hooks import check_hooks
from tests.unit.pipeline.specs import spec


def hooks_of(**on: Any) -> list[tuple[str, str | None, str | None]]:
    made = spec({"a": {}}, on=on)
    return [(name, hook.notebook, hook.notify) for name, _, _, hook in made.on.hooks()]


@pytest.mark.parametrize(
    ("on", "hooks"),
    [
        ({}, []),
        ({"exit": "x.ipynb"}, [("on.exit", "x.ipynb", None)]),
        ({"failure": {"notify": "json://h"}}, [("on.failure", None, "json://h")]),
        (
            {"failure": ["x.ipynb", {"notify": "json://h"}], "success": "y.ipynb"},
            [
                ("on.success", "y.ipynb", None),
                ("on.failure", "x.ipynb", None),
                ("on.failure.2", None, "json://h"),
            ],
        ),
    ],
)
def test_one_hook_or_many_in_short_or_in_full(on: dict[str, Any], hooks: list[Any]):
    assert hooks_of(**on) == hooks


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        ("  failure: slack://a/b\n", 5, ["an address stands where a notebook is expected", "notify: URL"]),
        ("  failure:\n    - {}\n", 6, ["a hook does one thing"]),
        ("  failure:\n    - {notebook: a.ipynb, notify: json://h}\n", 6, ["a hook does one thing"]),
        ("  failure:\n    - {notify: json://h, params: {a: 1}}\n", 6, ["takes no params"]),
        ("  failure:\n    - {notifi: json://h}\n", 6, ["'notifi' is no key here", "did you mean 'notify'?"]),
        ("  failed: x.ipynb\n", 5, ["'failed' is no key here", "did you mean 'failure'?"]),
        ("  exit: ''\n", 5, ["the hook is empty"]),
    ],
)
def test_a_wrong_hook_is_refused_at_its_line(tmp_path, text: str, line: int, parts: list[str]):
    file = tmp_path / "p.pipeline.yaml"
    file.write_text(f"pipeline: p\nnodes:\n  a: {{notebook: a.ipynb}}\non:\n{text}")
    with pytest.raises(InvalidInput) as refused:
        load_pipeline(file)
    said = "\n".join(str(finding) for finding in refused.value.findings)
    for part in parts:
        assert part in said
    assert {finding.line for finding in refused.value.findings} == {line}
    assert all(finding.remedy for finding in refused.value.findings)


@pytest.mark.parametrize(
    ("template", "code", "remedy"),
    [
        ("${run.stat}", "unknown-reference", "did you mean 'state'?"),
        ("${params.rows}", "unknown-parameter", "did you mean 'row'?"),
        ("${a.out}", "unknown-reference", "use params.NAME"),
        ("${env}", "unknown-reference", "write `env.NAME`"),
        ("${1 +}", "expression", "correct the expression"),
    ],
)
def test_what_a_hook_cannot_refer_to(template: str, code: str, remedy: str):
    made = spec({"a": {}}, params={"row": 1}, on={"exit": {"notebook": "x.ipynb", "params": {"p": template}}})
    (problem,) = check_hooks(made)
    assert (problem.code, problem.path) == (code, ("on", "exit", 0, "params", "p"))
    assert remedy in problem.remedy


def test_what_a_hook_can_refer_to():
    params = {"a": "${run.state}", "b": "${run.error}", "c": "${env.HOME}", "d": "${params.row}"}
    made = spec({"a": {}}, params={"row": 1}, on={"exit": {"notebook": "x.ipynb", "params": params}})
    assert check_hooks(made) == ()
