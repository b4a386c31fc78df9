"""A workflow as an Argo server shows it → the run as our events know runs."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.errors import InvalidInput
from dagbook.run.submitted import AttemptThere, RunThere
from dagbook.settings import read_argo
from dagbook.submitters.argo.server import server_url
from dagbook.submitters.argo.status import Workflow, run_there

TEMPLATES = {"train": "train", "pick-best": "pick_best"}


def node(key: str, phase: str, template: str = "train", **more: Any) -> dict[str, Any]:
    started = {"startedAt": "2026-01-01T10:00:00Z", "finishedAt": None}
    return {"id": f"w-{key}", "name": f"w.{key}", "type": "Pod", "phase": phase, "templateName": template,
            **started, **more}  # fmt: skip


def seen(*nodes: dict[str, Any], ended: str = "", spec: Any = None, **status: Any) -> RunThere:
    document = {
        "metadata": {"name": "w", "uid": "u"},
        "spec": spec,
        "status": {"phase": "Running", "nodes": {one["id"]: one for one in nodes}, **status},
    }
    return run_there(Workflow.model_validate(document), TEMPLATES, ended)


def only(there: RunThere, step: str = "train") -> AttemptThere:
    (attempt,) = there.steps[step].attempts
    return attempt


@pytest.mark.parametrize(
    ("phase", "message", "means", "failed_as"),
    [
        ("Pending", "Unschedulable: 0/3 nodes are available", "pending", "failed"),
        ("", "", "pending", "failed"),
        ("Running", "", "running", "failed"),
        ("Succeeded", "", "succeeded", "failed"),
        ("Failed", "Error (exit code 1)", "failed", "failed"),
        ("Error", "pod deleted", "failed", "killed"),
        ("Failed", "OOMKilled (exit code 137)", "failed", "killed"),
        ("Failed", "Pod was active on the node longer than the specified deadline", "failed", "timed-out"),
        ("SomethingNew", "", "running", "failed"),
    ],
)
def test_phases_of_pods(phase: str, message: str, means: str, failed_as: str):
    attempt = only(seen(node("train", phase, message=message)))
    assert (attempt.phase, attempt.failed_as, attempt.message) == (means, failed_as, message)


def test_a_pod_says_how_long_it_took_where_it_left_its_results_and_how_its_log_is_asked_for():
    outputs = {
        "artifacts": [
            {"name": "main-logs", "s3": {"key": "x"}},
            {"name": "result", "gcs": {"key": "d/u/train"}},
        ]
    }
    attempt = only(seen(node("1234", "Succeeded", finishedAt="2026-01-01T10:01:30Z", outputs=outputs)))
    assert (attempt.seconds, attempt.stored, attempt.log) == (90.0, "d/u/train", "w-train-1234")


def test_items_are_steps_and_their_group_is_none():
    index = {"parameters": [{"name": "index", "value": "1"}]}
    there = seen(node("train", "Running", type="TaskGroup"), node("t1", "Running", inputs=index))
    assert list(there.steps) == ["train[1]"]


def test_attempts_of_a_retry_node_are_in_order_and_the_last_tells_whether_another_follows():
    first = node("t(0)", "Failed", startedAt="2026-01-01T10:00:00Z")
    second = node("t(1)", "Failed", startedAt="2026-01-01T10:05:00Z")
    for phase, again in (("Running", True), ("Failed", False)):
        there = seen(second, first, node("t", phase, type="Retry", children=["w-t(0)", "w-t(1)"]))
        attempts = there.steps["train"].attempts
        assert [one.key.split()[0] for one in attempts] == ["w-t(0)", "w-t(1)"]
        assert [one.is_tried_again for one in attempts] == [True, again]


@pytest.mark.parametrize(("phase", "by"), [("Omitted", "upstream"), ("Skipped", "condition")])
def test_what_does_not_run(phase: str, by: str):
    there = seen(node("p", phase, "pick-best", type="Skipped", message="why"))
    assert (there.steps["pick_best"].skipped, there.steps["pick_best"].skipped_by) == ("why", by)


def test_a_task_that_is_left_out_is_known_by_its_name_where_its_template_is_none_of_ours():
    there = seen(node("p", "Omitted", "pick-best-each", type="Skipped", displayName="pick-best"))
    assert there.steps["pick_best"].skipped is not None


def test_templates_that_are_no_nodes_are_passed_over():
    assert seen(node("main", "Running", "main", type="DAG"), node("hook", "Running", "exit")).steps == {}


@pytest.mark.parametrize(
    ("phase", "state"),
    [("", "running"), ("Pending", "running"), ("Succeeded", "succeeded"), ("Error", "failed")],
)
def test_the_end_of_a_workflow(phase: str, state: str):
    assert seen(phase=phase, startedAt=None).state == state


def test_an_end_that_a_retry_left_behind_is_none():
    at = "2026-01-01T10:09:00Z"
    old = seen(phase="Failed", finishedAt=at, ended=at, spec={"shutdown": "Stop"})
    assert (old.state, old.stopped) == ("running", False)
    new = seen(phase="Failed", finishedAt="2026-01-01T11:00:00Z", ended=at, spec={"shutdown": "Terminate"})
    assert (new.state, new.stopped) == ("failed", True)


@pytest.mark.parametrize(
    "content", [[], {}, {"metadata": {}}, {"metadata": {"name": "w"}, "status": {"nodes": [1]}}]
)
def test_what_is_no_workflow_is_refused(content: Any):
    with pytest.raises(ValueError, match="validation error"):
        Workflow.model_validate(content)


@pytest.mark.parametrize(
    ("text", "secure", "url"),
    [
        ("argo:2746", True, "https://argo:2746"),
        ("argo:2746", False, "http://argo:2746"),
        ("http://argo:2746/base/", True, "http://argo:2746/base"),
        ("", True, None),
        ("ftp://argo", True, None),
        ("https://me:pw@argo", True, None),
        ("https://argo:99999", True, None),
        ("https://argo/?x=1", True, None),
        ("two words", True, None),
    ],
)
def test_addresses(text: str, secure: bool, url: str | None):
    if url is not None:
        assert server_url(text, secure=secure) == url
        return
    with pytest.raises(InvalidInput) as raised:
        server_url(text, secure=secure)
    assert raised.value.findings[0].code == "argo-server"
    assert "pw" not in str(raised.value)


def test_settings_are_argos_own_and_the_token_is_not_shown():
    assert read_argo({}).secure
    assert read_argo({}).verify
    env = {"ARGO_SERVER": "a:1", "ARGO_TOKEN": "Bearer t0p", "ARGO_SECURE": "false", "ARGO_NAMESPACE": "n"}
    found = read_argo({**env, "ARGO_INSECURE_SKIP_VERIFY": "true"})
    assert (found.server, found.namespace, found.secure, found.verify) == ("a:1", "n", False, False)
    assert "t0p" not in repr(found)
    assert read_argo({**env, "DAGBOOK_ARGO_SERVER": "b:2"}).server == "b:2"
