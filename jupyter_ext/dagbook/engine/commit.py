"""What an attempt left behind, in the terms of the run folder, and why it failed when it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dagbook.engine.folders import NOTEBOOK
from dagbook.engine.ports import Ended
from dagbook.notebook.outputs import Output
from dagbook.run.events import FinishedAs
from dagbook.run.facts import NodeError


@dataclass(frozen=True, kw_only=True)
class Committed:
    """Paths are relative to the run folder; `notebook` is empty when none was written."""

    outputs: Mapping[str, Output] = field(default_factory=dict)
    notebook: str = ""
    seconds: float = 0.0
    peak_memory: int | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, ended: Ended, folder: Path, place: str) -> Committed:
        """Read off an attempt's end; `place` is the attempt's folder, relative to `folder`."""
        result = ended.result
        name = result.notebook if result is not None else NOTEBOOK
        notebook = f"{place}/{name}" if name and (folder / place / name).exists() else ""
        if result is None:
            return cls(notebook=notebook)
        return cls(
            outputs=published_by(result.outputs, place),
            notebook=notebook,
            seconds=result.seconds,
            peak_memory=result.peak_memory,
            warnings=result.warnings,
        )

    def artifacts(self, folder: Path) -> list[Path]:
        """What the tracking store keeps a copy of: the executed notebook and the published figures."""
        figures = [output.path for output in self.outputs.values() if output.format in {"png", "svg"}]
        return [folder / path for path in (self.notebook, *figures) if path]


def published_by(outputs: Mapping[str, Output], place: str) -> dict[str, Output]:
    """Outputs with their paths below `place` instead of relative to it."""
    return {
        name: output.model_copy(update={"path": f"{place}/{output.path}"})
        if output.kind == "file"
        else output
        for name, output in outputs.items()
    }


def failure_of(ended: Ended) -> tuple[FinishedAs, NodeError]:
    """As what an attempt failed, and why; an attempt without a result lost its worker."""
    result = ended.result
    if result is None or result.state == "succeeded":
        if ended.lost:
            remedy = "nothing: it is tried again elsewhere; see to the machine if it comes often"
            return "killed", NodeError(name="WorkerLost", value=ended.reason, remedy=remedy)
        remedy = "see the step's log; `dagbook logs` shows it"
        return "killed", NodeError(name="WorkerDied", value=ended.reason, remedy=remedy)
    error = result.error or NodeError(name="Unknown", value="the runner gave no reason")
    return result.state, error
