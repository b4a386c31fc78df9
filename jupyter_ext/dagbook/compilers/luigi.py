"""Plan → a Luigi module: one task class a node, done when our journal says that its result is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dagbook.compilers.elsewhere import KEPT_NODE, KEPT_PIPELINE, PROJECT, common_problems, upstream
from dagbook.compilers.python_text import attribute_names, class_names, heading
from dagbook.compilers.refusals import instead, refused, unknown_keys
from dagbook.engine.deployment import Deployment, Manifest, Option
from dagbook.pipeline.problem import Problem

_ENGINE: Final = "Luigi"
_CLASSES: Final = ("Part", "Indexed", "Element", "Fan", "Whole", "Path")
# What Luigi's own classes have, and would be covered by a parameter of that name.
_TAKEN: Final = [
    "accepts_messages",
    "batchable",
    "clone",
    "complete",
    "deps",
    "disable_hard_timeout",
    "disable_window",
    "disabled",
    "dynamic_requires",
    "event_handler",
    "from_str_params",
    "get_param_names",
    "get_param_values",
    "get_params",
    "get_task_family",
    "get_task_namespace",
    "index",
    "initialized",
    "input",
    "key",
    "max_batch_size",
    "namespace_at_class_time",
    "no_unpicklable_properties",
    "node",
    "on_failure",
    "on_success",
    "output",
    "owner_email",
    "param_kwargs",
    "priority",
    "process_resources",
    "register",
    "requires",
    "resources",
    "retry_count",
    "run",
    "set_progress_percentage",
    "set_status_message",
    "set_tracking_url",
    "step",
    "task_family",
    "task_id",
    "task_module",
    "task_namespace",
    "to_str_params",
    "trigger_event",
    "use_cmdline_section",
    "worker_timeout",
    "workers",
    "module",
    "local_scheduler",
    "help",
]


class LuigiCompiler:
    """Implements `engine.ports.Compiler` for Luigi 3."""

    options: Mapping[str, Option] = {"project": PROJECT}

    def compile(self, deployment: Deployment) -> Manifest:
        """The module."""
        spec = deployment.spec
        problems = [
            *unknown_keys(spec, _ENGINE, node=KEPT_NODE, pipeline=KEPT_PIPELINE),
            *common_problems(deployment),
            *_problems(deployment),
        ]
        if any(problem.severity == "error" for problem in problems):
            return Manifest(text="", suffix=".py", problems=tuple(problems))
        return Manifest(text=_Module(deployment).text(), suffix=".py", problems=tuple(problems))


def _problems(deployment: Deployment) -> Iterator[Problem]:
    spec = deployment.spec
    for name, node in spec.nodes.items():
        if node.run_if != "success":
            yield refused(
                ("nodes", name, "run_if"),
                f"`run_if: {node.run_if}`: Luigi never starts a task when one that it requires has failed",
                "make it a hook (`on: {failure: …}`), which Dagbook runs by itself, or use another engine",
                name,
            )
        if node.foreach is not None:
            yield instead(
                ("nodes", name, "foreach"),
                "Luigi shows an element that failed as done; the task of the whole node says what failed",
                "look at `dagbook show`, where each element has its own state",
                name,
            )
    if spec.on.schedule is not None:
        cron = f"{spec.on.schedule.cron} ({spec.on.schedule.timezone})"
        yield instead(
            ("on", "schedule"),
            f"Luigi has no clock: nothing starts this at {cron}",
            "have cron start it, with the date as --key",
        )
    for path, has in _with_retries(deployment):
        if has:
            yield instead(
                path,
                "attempts are repeated inside Luigi's one task, which goes on running while it waits",
                "nothing: limit, backoff and `on:` are kept as written",
            )


def _with_retries(deployment: Deployment) -> Iterator[tuple[tuple[str | int, ...], bool]]:
    spec = deployment.spec
    yield ("defaults", "retries"), spec.defaults.retries is not None
    for name, node in spec.nodes.items():
        yield ("nodes", name, "retries"), node.retries is not None


class _Module:
    """One module in the making."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        plan = deployment.plan
        (self._whole,) = class_names([plan.pipeline], _CLASSES).values()
        reserved = [*_CLASSES, self._whole]
        self._classes = class_names(plan.nodes, reserved)
        elements = [f"{name} element" for name in plan.nodes if plan.nodes[name].rules.foreach]
        self._elements = class_names(elements, [*reserved, *self._classes.values()])
        self._attributes = attribute_names(deployment.params, _TAKEN)

    def text(self) -> str:
        """The module's source."""
        deployment = self._deployment
        filled = {
            "heading": heading(deployment, _ENGINE),
            "project": repr(deployment.options["project"]),
            "file": repr(deployment.file),
            "digest": repr(deployment.digest),
            "params": "".join(f"    {self._attributes[name]!r}: {name!r},\n" for name in deployment.params),
            "declared": self._declared(),
            "whole": self._whole,
        }
        text = _HEAD
        for word, value in filled.items():
            text = text.replace(f"<<{word}>>", value)
        parts = [text, *(self._node(name) for name in deployment.plan.nodes), self._pipeline()]
        return (
            "\n\n".join(part.strip("\n") + "\n" for part in parts)
            + "\n\n"
            + _FOOT.replace("<<whole>>", self._whole).strip("\n")
            + "\n"
        )

    def _declared(self) -> str:
        lines = []
        for name, text in self._deployment.params.items():
            about = self._deployment.spec.params[name].help or f"parameter {name} of the pipeline"
            lines.append(
                f"    {self._attributes[name]} = luigi.Parameter(default={text!r}, description={about!r})\n"
            )
        return "".join(lines)

    def _node(self, name: str) -> str:
        node = self._deployment.plan.nodes[name]
        requires = self._requires(upstream(self._deployment, name))
        if node.rules.foreach:
            element = self._elements[f"{name} element"]
            return (
                f"class {element}(Element):\n    node = {name!r}\n\n\n"
                f"class {self._classes[name]}(Fan):\n    node = {name!r}\n    element = {element}\n{requires}"
            )
        if self._deployment.spec.nodes[name].matrix:
            return f"class {self._classes[name]}(Indexed):\n    node = {name!r}\n{requires}"
        return f"class {self._classes[name]}(Part):\n    node = {name!r}\n{requires}"

    def _requires(self, ups: list[str]) -> str:
        if not ups:
            return ""
        lines = "".join(f"            {self._call(up)},\n" for up in ups)
        return f"\n    def requires(self):\n        return [\n{lines}        ]\n"

    def _call(self, up: str) -> str:
        if self._deployment.spec.nodes[up].matrix:
            count = len(self._deployment.plan.steps_of(up))
            return f"*(self.another({self._classes[up]}, index=index) for index in range({count}))"
        return f"self.another({self._classes[up]})"

    def _pipeline(self) -> str:
        # All of them: of a node that nothing needs, nobody else would ask.
        requires = self._requires(list(self._deployment.plan.nodes))
        about = self._deployment.plan.description.strip() or f"The pipeline {self._deployment.plan.pipeline}"
        return f"class {self._whole}(Whole):\n    {_docstring(about)}\n{requires}"


def _docstring(text: str) -> str:
    return repr(text.replace("\n", " "))


_HEAD: Final = '''<<heading>>#
#   python THIS_FILE --key 2026-11-26 --workers 2
#   luigi --module THIS_MODULE <<whole>> --key 2026-11-26 --local-scheduler
#
# A run is named by its key: with the same key, what is done is not done again. Each task is a process
# `dagbook part step`, in Dagbook's environment ($DAGBOOK names the command); this module needs Luigi alone.

import datetime
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import luigi

DAGBOOK = shlex.split(os.environ.get("DAGBOOK", "dagbook"))
PROJECT = Path(os.environ.get("DAGBOOK_PROJECT") or <<project>> or Path(__file__).resolve().parent)
FILE = <<file>>
DIGEST = <<digest>>
PARAMS = {
<<params>>}
SKIPPED = 77  # the step's condition does not hold


class Part(luigi.Task):
    """Something that Dagbook does."""

    key = luigi.Parameter(default=datetime.date.today().isoformat(), description="name of the run")
<<declared>>    node = ""

    @property
    def step(self):
        return self.node

    def another(self, task, **more):
        return task(**{name: getattr(self, name) for name in ("key", *PARAMS)}, **more)

    def complete(self):
        return journal(self.key).get(self.step) in ("succeeded", "reused", "skipped")

    def run(self):
        self.dagbook("step", "--every-attempt", "--last-ends")

    def dagbook(self, verb, *options, output=None):
        words = [verb, "--key", self.key, "--scheduler", "luigi", "--digest", DIGEST, *options]
        for attribute, name in PARAMS.items():
            words += ["-p", f"{name}={getattr(self, attribute)}"]
        command = [*DAGBOOK, "part", *words, "--", FILE, self.step]
        done = subprocess.run(command, cwd=PROJECT, stdout=output, text=True)
        if done.returncode not in (0, SKIPPED):
            raise RuntimeError(f"{self.step} came to nothing (code {done.returncode}); what it said is above")
        return done


class Indexed(Part):
    """A step of a matrix."""

    index = luigi.IntParameter()

    @property
    def step(self):
        return f"{self.node}[{self.index}]"


class Element(Indexed):
    """A step of a foreach. Over is done: whether too many failed is for the node's own task to say."""

    def complete(self):
        return journal(self.key).get(self.step) is not None

    def run(self):
        try:
            super().run()
        except RuntimeError as error:
            print(error, file=sys.stderr)


class Fan(Part):
    """A node with foreach: what it is over is known when its upstream is done."""

    def run(self):
        done = self.dagbook("expand", output=subprocess.PIPE)
        if done.returncode != SKIPPED:
            count = int(done.stdout.split()[0])
            yield [self.another(self.element, index=index) for index in range(count)]
            self.dagbook("gather", "--last-ends")


class Whole(Part):
    """All of it; the part that is over last ends the run."""

    def complete(self):
        return all(task.complete() for task in self.requires())

    def run(self):
        pass


def journal(key):
    """Step -> how it ended, of those that are over."""
    state = PROJECT / ".dagbook"
    try:
        place = state / "scheduled" / "luigi" / quote(FILE, safe="") / quote(key, safe="")
        run = place.read_text().split()[0]
        lines = (state / "runs" / run / "journal.jsonl").read_text("utf-8").splitlines()
    except (OSError, IndexError):
        return {}
    over = {}
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            break  # a line that was cut off
        kind, step = event["kind"], event.get("step")
        if kind in ("step_succeeded", "step_reused", "step_cancelled"):
            over[step] = kind.removeprefix("step_")
        elif kind == "step_skipped":
            over[step] = "skipped" if event["cause"] == "condition" else "left out"
        elif kind == "step_failed" and event["retry_in"] is None:
            over[step] = event["as"]
        elif kind == "run_resumed":
            for again in event["steps"]:
                over.pop(again, None)
    return over
'''

_FOOT: Final = """
if __name__ == "__main__":
    done = luigi.run(main_task_cls=<<whole>>, local_scheduler=True, detailed_summary=True)
    sys.exit(0 if done.scheduling_succeeded else 1)
"""
