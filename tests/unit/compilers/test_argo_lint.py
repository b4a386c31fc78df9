"""What is wrong with a manifest though Argo's schema takes it: many ways to break one, and whole ones."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dagbook.compilers.argo.lint.manifest import lint
from tests.unit.compilers.argo_schema import complaints

WORKFLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: churn-, labels: {app: churn}}
spec:
  entrypoint: main
  onExit: tell
  arguments:
    parameters:
      - {name: rows, value: '500', enum: ['500', '1000']}
  volumes:
    - {name: data, emptyDir: {}}
  templates:
    - name: main
      dag:
        tasks:
          - {name: list, template: list}
          - name: train
            template: train
            depends: list.Succeeded
            withParam: '{{tasks.list.outputs.parameters.parts}}'
            arguments: {parameters: [{name: part, value: '{{item.name}}'}]}
          - name: tune
            template: train
            depends: list
            withItems: [{name: a, depth: '1'}, {name: b, depth: '2'}]
            arguments: {parameters: [{name: part, value: '{{item.name}}'}]}
          - {name: ask, template: ask, depends: train.AnySucceeded && !tune.Failed}
          - name: report
            template: report
            depends: (ask || tune.Succeeded) && list
            when: '{{tasks.list.outputs.parameters.count}} > 3'
            arguments:
              artifacts: [{name: table, from: '{{tasks.list.outputs.artifacts.table}}'}]
    - name: list
      container: {image: 'churn:1', args: ['--rows={{workflow.parameters.rows}}', '{{workflow.uid}}']}
      outputs:
        parameters:
          - {name: parts, valueFrom: {path: /tmp/parts}}
          - {name: count, valueFrom: {path: /tmp/count}}
        artifacts: [{name: table, path: /tmp/table}]
    - name: train
      inputs: {parameters: [{name: part}]}
      activeDeadlineSeconds: 600
      parallelism: 2
      synchronization:
        mutexes: [{name: gpu}]
        semaphores: [{configMapKeyRef: {name: locks, key: licences}}]
      retryStrategy: {limit: 2, retryPolicy: OnError, backoff: {duration: 10s, maxDuration: 1h}}
      container:
        image: churn:1
        args: ['{{inputs.parameters.part}}', '{{pod.name}}', '{{retries}}']
        env: [{name: SEED, value: '7'}]
        resources: {requests: {memory: 2Gi, cpu: 500m}}
        volumeMounts: [{name: data, mountPath: /data}]
    - name: ask
      suspend: {duration: 2h}
    - name: report
      inputs: {artifacts: [{name: table, path: /tmp/table}]}
      container: {image: 'churn:1', args: ['{{inputs.artifacts.table.path}}']}
    - name: tell
      container: {image: 'churn:1', args: ['{{workflow.status}}']}
"""

CRON = """
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: nightly}
spec:
  schedules: ['0 3 * * 1-5', '@daily']
  timezone: Europe/Berlin
  concurrencyPolicy: Forbid
  workflowSpec:
    entrypoint: main
    templates: [{name: main, container: {image: 'churn:1'}}]
"""

Broken = Callable[[Any], None]


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def template(made: Any, name: str) -> Any:
    return next(one for one in made["spec"]["templates"] if one["name"] == name)


def task(made: Any, name: str) -> Any:
    return next(one for one in template(made, "main")["dag"]["tasks"] if one["name"] == name)


def under(found: Any, *keys: Any) -> Any:
    for key in keys:
        found = found[key]
    return found


def put(where: Callable[[Any], Any], key: Any, value: Any) -> Broken:
    def mutate(made: Any) -> None:
        where(made)[key] = value

    return mutate


def add(where: Callable[[Any], Any], value: Any) -> Broken:
    return lambda made: where(made).append(value)


def take(where: Callable[[Any], Any], key: Any) -> Broken:
    return lambda made: where(made).pop(key)


def of_task(name: str, *keys: Any) -> Callable[[Any], Any]:
    return lambda made: under(task(made, name), *keys)


def of_template(name: str, *keys: Any) -> Callable[[Any], Any]:
    return lambda made: under(template(made, name), *keys)


def of_spec(*keys: Any) -> Callable[[Any], Any]:
    return lambda made: under(made["spec"], *keys)


MUTATIONS: dict[str, tuple[Broken, str]] = {
    "entrypoint that is none": (put(of_spec(), "entrypoint", "mian"), "spec.entrypoint"),
    "exit handler that is none": (put(of_spec(), "onExit", "tel"), "spec.onExit"),
    "no entrypoint": (take(of_spec(), "entrypoint"), "spec"),
    "task with an unknown template": (put(of_task("ask"), "template", "askk"), "tasks.3.template"),
    "task that waits for nobody": (put(of_task("ask"), "depends", "trian.Succeeded"), "tasks.3.depends"),
    "unknown result": (put(of_task("ask"), "depends", "train.Succeded"), "tasks.3.depends"),
    "condition without an end": (put(of_task("ask"), "depends", "(train && tune"), "tasks.3.depends"),
    "condition without a sign": (put(of_task("ask"), "depends", "train tune"), "tasks.3.depends"),
    "some of a task without items": (
        put(of_task("train"), "depends", "list.AnySucceeded"), "tasks.1.depends",
    ),
    "circle": (put(of_task("list"), "depends", "report"), "dag.tasks"),
    "two ways to wait": (put(of_task("ask"), "dependencies", ["list"]), "tasks.3.dependencies"),
    "two tasks of a name": (put(of_task("tune"), "name", "train"), "tasks.2.name"),
    "two templates of a name": (put(of_template("tell"), "name", "report"), "templates.5.name"),
    "expression in braces": (
        put(of_template("train", "retryStrategy"), "expression", "{{retries}} < 3"), "Strategy.expression",
    ),
    "attempts counted where there is one": (
        put(of_template("list", "container", "args"), 0, "{{retries}}"), "container.args.0",
    ),
    "expression on what is not known": (
        put(of_template("train", "retryStrategy"), "expression", "lastRetry.exitcode == '75'"),
        "Strategy.expression",
    ),
    "waits that grow by a part": (
        put(of_template("train", "retryStrategy", "backoff"), "factor", "1.5"), "backoff.factor",
    ),
    "mutex without a name": (
        put(of_template("train", "synchronization", "mutexes", 0), "name", ""), "synchronization.mutexes.0",
    ),
    "mutex that is held twice": (
        add(of_template("train", "synchronization", "mutexes"), {"name": "gpu"}),
        "synchronization.mutexes.1",
    ),
    "semaphore without a number": (
        take(of_template("train", "synchronization", "semaphores", 0), "configMapKeyRef"),
        "synchronization.semaphores.0",
    ),
    "semaphore of no ConfigMap": (
        put(of_template("train", "synchronization", "semaphores", 0, "configMapKeyRef"), "name", ""),
        "semaphores.0.configMapKeyRef",
    ),
    "pause in words": (put(of_template("ask", "suspend"), "duration", "a while"), "suspend.duration"),
    "object's name in capitals": (
        put(lambda made: made["metadata"], "generateName", "Churn-"), "metadata.generateName",
    ),
    "label with a space": (put(lambda made: made["metadata"]["labels"], "app", "my app"), "labels.app"),
    "parameter that is not given": (take(of_task("train"), "arguments"), "tasks.1"),
    "parameter that nobody takes": (
        add(of_task("tune", "arguments", "parameters"), {"name": "depth", "value": "1"}),
        "arguments.parameters.1",
    ),
    "artifact that is not given": (take(of_task("report"), "arguments"), "tasks.4"),
    "workflow's parameter that is none": (
        put(of_template("list", "container", "args"), 0, "{{workflow.parameters.row}}"),
        "container.args.0",
    ),
    "input that is none": (
        put(of_template("train", "container", "args"), 0, "{{inputs.parameters.prat}}"), "container.args.0",
    ),
    "output that is none": (
        put(of_task("train"), "withParam", "{{tasks.list.outputs.parameters.part}}"), "tasks.1.withParam",
    ),
    "output of a task that has not ended": (
        put(of_task("ask"), "when", "{{tasks.report.outputs.result}} == 1"), "tasks.3.when",
    ),
    "item where there is none": (put(of_task("ask"), "when", "{{item}} == 1"), "tasks.3.when"),
    "field that items have not": (
        put(of_task("tune", "arguments", "parameters", 0), "value", "{{item.deep}}"), "parameters.0.value",
    ),
    "braces without an end": (
        put(of_template("list", "container", "args"), 0, "{{workflow.uid"), "container.args.0",
    ),
    "two sources of items": (put(of_task("tune"), "withParam", "[1]"), "tasks.2"),
    "mount of no volume": (
        put(of_template("train", "container", "volumeMounts", 0), "name", "date"), "volumeMounts.0.name",
    ),
    "duration in words": (
        put(of_template("train", "retryStrategy", "backoff"), "duration", "ten seconds"), "backoff.duration",
    ),
    "value that is no choice": (
        put(of_spec("arguments", "parameters", 0), "value", "700"), "parameters.0.value",
    ),
}  # fmt: skip


def test_what_is_whole_has_no_flaws():
    for text in (WORKFLOW, CRON):
        assert lint(read(text)) == []
        assert complaints(read(text)) == []


def test_broken_manifests_pass_the_schema_and_are_caught():
    assert len(MUTATIONS) >= 38
    missed, seen_by_the_schema = [], []
    for name, (mutate, place) in MUTATIONS.items():
        made = copy.deepcopy(read(WORKFLOW))
        mutate(made)
        if not any(place in str(flaw).partition(": ")[0] for flaw in lint(made)):
            missed.append((name, [str(flaw) for flaw in lint(made)]))
        if complaints(made):
            seen_by_the_schema.append(name)
    assert missed == []
    # Else the lint would show nothing that the schema does not.
    assert seen_by_the_schema == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schedules", ["0 3 * *"]),
        ("schedules", ["0 3 L * *"]),
        ("schedules", ["0 3 * * 7"]),
        ("schedules", ["61 3 * * *"]),
        ("timezone", "Europe/Berln"),
        ("concurrencyPolicy", "Forbidden"),
    ],
)
def test_a_schedule_that_never_fires_is_caught(key: str, value: Any):
    made = read(CRON)
    made["spec"][key] = value
    (flaw,) = lint(made)
    assert flaw.place[:2] == ("spec", key)


WRITTEN = sorted((Path(__file__).parents[2] / "golden" / "manifests").glob("*.argo.txt"))


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.stem)
def test_what_we_write_has_no_flaws(file: Path):
    made = read(file.read_text("utf-8"))
    assert lint(made) == []
    assert complaints(made) == []
