"""One attempt of one node as files: `request.json` goes in, `result.json` comes out.

Every way of running a node (local process, Dask worker, pod) hands over exactly these.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dagbook.engine.folders import NOTEBOOK
from dagbook.notebook.outputs import Output
from dagbook.pipeline.plan import PlannedRegistration
from dagbook.pipeline.rules import Retries
from dagbook.run.facts import NodeError

REQUEST_VERSION = 1


class NodeRequest(BaseModel):
    """What is to be executed. Paths are absolute; `params` are in the encoded form of notebook.values.

    Attributes:
        folder: the attempt's own folder, never used before; everything is written below it.
        cwd: the kernel's working directory: the notebook's folder, as in Jupyter.
        collect: declared outputs, name → file or folder relative to `cwd`.
        lock: every package of the environment that the kernel runs in; empty for the machine's own.
        environments: the folder that such environments are kept in.
        env: added to the kernel's environment (tracking identity).
        expected: outputs that downstream takes; without them the attempt fails.
        timeout: seconds for the whole notebook; None for no limit.
        cell_timeout: seconds for each cell; None for no limit.
        warm: whether its kernel may be forked from a warm process.
        memory: bytes that the attempt may take, all its processes together; None for no limit.
        cpu: processors that it asks for; 0 when it says nothing.
        registration: what becomes of the model that the notebook makes; None for nothing.
        hold: seconds that its kernel is kept for a person when a cell fails; 0 for not at all.
        retries: the rule by which a scheduler that counts attempts is asked for another, by the exit code;
            None where a driver decides.
        files: what the notebook uses besides: modules and `deps`, relative to `cwd` (or to the project).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = REQUEST_VERSION
    run: str
    step: str
    node: str
    attempt: int
    notebook: str
    folder: str
    cwd: str
    params: dict[str, Any] = Field(default_factory=dict)
    collect: dict[str, str] = Field(default_factory=dict)
    expected: tuple[str, ...] = ()
    kernel: str | None = None
    lock: str = ""
    environments: str = ""
    env: dict[str, str] = Field(default_factory=dict)
    timeout: float | None = None
    cell_timeout: float | None = None
    memory: int | None = None
    cpu: float = 0.0
    files: tuple[str, ...] = ()
    warm: bool = False
    hold: float = 0.0
    start_timeout: float = 60.0
    registration: PlannedRegistration | None = None
    retries: Retries | None = None


class CellTiming(BaseModel):
    """How one cell went. `cell` counts from 1; `status` is what really happened."""

    model_config = ConfigDict(frozen=True)

    cell: int
    cell_id: str
    status: Literal["completed", "failed", "timed-out", "died", "not-run"]
    seconds: float | None = None


class NodeResult(BaseModel):
    """How the attempt ended. Output paths are relative to the attempt's folder.

    `by_hand` names the person who finished it in its kernel, after a cell had failed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = REQUEST_VERSION
    state: Literal["succeeded", "failed", "timed-out", "killed"]
    outputs: dict[str, Output] = Field(default_factory=dict)
    notebook: str = NOTEBOOK
    kernel: str = ""
    seconds: float = 0.0
    cells: tuple[CellTiming, ...] = ()
    peak_memory: int | None = None
    error: NodeError | None = None
    stopped_early: int | None = None
    by_hand: str = ""
    warnings: tuple[str, ...] = ()
