"""Pipelines as Argo workflows: what they say, that Argo's own schemas take them, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from dagbook.compilers.argo import compiler as argo
from dagbook.compilers.argo import limits
from dagbook.compilers.argo.compiler import ArgoCompiler
from dagbook.compilers.argo.names import field_names, label_value, object_name
from dagbook.compilers.argo.step_template import SCRIPT
from dagbook.engine.deployment import Manifest
from tests.unit.compilers.argo_schema import complaints
from tests.unit.compilers.deployments import deployment

pytest.importorskip("hera", reason="the extra `argo` is not installed")

CHAIN = {"a": {}, "b": {"params": {"x": "${a.y}"}}}
MATRIX = {
    "a": {},
    "b": {"matrix": {"kind": ["tree", "forest"], "depth": [2, 4]}, "params": {"x": "${a.y}"}},
    "c": {"params": {"scores": "${b.score}"}, "needs": ["a"]},
}


def compiled(nodes: Any, options: Any = None, texts: Any = None, **settings: Any) -> Manifest:
    compiler = ArgoCompiler()
    return compiler.compile(
        deployment(compiler, nodes, {"image": "churn:1", **(options or {})}, texts, **settings)
    )


def document(nodes: Any, options: Any = None, texts: Any = None, **settings: Any) -> Any:
    manifest = compiled(nodes, options, texts, **settings)
    assert not manifest.is_refused, manifest.problems
    made = YAML(typ="safe", pure=True).load(manifest.text)
    assert complaints(made) == []
    return made


def template(made: Any, name: str) -> Any:
    (found,) = [one for one in made["spec"]["templates"] if one["name"] == name]
    return found


def tasks(made: Any) -> dict[str, Any]:
    return {task["name"]: task for task in template(made, "main")["dag"]["tasks"]}


def refusals(manifest: Manifest) -> list[str]:
    assert manifest.text == ""
    return [problem.message for problem in manifest.problems if problem.severity == "error"]


def test_each_node_is_a_task_that_waits_for_the_success_of_its_upstream():
    made = document(MATRIX)
    assert {name: task.get("depends") for name, task in tasks(made).items()} == {
        "a": None, "b": "a.Succeeded", "c": "b.Succeeded && a.Succeeded",
    }  # fmt: skip
    assert template(made, "main")["dag"]["failFast"] is False


def test_a_pod_prepares_its_request_and_becomes_the_one_way_to_run_a_node():
    container = template(document(CHAIN), "b")["container"]
    assert container["image"] == "churn:1"
    assert container["command"] == ["sh", "-c", SCRIPT, "dagbook"]
    assert "dagbook node run" in SCRIPT
    assert container["args"][-3:] == ["--", "p.pipeline.yaml", "b"]


def test_a_matrix_is_one_task_with_an_item_for_each_step():
    task = tasks(document(MATRIX))["b"]
    assert task["withItems"][1] == {"kind": "tree", "depth": "4", "index": "1"}
    assert len(task["withItems"]) == 4
    assert task["arguments"]["parameters"] == [{"name": "index", "value": "{{item.index}}"}]


def test_what_a_step_leaves_is_where_the_next_one_looks_for_it():
    made = document(MATRIX)
    (left,) = template(made, "b")["outputs"]["artifacts"]
    taken = {one["name"]: one for one in template(made, "c")["inputs"]["artifacts"]}
    assert left["path"] == "/tmp/dagbook/run/b.{{inputs.parameters.index}}"
    assert left["s3"]["key"] == "dagbook/{{workflow.uid}}/b/b.{{inputs.parameters.index}}"
    assert taken["from-b"]["s3"]["key"] == "dagbook/{{workflow.uid}}/b"
    assert taken["from-b"]["path"] in template(made, "c")["container"]["args"]


@pytest.mark.parametrize("store", ["s3", "gcs", "oss"])
def test_any_of_the_stores_can_keep_artifacts(store: str):
    (left,) = template(document(CHAIN, {"store": store}), "a")["outputs"]["artifacts"]
    assert left[store]["key"] == "dagbook/{{workflow.uid}}/a/a"


def test_parameters_are_the_workflows_own_and_reach_each_step():
    made = document(
        {"a": {"params": {"n": "${params.rows}"}}},
        params={
            "rows": {"default": 10, "help": "How many"},
            "model": {"default": "x", "choices": ["x", "y"]},
        },
    )
    rows, model = made["spec"]["arguments"]["parameters"]
    assert rows == {"name": "rows", "value": "10", "description": "How many"}
    assert model["enum"] == ["x", "y"]
    assert "rows={{workflow.parameters.rows}}" in template(made, "a")["container"]["args"]


def test_a_secret_comes_from_kubernetes_and_is_nowhere_in_the_manifest():
    params = {"key": {"secret": "API_KEY"}}
    nodes = {"a": {"params": {"k": "${params.key}"}}}
    made = document(nodes, {"secret": "churn-secrets"}, params=params)
    assert template(made, "a")["container"]["env"] == [
        {"name": "API_KEY", "valueFrom": {"secretKeyRef": {"name": "churn-secrets", "key": "API_KEY"}}}
    ]
    assert "arguments" not in made["spec"]
    assert "of where the cluster keeps" in refusals(compiled(nodes, params=params))[0]


def test_a_timeout_is_kept_by_the_runner_and_backed_by_the_pods_own_deadline():
    assert template(document({"a": {"timeout": "10m"}}), "a")["activeDeadlineSeconds"] == 900
    assert "activeDeadlineSeconds" not in template(document({"a": {}}), "a")


def test_attempts_are_the_ones_that_our_rule_asks_for():
    retries = {"limit": 3, "backoff": "10s", "factor": 3, "max_backoff": "1m", "on": ["OSError"]}
    made = template(document({"a": {"retries": retries}}), "a")
    assert made["retryStrategy"] == {
        "limit": 3,
        "retryPolicy": "Always",
        "expression": "asInt(lastRetry.exitCode) == 75",
        "backoff": {"duration": "10s", "factor": 3, "cap": "60s"},
    }
    args = made["container"]["args"]
    assert args[args.index("--retries") + 1] == "{{retries}}"


@pytest.mark.parametrize("on", [[], ["killed"], ["OSError", "killed"]])
def test_a_pod_that_was_killed_or_lost_is_tried_again_where_the_rule_says_so(on: list[str]):
    made = template(document({"a": {"retries": {"limit": 1, "on": on}}}), "a")["retryStrategy"]
    assert made["expression"].endswith('asInt(lastRetry.exitCode) > 128 || lastRetry.status == "Error"')
    assert "backoff" not in made


def test_without_retries_nothing_is_said_of_attempts():
    made = template(document({"a": {"retries": 0}}), "a")
    assert "retryStrategy" not in made
    assert "--retries" not in made["container"]["args"]


def test_waits_that_grow_by_a_part_are_refused():
    manifest = compiled({"a": {"retries": {"limit": 2, "backoff": "10s", "factor": 1.5}}})
    assert "grow 1.5 times" in refusals(manifest)[0]
    assert next(p for p in manifest.problems if p.severity == "error").path == ("nodes", "a", "retries")
    assert not compiled({"a": {"retries": {"limit": 2, "factor": 1.5}}}).is_refused


def test_what_a_step_asks_for_is_asked_of_kubernetes_and_leaves_us_room_to_say_what_happened():
    made = template(document({"a": {"resources": {"cpu": "500m", "memory": "1Gi"}}}), "a")["container"]
    memory = str(2**30 + limits.OWN_MEMORY)
    assert made["resources"] == {"requests": {"cpu": "0.5", "memory": memory}, "limits": {"memory": memory}}
    made = template(document({"a": {"resources": {"cpu": 2}}}), "a")["container"]
    assert made["resources"] == {"requests": {"cpu": "2"}}
    assert "resources" not in template(document({"a": {}}), "a")["container"]


def test_locks_are_argos_and_the_number_of_a_semaphore_is_the_clusters():
    nodes = {"a": {"mutex": ["gpu", "disk"], "semaphore": {"licences": 3}}}
    made = template(document(nodes, {"semaphores": "churn-locks"}), "a")
    assert made["synchronization"] == {
        "mutexes": [{"name": "gpu"}, {"name": "disk"}],
        "semaphores": [{"configMapKeyRef": {"name": "churn-locks", "key": "licences"}}],
    }
    said = compiled(nodes, {"semaphores": "churn-locks"}).problems
    assert any(p.remedy == "kubectl create configmap churn-locks --from-literal=licences=3" for p in said)


def test_a_semaphore_of_which_the_cluster_knows_nothing_is_refused():
    assert "nothing is said" in refusals(compiled({"a": {"semaphore": {"licences": 3}}}))[0]
    nodes = {"a": {"semaphore": {"licences": 3}}, "b": {"semaphore": {"licences": 2}}}
    (message,) = refusals(compiled(nodes, {"semaphores": "locks"}))
    assert message == "semaphore 'licences' lets 2 here and 3 elsewhere; a cluster has one number"


def test_of_a_matrix_only_so_many_run_at_once():
    nodes = {"a": {}, "b": {**MATRIX["b"], "concurrency": 2}, "c": MATRIX["c"], "b_each": {}}
    made = document(nodes, concurrency=5)
    assert made["spec"]["parallelism"] == 5
    assert tasks(made)["b"] == {"name": "b", "template": "b-each-2", "depends": "a.Succeeded"}
    around = template(made, "b-each-2")
    assert around["parallelism"] == 2
    (steps,) = around["dag"]["tasks"]
    assert (steps["template"], len(steps["withItems"])) == ("b", 4)
    assert tasks(made)["c"]["depends"] == "b.Succeeded && a.Succeeded"


def test_a_pipeline_that_fails_fast_does_so_there():
    assert template(document(CHAIN, fail_fast=True), "main")["dag"]["failFast"] is True


OVER = "({0}.Succeeded || {0}.Failed || {0}.Errored || {0}.Skipped || {0}.Omitted)"


@pytest.mark.parametrize("run_if", ["failure", "always", "any"])
def test_who_looks_at_failures_waits_for_all_to_be_over(run_if: str):
    nodes = {"a": {}, "b": {}, "c": {"needs": ["a", "b"], "run_if": run_if}, "verdict": {"needs": ["c"]}}
    made = document(nodes)
    assert tasks(made)["c"]["depends"] == f"{OVER.format('a')} && {OVER.format('b')}"
    assert tasks(made)["verdict"]["depends"] == "c.Succeeded"


def test_a_failure_that_was_dealt_with_still_fails_the_workflow():
    made = document({"a": {}, "b": {"needs": ["a"], "run_if": "failure"}})
    assert tasks(made)["verdict"]["depends"] == "a.Failed || a.Errored || b.Failed || b.Errored"
    assert template(made, "verdict")["container"]["image"] == "churn:1"
    assert "verdict" not in tasks(document(CHAIN))


def test_a_condition_is_the_steps_own_to_find_out():
    manifest = compiled({"a": {}, "b": {"params": {"x": "${a.y}"}, "when": "a.y > 3"}})
    assert "> 3" not in manifest.text
    assert [p.node for p in manifest.problems if p.path[-1] == "when"] == ["b"]


def test_to_fail_fast_and_to_go_on_after_a_failure_are_not_had_together():
    nodes = {"a": {}, "b": {"needs": ["a"], "run_if": "failure"}}
    assert "starts nothing more" in refusals(compiled(nodes, fail_fast=True))[0]


def test_a_person_is_asked_by_a_task_that_waits():
    nodes = {"a": {}, "b": {"needs": ["a"], "approve": "Ship it?"}, "c": {"needs": ["b"]}, "b_approve": {}}
    made = document(nodes)
    (question,) = [name for name in tasks(made) if name.startswith("b-approve-")]
    assert tasks(made)[question]["depends"] == "a.Succeeded"
    assert tasks(made)["b"]["depends"] == f"{question}.Succeeded"
    assert tasks(made)["c"]["depends"] == "b.Succeeded"
    assert template(made, question)["suspend"] == {}
    assert template(made, question)["inputs"]["parameters"] == [{"name": "question", "value": "Ship it?"}]


def test_a_no_is_a_failure_that_others_can_look_at():
    nodes = {"a": {"approve": "Go?"}, "b": {"needs": ["a"], "run_if": "failure"}}
    made = document(nodes)
    assert tasks(made)["b"]["depends"] == OVER.format("a")
    assert tasks(made)["verdict"]["depends"].startswith("a-approve.Failed || a-approve.Errored || a.Failed")


@pytest.mark.parametrize(
    ("approve", "said"),
    [
        ({"message": "Go?", "by": ["ann"]}, "who may answer"),
        ({"message": "Go?", "timeout": "1h"}, "goes on, as after a yes"),
        ("Go with {{x}}?", "would replace"),
    ],
)
def test_a_question_that_argo_cannot_ask_is_refused(approve: Any, said: str):
    assert said in refusals(compiled({"a": {"approve": approve}}))[0]


def test_a_question_is_asked_as_it_is_written_and_that_is_said():
    said = [
        p.message for p in compiled({"a": {}, "b": {"approve": "Is ${a.y} fine?"}}).problems if p.node == "b"
    ]
    assert ["as it is written" in message for message in said] == [True]


def test_of_warm_kernels_it_is_said_that_there_are_none():
    said = compiled({"a": {"warm": True}}, preload=["pandas"]).problems
    assert {("preload",), ("nodes", "a", "warm")} <= {p.path for p in said if p.severity == "warning"}


def test_a_template_has_a_name_and_a_workflow_gets_one():
    assert document(CHAIN)["metadata"]["generateName"] == "p-"
    made = document(CHAIN, {"kind": "template"})
    assert (made["kind"], made["metadata"]["name"]) == ("WorkflowTemplate", "p")


def test_without_an_image_nothing_is_compiled():
    assert refusals(compiled(CHAIN, {"image": ""})) == ["Argo runs containers, and no image is named"]


def test_a_value_that_argo_would_replace_is_refused():
    manifest = compiled(CHAIN, params={"x": "{{workflow.name}}"})
    assert "would replace" in refusals(manifest)[0]
    assert manifest.problems[0].path == ("params", "x")


def test_an_item_that_argo_would_replace_is_left_to_its_index():
    made = document({"a": {"matrix": {"t": ["{{x}}", "fine"]}, "params": {"t": "${item.t}"}}})
    assert tasks(made)["a"]["withItems"] == [{"index": "0"}, {"t": "fine", "index": "1"}]


def test_what_is_too_large_for_a_cluster_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(argo, "LARGEST", 2000)
    assert "more than a cluster takes (2,000)" in refusals(compiled(MATRIX))[0]


def test_what_is_done_otherwise_is_said():
    said = [problem.message for problem in compiled(CHAIN, experiment="e").problems]
    assert any("MLflow" in message for message in said)
    assert any("nothing is reused" in message for message in said)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "my_node"], {"a": "a", "my_node": "my-node"}),
        (["main"], {"main": "main-2"}),
        (["a_b", "a__b"], {"a_b": "a-b", "a__b": "a-b-2"}),
        (["größe", "日本"], {"größe": "gr-e", "日本": "node"}),
        (["_x"], {"_x": "x"}),
    ],
)
def test_a_node_has_a_name_that_argo_allows(names: list[str], expected: dict[str, str]):
    assert field_names(names, taken=["main"]) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("digits", "digits"),
        ("Weekly Churn!", "weekly-churn"),
        ("2024", "p-2024"),
        ("日本", "p"),
        ("x" * 90, "x" * 57),
    ],
)
def test_a_pipeline_has_a_name_that_kubernetes_allows(name: str, expected: str):
    assert object_name(name) == expected


def test_a_label_has_no_more_than_63_characters():
    assert label_value("Weekly churn, " + "x" * 90) == "Weekly-churn-" + "x" * 50


@pytest.mark.parametrize("event", ["success", "failure", "exit"])
def test_a_hook_is_refused_and_not_dropped(event: str):
    manifest = compiled(CHAIN, on={event: "tell.ipynb"})
    assert refusals(manifest) == [f"`on: {event}:` cannot be said to Argo yet"]
    assert next(p for p in manifest.problems if p.severity == "error").path == ("on", event)


DAILY = {"schedule": {"cron": "0 6 * * 1-5", "timezone": "Europe/Oslo"}}


def test_a_schedule_is_a_cron_workflow_of_the_same_workflow():
    made = document(CHAIN, {"kind": "cron"}, on=DAILY)
    assert (made["kind"], made["metadata"]["name"]) == ("CronWorkflow", "p")
    spec = made["spec"]
    assert spec["schedules"] == ["0 6 * * 1-5"]
    assert (spec["timezone"], spec["concurrencyPolicy"]) == ("Europe/Oslo", "Forbid")
    assert spec["startingDeadlineSeconds"] > 300 * 24 * 3600
    assert spec["workflowMetadata"]["labels"] == made["metadata"]["labels"]
    assert spec["workflowSpec"] == document(CHAIN, on=DAILY)["spec"]


def test_a_firing_that_is_not_to_be_made_up_for_has_no_time_for_it():
    schedule = {"schedule": {**DAILY["schedule"], "missed": "skip"}}
    assert document(CHAIN, {"kind": "cron"}, on=schedule)["spec"]["startingDeadlineSeconds"] == 0


def test_without_the_kind_it_is_said_that_nothing_starts_it():
    said = [p for p in compiled(CHAIN, on=DAILY).problems if p.path == ("on", "schedule")]
    assert [p.message for p in said] == ["nothing starts this at 0 6 * * 1-5 (Europe/Oslo)"]


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ({}, "does not say when"),
        ({"schedule": {"cron": "0 6 L * *"}}, "does not read"),
        ({"schedule": {"cron": "0 6 * * MON#3"}}, "does not read"),
        ({"schedule": {"cron": "0 6 * * 7"}}, "does not read"),
        ({"schedule": {"cron": "0 6 * * *", "missed": "run-all"}}, "the newest alone"),
    ],
)
def test_times_that_argo_cannot_keep_are_refused(on: Any, said: str):
    assert said in refusals(compiled(CHAIN, {"kind": "cron"}, on=on))[0]


@pytest.mark.parametrize("cron", ["0 6 * * MON-FRI", "*/7 7 7 jul wed", "0 6 1,15 * 0/2", "5 0 * * 1-5/2"])
def test_times_that_argo_can_keep_are_written(cron: str):
    made = document(CHAIN, {"kind": "cron"}, on={"schedule": {"cron": cron}})
    assert made["spec"]["schedules"] == [cron]


def test_a_notebook_with_an_environment_of_its_own_is_refused():
    compiler = ArgoCompiler()
    made = deployment(compiler, CHAIN, {"image": "churn:1"})
    node = made.plan.nodes["a"].model_copy(update={"lock": "pandas==2.2.0"})
    plan = made.plan.model_copy(update={"nodes": {**made.plan.nodes, "a": node}})
    manifest = compiler.compile(replace(made, plan=plan))
    assert "environment of its own" in refusals(manifest)[0]
    assert next(p for p in manifest.problems if p.severity == "error").node == "a"
