"""A project whose MLflow store holds runs of every kind that the panel has to show."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagbook.trackers.store import MlflowStore
from tests.unit.notebook.notebooks import with_parameters

NASTY = "<img src=x onerror=alert(1)>"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6260000000000500"
    "0184a2d39a0000000049454e44ae426082"
)


@dataclass
class Recorded:
    """The project, its store, and ids of runs by their names."""

    folder: Path
    client: Any
    experiment: str
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def notebook(self) -> Path:
        return self.folder / "train.ipynb"

    def add(self, name: str, *, at: int, status: str = "FINISHED", **tags: str) -> str:
        """A run that began `at` seconds, of the notebook unless a tag says otherwise."""
        told = {"mlflow.source.name": str(self.notebook), "mlflow.user": "ada", **tags}
        run = self.client.create_run(self.experiment, start_time=at * 1000, run_name=name, tags=told)
        run_id: str = run.info.run_id
        if status != "RUNNING":
            self.client.set_terminated(run_id, status, end_time=(at + 5) * 1000)
        self.ids[name] = run_id
        return run_id


def record(folder: Path) -> Recorded:
    """Fill a new store in `folder`: one run with everything, some beside it, one deleted."""
    (folder / ".dagbook" / "outbox").mkdir(parents=True)
    (folder / "train.ipynb").write_text(json.dumps(with_parameters("depth = 3")))
    (folder / "other.ipynb").write_text(json.dumps(with_parameters("depth = 3")))
    store = MlflowStore(None, folder / ".dagbook")
    made = Recorded(folder=folder, client=store.client(), experiment=store.experiment_id("digits"))
    rich = made.add(
        "rich",
        at=1000,
        **{"dagbook.cell.metric.loss": "cell-2", "team": "vision", "dagbook.git.dirty": "yes"},
    )
    fill(made, rich)
    for number, name in enumerate(("alpha", "beta", NASTY)):
        run = made.add(name, at=1100 + number, status="FAILED" if name == "beta" else "FINISHED")
        made.client.log_metric(run, "acc", (0.7, 0.9, float("nan"))[number])
        made.client.log_param(run, "depth", number)
    made.add("going on", at=1200, status="RUNNING")
    made.add("elsewhere", at=900, **{"mlflow.source.name": str(folder / "other.ipynb")})
    made.add("own start_run", at=950, **{"mlflow.source.name": "train.ipynb"})
    made.client.delete_run(made.add("gone", at=800))
    return made


def fill(made: Recorded, run: str) -> None:
    """Series with gaps and infinities, parameters, and a file of every kind."""
    from mlflow.entities import Metric, Param

    values = [(step, 1 / (step + 1)) for step in range(3000)]
    values[1500] = (1500, 99.0)
    for start in range(0, 3000, 1000):
        made.client.log_batch(
            run,
            metrics=[Metric("loss", value, 1_000_000 + step, step) for step, value in values[start:][:1000]],
            params=[Param("markup", NASTY), Param("depth", "4")] if start == 0 else [],
        )
    made.client.log_metric(run, "bad", float("nan"))
    made.client.log_metric(run, "worse", float("inf"))
    for at in range(40):
        made.client.log_metric(run, "stepless", at % 7, timestamp=1000 + at)
    files = made.folder / "files"
    files.mkdir()
    (files / "figure.png").write_bytes(PNG)
    (files / "rows.csv").write_text("name,value\n<b>,1\ny,2\n")
    (files / "notes.txt").write_text("plain\n")
    (files / "page.html").write_text("<script>alert(1)</script>")
    (files / "facts.json").write_text('{"a":1}')
    (files / "large.log").write_text("x" * 300_000)
    (files / "model.bin").write_bytes(b"\0\1\2" * 100)
    (files / "executed.ipynb").write_text(json.dumps(with_parameters("depth = 4")))
    (files / "broken.ipynb").write_text("{")
    made.client.log_artifacts(run, str(files))
    made.client.log_artifacts(run, str(files), "sub folder")
