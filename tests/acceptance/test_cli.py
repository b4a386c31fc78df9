"""Every command as people and as programs use it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from mlflow import MlflowClient

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Answer, Project, refused, wait_until

pytestmark = pytest.mark.kernel

RUN_KEYS = {"run", "pipeline", "state", "folder", "tracking_uri", "mlflow_run_id", "steps"}
STEP_KEYS = {
    "step", "node", "item", "state", "reason", "outputs", "notebook", "mlflow_run_id", "seconds", "error",
}  # fmt: skip
FINDING_KEYS = {"file", "line", "column", "node", "code", "message", "remedy"}

PIPELINE = """pipeline: sums
params:
  rows: 3
nodes:
  make:
    notebook: make.ipynb
    params: {rows: '${params.rows}'}
  scale:
    notebook: scale.ipynb
    params: {total: '${make.total}', k: '${item.k}'}
    matrix: {k: [1, 10]}
  best:
    notebook: best.ipynb
    params: {scaled: '${scale.scaled}'}
"""


@pytest.fixture(scope="module")
def sums(shared_project: Project) -> Project:
    """Four steps: one, two side by side, one."""
    shared_project.notebook(
        "make.ipynb", parameters("rows: int = 1  # how many"), "print('rows', rows)", "%load_ext dagbook",
        "total = sum(range(rows + 1))\n%output total",
    )  # fmt: skip
    shared_project.notebook(
        "scale.ipynb", parameters("total = 0\nk = 1"), "import dagbook", "dagbook.output(scaled=total * k)"
    )
    shared_project.notebook(
        "best.ipynb", parameters("scaled = []"), "import dagbook", "dagbook.output(best=max(scaled))"
    )
    shared_project.pipeline(PIPELINE)
    return shared_project


@pytest.fixture(scope="module")
def first(sums: Project) -> Answer:
    """The first run, after a look at the plan."""
    return sums.dagbook("run", "p.pipeline.yaml", "--json", timeout=240)


def actions(answer: Answer) -> dict[str, str]:
    return {step["step"]: step["state"] for step in answer.json["steps"]}


def test_a_plan_before_the_first_run_has_the_shape_of_a_run_and_starts_nothing(sums: Project):
    before = sums.run_ids()
    answer = sums.dagbook("plan", "p.pipeline.yaml", "--json", "--no-cache")
    assert answer.code == 0
    assert answer.json.keys() >= RUN_KEYS
    for step in answer.json["steps"]:
        assert step.keys() >= STEP_KEYS
    assert set(actions(answer).values()) == {"run"}
    assert [step["item"] for step in answer.json["steps"]] == [{}, {"k": 1}, {"k": 10}, {}]
    assert sums.run_ids() == before


def test_a_run_prints_one_json_value_of_the_documented_shape(first: Answer):
    assert first.code == 0, first.said
    run = first.json
    assert run.keys() >= RUN_KEYS
    assert (run["pipeline"], run["state"]) == ("sums", "succeeded")
    assert run["folder"].endswith(run["run"])
    assert run["tracking_uri"].startswith("sqlite:////")
    names = [step["step"] for step in run["steps"]]
    assert len(set(names)) == 4
    for step in run["steps"]:
        assert step.keys() >= STEP_KEYS
        assert step["state"] == "succeeded"
        assert step["error"] is None
        assert step["seconds"] > 0
        assert step["reason"]
        assert json.loads(Path(step["notebook"]).read_text("utf-8"))["nbformat"] == 4
    assert [step["node"] for step in run["steps"]] == ["make", "scale", "scale", "best"]
    assert run["steps"][0]["outputs"] == {"total": 6}
    assert [step["outputs"] for step in run["steps"][1:3]] == [{"scaled": 6}, {"scaled": 60}]
    assert run["steps"][3]["outputs"] == {"best": 60}
    assert len({run["mlflow_run_id"], *(step["mlflow_run_id"] for step in run["steps"])}) == 5


def test_show_is_the_same_json_and_takes_the_beginning_of_an_id(sums: Project, first: Answer):
    run = first.json["run"]
    assert sums.dagbook("show", run, "--json").json == first.json
    assert sums.dagbook("show", run[:-3], "--json").json == first.json
    text = sums.dagbook("show", run).out
    for part in ("make", "scale", "best", "succeeded", run):
        assert part in text


def test_what_is_unchanged_is_reused_and_a_parameter_runs_what_depends_on_it(sums: Project, first: Answer):
    assert set(actions(sums.dagbook("plan", "p.pipeline.yaml", "--json")).values()) == {"reuse"}
    changed = sums.dagbook("plan", "p.pipeline.yaml", "--json", "-p", "rows=4").json["steps"]
    assert [step["state"] for step in changed] == ["run"] * 4
    assert "rows" in changed[0]["reason"]
    people = sums.dagbook("plan", "p.pipeline.yaml").out
    assert "0 to run, 4 reused, 0 skipped" in people


def test_only_and_from_choose_nodes(sums: Project, first: Answer):
    only = actions(sums.dagbook("plan", "p.pipeline.yaml", "--json", "--only", "best"))
    assert only["best"] == "run"
    assert only["make"] == "reuse"
    after = actions(sums.dagbook("plan", "p.pipeline.yaml", "--json", "--from", "scale"))
    assert after.pop("make") == "reuse"
    assert set(after.values()) == {"run"}
    refused(sums.dagbook("plan", "p.pipeline.yaml", "--only", "bset"), "'bset'", "did you mean 'best'?")


def test_a_parameters_file_and_options_set_parameters_and_options_win(sums: Project, first: Answer):
    (sums.folder / "given.yaml").write_text("rows: 7\n")
    plan = sums.dagbook("plan", "p.pipeline.yaml", "--json", "--params-file", "given.yaml")
    assert plan.json["params"] == {"rows": 7}
    (sums.folder / "given.json").write_text('{\n\t"rows": 8\n}')
    plan = sums.dagbook("plan", "p.pipeline.yaml", "--json", "--params-file", "given.json")
    assert plan.json["params"] == {"rows": 8}
    both = ("--params-file", "given.yaml", "-p", "rows=9")
    assert sums.dagbook("plan", "p.pipeline.yaml", "--json", *both).json["params"] == {"rows": 9}


def test_a_detached_run_goes_on_by_itself(sums: Project, first: Answer):
    answer = sums.dagbook("run", "p.pipeline.yaml", "--detach", "--json")
    assert answer.code == 0
    run = answer.json["run"]
    assert answer.json["folder"] == str(sums.runs / run)
    shown = wait_until(lambda: (a := sums.show(run)).json["state"] != "running" and a, 60)
    assert set(actions(shown).values()) == {"reused"}


def test_runs_are_listed_newest_first(sums: Project, first: Answer):
    listed = sums.dagbook("runs", "--json").json
    names = [run["run"] for run in listed]
    assert names == sorted(names, reverse=True)
    assert first.json["run"] in names
    assert listed[0].keys() >= {"run", "pipeline", "state", "started", "seconds", "steps"}
    assert len(sums.dagbook("runs", "--json", "--limit", "1").json) == 1
    assert sums.dagbook("runs", "--json", "--pipeline", "other").json == []
    assert first.json["run"] in sums.dagbook("runs").out


def test_logs_show_what_a_step_printed(sums: Project, first: Answer):
    run = first.json["run"]
    assert "rows 3\n" in sums.dagbook("logs", run, "make").out
    told = sums.dagbook("logs", run, "make", "--json").json
    assert told["cells"][0]["text"] == "rows 3\n"
    refused(sums.dagbook("logs", run, "mke"), "no step 'mke'", "did you mean 'make'?")


def test_every_format_of_a_graph_names_every_node(sums: Project):
    for form in ("text", "mermaid", "dot", "svg"):
        answer = sums.dagbook("graph", "p.pipeline.yaml", "--format", form)
        assert answer.code == 0, answer
        for node in ("make", "scale", "best"):
            assert node in answer.out
    ET.fromstring(answer.out)
    told = sums.dagbook("graph", "p.pipeline.yaml", "--json").json
    assert told == {
        "nodes": ["make", "scale", "best"],
        "needs": {"make": [], "scale": ["make"], "best": ["scale"]},
    }
    written = sums.dagbook("graph", "p.pipeline.yaml", "--format", "svg", "-o", "g.svg")
    assert written.code == 0
    assert (sums.folder / "g.svg").read_text("utf-8") == answer.out


def test_validate_lists_findings_of_the_documented_shape(sums: Project):
    (sums.folder / "bad.pipeline.yaml").write_text(PIPELINE.replace("make.total", "make.totel"))
    answer = sums.dagbook("validate", "bad.pipeline.yaml", "--json")
    assert answer.code == 2
    (finding,) = answer.json
    assert finding.keys() >= FINDING_KEYS
    assert (finding["file"], finding["line"], finding["node"]) == ("bad.pipeline.yaml", 10, "scale")
    assert finding["code"] == "unknown-output"
    assert sums.dagbook("validate", "p.pipeline.yaml", "--json").json == []
    assert "nothing wrong" in sums.dagbook("validate", "p.pipeline.yaml").out


def test_init_writes_a_pipeline_that_runs(project: Project):
    project.notebook("01_make.ipynb", "%load_ext dagbook", "total = 42\n%output total")
    project.notebook("02_show.ipynb", parameters("total = 0"), "print('total', total)")
    written = project.dagbook("init", ".", "--name", "mine", "--json")
    assert written.code == 0
    assert written.json["nodes"] == ["make", "show"]
    refused(project.dagbook("init", ".", "--name", "mine"), "mine.pipeline.yaml", "--force")
    answer = project.dagbook("run", "mine.pipeline.yaml", "--json")
    assert answer.code == 0, answer.said
    assert "total 42\n" in project.dagbook("logs", answer.json["run"], "show").out


def test_init_in_a_folder_without_notebooks_says_so(project: Project):
    refused(project.dagbook("init", "."), "no notebooks")
    refused(project.dagbook("init", "nowhere"), "no such folder")


def test_doctor_checks_kernels_project_and_tracking(project: Project):
    answer = project.dagbook("doctor", "--json")
    assert answer.code == 0, answer.said
    checks: dict[str, Any] = {check["name"]: check for check in answer.json}
    assert "python3" in checks["kernels"]["message"]
    for name in ("python", "papermill", "mlflow", "project", "disk", "locks", "sockets", "tracking", "runs"):
        assert checks[name]["state"] == "ok", checks[name]
    assert "python3" in project.dagbook("doctor").out


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["rnu", "p.pipeline.yaml"], ["'rnu'", "did you mean 'run'?"]),
        (["run"], ["FILE"]),
        (["run", "p.pipeline.yaml", "--job", "2"], ["--job"]),
        (["run", "p.pipeline.yaml", "--jobs", "0"], ["--jobs"]),
    ],
)
def test_a_wrong_command_line_is_told_in_words(project: Project, arguments: list[str], parts: list[str]):
    answer = project.dagbook(*arguments)
    assert answer.code == 2
    for part in parts:
        assert part in answer.err
    assert answer.out == ""
    assert "Traceback" not in answer.err


def test_a_run_that_is_not_there_is_refused_and_the_first_steps_are_named(project: Project):
    refused(project.dagbook("show"), "there are no runs", "dagbook run FILE")
    refused(project.dagbook("cancel", "20260101"), "no run '20260101'")
    assert project.dagbook("runs", "--json").json == []
    assert "No runs yet" in project.dagbook("runs").out


def test_help_names_every_command(project: Project):
    answer = project.dagbook("--help")
    assert answer.code == 0
    for name in (
        "init",
        "validate",
        "plan",
        "run",
        "runs",
        "show",
        "logs",
        "graph",
        "cancel",
        "doctor",
        "demo",
    ):
        assert f"\n  {name} " in answer.out
        assert project.folder.exists()


def test_a_report_says_where_the_run_was_made(first: Answer, sums: Project):
    answer = sums.dagbook("report", "-o", "page.html")
    assert (answer.code, "Wrote page.html" in answer.out) == (0, True)
    page = (sums.folder / "page.html").read_text("utf-8")
    for told in ("sums", first.json["run"], "packages were installed", "mlflow==", "Python"):
        assert told in page


def test_a_report_is_named_for_its_run(first: Answer, sums: Project):
    assert sums.dagbook("report", first.json["run"]).code == 0
    assert (sums.folder / f"sums-{first.json['run']}.html").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nosuch"], 2, "there is no run 'nosuch'"),
        (["--best", "scald"], 2, "did you mean 'scaled'"),
        (["-o", "no/such/folder/page.html"], 3, "cannot be written"),
    ],
)
def test_a_report_that_cannot_be_made_says_why(
    first: Answer, sums: Project, words: list[str], code: int, said: str
):
    answer = sums.dagbook("report", *words)
    assert answer.code == code
    assert said in answer.err
    assert "Fix:" in answer.err


def test_a_run_in_a_repository_knows_its_commit_and_what_was_changed_since(project: Project):
    project.single("print('hello')")
    for words in (["init", "-q", "-b", "work"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=project.folder, check=True)
    with (project.folder / "p.pipeline.yaml").open("a") as file:
        file.write("# changed\n")
    run = project.dagbook("run", "p.pipeline.yaml", "--json").json
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=project.folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    client = MlflowClient(run["tracking_uri"])
    for record in (run["mlflow_run_id"], run["steps"][0]["mlflow_run_id"]):
        tags = client.get_run(record).data.tags
        assert tags["mlflow.source.git.commit"] == commit
        assert tags["mlflow.source.git.branch"] == "work"
        assert tags["dagbook.git.dirty"] == "true"
    assert "+# changed" in (Path(run["folder"]) / "changes.patch").read_text("utf-8")
    page = project.dagbook("report", "-o", "page.html")
    assert page.code == 0
    text = (project.folder / "page.html").read_text("utf-8")
    assert commit in text
    assert "+# changed" in text


def test_two_runs_are_compared_by_what_they_were_given_and_what_came_of_it(first: Answer, sums: Project):
    second = sums.dagbook("run", "p.pipeline.yaml", "-p", "rows=4", "--json", timeout=240).json
    answer = sums.dagbook("compare", first.json["run"], second["run"], "--json")
    assert answer.code == 0
    found = {(one["kind"], one["where"], one["name"]): one for one in answer.json["differences"]}
    assert found["parameter", "", "rows"]["change"] == "+1 (+33.3%)"
    assert (found["output", "best", "best"]["left"], found["output", "best", "best"]["right"]) == (
        "60",
        "100",
    )
    assert {kind for kind, _, _ in found} == {"parameter", "output"}
    told = sums.dagbook("compare", "--exit-code", first.json["run"], second["run"])
    assert told.code == 1
    for word in ("Parameters", "Outputs", "scale[1]", "+66.7%"):
        assert word in told.out

    page = sums.dagbook("compare", first.json["run"], second["run"], "--html", "differs.html")
    assert (page.code, page.out) == (0, "Wrote differs.html\n")
    text = (sums.folder / "differs.html").read_text("utf-8")
    for word in ("Parameters", "Outputs", "scale[1]", "+66.7%", "What cells showed"):
        assert word in text
    refused(sums.dagbook("compare", "--html", "nowhere/x.html"), "nowhere/x.html", code=3)


def test_a_run_compared_with_itself_differs_in_nothing(first: Answer, sums: Project):
    answer = sums.dagbook("compare", "--exit-code", first.json["run"], first.json["run"])
    assert (answer.code, "Nothing that was recorded differs" in answer.out) == (0, True)


def test_a_first_run_has_none_before_it_to_be_compared_with(project: Project):
    project.single("print('hello')")
    assert project.dagbook("run", "p.pipeline.yaml").code == 0
    answer = project.dagbook("compare")
    assert answer.code == 2
    assert "has no run before" in answer.err
