"""Facts about a run, in the past tense, as plain JSON. The journal holds nothing else.

A reader ignores kinds that it does not know, so that an older Dagbook can read a newer journal.
Times are the driver's clock, ISO 8601 in UTC; durations are seconds, measured monotonically.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from dagbook.notebook.outputs import Output
from dagbook.pipeline.rules import Limits, Rules
from dagbook.run.facts import Fact, NodeError, StepOutline

JOURNAL_VERSION = 1

FinishedAs = Literal["failed", "timed-out", "killed"]
RunEnd = Literal["succeeded", "failed", "cancelled"]
HookEnd = Literal["succeeded", "failed", "timed-out", "killed", "cancelled"]
Answer = Literal["approved", "rejected", "timed-out"]
SkipCause = Literal["condition", "upstream", "selection"]
"""Its own `when`; what became of others; `--only` and its like."""


class RunStarted(Fact):
    """A driver took the run; always the first event. `steps` are in an order that can be run.

    `rules` are those of the nodes that have any, by node.
    """

    kind: Literal["run_started"] = "run_started"
    version: int = JOURNAL_VERSION
    run: str
    pipeline: str
    file: str
    jobs: int
    params: dict[str, Any] = Field(default_factory=dict)
    steps: tuple[StepOutline, ...]
    pid: int
    host: str
    user: str = ""
    schedule: str = ""
    due: str = ""
    rules: dict[str, Rules] = Field(default_factory=dict)
    limits: Limits = Limits()
    tags: dict[str, str] = Field(default_factory=dict)


class RunResumed(Fact):
    """Another driver took the run. `steps` are to be done, or done again; all others stay as they are."""

    kind: Literal["run_resumed"] = "run_resumed"
    steps: tuple[str, ...]
    jobs: int
    pid: int
    host: str
    user: str = ""


class TrackingStarted(Fact):
    """The run has its record in the tracking store."""

    kind: Literal["tracking_started"] = "tracking_started"
    tracking_uri: str
    experiment: str
    mlflow_run_id: str


class TrackingLost(Fact):
    """The tracking store did not answer; the run goes on without it."""

    kind: Literal["tracking_lost"] = "tracking_lost"
    reason: str


class TrackingCompleted(Fact):
    """The tracking store has all of the run after all. `steps` are its records of their newest attempts."""

    kind: Literal["tracking_completed"] = "tracking_completed"
    tracking_uri: str
    experiment: str
    mlflow_run_id: str
    steps: dict[str, str] = Field(default_factory=dict)


class StepStarted(Fact):
    """An attempt of a step began. `folder` is relative to the run folder."""

    kind: Literal["step_started"] = "step_started"
    step: str
    attempt: int
    folder: str
    mlflow_run_id: str | None = None


class CellStarted(Fact):
    """The kernel was handed cell `cell` of `total` (all cells of the executed notebook, from 1)."""

    kind: Literal["cell_started"] = "cell_started"
    step: str
    attempt: int
    cell: int
    total: int


class OutputSeen(Fact):
    """The last line that the notebook printed; sampled, never complete."""

    kind: Literal["output_seen"] = "output_seen"
    step: str
    attempt: int
    line: str


class StepWarned(Fact):
    """Something the user should know and that stops nothing."""

    kind: Literal["step_warned"] = "step_warned"
    step: str
    message: str


class StepStopping(Fact):
    """The executor was told to end the step's attempt."""

    kind: Literal["step_stopping"] = "step_stopping"
    step: str


class StepHeld(Fact):
    """A cell failed, and the kernel is kept for a person until `until`: then the step fails by `error`.

    `connection` is the file that Jupyter's clients connect by, on the machine of the driver.
    """

    kind: Literal["step_held"] = "step_held"
    step: str
    attempt: int
    error: NodeError
    until: str
    connection: str


class StepWaiting(Fact):
    """The step's turn has come, and it waits for what `why` says: a lock, and who holds it."""

    kind: Literal["step_waiting"] = "step_waiting"
    step: str
    why: str


class ApprovalRequested(Fact):
    """A person is asked whether the step may run.

    `by` are those who may answer, anybody when empty; the question is open for `timeout` seconds.
    """

    kind: Literal["approval_requested"] = "approval_requested"
    step: str
    message: str
    by: tuple[str, ...] = ()
    timeout: float | None = None


class ApprovalEnded(Fact):
    """The answer, and whose; or none came in time. Unless it was approved, the step is over by `error`."""

    kind: Literal["approval_ended"] = "approval_ended"
    step: str
    as_: Answer = Field(alias="as")
    by: str = ""
    comment: str = ""
    error: NodeError | None = None

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class StepExpanded(Fact):
    """A `foreach` step became one step for each of `items`, encoded values: `step[0]` and so on."""

    kind: Literal["step_expanded"] = "step_expanded"
    step: str
    items: tuple[Any, ...]


class StepSucceeded(Fact):
    """An attempt ended well and what it published is in place: this line is the commit.

    `by_hand` names the person who finished it in its kernel, after a cell had failed.
    """

    kind: Literal["step_succeeded"] = "step_succeeded"
    step: str
    attempt: int
    outputs: dict[str, Output] = Field(default_factory=dict)
    notebook: str = ""
    seconds: float
    peak_memory: int | None = None
    fingerprint: str = ""
    stopped_early: int | None = None
    by_hand: str = ""


class StepFailed(Fact):
    """An attempt ended badly: an exception, a deadline, or the death of its kernel.

    Of a step that was pending it could not be prepared, and never began.
    `retry_in` is how many seconds later the next attempt is made; None when there is none.
    """

    kind: Literal["step_failed"] = "step_failed"
    step: str
    attempt: int
    as_: FinishedAs = Field(alias="as")
    error: NodeError
    notebook: str = ""
    seconds: float
    peak_memory: int | None = None
    retry_in: float | None = None

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class StepReused(Fact):
    """The step's result was taken from the cache; nothing was executed."""

    kind: Literal["step_reused"] = "step_reused"
    step: str
    outputs: dict[str, Output] = Field(default_factory=dict)
    notebook: str = ""
    fingerprint: str
    from_run: str
    reason: str = ""
    mlflow_run_id: str | None = None


class StepSkipped(Fact):
    """The step will not run, because of what `because` says."""

    kind: Literal["step_skipped"] = "step_skipped"
    step: str
    because: str
    cause: SkipCause = "upstream"


class StepCancelled(Fact):
    """The step was stopped, or never started, because the run was cancelled."""

    kind: Literal["step_cancelled"] = "step_cancelled"
    step: str
    attempt: int | None = None
    notebook: str = ""
    seconds: float | None = None


class HookStarted(Fact):
    """The run's outcome is known, and what is to follow on it began. `what` is a notebook or a service."""

    kind: Literal["hook_started"] = "hook_started"
    hook: str
    on: Literal["success", "failure", "exit"]
    what: str
    folder: str = ""
    mlflow_run_id: str | None = None


class HookEnded(Fact):
    """A hook is over. However it ended, the run's own state is what its steps made it."""

    kind: Literal["hook_ended"] = "hook_ended"
    hook: str
    state: HookEnd
    error: NodeError | None = None
    notebook: str = ""
    seconds: float = 0.0


class CancelRequested(Fact):
    """Somebody wants the run to end. `by` is 'api', 'SIGINT' or 'SIGTERM'."""

    kind: Literal["cancel_requested"] = "cancel_requested"
    by: str


class RunFinished(Fact):
    """Nothing of the run is left to do; the last event, unless the run is resumed."""

    kind: Literal["run_finished"] = "run_finished"
    state: RunEnd
    seconds: float


class UnknownEvent(Fact):
    """An event of a newer Dagbook; kept, shown and otherwise ignored."""

    kind: str


KnownEvent = Annotated[
    RunStarted
    | RunResumed
    | TrackingStarted
    | TrackingLost
    | TrackingCompleted
    | StepStarted
    | CellStarted
    | OutputSeen
    | StepWarned
    | StepStopping
    | StepHeld
    | StepWaiting
    | ApprovalRequested
    | ApprovalEnded
    | StepExpanded
    | StepSucceeded
    | StepFailed
    | StepReused
    | StepSkipped
    | StepCancelled
    | HookStarted
    | HookEnded
    | CancelRequested
    | RunFinished,
    Field(discriminator="kind"),
]
Event = KnownEvent | UnknownEvent

_known: TypeAdapter[KnownEvent] = TypeAdapter(KnownEvent)
KINDS: frozenset[str] = frozenset(
    {
        "run_started", "run_resumed", "tracking_started", "tracking_lost", "tracking_completed",
        "step_started", "cell_started", "output_seen", "step_warned", "step_stopping", "step_held",
        "step_waiting", "approval_requested", "approval_ended",
        "step_expanded", "step_succeeded", "step_failed", "step_reused", "step_skipped", "step_cancelled",
        "hook_started", "hook_ended", "cancel_requested", "run_finished",
    }
)  # fmt: skip
# These only say how far along something is: losing one loses nothing, so they are not fsynced.
PROGRESS_KINDS: frozenset[str] = frozenset({"cell_started", "output_seen"})


class Entry(BaseModel):
    """One line of a journal: an event, its place in the order (from 1) and its time."""

    model_config = ConfigDict(frozen=True)

    seq: int
    at: str
    event: Event

    def to_json(self) -> dict[str, Any]:
        """The line's content: `seq`, `at` and the event's own fields, flat."""
        return {"seq": self.seq, "at": self.at, **event_to_json(self.event)}


def event_to_json(event: Event) -> dict[str, Any]:
    """An event as plain JSON."""
    return event.model_dump(mode="json", by_alias=True)


def event_from_json(data: dict[str, Any]) -> Event:
    """The event that `data` describes; `UnknownEvent` for a kind of a newer version.

    Raises:
        ValueError: a known kind with fields that do not fit.
    """
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return UnknownEvent(kind=str(kind))
    try:
        return _known.validate_python(data)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ValueError(f"{kind}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}") from error


def entry_from_json(data: dict[str, Any]) -> Entry:
    """The journal entry that `data` describes. Raises ValueError as `event_from_json` does."""
    return Entry(seq=data["seq"], at=data["at"], event=event_from_json(data))
