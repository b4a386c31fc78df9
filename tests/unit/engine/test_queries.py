"""The read side: which runs there are, how they stand, and what a dead driver looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dagbook.engine.folders import JOURNAL, attempt_folder, new_run_id, new_to_old, step_folder
from dagbook.engine.queries import Queries
from dagbook.errors import NotFound
from dagbook.journals.jsonl import JsonlJournal
from dagbook.notebook.outputs import Output
from dagbook.run.events import CancelRequested, Event, RunFinished, StepSucceeded
from dagbook.testing import outline, run_started, step_failed, step_started, step_succeeded

OLD, NEW, NEWER = "20260101-100000-000aaaaaa", "20260101-110000-000bbbbbb", "20260102-100000-000cccccc"
DONE = RunFinished(state="succeeded", seconds=2)


@dataclass
class Project:
    """A folder of runs, some of them driven."""

    runs: Path
    driven: set[str] = field(default_factory=set)

    @property
    def queries(self) -> Queries:
        return Queries(
            self.runs, lambda folder: JsonlJournal(folder / JOURNAL), lambda f: f.name in self.driven
        )

    def add(self, run: str, *events: Event) -> None:
        (self.runs / run).mkdir(parents=True, exist_ok=True)
        journal = JsonlJournal(self.runs / run / JOURNAL)
        for event in events:
            journal.append(event)
        journal.close()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "runs")


def started(*steps: str) -> Event:
    return run_started(*(outline(step) for step in steps or ("a",))).model_copy(update={"user": "ada"})


def test_a_run_is_found_by_its_id_or_any_beginning_that_is_enough(project: Project):
    for run in (OLD, NEW, NEWER):
        project.add(run, started(), DONE)
    queries = project.queries
    assert queries.folder(OLD) == project.runs / OLD
    assert queries.folder("20260102") == project.runs / NEWER
    assert queries.folder("20260101-11") == project.runs / NEW
    assert queries.latest() == NEWER


@pytest.mark.parametrize(
    ("asked", "code", "remedy"),
    [
        ("20260101", "ambiguous-run", f"{NEW}, {OLD}"),
        ("2026", "ambiguous-run", OLD),
        ("20260101-100000-000aaaaab", "unknown-run", f"did you mean '{OLD}'?"),
        ("", "unknown-run", OLD),
        ("../../etc", "unknown-run", OLD),
        ("*", "unknown-run", OLD),
    ],
)
def test_a_run_that_is_not_clear_is_not_guessed(project: Project, asked: str, code: str, remedy: str):
    project.add(OLD, started())
    project.add(NEW, started())
    with pytest.raises(NotFound) as caught:
        project.queries.folder(asked)
    assert caught.value.findings[0].code == code
    assert remedy in caught.value.findings[0].remedy


def test_without_runs_one_is_told_how_to_start_one(project: Project):
    assert project.queries.runs() == []
    with pytest.raises(NotFound, match="dagbook run FILE"):
        project.queries.latest()
    with pytest.raises(NotFound, match="start one with"):
        project.queries.state("x")


def test_what_is_no_run_folder_is_passed_over(project: Project):
    project.add(NEW, started(), DONE)
    (project.runs / "notes").mkdir()
    (project.runs / ".DS_Store").write_text("")
    assert [run["run"] for run in project.queries.runs()] == ["r1"]
    assert project.queries.latest() == NEW


def test_a_driven_run_is_running_and_its_steps_are(project: Project):
    project.add(NEW, started("a", "b"), step_started("a"))
    project.driven.add(NEW)
    state = project.queries.state(NEW)
    assert (state.state, state.steps["a"].state, state.steps["b"].state) == ("running", "running", "pending")


def test_a_run_without_its_driver_is_interrupted_and_what_ran_is_lost(project: Project):
    project.add(
        NEW, started("a", "b", "c", "d"), step_started("a"), step_succeeded("a"), step_started("b"),
        step_failed("b"), step_started("c"),
    )  # fmt: skip
    state = project.queries.state(NEW)
    assert state.state == "interrupted"
    assert {name: step.state for name, step in state.steps.items()} == {
        "a": "succeeded",
        "b": "failed",
        "c": "lost",
        "d": "pending",
    }


def test_a_finished_run_needs_no_driver(project: Project):
    project.add(NEW, started(), step_started("a"), step_succeeded("a"), DONE)
    assert project.queries.state(NEW).state == "succeeded"


def test_an_end_written_between_two_looks_is_seen(project: Project):
    project.add(NEW, started(), step_started("a"))

    def ends_now(folder: Path) -> bool:
        project.add(NEW, step_succeeded("a"), DONE)
        return False

    queries = Queries(project.runs, lambda folder: JsonlJournal(folder / JOURNAL), ends_now)
    assert queries.state(NEW).state == "succeeded"


def test_what_is_appended_is_seen_though_states_are_remembered(project: Project):
    project.driven.add(NEW)
    queries = project.queries
    project.add(NEW, started(), step_started("a"))
    assert queries.state(NEW).steps["a"].state == "running"
    assert queries.state(NEW) is queries.state(NEW)
    project.add(NEW, step_succeeded("a"))
    assert queries.state(NEW).steps["a"].state == "succeeded"


def test_summaries_come_newest_first_and_in_pages(project: Project):
    for run in (OLD, NEW, NEWER):
        project.add(run, started().model_copy(update={"run": run}), DONE)
    queries = project.queries

    def ids(**page: object) -> list[str]:
        return [run["run"] for run in queries.runs(**page)]  # type: ignore[arg-type]

    assert ids() == [NEWER, NEW, OLD]
    assert ids(limit=1) == [NEWER]
    assert ids(before=NEWER) == [NEW, OLD]
    assert ids(limit=1, before=NEW) == [OLD]
    assert ids(limit=0) == []


def test_a_run_that_was_only_prepared_is_not_listed(project: Project):
    project.add(NEW)
    assert project.queries.runs() == []
    assert project.queries.latest() == NEW


def test_a_summary_counts_its_steps(project: Project):
    project.driven.add(NEW)
    project.add(
        NEW, started("a", "b", "c", "d"), step_started("a"), step_succeeded("a"), step_started("b"),
        step_failed("b"), step_started("c"),
    )  # fmt: skip
    (run,) = project.queries.runs()
    assert run["steps"] == {"total": 4, "done": 1, "failed": 1, "running": 1}
    assert (run["pipeline"], run["user"], run["state"]) == ("p", "ada", "running")


def test_a_description_holds_values_as_they_are_and_files_by_absolute_path(project: Project):
    table = Output(name="table", kind="file", path="a/1/outputs/t.csv", sha256="ab", format="csv")
    done = StepSucceeded(
        step="a", attempt=1, outputs={"acc": Output(name="acc", kind="value", value=0.5), "table": table},
        notebook="a/1/notebook.ipynb", seconds=1,
    )  # fmt: skip
    project.add(NEW, started(), step_started("a"), done, DONE)
    shown = project.queries.show(NEW[:12])
    (step,) = shown["steps"]
    folder = project.runs / NEW
    assert step["outputs"] == {"acc": 0.5, "table": str(folder / "a/1/outputs/t.csv")}
    assert step["notebook"] == str(folder / "a/1/notebook.ipynb")
    assert step["log"] == str(folder / "a/1/log")
    assert (shown["folder"], shown["state"], step["error"]) == (str(folder), "succeeded", None)


def test_a_description_says_why_a_step_failed(project: Project):
    project.add(NEW, started(), step_started("a"), step_failed("a"), CancelRequested(by="api"))
    (step,) = project.queries.show(NEW)["steps"]
    assert (step["error"]["name"], step["error"]["value"], step["error"]["cell"]) == ("ValueError", "boom", 1)


def test_entries_are_read_after_a_number(project: Project):
    project.add(NEW, started(), step_started("a"), DONE)
    assert [entry.seq for entry in project.queries.entries(NEW, 1)] == [2, 3]


def test_a_new_id_sorts_after_older_ones_and_is_known_as_one(tmp_path: Path):
    ids = [new_run_id() for _ in range(50)]
    assert len(set(ids)) == 50
    assert [run[:19] for run in ids] == sorted(run[:19] for run in ids)
    for run in ids:
        (tmp_path / run).mkdir()
    assert len(list(new_to_old(tmp_path))) == 50


@pytest.mark.parametrize(
    ("step", "folder"), [("train", "train"), ("train[0]", "train.0"), ("größe[12]", "größe.12")]
)
def test_a_steps_folder_is_no_shell_pattern(step: str, folder: str):
    assert step_folder(step) == folder
    assert attempt_folder(step, 2) == f"{folder}/2"
