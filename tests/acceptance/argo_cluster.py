"""A cluster of one folder: does with a compiled workflow what Argo does, as far as ours go.

Tasks in the order of what they depend on, a process for each pod, artifacts in a folder by key. Each pod
sees only what its template says arrives there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ruamel.yaml import YAML


class FolderCluster:
    """Runs workflows whose image is `project`, a folder; `room` is for pods and artifacts."""

    def __init__(self, project: Path, room: Path) -> None:
        self.store = room / "store"
        self.log: list[str] = []
        self.asked: list[str] = []
        self.answers: dict[str, bool] = {}
        """Task that waits → whether somebody resumes it, or ends it with a no."""
        self.loses = ""
        """A pod whose artifacts never get to the store."""
        self._project = project
        self._room = room
        self._bin = room / "bin"
        self._bin.mkdir(parents=True)
        command = self._bin / "dagbook"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dagbook "$@"\n', "utf-8")
        command.chmod(0o755)

    def submit(self, manifest: str, **parameters: str) -> dict[str, str]:
        """Run a workflow to its end; task → Succeeded, Failed, Skipped or Omitted."""
        document = YAML(typ="safe", pure=True).load(manifest)
        spec = document["spec"]
        if document["kind"] == "CronWorkflow":  # as it is fired
            spec = spec["workflowSpec"]
        given = {one["name"]: one["value"] for one in spec.get("arguments", {}).get("parameters", [])}
        words = {f"workflow.parameters.{name}": value for name, value in (given | parameters).items()}
        words["workflow.uid"] = "uid-1"
        self._templates = {template["name"]: template for template in spec["templates"]}
        return self._dag(self._templates[spec["entrypoint"]], words)

    def _dag(self, template: Any, words: dict[str, str]) -> dict[str, str]:
        tasks = {task["name"]: task for task in template["dag"]["tasks"]}
        phases: dict[str, str] = {}
        while left := [task for name, task in tasks.items() if name not in phases]:
            ready = [task for task in left if all(up in phases for up in _upstream(task))]
            assert ready, f"these wait for one another: {left}"
            phases[ready[0]["name"]] = self._task(ready[0], words, phases)
        return phases

    def _task(self, task: Any, words: dict[str, str], phases: dict[str, str]) -> str:
        if not _holds(task.get("depends", ""), phases):
            return "Omitted"
        template = self._templates[task["template"]]
        ended = []
        for number, item in enumerate(task.get("withItems", [{}])):
            inputs = {
                f"inputs.parameters.{one['name']}": _filled(
                    one["value"], {**words, **{f"item.{k}": v for k, v in item.items()}}
                )
                for one in task.get("arguments", {}).get("parameters", [])
            }
            ended.append(self._node(f"{task['name']}-{number}", template, {**words, **inputs}))
        return "Succeeded" if all(ended) else "Failed"

    def _node(self, name: str, template: Any, words: dict[str, str]) -> bool:
        """Whether it succeeded in the end."""
        if "dag" in template:
            return not {"Failed"} & set(self._dag(template, words).values())
        if "suspend" in template:
            self.asked.append(template["inputs"]["parameters"][0]["value"])
            return self.answers[template["name"]]
        strategy = template.get("retryStrategy")
        if strategy is None:
            return self._pod(name, template, words) == 0
        for number in range(int(strategy["limit"]) + 1):
            code = self._pod(f"{name}-{number}", template, {**words, "retries": str(number)})
            if code == 0 or not _is_retried(strategy, code):
                return code == 0
        return False

    def _pod(self, name: str, template: Any, words: Mapping[str, str]) -> int:
        """One pod; its /tmp is a folder of its own."""
        root = self._room / "pods" / name
        template = json.loads(_filled(json.dumps(template), words).replace("/tmp/dagbook", str(root)))
        for artifact in template.get("inputs", {}).get("artifacts", []):
            source = self.store / artifact["s3"]["key"]
            if source.is_dir():
                shutil.copytree(source, artifact["path"])
            else:
                assert artifact["optional"], f"{artifact['name']} did not arrive"
        container = template["container"]
        path = f"{self._bin}:{os.environ['PATH']}"
        done = subprocess.run(
            [*container["command"], *container.get("args", [])],
            cwd=self._project, env={**os.environ, "PATH": path}, check=False,
            capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        self.log.append(f"{name}: {done.returncode}\n{done.stdout}{done.stderr}")
        for artifact in template.get("outputs", {}).get("artifacts", []) if name != self.loses else []:
            shutil.copytree(artifact["path"], self.store / artifact["s3"]["key"], dirs_exist_ok=True)
        # A pod's disk goes with it: whoever still points there has not understood.
        shutil.rmtree(root, ignore_errors=True)
        return done.returncode


_RESULT = re.compile(r"([\w-]+)(?:\.([A-Z]\w+))?")


def _upstream(task: Any) -> list[str]:
    return [name for name, _ in _RESULT.findall(task.get("depends", ""))]


def _holds(depends: str, phases: Mapping[str, str]) -> bool:
    """Argo's `depends`, for tasks that are over."""
    if not depends:
        return True

    def one(found: re.Match[str]) -> str:
        # Without a result: as it is for `dependencies`.
        wanted = {found[2]} if found[2] else {"Succeeded", "Skipped", "Daemoned"}
        return str(phases[found[1]] in wanted)

    return bool(eval(_as_python(_RESULT.sub(one, depends)), {}))


def _is_retried(strategy: Any, code: int) -> bool:
    """Whether a pod that ended with the code is followed by another; after a signal, the code is over 128."""
    assert strategy["retryPolicy"] == "Always"
    last = SimpleNamespace(exitCode=str(code if code >= 0 else 128 - code), status="Failed")
    return bool(eval(_as_python(strategy["expression"]), {"lastRetry": last, "asInt": int}))


def _as_python(expression: str) -> str:
    return re.sub(r"!(?!=)", " not ", expression.replace("&&", " and ").replace("||", " or "))


def _filled(text: str, words: Mapping[str, str]) -> str:
    filled = re.sub(r"\{\{([^}]+)\}\}", lambda found: json.dumps(words[found[1]])[1:-1], text)
    assert "{{" not in filled
    return filled
