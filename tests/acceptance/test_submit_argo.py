"""`dagbook submit … --to argo` against a small Argo server whose pods are real processes and kernels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.argo_controller import PodCluster
from tests.acceptance.argo_server import TOKEN, ArgoServer, argo_server
from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, refused, wait_until

pytest.importorskip("hera", reason="the extra `argo` is not installed")
pytestmark = pytest.mark.kernel

SUBMIT = ("submit", "p.pipeline.yaml", "--to", "argo", "--image", "p:1", "--namespace", "argo")


@pytest.fixture
def server(project: Project, tmp_path: Path) -> Iterator[ArgoServer]:
    """The server, which the project's commands know and may use."""
    with argo_server(PodCluster(project.folder, tmp_path / "cluster")) as made:
        project.env |= {"DAGBOOK_ARGO_SERVER": made.url, "ARGO_TOKEN": TOKEN}
        yield made


def two(project: Project, second: str = "print('made', base)\nimport dagbook\ndagbook.output(made=base + 1)"):
    """A number from `first`, and `second`, which takes it."""
    project.notebook(
        "first.ipynb", parameters("n = 2"), "print('n is', n)\nimport dagbook\ndagbook.output(base=n)"
    )
    project.notebook("second.ipynb", parameters("base = 1"), second)
    project.pipeline(
        "pipeline: p\nparams:\n  n: 2\nnodes:\n"
        "  first: {notebook: first.ipynb, params: {n: '${params.n}'}}\n"
        "  second: {notebook: second.ipynb, params: {base: '${first.base}'}}\n"
    )


def kinds(project: Project, run: str) -> list[tuple[str, str]]:
    """The journal: kinds of events, and the steps that they are of; warnings left out."""
    lines = (project.runs / run / "journal.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    waits = {"step_warned", "step_waiting"}
    return [(one["kind"], one.get("step", "")) for one in events if one["kind"] not in waits]


def stored(server: ArgoServer, place: str) -> Any:
    key = server.controller.cluster.store / "dagbook" / "uid-1" / place / "result.json"
    return json.loads(key.read_text("utf-8"))


def submitted(project: Project, *more: str) -> str:
    """Submit and come back at once; the run's id."""
    answer = project.dagbook(*SUBMIT, "--detach", "--json", *more)
    assert answer.code == 0, answer
    run: str = answer.json["run"]
    return run


WAIT = """from pathlib import Path
import time
Path('here').write_text('')
while not Path('go').exists():
    time.sleep(0.1)
"""


def test_a_pipeline_is_carried_out_there_and_shown_here(project: Project, server: ArgoServer):
    two(project)
    answer = project.dagbook(*SUBMIT, "-p", "n=5", "--json")
    assert answer.code == 0, answer
    run = answer.json["run"]
    assert answer.json["state"] == "succeeded"
    assert kinds(project, run) == [
        ("run_started", ""),
        ("step_started", "first"), ("step_succeeded", "first"),
        ("step_started", "second"), ("step_succeeded", "second"),
        ("run_finished", ""),
    ]  # fmt: skip
    assert stored(server, "second/second/1")["outputs"]["made"]["value"] == 6
    # What it made is there, and it says where.
    second = answer.step("second")
    assert second["outputs"] == {}
    assert "dagbook/uid-1/second/second" in second["warnings"][0]
    tags = answer.json["tags"]
    (name,) = server.controller.workflows
    assert tags["dagbook.workflow"] == f"argo/{name}"
    assert name == f"p-{run}"
    # `show`, `runs` and `logs` know it like any run.
    assert project.show(run).json["state"] == "succeeded"
    assert project.dagbook("runs", "--json").json[0]["run"] == run
    assert "made 5" in project.dagbook("logs", run, "second").out
    assert "made 5" in project.dagbook("logs", "-f", run, "second").out
    # The token is nowhere.
    for file in (project.runs / run).rglob("*"):
        assert not file.is_file() or TOKEN.encode() not in file.read_bytes(), file


def test_each_item_of_a_matrix_is_a_step(project: Project, server: ArgoServer):
    two(project)
    project.notebook("second.ipynb", parameters("base = 1\nby = 1"), "print(1 / (by - 2))")
    project.notebook("third.ipynb", "print(3)")
    project.pipeline(
        "pipeline: p\nnodes:\n  first: {notebook: first.ipynb}\n"
        "  second:\n    notebook: second.ipynb\n    matrix: {by: [1, 2, 3]}\n"
        "    params: {base: '${first.base}', by: '${item.by}'}\n"
        "  third: {notebook: third.ipynb, needs: [second]}\n"
    )
    answer = project.dagbook(*SUBMIT, "--json")
    assert answer.code == 1, answer
    states = {step["step"]: step["state"] for step in answer.json["steps"]}
    assert states == {
        "first": "succeeded", "second[0]": "succeeded", "second[1]": "failed", "second[2]": "succeeded",
        "third": "skipped",
    }  # fmt: skip
    assert "omitted" in answer.step("third")["reason"]
    assert "ZeroDivisionError" in project.dagbook("logs", answer.json["run"], "second[1]").said


def test_what_failed_is_done_again_in_the_same_run(project: Project, server: ArgoServer):
    two(project, "from pathlib import Path\nassert Path('mended').exists()\nprint('well')")
    failed = project.dagbook(*SUBMIT, "--json")
    assert failed.code == 1, failed
    run = failed.json["run"]
    assert failed.step("second")["error"]["name"] == "PodFailed"
    assert "exit code" in failed.step("second")["error"]["value"]
    assert "its log ends: AssertionError" in failed.step("second")["error"]["value"]
    refused(project.dagbook("retry", run, "--step", "second"), "argo", "--step")
    refused(project.dagbook("resume", run, "--as-planned"), "argo", "--as-planned")
    (project.folder / "mended").write_text("")
    again = project.dagbook("retry", run, "--json")
    assert again.code == 0, again
    assert again.json["run"] == run
    assert again.step("first")["attempt"] == 1
    assert again.step("second")["attempt"] == 2
    assert kinds(project, run)[-4:] == [
        ("run_resumed", ""), ("step_started", "second"), ("step_succeeded", "second"), ("run_finished", ""),
    ]  # fmt: skip
    assert "AssertionError" in (project.runs / run / "second" / "1" / "log").read_text("utf-8")
    assert "well" in (project.runs / run / "second" / "2" / "log").read_text("utf-8")
    refused(project.dagbook("retry", run), "no step")


def test_what_a_pod_prints_is_here_while_it_runs_and_cancel_stops_the_workflow(
    project: Project, server: ArgoServer
):
    two(project, "print('so far')\n" + WAIT)
    run = submitted(project)
    wait_until((project.folder / "here").exists, 60)
    wait_until(lambda: "so far" in project.dagbook("logs", run, "second").out)
    assert project.show(run).step("second")["state"] == "running"
    answer = project.dagbook("cancel", run, "--json")
    assert answer.json["state"] == "cancelled", answer
    (document,) = server.controller.workflows.values()
    assert document["spec"]["shutdown"] == "Stop"
    assert project.show(run).step("first")["state"] == "succeeded"
    assert project.show(run).step("second")["state"] == "cancelled"
    (project.folder / "go").write_text("")
    resumed = project.dagbook("resume", run, "--json")
    assert resumed.json["state"] == "succeeded", resumed
    assert resumed.step("second")["attempt"] == 2
    assert "shutdown" not in document["spec"]


def test_a_follower_that_was_killed_is_replaced_by_another(project: Project, server: ArgoServer):
    two(project, WAIT + "print('went on')")
    run = submitted(project)
    wait_until((project.folder / "here").exists, 60)
    wait_until(lambda: ("step_started", "second") in kinds(project, run))
    project.driver(run).kill()
    wait_until(lambda: project.show(run).json["state"] == "interrupted")
    (project.folder / "go").write_text("")
    wait_until(lambda: all(one["status"]["finishedAt"] for one in server.controller.workflows.values()), 60)
    answer = project.dagbook("resume", run, "--json")
    assert answer.code == 0, answer
    told = kinds(project, run)
    assert [one for one in told if one[0] != "run_resumed"] == [
        ("run_started", ""),
        ("step_started", "first"), ("step_succeeded", "first"),
        ("step_started", "second"), ("step_succeeded", "second"),
        ("run_finished", ""),
    ]  # fmt: skip
    log = (project.runs / run / "second" / "1" / "log").read_text("utf-8")
    assert log.count("went on") == 1


def test_a_follower_that_is_ended_ends_nothing_and_cancel_still_reaches_the_workflow(
    project: Project, server: ArgoServer
):
    two(project, WAIT)
    run = submitted(project)
    wait_until((project.folder / "here").exists, 60)
    project.driver(run).terminate()
    wait_until(lambda: project.show(run).json["state"] == "interrupted")
    (document,) = server.controller.workflows.values()
    assert "shutdown" not in document["spec"]
    assert document["status"]["phase"] == "Running"
    assert project.dagbook("cancel", run, "--json").json["state"] == "cancelled"


def test_a_watch_that_breaks_and_a_server_that_stumbles_change_nothing(project: Project, server: ArgoServer):
    two(project)
    server.faults.drop_watch_after = 1
    server.faults.lose_answer_of_create = True
    run = submitted(project)
    server.faults.answers += [(500, "{}"), (503, "busy"), (502, "<html>"), (429, "")]
    wait_until(lambda: project.show(run).json["state"] == "succeeded", 90)
    assert [one for one in kinds(project, run) if one[0] != "run_resumed"] == [
        ("run_started", ""),
        ("step_started", "first"), ("step_succeeded", "first"),
        ("step_started", "second"), ("step_succeeded", "second"),
        ("run_finished", ""),
    ]  # fmt: skip
    assert len(server.controller.workflows) == 1


@pytest.mark.slow
def test_a_server_that_is_away_for_long_is_said(project: Project, server: ArgoServer):
    two(project, WAIT)
    run = submitted(project)
    wait_until((project.folder / "here").exists, 60)
    server.faults.is_down = True
    wait_until(lambda: "has not answered" in str(project.show(run).step("second")["warnings"]), 90)
    assert project.show(run).step("second")["state"] == "running"
    server.faults.is_down = False
    (project.folder / "go").write_text("")
    wait_until(lambda: project.show(run).json["state"] == "succeeded", 90)
    assert "answers again" in str(project.show(run).step("second")["warnings"])


def test_a_workflow_that_was_deleted_is_no_success(project: Project, server: ArgoServer):
    two(project, WAIT)
    run = submitted(project)
    wait_until((project.folder / "here").exists, 60)
    wait_until(lambda: ("step_started", "second") in kinds(project, run))
    (name,) = server.controller.workflows
    server.controller.delete(name)
    wait_until(lambda: project.show(run).json["state"] == "failed")
    assert project.show(run).step("second")["state"] == "killed"
    assert "not on the server any more" in project.show(run).step("second")["error"]["value"]
    refused(project.dagbook("retry", run), "not on", "submit the pipeline again")


def test_a_stop_by_somebody_else_is_a_cancelled_run(project: Project, server: ArgoServer):
    two(project, WAIT)
    run = submitted(project)
    wait_until((project.folder / "here").exists, 60)
    server.controller.stop(next(iter(server.controller.workflows)))
    wait_until(lambda: project.show(run).json["state"] == "cancelled")


def test_what_is_wrong_with_the_server_is_said_and_nothing_is_started(project: Project, server: ArgoServer):
    two(project)
    wrong: list[tuple[tuple[str, ...], dict[str, str], int, str]] = [
        (("--server", "127.0.0.1:1"), {"ARGO_SECURE": "false"}, 3, "nothing answers there"),
        (("--server", "ftp://x"), {}, 2, "no address of an Argo server"),
        (("--server", "http://me:hidden@x"), {}, 2, "no address of an Argo server"),
        ((), {"ARGO_TOKEN": "wr0ng"}, 3, "does not let in the token (401)"),
        ((), {"ARGO_TOKEN": ""}, 3, "somebody without a token"),
        ((), {"ARGO_TOKEN": "wr0ng\nwr0ng"}, 3, "that no token has"),
        ((), {"ARGO_TOKEN": "wr0ng\u00e9\u20ac"}, 3, "that no token has"),
        (("--namespace", "forbidden"), {}, 3, "is forbidden"),
        (("--namespace", "nowhere"), {}, 2, "no namespace 'nowhere'"),
        (("--name", "Not So"), {}, 2, "cannot be called"),
        (("--to", "airflow"), {}, 2, "nothing can be submitted to 'airflow'"),
    ]
    for options, env, code, said in wrong:
        before = dict(project.env)
        project.env |= env
        answer = project.dagbook(*SUBMIT, *options)
        project.env = before
        assert answer.code == code, answer
        assert said in answer.err
        assert "Fix: " in answer.err
        assert "Traceback" not in answer.said
        assert "hidden" not in answer.said
        assert "wr0ng" not in answer.said
        assert not project.run_ids()
    assert not server.controller.workflows


def test_what_the_server_answers_is_said_or_refused(project: Project, server: ArgoServer):
    two(project)
    server.faults.refuse = "spec.serviceAccountName nobody is not allowed here"
    refused(project.dagbook(*SUBMIT), "nobody is not allowed here")
    server.faults.refuse = ""
    nonsense = [
        (200, "<html>sign in</html>"),
        (200, "[]"),
        (200, '{"metadata": 3}'),
        (302, ""),
        (404, "none"),
    ]
    for answer in nonsense:
        server.faults.answers.append(answer)
        refused(project.dagbook(*SUBMIT), "is no Argo server", code=3)
    assert not project.run_ids()


def test_from_python_and_a_name_that_is_taken(project: Project, server: ArgoServer):
    two(project)
    script = (
        "import dagbook\n"
        "options = {'image': 'p:1'}\n"
        "run = dagbook.submit('p.pipeline.yaml', namespace='argo', name='mine', options=options, n=7)\n"
        "print(run.state.state)"
    )
    first = subprocess.run(
        [sys.executable, "-c", script], cwd=project.folder, env={**os.environ, **project.env},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert first.stdout.strip() == "succeeded", first
    assert stored(server, "second/second/1")["outputs"]["made"]["value"] == 8
    refused(project.dagbook(*SUBMIT, "--name", "mine"), "a workflow 'mine'", "another --name")
    assert len(project.run_ids()) == 1
