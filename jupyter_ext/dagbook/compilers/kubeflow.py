"""Plan → the intermediate representation (IR) of Kubeflow Pipelines 2, as YAML: a component a node."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ruamel.yaml import YAML

from dagbook.compilers.elsewhere import KEPT_NODE, KEPT_PIPELINE, common_problems, upstream
from dagbook.compilers.python_text import attribute_names, heading
from dagbook.compilers.refusals import instead, refused, unknown_keys
from dagbook.engine.deployment import Deployment, Manifest, Option
from dagbook.pipeline.problem import Problem

_ENGINE: Final = "Kubeflow"
_SDK: Final = "kfp-2.17.3"
"""Whose form of a component this is."""
_ITEM: Final = "step-item"
_TAKEN: Final = ("verb", "step", "key", "kfp", "dsl")
_EVER: Final = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
_LONGEST_NAME: Final = 128


class KubeflowCompiler:
    """Implements `engine.ports.Compiler` for Kubeflow Pipelines 2."""

    options: Mapping[str, Option] = {
        "image": Option(help="container image that has Dagbook, kfp and what the notebooks import"),
        "project": Option(help="where pods find the project; else $DAGBOOK_PROJECT, or /project", default=""),
        "volume": Option(help="volume claim with the project, which all pods may write (ReadWriteMany)"),
        "secret": Option(help="Kubernetes secret that holds the pipeline's secret parameters"),
    }

    def compile(self, deployment: Deployment) -> Manifest:
        """The IR."""
        spec = deployment.spec
        problems = [
            *unknown_keys(spec, _ENGINE, node=KEPT_NODE, pipeline=KEPT_PIPELINE),
            *common_problems(
                deployment, places_processors=True, keeps_secrets=bool(deployment.options["secret"])
            ),
            *_problems(deployment),
        ]
        if any(problem.severity == "error" for problem in problems):
            return Manifest(text="", suffix=".yaml", problems=tuple(problems))
        pipeline = _Pipeline(deployment)
        documents = [pipeline.document(), *([platform] if (platform := pipeline.platform()) else [])]
        text = heading(deployment, _ENGINE) + _as_yaml(documents)
        return Manifest(text=text, suffix=".yaml", problems=tuple(problems))


def _problems(deployment: Deployment) -> Iterator[Problem]:
    spec, options = deployment.spec, deployment.options
    if not options["image"]:
        yield refused(
            ("pipeline",), "Kubeflow runs containers, and no image is named", "add --image NAME:TAG"
        )
    if not options["volume"]:
        yield instead(
            ("pipeline",),
            "no volume is named: steps run only where every pod sees the project's folder by other means",
            "add --volume CLAIM, of a volume that all pods may write; `kfp.local` needs none",
        )
    for name, text in deployment.params.items():
        if "{{$" in text:
            yield refused(
                ("params", name),
                f"the value of '{name}' holds `{{{{$`, which Kubeflow would replace by something of its own",
                "write the value without it",
            )
    if spec.on.schedule is not None:
        cron = f"{spec.on.schedule.cron} ({spec.on.schedule.timezone})"
        yield instead(
            ("on", "schedule"),
            f"the IR holds no schedule: nothing starts this at {cron}",
            "make a recurring run of the pipeline in Kubeflow",
        )
    for name, node in spec.nodes.items():
        if node.foreach is not None:
            yield instead(
                ("nodes", name, "foreach"),
                f"an element that failed is shown as done; {name}-all says whether too many failed",
                "look at `dagbook show`, where each element has its own state",
                name,
            )
        if node.when is not None or node.run_if != "success":
            yield instead(
                ("nodes", name, "when" if node.when is not None else "run_if"),
                "Kubeflow knows no step that was left out by itself: it is shown as done",
                "look at `dagbook show`, or at the log, which say why it was skipped",
                name,
            )


class _Pipeline:
    """One pipeline in the making."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._inputs = attribute_names(deployment.params, _TAKEN)
        self._names = _task_names(deployment.plan.nodes)
        self._components: dict[str, Any] = {}
        self._executors: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        """The pipeline itself."""
        plan = self._deployment.plan
        tasks: dict[str, Any] = {}
        for node in plan.nodes:
            tasks |= self._tasks(node)
        tasks["end"] = self._task("end", "end", "", after=list(tasks))
        info = {"name": _pipeline_name(plan.pipeline)}
        if plan.description:
            info["description"] = plan.description
        return {
            "components": self._components,
            "deploymentSpec": {"executors": self._executors},
            "pipelineInfo": info,
            "root": {"dag": {"tasks": tasks}, **self._root_inputs()},
            "schemaVersion": "2.1.0",
            "sdkVersion": _SDK,
        }

    def platform(self) -> dict[str, Any] | None:
        """What Kubernetes has to bring: the volume, and secrets."""
        options, secrets = self._deployment.options, self._deployment.secrets
        brought: dict[str, Any] = {}
        if options["volume"]:
            claim = {"runtimeValue": {"constant": options["volume"]}}
            mount = {"mountPath": options["project"] or "/project", "pvcNameParameter": claim}
            brought["pvcMount"] = [{"constant": options["volume"], **mount}]
        if secrets and options["secret"]:
            keys = [{"envVar": name, "secretKey": name} for name in dict.fromkeys(secrets.values())]
            named = {"secretName": options["secret"], "optional": False}
            brought["secretAsEnv"] = [
                {
                    **named,
                    "keyToEnv": keys,
                    "secretNameParameter": {"runtimeValue": {"constant": options["secret"]}},
                }
            ]
        if not brought:
            return None
        executors = dict.fromkeys(self._executors, brought)
        return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}

    # --- tasks --------------------------------------------------------------------------------------

    def _tasks(self, node: str) -> dict[str, Any]:
        """The tasks of a node; the one that others wait for has the node's name."""
        planned, name = self._deployment.plan.nodes[node], self._names[node]
        after = [self._last(up) for up in upstream(self._deployment, node)]
        if planned.rules.foreach:
            listed, each = f"{name}-list", f"{name}-each"
            items = {"inputParameter": "items"}
            given = {
                "items": {"taskOutputParameter": {"outputParameterKey": "Output", "producerTask": listed}}
            }
            return {
                listed: self._task(listed, "expand", node, after=after, lists=True),
                each: self._loop(node, each, items, after=[listed], given=given),
                f"{name}-all": self._task(f"{name}-all", "gather", node, after=[each]),
            }
        if self._deployment.spec.nodes[node].matrix:
            steps = [step.step for step in self._deployment.plan.steps_of(node)]
            return {name: self._loop(node, name, {"raw": json.dumps(steps)}, after=after, given={})}
        return {name: self._task(name, "step", node, after=after, node=node)}

    def _last(self, node: str) -> str:
        name = self._names[node]
        return f"{name}-all" if self._deployment.plan.nodes[node].rules.foreach else name

    def _task(
        self, name: str, verb: str, step: str, *, after: list[str], node: str = "", lists: bool = False
    ) -> dict[str, Any]:
        self._component(name, node=node, lists=lists)
        given = {"verb": _constant(verb), "step": _constant(step), **self._passed()}
        return self._as_task(name, name, given, after, node)

    def _loop(
        self, node: str, name: str, items: dict[str, Any], *, after: list[str], given: dict[str, Any]
    ) -> dict[str, Any]:
        """A task for each item: a DAG of its own, with one task in it."""
        inner = f"{name}-step"
        self._component(inner, node=node)
        verb = "element" if given else "step"
        passed = {"verb": _constant(verb), "step": {"componentInputParameter": _ITEM}, **self._passed()}
        types = {_ITEM: "STRING", **dict.fromkeys(self._inputs.values(), "STRING")}
        if given:
            types["items"] = "LIST"
        self._components[f"comp-{name}"] = {
            "dag": {"tasks": {inner: self._as_task(inner, inner, passed, [], node)}},
            "inputDefinitions": _definitions(types),
        }
        made = self._as_task(name, name, {**given, **self._passed(key=False)}, after, "")
        made.pop("cachingOptions")
        limit = self._deployment.plan.nodes[node].rules.concurrency
        if limit is not None:
            made["iteratorPolicy"] = {"parallelismLimit": limit}
        made["parameterIterator"] = {"itemInput": _ITEM, "items": items}
        return made

    def _as_task(
        self, name: str, component: str, given: dict[str, Any], after: list[str], node: str
    ) -> dict[str, Any]:
        made: dict[str, Any] = {
            "cachingOptions": {},
            "componentRef": {"name": f"comp-{component}"},
            "inputs": {"parameters": given},
            "taskInfo": {"name": name},
        }
        if after:
            # Whatever became of those before it: Dagbook itself says what that means.
            made |= {"dependentTasks": list(after), "triggerPolicy": dict(_EVER)}
        retries = self._deployment.plan.nodes[node].rules.retries if node else None
        if retries is not None and retries.limit:
            made["retryPolicy"] = {
                "maxRetryCount": retries.limit,
                "backoffDuration": f"{retries.backoff:g}s",
                "backoffFactor": retries.factor,
                **({"backoffMaxDuration": f"{retries.max_backoff:g}s"} if retries.max_backoff else {}),
            }
        return made

    def _passed(self, *, key: bool = True) -> dict[str, Any]:
        passed: dict[str, Any] = {"key": _constant("{{$.pipeline_job_uuid}}")} if key else {}
        return passed | {name: {"componentInputParameter": name} for name in self._inputs.values()}

    def _root_inputs(self) -> dict[str, Any]:
        spec = self._deployment.spec
        found = {}
        for name, text in self._deployment.params.items():
            about = {"description": spec.params[name].help} if spec.params[name].help else {}
            found[self._inputs[name]] = {
                "defaultValue": text, **about, "isOptional": True, "parameterType": "STRING",
            }  # fmt: skip
        return {"inputDefinitions": {"parameters": found}} if found else {}

    # --- components ---------------------------------------------------------------------------------

    def _component(self, name: str, *, node: str = "", lists: bool = False) -> None:
        types = dict.fromkeys(("verb", "step", "key", *self._inputs.values()), "STRING")
        made: dict[str, Any] = {"executorLabel": f"exec-{name}", "inputDefinitions": _definitions(types)}
        if lists:
            made["outputDefinitions"] = _definitions({"Output": "LIST"})
        self._components[f"comp-{name}"] = made
        container: dict[str, Any] = {
            "args": ["--executor_input", "{{$}}", "--function_to_execute", "part"],
            "command": ["sh", "-ec", _START, self._source(lists=lists)],
            "image": self._deployment.options["image"],
        }
        rules = self._deployment.plan.nodes[node].rules if node else None
        if rules is not None and (rules.cpu or rules.memory):
            container["resources"] = _resources(rules.cpu, rules.memory)
        self._executors[f"exec-{name}"] = {"container": container}

    def _source(self, *, lists: bool) -> str:
        """The component's Python; `--function_to_execute` calls `part`."""
        deployment = self._deployment
        filled = {
            "arguments": "".join(f", {name}: str" for name in self._inputs.values()),
            "returns": " -> list" if lists else "",
            "params": "{" + ", ".join(f"{own!r}: {name}" for own, name in self._inputs.items()) + "}",
            "project": repr(deployment.options["project"]),
            "file": repr(deployment.file),
            "digest": repr(deployment.digest),
        }
        text = _SOURCE
        for word, value in filled.items():
            text = text.replace(f"<<{word}>>", value)
        return text


def _constant(text: str) -> dict[str, Any]:
    return {"runtimeValue": {"constant": text}}


def _definitions(types: Mapping[str, str]) -> dict[str, Any]:
    return {"parameters": {name: {"parameterType": kind} for name, kind in types.items()}}


def _resources(cpu: float, memory: int) -> dict[str, Any]:
    """Requests and limits; the IR says each twice, for older and newer readers."""
    found: dict[str, Any] = {}
    if cpu:
        found |= {"cpuRequest": cpu, "resourceCpuRequest": f"{cpu:g}"}
    if memory:
        for kind in ("Request", "Limit"):
            found |= {f"memory{kind}": memory / 1e9, f"resourceMemory{kind}": str(memory)}
    return found


def _task_names(nodes: Mapping[str, Any]) -> dict[str, str]:
    """Lower case, digits and dashes; `end` and the tasks of a list are never a node's."""
    used: set[str] = {"end"}
    found: dict[str, str] = {}
    for node in nodes:
        base = re.sub(r"[^a-z0-9]+", "-", node.lower()).strip("-") or "node"
        word, number = base, 2
        while used & {word, f"{word}-list", f"{word}-each", f"{word}-all", f"{word}-step"}:
            word, number = f"{base}-{number}", number + 1
        used |= {word, f"{word}-list", f"{word}-each", f"{word}-all", f"{word}-step"}
        found[node] = word
    return found


def _pipeline_name(name: str) -> str:
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    return word if word[:1].isalpha() else f"p-{word}".rstrip("-")


def _as_yaml(documents: list[dict[str, Any]]) -> str:
    yaml = YAML()
    yaml.width = 4096
    yaml.representer.ignore_aliases = lambda _: True
    out = io.StringIO()
    yaml.dump_all([_literal(document) for document in documents], out)
    return out.getvalue()


def _literal(value: Any) -> Any:
    """Texts of several lines as blocks, which people can read and compare."""
    from ruamel.yaml.scalarstring import LiteralScalarString

    if isinstance(value, dict):
        return {key: _literal(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_literal(one) for one in value]
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value


# As kfp starts what it calls a lightweight Python component; `kfp.local` knows them by it.
_START: Final = """program_path=$(mktemp -d)
printf "%s" "$0" > "$program_path/ephemeral_component.py"
_KFP_RUNTIME=true python3 -m kfp.dsl.executor_main \\
  --component_module_path "$program_path/ephemeral_component.py" "$@"
"""

_SOURCE: Final = '''
def part(verb: str, step: str, key: str<<arguments>>)<<returns>>:
    """A part of the run, in a process of Dagbook's. Values travel by its run folder."""
    import os
    import shlex
    import subprocess

    params = <<params>>
    dagbook = shlex.split(os.environ.get("DAGBOOK", "dagbook"))
    project = os.environ.get("DAGBOOK_PROJECT") or <<project>> or "/project"
    # What an element comes to is for the end of its list to say.
    words = [verb.replace("element", "step"), "--key", key, "--scheduler", "kubeflow", "--digest", <<digest>>]
    for name, value in params.items():
        words += ["-p", f"{name}={value}"]
    if verb == "element":
        words.append("--every-attempt")
    output = subprocess.PIPE if verb == "expand" else None
    command = [*dagbook, "part", *words, "--", <<file>>, *([step] if step else [])]
    done = subprocess.run(command, cwd=project, stdout=output, text=True)
    # 76 and 77: it does not run, and why is said above.
    if verb == "expand":
        count = int(done.stdout.split()[0]) if done.returncode == 0 else 0
        return [f"{step}[{index}]" for index in range(count)]
    if done.returncode not in (0, 76, 77) and not (verb == "element" and done.returncode == 1):
        raise RuntimeError(f"{step or 'the run'} came to nothing (code {done.returncode}); why is said above")
'''
