"""Runs that are taken up: after a killed driver, a failure or a cancel, and when something changed."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import WRITE_PID, Answer, Project, finish, refused, wait_until
from tests.acceptance.test_kills import mlflow_statuses, nothing_runs, states

pytestmark = pytest.mark.kernel

COUNTED = "from pathlib import Path\nwith open('{0}.ran', 'a') as ran:\n    ran.write('x')"


@pytest.fixture
def chain(project: Project) -> Project:
    """a → b → c; each counts its executions. b waits for a file `go`, and fails while there is one `bad`."""
    project.notebook("a.ipynb", parameters("rows = 3"), COUNTED.format("a"), "import dagbook",
                     "dagbook.output(total=rows * 2)")  # fmt: skip
    project.notebook("b.ipynb", parameters("total = 0"), COUNTED.format("b"), WRITE_PID,
                     "while not os.path.exists('go'):\n    time.sleep(0.1)",
                     "assert not os.path.exists('bad'), 'bad'",
                     "import dagbook\ndagbook.output(twice=total * 2)")  # fmt: skip
    project.notebook("c.ipynb", parameters("twice = 0"), COUNTED.format("c"), "import features",
                     "import dagbook\ndagbook.output(end=features.scale(twice))")  # fmt: skip
    (project.folder / "features.py").write_text("def scale(x):\n    return x\n")
    project.pipeline(
        "pipeline: p\nparams: {rows: 3}\nnodes:\n"
        "  a: {notebook: a.ipynb, params: {rows: '${params.rows}'}}\n"
        "  b: {notebook: b.ipynb, params: {total: '${a.total}'}}\n"
        "  c: {notebook: c.ipynb, params: {twice: '${b.twice}'}}\n"
    )
    return project


def executions(project: Project) -> dict[str, int]:
    return {path.stem: len(path.read_text()) for path in sorted(project.folder.glob("*.ran"))}


def failed_run(project: Project) -> str:
    """A run in which b failed; nothing stands in its way any more."""
    for name in ("go", "bad"):
        (project.folder / name).touch()
    answer = project.dagbook("run", "p.pipeline.yaml", "--json")
    assert states(answer.json) == {"a": "succeeded", "b": "failed", "c": "skipped"}
    (project.folder / "bad").unlink()
    return str(answer.json["run"])


def interrupted_run(project: Project, *, also_guardian: bool = False) -> str:
    """A run whose driver was killed while b ran."""
    process = project.start("run", "p.pipeline.yaml")
    project.kernel_pid()
    run = project.the_run()
    driver = project.driver(run)
    if also_guardian:
        (guardian,) = [child for child in driver.children() if "guardian" in " ".join(child.cmdline())]
        guardian.kill()
    driver.kill()
    said = finish(process)
    assert (said.code, f"dagbook resume {run}" in said.err) == (3, True)
    return run


def ended_well(answer: Answer, run: str) -> dict[str, Any]:
    assert answer.code == 0, answer.said
    shown: dict[str, Any] = answer.json
    assert (shown["run"], shown["state"]) == (run, "succeeded")
    assert set(states(shown).values()) == {"succeeded"}
    return shown


@pytest.mark.parametrize("also_guardian", [False, True], ids=["driver", "driver and guardian"])
def test_after_a_killed_driver_only_what_had_not_finished_runs(chain: Project, also_guardian: bool):
    run = interrupted_run(chain, also_guardian=also_guardian)
    lost = chain.show(run).step("b")["mlflow_run_id"]
    (chain.folder / "go").touch()
    shown = ended_well(chain.dagbook("resume", run, "--json"), run)
    assert executions(chain) == {"a": 1, "b": 2, "c": 1}
    assert [step["attempt"] for step in shown["steps"]] == [1, 2, 1]
    assert shown["steps"][2]["outputs"] == {"end": 12}
    assert shown["steps"][1]["notebook"].endswith("b/2/notebook.ipynb")
    assert set(mlflow_statuses(shown).values()) == {"FINISHED"}
    store = {"tracking_uri": shown["tracking_uri"], "mlflow_run_id": lost, "steps": []}
    assert mlflow_statuses(store) == {"": "KILLED"}
    nothing_runs(chain)
    refused(chain.dagbook("resume", run), "nothing of it is left to do", "dagbook retry RUN --step STEP")


def test_a_failed_run_is_retried_from_what_failed_and_a_named_step_with_what_follows(chain: Project):
    run = failed_run(chain)
    shown = ended_well(chain.dagbook("retry", run, "--json"), run)
    assert executions(chain) == {"a": 1, "b": 2, "c": 1}
    assert set(mlflow_statuses(shown).values()) == {"FINISHED"}
    refused(chain.dagbook("retry", run), f"no step of run {run} failed", "--step")
    refused(chain.dagbook("retry", run, "--step", "bb"), "has no step 'bb'", "did you mean 'b'?")
    ended_well(chain.dagbook("retry", run, "--step", "b", "--json"), run)
    assert executions(chain) == {"a": 1, "b": 3, "c": 2}


def test_a_cancelled_run_is_resumed(chain: Project):
    process = chain.start("run", "p.pipeline.yaml")
    chain.kernel_pid()
    run = chain.the_run()
    process.send_signal(signal.SIGINT)
    assert finish(process).code == 130
    (chain.folder / "go").touch()
    shown = ended_well(chain.dagbook("resume", run, "--json"), run)
    assert mlflow_statuses(shown)[""] == "FINISHED"
    assert executions(chain) == {"a": 1, "b": 2, "c": 1}


def test_with_another_parameter_a_retry_is_a_new_run_that_reuses_what_holds(chain: Project):
    run = failed_run(chain)
    answer = chain.dagbook("retry", run, "-p", "rows=4", "--json")
    assert (answer.code, answer.json["params"]) == (0, {"rows": 4})
    assert answer.json["run"] != run
    assert answer.step("c")["outputs"] == {"end": 16}
    once_more = chain.dagbook("retry", run, "-p", "rows=4", "--step", "c", "--json")
    assert states(once_more.json) == {"a": "reused", "b": "reused", "c": "succeeded"}
    refused(chain.dagbook("retry", run, "-p", "row=4"), "no parameter 'row'", "did you mean 'rows'?")


def test_what_changed_since_is_said_and_both_ways_are_offered(chain: Project):
    run = failed_run(chain)
    chain.notebook("b.ipynb", parameters("total = 0"), COUNTED.format("b"), "import dagbook",
                   "dagbook.output(twice=total * 100)")  # fmt: skip
    for verb in ("resume", "retry"):
        refused(
            chain.dagbook(verb, run), f"not as it was when run {run} was planned", "node 'b'", "cell",
            "--as-planned", "--changed",
        )  # fmt: skip
    assert chain.show(run).json["state"] == "failed"
    shown = ended_well(chain.dagbook("resume", run, "--as-planned", "--json"), run)
    assert shown["steps"][2]["outputs"] == {"end": 12}
    changed = chain.dagbook("retry", run, "--step", "b", "--changed", "--json")
    assert changed.code == 0, changed.said
    assert changed.json["run"] != run
    assert states(changed.json) == {"a": "reused", "b": "succeeded", "c": "succeeded"}
    assert changed.step("c")["outputs"] == {"end": 600}


def test_a_module_is_taken_as_it_is_and_never_kept_as_what_it_was(chain: Project):
    run = failed_run(chain)
    before = chain.folder.joinpath("features.py").read_text()
    chain.folder.joinpath("features.py").write_text("def scale(x):\n    return -x\n")
    refused(chain.dagbook("resume", run), "features", "what c imports and reads is taken as it is now")
    shown = ended_well(chain.dagbook("resume", run, "--as-planned", "--json"), run)
    assert shown["steps"][2]["outputs"] == {"end": -12}
    chain.folder.joinpath("features.py").write_text(before)
    again = chain.dagbook("run", "p.pipeline.yaml", "--json")
    assert states(again.json) == {"a": "reused", "b": "reused", "c": "succeeded"}
    assert again.step("c")["outputs"] == {"end": 12}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pipeline: p\nnodes: [", "now wrong"),
        ("pipeline: p\nparams: {rows: 3}\nnodes:\n  a: {notebook: a.ipynb}\n", "is gone"),
    ],
    ids=["broken", "shorter"],
)
def test_a_broken_or_shorter_file_is_a_change_too(chain: Project, text: str, said: str):
    run = failed_run(chain)
    chain.pipeline(text)
    refused(chain.dagbook("resume", run), said)
    ended_well(chain.dagbook("resume", run, "--as-planned", "--json"), run)


def test_a_second_driver_is_refused_and_told_who_holds_the_run(chain: Project):
    process = chain.start("run", "p.pipeline.yaml")
    chain.kernel_pid()
    run = chain.the_run()
    holder = json.loads((chain.runs / run / "lock").read_text())
    for verb in ("resume", "retry"):
        refused(chain.dagbook(verb, run), f"process {holder['pid']} on {holder['host']}", "cancel", code=4)
    (chain.folder / "go").touch()
    assert finish(process).code == 0


def test_of_two_that_resume_at_once_one_drives(chain: Project):
    run = interrupted_run(chain)
    both = [chain.start("resume", run, "--json") for _ in range(2)]
    wait_until(lambda: executions(chain).get("b") == 2, 120)
    (chain.folder / "go").touch()
    codes = sorted(finish(process, 120).code for process in both)
    assert codes[0] == 0
    assert codes[1] in {0, 4}  # told that it is busy, or followed what the other did
    assert executions(chain) == {"a": 1, "b": 2, "c": 1}
    assert chain.run_ids() == [run]


def test_a_run_without_a_plan_is_an_environment_fault(chain: Project):
    run = failed_run(chain)
    (chain.runs / run / "plan.json").write_text("{")
    refused(chain.dagbook("resume", run), "plan cannot be read", code=3)
