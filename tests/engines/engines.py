"""Other schedulers, each in its own environment, as things that run a compiled pipeline once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.project import Answer, Project
from tests.conftest import ROOT

HOMES = ROOT / ".venv" / "engines"
# The whole environment but the person's own settings of engines.
DAGBOOK = f"{sys.executable} -m dagbook"


@dataclass
class Luigi:
    """`python MODULE`, with Luigi's local scheduler and two workers."""

    name: str = "luigi"
    suffix: str = ".py"
    options: Mapping[str, str] = field(default_factory=dict)

    def run(self, project: Project, manifest: Path, key: str, params: Mapping[str, str]) -> Answer:
        given = [word for name, value in params.items() for word in (f"--{name.replace('_', '-')}", value)]
        return _started(
            [HOMES / self.name / "bin" / "python", manifest, "--key", key, "--workers", "2", *given], project
        )


ENGINES = (Luigi(),)


def compiled(project: Project, engine: Luigi, file: str = "p.pipeline.yaml") -> Path:
    """The pipeline's manifest, written beside it."""
    manifest = project.folder / f"{engine.name}_p{engine.suffix}"
    options = [word for name, value in engine.options.items() for word in (f"--{name}", value)]
    answer = project.dagbook("compile", file, "--to", engine.name, "-o", str(manifest), *options)
    assert answer.code == 0, answer.said
    return manifest


def _started(words: list[str | Path], project: Project, env: Mapping[str, str] | None = None) -> Answer:
    done = subprocess.run(
        words,
        cwd=project.folder,
        env={**os.environ, **project.env, "DAGBOOK": DAGBOOK, **(env or {})},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1500, check=False,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


def tree(project: Project, run: str) -> dict[str, tuple[str, str]]:
    """What MLflow has of a run: each record below the pipeline's own → its status and its parent's name."""
    script = """
import json, logging, sys
logging.disable()
from mlflow import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1])
runs = [r for e in client.search_experiments() for r in client.search_runs([e.experiment_id])
        if r.data.tags.get("dagbook.run") == sys.argv[2]]
names = {r.info.run_id: r.info.run_name.split()[0] for r in runs}
print(json.dumps({names[r.info.run_id]: (r.info.status, names.get(r.data.tags.get("mlflow.parentRunId"), ""))
                  for r in runs}))
"""
    uri = f"sqlite:///{project.folder}/.dagbook/mlflow.db"
    done = subprocess.run(
        [sys.executable, "-c", script, uri, run], capture_output=True, text=True, check=True, timeout=300
    )
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return {name: (status, parent) for name, (status, parent) in found.items()}
