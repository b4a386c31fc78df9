"""The reference knows everything that the code has, and nothing that it has not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import click
import jsonschema
import pytest
from ruamel.yaml import YAML

import dagbook
from dagbook.cli.main import COMMANDS, HIDDEN, main
from dagbook.errors import Exit
from dagbook.notebook.outputs import Output
from dagbook.pipeline.expressions import FUNCTIONS
from dagbook.pipeline.spec import NodeSettings, NodeSpec, ParamSpec, PipelineSpec
from dagbook.run import events
from dagbook.run.state import RunStatus, StepStatus
from tests.architecture.sources import ROOT
from tests.docs import answers
from tests.docs.codes import finding_codes, node_error_names
from tests.docs.pages import reference
from tests.docs.schema import PLACES, schema_text

SHOWN = [name for name in COMMANDS if name not in HIDDEN]


def code_words(text: str) -> set[str]:
    """Everything that stands between backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))


def first_column(text: str) -> set[str]:
    """The words between backticks in the first column of every table."""
    rows = re.findall(r"^\| (.+?) \|", text, re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def section(text: str, heading: str) -> str:
    """The part of a page below a heading of the second level that begins like that."""
    return next(part for part in re.split(r"^## ", text, flags=re.MULTILINE) if part.startswith(heading))


# --- commands ---------------------------------------------------------------------------------------


def params_of(command: click.Command) -> list[click.Parameter]:
    """Options and arguments of a command, and of its own commands if it has any."""
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return [*command.params, *(param for sub in inner for param in sub.params)]


@pytest.mark.parametrize("name", SHOWN)
def test_every_option_of_a_command_is_described(name):
    command = main.get_command(click.Context(main), name)
    assert command is not None
    text = section(reference("cli.md"), f"`dagbook {name}")
    if name == "run":  # "all options of `plan`"
        text += section(reference("cli.md"), "`dagbook plan")
    described = code_words(text)
    words = {word.split()[0] for word in described}
    options = [option for option in params_of(command) if isinstance(option, click.Option)]
    assert options or name in {"completion", "schema"}  # take none
    assert [word for option in options for word in option.opts if word not in words] == []


@pytest.mark.parametrize("name", SHOWN)
def test_no_option_is_described_that_a_command_does_not_have(name):
    command = main.get_command(click.Context(main), name)
    assert command is not None
    known = {word for option in params_of(command) for word in (*option.opts, *option.secondary_opts)}
    text = section(reference("cli.md"), f"`dagbook {name}")
    described = {word.split()[0] for word in first_column(text) if word.startswith("-")}
    assert described - known == set()


def test_every_command_has_an_example():
    text = reference("cli.md")
    for name in SHOWN:
        assert f"```sh\ndagbook {name}" in section(text, f"`dagbook {name}")


def test_every_exit_code_is_described():
    rows = re.findall(r"^\| (\d+) \| (\w+) \|", reference("exit-codes.md"), re.MULTILINE)
    assert {int(number): name for number, name in rows} == {code.value: code.name for code in Exit}


# --- errors -----------------------------------------------------------------------------------------


def test_the_codes_are_found_in_the_source():
    """Guards the search itself: these are said in four different ways."""
    found = finding_codes()
    assert {"unknown-run", "cycle", "yaml-tag", "disk-full", "duplicate-cell-id", "missing-outputs"} <= set(
        found
    )
    assert "MissingOutput" in node_error_names()


def test_every_finding_code_is_described_and_none_that_nobody_says():
    documented = {word for word in first_column(reference("errors.md")) if word.islower()}
    assert documented == set(finding_codes())


def test_every_name_of_a_nodes_error_is_described():
    documented = {word for word in first_column(reference("errors.md")) if not word.islower()}
    assert documented == set(node_error_names())


# --- Python -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["Pipeline", "Run"])
def test_every_public_method_is_described(named):
    kind = getattr(dagbook, named)
    public = [name for name in vars(kind) if not name.startswith("_")]
    text = section(reference("python.md"), f"`{named}")
    inner = {"has_begun", "kill", "driver_said", "driver_code", "follow"}  # of the command line
    assert public
    assert [name for name in public if name not in inner and f".{name}" not in text] == []


def test_everything_that_the_package_offers_is_named():
    text = reference("python.md")
    assert [name for name in dagbook.__all__ if name not in text] == []


# --- run folder -------------------------------------------------------------------------------------


def event_rows() -> dict[str, str]:
    text = section(reference("run-folder.md"), "The journal")
    return dict(re.findall(r"^\| `(\w+)` \| (.*)$", text, re.MULTILINE))


def event_class(kind: str) -> Any:
    name = "".join(part.capitalize() for part in kind.split("_"))
    return getattr(events, name)


def test_every_kind_of_event_is_described_and_none_that_is_not():
    assert set(event_rows()) == set(events.KINDS)


@pytest.mark.parametrize("kind", sorted(events.KINDS))
def test_every_field_of_an_event_is_described(kind):
    fields = event_class(kind).model_fields
    known = {field.alias or name for name, field in fields.items()} - {"kind"}
    column = event_rows()[kind].partition(" | ")[0]
    assert code_words(column) == known


def test_every_field_of_an_output_is_described():
    text = section(reference("run-folder.md"), "The journal")
    assert [name for name in Output.model_fields if f'"{name}"' not in text] == []


def test_every_state_is_described():
    text = section(reference("run-folder.md"), "States")
    assert first_column(text) == set(get_args(StepStatus))
    assert set(get_args(RunStatus)) <= code_words(text) | {"running", "succeeded", "failed", "cancelled"}
    assert "`interrupted`" in text


# --- pipeline file ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "model"), [("The pipeline", PipelineSpec), ("A parameter", ParamSpec), ("A node", NodeSpec)]
)
def test_every_key_of_the_file_is_described_and_none_that_is_not(heading, model):
    assert first_column(section(reference("pipeline-file.md"), heading)) == {
        field.alias or name for name, field in model.model_fields.items()
    }


def test_every_key_of_defaults_is_named():
    row = next(line for line in reference("pipeline-file.md").splitlines() if line.startswith("| `defaults`"))
    assert code_words(row) - {"defaults"} == set(NodeSettings.model_fields)


def test_every_function_of_expressions_is_named():
    text = section(reference("pipeline-file.md"), "Expressions")
    assert set(FUNCTIONS) <= code_words(text)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: str(place.relative_to(ROOT)))
def test_the_published_schema_is_current(place):
    assert place.read_text(encoding="utf-8") == schema_text(), "run: python -m tests.docs.schema"


@pytest.mark.parametrize("place", answers.PLACES, ids=lambda place: str(place.relative_to(ROOT)))
def test_the_published_schema_of_answers_is_current(place):
    assert json.loads(place.read_text(encoding="utf-8")) == answers.schema(), (
        "run: python -m tests.docs.answers"
    )


def test_every_answer_has_a_schema():
    asked = {
        " ".join(words)
        for words, command in commands_below(main)
        if any(option.name == "as_json" for option in command.params)
    }
    assert set(answers.ANSWERS) == asked


def commands_below(
    group: click.Group, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its words."""
    around = click.Context(group)
    for name in group.list_commands(around):
        command = group.get_command(around, name)
        if isinstance(command, click.Group):
            yield from commands_below(command, (*words, name))
        elif command is not None:
            yield (*words, name), command


def files_of_examples() -> list[Any]:
    return sorted((ROOT / "examples").rglob("*.pipeline.yaml"))


@pytest.mark.parametrize("file", files_of_examples(), ids=lambda file: file.name)
def test_the_schema_accepts_the_examples(file):
    content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    jsonschema.validate(content, json.loads(schema_text()))


SHORT = {"pipeline": "p", "params": {"rows": 1, "names": ["a"]}, "defaults": {"timeout": "30m"}}


@pytest.mark.parametrize(
    ("node", "fits"),
    [
        ({"notebook": "a.ipynb", "needs": "b", "timeout": 90}, True),
        ({"notebook": "a.ipynb", "needs": ["b"], "timeout": "1.5 h"}, True),
        ({"notebook": "a.ipynb", "timeout": "soon"}, False),
        ({"notebook": "a.ipynb", "matrix": {"depth": []}}, False),
        ({"notebook": "a.ipynb", "parms": {}}, False),
        ({"notebook": "a.ipynb", "register": "churn"}, True),
        ({"notebook": "a.ipynb", "register": {"model": "churn", "if": "auc > 1", "alias": "a"}}, True),
        ({"predict": "models:/churn@champion", "params": {"table": "a.csv"}}, True),
        ({"notebook": "a.ipynb", "predict": "models:/churn"}, False),
        ({}, False),
        ({"pipeline": "b.pipeline.yaml", "params": {"x": 1}, "needs": "b"}, True),
        ({"pipeline": "b.pipeline.yaml", "notebook": "a.ipynb"}, False),
    ],
)
def test_the_schema_and_the_spec_agree(node, fits):
    content = {**SHORT, "nodes": {"a": node}}
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    assert validator.is_valid(content) is fits
    try:
        PipelineSpec.model_validate(content)
    except ValueError:
        assert not fits
    else:
        assert fits
