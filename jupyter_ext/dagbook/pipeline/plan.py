"""The plan of a run: every step, whether it runs, is reused or skipped, and why. `plan.json` is this."""

from __future__ import annotations

import itertools
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dagbook.pipeline.on_spec import HookEvent
from dagbook.pipeline.rules import Limits, Rules
from dagbook.pipeline.spec import ExecutorName, NodeSpec

PLAN_VERSION = 1

MOST_STEPS = 10_000
"""Of one node; whoever really wants more wants something else than one notebook for each."""

Action = Literal["run", "reuse", "skip"]


class Planned(BaseModel):
    """Base of what a plan consists of; open to fields that a later version adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PlannedQuestion(Planned):
    """What a person is asked.

    Attributes:
        message: template of the question.
        by: who may answer, by user name; anybody when empty.
        timeout: seconds that an answer is waited for; None for ever.
    """

    message: str
    by: tuple[str, ...] = ()
    timeout: float | None = None


class PlannedRegistration(Planned):
    """What becomes of the model that a node made.

    Attributes:
        model: the registered model.
        source: an output, or the name that the model was logged under; empty for the newest.
        alias: of the new version; empty for none.
        condition: under which it gets the alias; empty for always.
    """

    model: str
    source: str = ""
    alias: str = ""
    condition: str = ""
    description: str = ""
    tags: dict[str, str] = Field(default_factory=dict)


class PlannedNode(Planned):
    """A node as it will be run, frozen: later edits of the pipeline file change nothing.

    Attributes:
        notebook: absolute path of the author's notebook; its folder is the working directory.
        params: name → template, in the encoded form of notebook.values.
        outputs: declared outputs, name → template of a path relative to the notebook's folder.
        expected: outputs that other nodes take.
        code: fingerprint parts of the notebook itself (not of parameters).
        lock: every package of the environment that its kernel runs in; empty for the machine's own.
        kernel: asked for by the pipeline file; None for the notebook's own.
        when: template of its condition; None for none.
        foreach: template of the list that it is expanded over; None for none.
        approve: what a person is asked before it runs; None for nothing.
        rules: what the machine follows.
        locks: name → how many steps of the project may hold it at once.
        files: modules and `deps` that the notebook uses, relative to its folder (or the project).
        warm: whether its kernel may be forked from a warm process.
        registration: what becomes of the model that it makes; None for nothing.
        predict: the registered model that it scores with, as MLflow names it; else empty.
    """

    notebook: str
    params: dict[str, Any] = Field(default_factory=dict)
    outputs: dict[str, str] = Field(default_factory=dict)
    expected: tuple[str, ...] = ()
    code: dict[str, str] = Field(default_factory=dict)
    kernel: str | None = None
    timeout: float | None = None
    cell_timeout: float | None = None
    when: str | None = None
    foreach: Any = None
    approve: PlannedQuestion | None = None
    rules: Rules = Rules()
    locks: dict[str, int] = Field(default_factory=dict)
    cache: bool = True
    warm: bool = False
    lock: str = ""
    files: tuple[str, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    registration: PlannedRegistration | None = None
    predict: str = ""


class PlannedStep(Planned):
    """One execution of a node.

    Attributes:
        index: counts a matrix's steps from 0.
        fresh: forbids reuse.
        accepted: who took an earlier result as current, when and in spite of what; empty when nobody did.
    """

    step: str
    node: str
    index: int | None = None
    item: dict[str, Any] = Field(default_factory=dict)
    needs: tuple[str, ...] = ()
    action: Action = "run"
    reason: str = ""
    fresh: bool = False
    accepted: str = ""


class Place(Planned):
    """Where attempts run.

    Attributes:
        executor: `local`, or `dask`.
        address: of the cluster's scheduler; empty for a cluster of this machine, made for the run.
        storage: what files travel by to workers that have no folder in common with us; empty when they have.
    """

    executor: ExecutorName = "local"
    address: str = ""
    storage: str = ""


class PlannedHook(Planned):
    """What is to be done when the run has ended, frozen like a node.

    Attributes:
        on: when it is due.
        notebook: absolute path; empty when somebody is to be told.
        service: who is told, by the scheme of the address alone: addresses hold secrets and stand in no plan.
        params: name → template, in the encoded form of notebook.values.
    """

    on: HookEvent
    notebook: str = ""
    service: str = ""
    params: dict[str, Any] = Field(default_factory=dict)
    kernel: str | None = None
    timeout: float | None = None


class Plan(Planned):
    """What is to be done. `params` are the run's, encoded; `file` is absolute.

    `preload` is what the author wants warm kernels to have imported, `imports` what the notebooks import.
    `place` is where attempts run. `keep_failed` is how many seconds the kernel of a step that fails for good
    is kept for a person; 0 for not at all.
    """

    version: int = PLAN_VERSION
    pipeline: str
    description: str = ""
    file: str
    project: str
    params: dict[str, Any] = Field(default_factory=dict)
    jobs: int = 2
    experiment: str = ""
    tags: dict[str, str] = Field(default_factory=dict)
    limits: Limits = Limits()
    place: Place = Place()
    keep_failed: float = 0.0
    preload: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    nodes: dict[str, PlannedNode]
    steps: tuple[PlannedStep, ...]
    hooks: dict[str, PlannedHook] = Field(default_factory=dict)
    schedule: str = ""
    due: str = ""

    def steps_of(self, node: str) -> tuple[PlannedStep, ...]:
        """The steps of a node, in the order of its matrix."""
        return tuple(step for step in self.steps if step.node == node)

    def counts(self) -> dict[Action, int]:
        """How many steps will run, be reused and be skipped."""
        found: dict[Action, int] = {"run": 0, "reuse": 0, "skip": 0}
        for step in self.steps:
            found[step.action] += 1
        return found


def matrix_items(node: NodeSpec) -> tuple[dict[str, Any], ...]:
    """Every combination of a node's matrix, the last key varying fastest; one empty one without a matrix."""
    keys = list(node.matrix)
    return tuple(dict(zip(keys, values, strict=True)) for values in itertools.product(*node.matrix.values()))


def step_name(node: str, index: int | None) -> str:
    """`train` or `train[3]`."""
    return node if index is None else f"{node}[{index}]"


def result_key(pipeline: str, node: str, item: dict[str, Any]) -> str:
    """Under what the newest result of a step is remembered, whatever its place in the matrix."""
    said = ", ".join(f"{name}={value!r}" for name, value in sorted(item.items()))
    return f"{pipeline}/{node}({said})"
