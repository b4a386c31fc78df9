"""%input: the newest that a node published, from runs and from notebooks that a person ran."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.queries import Queries
from dagbook.errors import InvalidInput, NotFound
from dagbook.journals.memory import MemoryJournal
from dagbook.magics import input_binding
from dagbook.magics.input_sources import InputSources
from dagbook.notebook.outputs import Output
from dagbook.notebook.values import encode
from dagbook.run.events import Event, StepSucceeded
from dagbook.testing import outline, run_started, step_failed, step_started, step_succeeded

OLD, NEW = "20260101-000000-aaaaaa", "20260102-000000-bbbbbb"


class Project:
    """A project whose runs have journals in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journals: dict[Path, MemoryJournal] = {}

    def run(self, run: str, *events: Event) -> None:
        folder = self.folder / ".dagbook" / "runs" / run
        folder.mkdir(parents=True)
        journal = MemoryJournal()
        steps = dict.fromkeys(event.step for event in events)  # type: ignore[attr-defined]
        start = run_started(*(outline(step) for step in steps))
        for event in (start.model_copy(update={"run": run}), *events):
            journal.append(event)
        (folder / "journal.jsonl").write_text("x" * len(events))
        self._journals[folder] = journal

    def by_hand(self, notebook: str, name: str, value: Any, at: str) -> None:
        folder = self.folder / ".dagbook" / "interactive" / notebook
        folder.mkdir(parents=True, exist_ok=True)
        record = Output(name=name, kind="value", value=encode(value)).model_dump(mode="json")
        with (folder / "outputs.jsonl").open("a") as manifest:
            manifest.write(json.dumps({**record, "at": at}) + "\n")

    def sources(self, **options: Any) -> InputSources:
        queries = Queries(self.folder / ".dagbook" / "runs", self._journals.__getitem__, lambda _: False)
        return InputSources(self.folder, queries, **options)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def file_output(step: str, name: str, path: str) -> StepSucceeded:
    return StepSucceeded(
        step=step, attempt=1, outputs={name: Output(name=name, kind="file", path=path)}, seconds=1.0
    )


def test_the_newest_run_wins_and_says_so(project: Project):
    project.run(OLD, step_started("a"), step_succeeded("a", n=1))
    project.run(NEW, step_started("a"), step_succeeded("a", n=2))
    found = project.sources().newest("n", "a")
    assert found.value == 2
    assert found.origin == f"'a' in run {NEW} of p"
    assert project.sources(run=OLD[:9]).newest("n", "a").value == 1


def test_a_run_in_which_the_node_failed_is_passed_over(project: Project):
    project.run(OLD, step_started("a"), step_succeeded("a", n=1))
    project.run(NEW, step_started("a"), step_failed("a"))
    assert project.sources().newest("n", "a").value == 1


def test_a_node_that_ended_well_counts_though_its_run_failed(project: Project):
    project.run(NEW, step_started("a"), step_succeeded("a", n=2), step_started("b"), step_failed("b"))
    assert project.sources().newest("n", "a").value == 2


def test_a_matrix_gives_a_list_and_one_of_its_steps_a_value(project: Project):
    steps = ["t[0]", "t[1]"]
    project.run(
        NEW, *(event for i, s in enumerate(steps) for event in (step_started(s), step_succeeded(s, n=i)))
    )
    assert project.sources().newest("n", "t").value == [0, 1]
    assert project.sources().newest("n", "t[1]").value == 1


def test_values_arrive_as_what_they_are(project: Project):
    project.run(NEW, step_started("a"), step_succeeded("a", day=date(2026, 1, 2)))
    assert project.sources().newest("day", "a").value == date(2026, 1, 2)


def test_a_file_arrives_as_its_absolute_path(project: Project):
    project.run(NEW, step_started("a"), file_output("a", "f", "a/1/outputs/f.csv"))
    file = project.folder / ".dagbook" / "runs" / NEW / "a" / "1" / "outputs" / "f.csv"
    with pytest.raises(NotFound, match="which is not there any more"):
        project.sources().newest("f", "a")
    file.parent.mkdir(parents=True)
    file.touch()
    assert project.sources().newest("f", "a").value == str(file)


@pytest.mark.parametrize(
    ("at", "value"), [("2026-06-01T00:00:00+00:00", "by hand"), ("2020-01-01T00:00:00+00:00", "in a run")]
)
def test_what_a_person_published_counts_when_it_is_newer(project: Project, at: str, value: str):
    project.run(NEW, step_started("a"), step_succeeded("a", n="in a run"))
    project.by_hand("work/a", "n", "by hand", at)
    assert project.sources().newest("n", "a").value == value
    assert project.sources(pipeline="p").newest("n", "a").value == "in a run"


@pytest.mark.parametrize("said", ["a", "work/a", "a.ipynb"])
def test_a_notebook_may_be_named_in_several_ways(project: Project, said: str):
    project.by_hand("work/a", "n", 1, "2026-06-01T00:00:00+00:00")
    assert project.sources().newest("n", said).value == 1


def test_a_manifest_that_was_cut_off_is_read_as_far_as_it_goes(project: Project):
    project.by_hand("a", "n", 1, "2026-06-01T00:00:00+00:00")
    with (project.folder / ".dagbook/interactive/a/outputs.jsonl").open("a") as manifest:
        manifest.write('[]\n{"name": "n", "kind"')
    assert project.sources().newest("n", "a").value == 1


@pytest.mark.parametrize(
    ("name", "node", "code", "says"),
    [
        ("n", "aaa", "unknown-node", "did you mean 'aa'"),
        ("nn", "aa", "unknown-output", "did you mean 'n'"),
        ("bad", "aa", "unknown-output", "'aa' has published no 'bad' here"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(project: Project, name: str, node: str, code: str, says: str):
    project.run(NEW, step_started("aa"), step_succeeded("aa", n=2))
    with pytest.raises(NotFound) as raised:
        project.sources().newest(name, node)
    (finding,) = raised.value.findings
    assert finding.code == code
    assert says in str(finding)


def test_in_a_run_the_pipelines_value_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAGBOOK_OUTPUTS", str(tmp_path / "outputs"))

    class Shell:
        def __init__(self) -> None:
            self.user_ns = {"features": "given"}

    shell = Shell()
    input_binding.bind("features from prepare", shell)
    assert shell.user_ns["features"] == "given"
    with pytest.raises(InvalidInput, match=r"write `model: \$\{train.model\}`"):
        input_binding.input("model", "train")
