"""Names with spaces, quotes, signs and letters of the world, everywhere at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.notebooks import notebook, parameters, write
from tests.acceptance.project import Answer, Project

pytestmark = pytest.mark.kernel

FOLDER = 'It\'s "my" project #1, 100% é ü 日本 {x} $HOME; &'
NOTEBOOK = 'a b\'s #1 "ü" 100% {pm} $x; ñ.ipynb'
FILE = "größe & #2.pipeline.yaml"
VALUE = "quo'te \"dou\" \\ back\\n new\nline ${HOME} {x} %s 日本 🎉 \u2028 '''; import os"
TEXT_FILE = "out put #1 'ü'.txt"

CELLS = (
    parameters("text = ''"),
    "import dagbook, os",
    f"open({TEXT_FILE!r}, 'w').write(text)\ndagbook.output(text=text, cwd=os.getcwd())",
)


@pytest.fixture(scope="module")
def odd(shared_project: Project) -> Project:
    """A project in a folder with an odd name."""
    folder = shared_project.folder.rename(shared_project.folder.parent / FOLDER)
    shared_project.folder = folder
    write(folder / "sub földer" / NOTEBOOK, notebook(*CELLS))
    content = {
        "pipeline": 'größe "x" #1 100%',
        "params": {"text": ""},
        "nodes": {
            "größe": {
                "notebook": f"sub földer/{NOTEBOOK}",
                "params": {"text": "${params.text}"},
                "outputs": {"file": TEXT_FILE},
            },
            "then": {"notebook": f"sub földer/{NOTEBOOK}", "params": {"text": "${größe.text}"}},
        },
    }
    shared_project.pipeline(json.dumps(content, ensure_ascii=False), FILE)
    return shared_project


@pytest.fixture(scope="module")
def ran(odd: Project) -> Answer:
    return odd.dagbook("run", FILE, "--json", "-p", f"text={VALUE}")


def test_a_run_with_odd_names_succeeds(ran: Answer, odd: Project):
    assert ran.code == 0, ran.said
    assert [step["state"] for step in ran.json["steps"]] == ["succeeded", "succeeded"]
    assert ran.json["pipeline"] == 'größe "x" #1 100%'
    assert Path(ran.json["folder"]).is_dir()


def test_a_value_arrives_letter_by_letter_through_two_notebooks(ran: Answer):
    for step in ran.json["steps"]:
        assert step["outputs"]["text"] == VALUE


def test_a_notebook_runs_in_its_own_folder_whatever_that_is_called(ran: Answer, odd: Project):
    assert ran.step("größe")["outputs"]["cwd"] == str(odd.folder / "sub földer")


def test_a_file_with_an_odd_name_is_published_whole(ran: Answer):
    published = Path(ran.step("größe")["outputs"]["file"])
    assert published.read_text("utf-8") == VALUE


def test_mlflow_has_the_record_and_the_executed_notebook(ran: Answer, tmp_path: Path):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=ran.json["tracking_uri"])
    step = ran.step("größe")
    record = client.get_run(step["mlflow_run_id"])
    assert record.info.status == "FINISHED"
    assert record.data.params["text"] == VALUE
    assert [file.path for file in client.list_artifacts(step["mlflow_run_id"])] == ["notebook.ipynb"]


def test_every_reading_command_takes_the_names(ran: Answer, odd: Project):
    run = ran.json["run"]
    for arguments in (
        ("show", run), ("logs", run, "größe"), ("runs",), ("plan", FILE), ("graph", FILE, "--format", "svg"),
    ):  # fmt: skip
        answer = odd.dagbook(*arguments)
        assert answer.code == 0, answer
    assert "größe" in odd.dagbook("show", run).out


def test_init_names_nodes_after_odd_files_and_what_it_writes_is_sound(
    make_project: Callable[[Path], Project], tmp_path: Path
):
    made = make_project(tmp_path / "odd 'project' #2")
    made.notebook('01 first, "one".ipynb', "%load_ext dagbook", "total = 1\n%output total")
    made.notebook("02-größe & 100%.ipynb", parameters("total = 0"), "total")
    answer = made.dagbook("init", ".", "--json")
    assert answer.code == 0, answer.said
    checked = made.dagbook("validate", Path(answer.json["file"]).name, "--json")
    assert (checked.code, checked.json) == (0, [])
