"""Every command, pipeline file and Python block of the pages means something, as it stands there."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from ruamel.yaml import YAML

import dagbook
from dagbook.loaders.pipeline_file import parse_pipeline
from dagbook.magics.extension import load_ipython_extension
from dagbook.pipeline.check import check_spec
from dagbook.pipeline.spec import PipelineSpec
from tests.architecture.sources import ROOT
from tests.docs.commands import calls, commands, found, mentions, parse, unknown_options, whole_lines
from tests.docs.pages import Fence, fences, pages

FOREIGN = {"argo", "github"}
"""What stands behind `yaml` where the block is a file of somebody else."""


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


PAGES = [*pages(), ROOT / "CONTRIBUTING.md"]


def blocks(language: str) -> list[Any]:
    """The blocks in a language, each with the page and the line where it begins."""
    return [
        pytest.param(fence, id=f"{named(page)}-{number}")
        for page in PAGES
        for number, fence in enumerate(fences(page.read_text("utf-8")), start=1)
        if fence.language == language
    ]


# --- commands ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_on_a_page_exist_and_take_what_they_are_given(page):
    wrong = []
    for words in commands(page.read_text("utf-8")):
        try:
            parse(words)
        except (click.UsageError, LookupError) as error:
            wrong.append((" ".join(words), str(error)))
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_in_the_text_exist_with_these_options(page):
    wrong = []
    for words in mentions(page.read_text("utf-8")):
        try:
            options = unknown_options(words)
        except LookupError as error:
            wrong.append((" ".join(words), str(error)))
        else:
            wrong += [(" ".join(words), option) for option in options]
    assert wrong == []


def test_the_pages_have_commands():
    """Guards the search itself."""
    texts = [page.read_text("utf-8") for page in PAGES]
    assert sum(len(commands(text)) for text in texts) > 80
    assert sum(len(mentions(text)) for text in texts) > 150


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("dagbook run a.yaml --jobs 2  # two", [["run", "a.yaml", "--jobs", "2"]]),
        ("dagbook run \\\n  a.yaml \\\n  --jobs 2", [["run", "a.yaml", "--jobs", "2"]]),
        ("cd a && DAGBOOK_RUNS=2 dagbook runs | head", [["runs"]]),
        ("dagbook validate a; dagbook plan a > b", [["validate", "a"], ["plan", "a"]]),
        ("pip install dagbook", []),
        ("it's dagbook run", []),
    ],
)
def test_calls_are_found(script, expected):
    assert [words for line in whole_lines(script) for words in calls(line)] == expected


@pytest.mark.parametrize(
    "words",
    [
        ["shedule"],
        ["schedule", "ad", "f"],
        ["schedule", "add", "f", "--crn", "x"],
        ["run", "f", "--cron", "x"],
    ],
)
def test_a_wrong_command_is_noticed(words):
    with pytest.raises((click.UsageError, LookupError)):
        parse(words)


def test_an_option_of_another_command_is_noticed():
    assert unknown_options(["runs", "--cron", "x"]) == ["--cron"]
    assert unknown_options(["schedule", "add", "FILE", "--cron", "…"]) == []
    assert found(["schedule", "add", "FILE"])[2] == "dagbook schedule add"


# --- pipeline files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fence", [one for one in blocks("yaml") if not FOREIGN & {*one.values[0].info}])
def test_a_pipeline_file_on_a_page_is_one(fence):
    document = YAML(typ="safe", pure=True).load(fence.body)
    if document is None:
        assert fence.body.startswith("#")  # only the line for an editor
        return
    if {"pipeline", "nodes"} <= set(document):
        spec = parse_pipeline(fence.body, Path("page.pipeline.yaml")).spec
        problems = [problem for problem in check_spec(spec) if problem.severity == "error"]
        assert problems == []
    else:
        PipelineSpec.model_validate(completed(document))


def completed(part: dict[str, Any]) -> dict[str, Any]:
    """A whole file around a part of one: nodes by their names, or keys of a node, or of the file."""
    work = {"notebook", "pipeline", "predict"}
    if all(isinstance(value, dict) and work & set(value) for value in part.values()):
        return {"pipeline": "page", "nodes": part}
    if set(part) <= {field.alias or name for name, field in PipelineSpec.model_fields.items()}:
        return {"pipeline": "page", "nodes": {"page": {"notebook": "page.ipynb"}}, **part}
    return {"pipeline": "page", "nodes": {"page": {"notebook": "page.ipynb", **part}}}


# --- Python -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def magics(tmp_path_factory) -> Iterator[dict[str, set[str]]]:
    """The names of line and cell magics of an IPython with ours."""
    InteractiveShell.clear_instance()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        shell = InteractiveShell.instance(colors="nocolor")
        load_ipython_extension(shell)
        yield {kind: set(found) for kind, found in shell.magics_manager.magics.items()}
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("fence", blocks("python"))
def test_python_on_a_page_is_python_and_calls_what_there_is(fence, magics):
    for cell in cells(fence):
        tree = ast.parse(TransformerManager().transform_cell(cell))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Attribute):
                check_magic(call, magics)
                check_ours(call)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "dagbook":
                assert [alias.name for alias in node.names if not hasattr(dagbook, alias.name)] == []


def cells(fence: Fence) -> Iterator[str]:
    """The cells of a block: a new one begins where a line begins with %%."""
    cell: list[str] = []
    for line in fence.body.splitlines(keepends=True):
        if line.startswith("%%") and cell:
            yield "".join(cell)
            cell = []
        cell.append(line)
    yield "".join(cell)


def check_magic(call: ast.Call, magics: dict[str, set[str]]) -> None:
    """A magic is one of ours; the cell below one is Python too."""
    assert isinstance(call.func, ast.Attribute)
    kind = {"run_line_magic": "line", "run_cell_magic": "cell"}.get(call.func.attr)
    if kind:
        name = ast.literal_eval(call.args[0])
        assert name in magics[kind], f"%{name}"
        if kind == "cell":
            ast.parse(TransformerManager().transform_cell(ast.literal_eval(call.args[2])))


def check_ours(call: ast.Call) -> None:
    """`dagbook.NAME(…)` and `Pipeline.NAME(…)` exist and take these arguments."""
    assert isinstance(call.func, ast.Attribute)
    home = {"dagbook": dagbook, "Pipeline": dagbook.Pipeline, "Run": dagbook.Run}.get(
        ast.unparse(call.func.value)
    )
    if home is None:
        return
    function = getattr(home, call.func.attr)
    if not any(isinstance(one, ast.Starred) for one in call.args):
        inspect.signature(function).bind(
            *call.args, **{keyword.arg: keyword for keyword in call.keywords if keyword.arg}
        )


def test_a_call_with_an_argument_that_is_not_taken_is_noticed():
    call = ast.parse("dagbook.runs(stat='failed')").body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    with pytest.raises(TypeError):
        check_ours(call.value)
