"""A small controller: carries Argo workflows out by pods that are processes, and tells of them as Argo does.

A node for each task, a TaskGroup over the items of a task, `Omitted` for what does not come.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.acceptance.argo_cluster import FolderCluster, _filled

Say = Callable[[str], None]
ENDED = {"Succeeded", "Failed", "Error", "Omitted", "Skipped"}


class PodCluster(FolderCluster):
    """A FolderCluster whose pods are started one by one, heard while they run, and stopped."""

    def __init__(self, project: Path, room: Path) -> None:
        super().__init__(project, room)
        self._running: set[subprocess.Popen[str]] = set()

    def words(self, document: Any) -> dict[str, str]:
        given = document["spec"].get("arguments", {}).get("parameters", [])
        words = {f"workflow.parameters.{one['name']}": one["value"] for one in given}
        return {**words, "workflow.uid": document["metadata"]["uid"]}

    def inputs(self, task: Any, item: dict[str, str]) -> dict[str, str]:
        words = {f"item.{key}": value for key, value in item.items()}
        given = task.get("arguments", {}).get("parameters", [])
        return {f"inputs.parameters.{one['name']}": _filled(one["value"], words) for one in given}

    def pod(self, name: str, template: Any, words: dict[str, str], say: Say) -> tuple[int, str]:
        """One pod, to its end: its exit code, and the key of what it left."""
        root = self._room / "pods" / name
        template = json.loads(_filled(json.dumps(template), words).replace("/tmp/dagbook", str(root)))
        for artifact in template["inputs"].get("artifacts", []):
            source = self.store / artifact["s3"]["key"]
            if source.is_dir():
                shutil.copytree(source, artifact["path"])
        container = template["container"]
        process = subprocess.Popen(
            [*container["command"], *container["args"]],
            cwd=self._project, env={**os.environ, "PATH": f"{self._bin}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self._running.add(process)
        assert process.stdout is not None
        for line in process.stdout:
            say(line.rstrip("\n"))
        code = process.wait()
        self._running.discard(process)
        stored = ""
        for artifact in template["outputs"]["artifacts"]:
            if Path(artifact["path"]).is_dir():
                stored = artifact["s3"]["key"]
                shutil.copytree(artifact["path"], self.store / stored, dirs_exist_ok=True)
        shutil.rmtree(root, ignore_errors=True)
        return code, stored

    def stop(self) -> None:
        """End every pod, as Kubernetes does: asked first."""
        for process in list(self._running):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


class ArgoController:
    """Workflows by name, and a thread for each that carries it out."""

    def __init__(self, cluster: PodCluster) -> None:
        self.cluster = cluster
        self.workflows: dict[str, dict[str, Any]] = {}
        self.changed = threading.Condition()
        self.logs: dict[str, list[str]] = {}
        self.version = 0

    def create(self, document: dict[str, Any]) -> dict[str, Any]:
        name = document["metadata"]["name"]
        document["metadata"]["uid"] = f"uid-{len(self.workflows) + 1}"
        document["status"] = {"phase": "", "startedAt": None, "finishedAt": None}
        with self.changed:
            self.workflows[name] = document
            self._touch(document)
        threading.Thread(target=self._run, args=(document,), daemon=True).start()
        return document

    def delete(self, name: str) -> None:
        with self.changed:
            self.workflows.pop(name)["deleted"] = True
            self.changed.notify_all()

    def stop(self, name: str) -> dict[str, Any]:
        with self.changed:
            document = self.workflows[name]
            document["spec"]["shutdown"] = "Stop"
            self._touch(document)
        self.cluster.stop()
        return document

    def retry(self, name: str) -> dict[str, Any]:
        with self.changed:
            document = self.workflows[name]
            nodes = document["status"]["nodes"]
            for key in [key for key, node in nodes.items() if node["phase"] != "Succeeded"]:
                del nodes[key]
            document["spec"].pop("shutdown", None)
            document["status"] |= {"phase": "Running", "finishedAt": None, "startedAt": now(), "message": ""}
            self._touch(document)
        threading.Thread(target=self._run, args=(document,), daemon=True).start()
        return document

    def _run(self, document: dict[str, Any]) -> None:
        name = document["metadata"]["name"]
        with self.changed:
            document["status"].setdefault("nodes", {})
            document["status"] |= {"phase": "Running", "startedAt": document["status"]["startedAt"] or now()}
            self._touch(document)
        templates = {template["name"]: template for template in document["spec"]["templates"]}
        tasks = templates[document["spec"]["entrypoint"]]["dag"]["tasks"]
        phases: dict[str, str] = {}
        while left := [task for task in tasks if task["name"] not in phases]:
            task = next(task for task in left if all(up in phases for up in upstream(task)))
            phases[task["name"]] = self._task(document, task, templates[task["template"]], phases)
        good = all(phase == "Succeeded" for phase in phases.values())
        shutdown = document["spec"].get("shutdown")
        message = f"Stopped with strategy '{shutdown}'" if shutdown else ""
        with self.changed:
            if self.workflows.get(name) is document:
                end = "Succeeded" if good and not shutdown else "Failed"
                document["status"] |= {"phase": end, "finishedAt": now(), "message": message}
                self._touch(document)

    def _task(self, document: Any, task: Any, template: Any, phases: dict[str, str]) -> str:
        name = f"{document['metadata']['name']}.{task['name']}"
        if any(phases[up] != "Succeeded" for up in upstream(task)):
            message = "omitted: depends condition not met"
            self._node(document, name, task, type="Skipped", phase="Omitted", message=message)
            return "Omitted"
        items = task.get("withItems")
        if items is None:
            return self._pod(document, name, task, template, {})
        ended = []
        self._node(document, name, task, type="TaskGroup", phase="Running")
        for number, item in enumerate(items):
            shown = ",".join(f"{key}:{value}" for key, value in sorted(item.items()))
            ended.append(self._pod(document, f"{name}({number}:{shown})", task, template, item))
        group = "Succeeded" if all(phase == "Succeeded" for phase in ended) else "Failed"
        self._node(document, name, task, type="TaskGroup", phase=group)
        return group

    def _pod(self, document: Any, name: str, task: Any, template: Any, item: dict[str, str]) -> str:
        known = document["status"]["nodes"].get(node_id(document, name))
        if known is not None and known["phase"] == "Succeeded":
            return "Succeeded"  # a retry keeps it
        if document["spec"].get("shutdown"):
            return "Failed"
        inputs = self.cluster.inputs(task, item)
        shown = {"parameters": [{"name": key.rpartition(".")[2], "value": v} for key, v in inputs.items()]}
        self._node(document, name, task, type="Pod", phase="Pending", message="PodInitializing", inputs=shown)
        self._node(document, name, task, type="Pod", phase="Running", message="", inputs=shown)
        pod = self.pod_name(document, document["status"]["nodes"][node_id(document, name)])
        lines = self.logs.setdefault(pod, [])
        lines.clear()
        words = self.cluster.words(document) | inputs
        code, stored = self.cluster.pod(pod, template, words, lines.append)
        phase, message = ("Succeeded", "") if code == 0 else ("Failed", f"Error (exit code {code})")
        if phase == "Failed" and document["spec"].get("shutdown"):
            message = "workflow shutdown with strategy:  Stop"
        outputs = {"artifacts": [{"name": "result", "s3": {"key": stored}}] if stored else []}
        self._node(document, name, task, type="Pod", phase=phase, message=message, outputs=outputs)
        return phase

    def _node(self, document: Any, name: str, task: Any, **said: Any) -> None:
        with self.changed:
            key = node_id(document, name)
            nodes = document["status"]["nodes"]
            node = nodes.setdefault(
                key,
                {
                    "id": key, "name": name, "displayName": name.partition(".")[2], "startedAt": now(),
                    "templateName": task["template"], "finishedAt": None,
                },
            )  # fmt: skip
            node |= said
            if node["phase"] in ENDED:
                node["finishedAt"] = now()
            self._touch(document)

    def _touch(self, document: dict[str, Any]) -> None:
        self.version += 1
        document["metadata"]["resourceVersion"] = str(self.version)
        self.changed.notify_all()

    def pod_name(self, document: Any, node: Any) -> str:
        workflow = document["metadata"]["name"]
        return f"{workflow}-{node['templateName']}-{node['id'].removeprefix(workflow + '-')}"

    def is_over(self, pod: str) -> bool:
        for document in list(self.workflows.values()):
            for node in list(document["status"].get("nodes", {}).values()):
                if node["type"] == "Pod" and self.pod_name(document, node) == pod:
                    return node["phase"] in ENDED
        return True


def upstream(task: Any) -> list[str]:
    return re.findall(r"([\w-]+)\.Succeeded", task.get("depends", ""))


def node_id(document: Any, name: str) -> str:
    """As Argo makes it: the workflow's name, and a 32-bit FNV-1a hash of the node's."""
    number = 2166136261
    for byte in name.encode():
        number = ((number ^ byte) * 16777619) % 2**32
    return f"{document['metadata']['name']}-{number}"


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
