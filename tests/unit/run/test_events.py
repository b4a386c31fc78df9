"""Every kind of event as JSON and back."""

from __future__ import annotations

import json
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.run import events as module
from dagbook.run.events import (
    KINDS,
    PROGRESS_KINDS,
    ApprovalEnded,
    ApprovalRequested,
    CancelRequested,
    CellStarted,
    Entry,
    Event,
    HookEnded,
    HookStarted,
    OutputSeen,
    RunFinished,
    RunResumed,
    StepCancelled,
    StepExpanded,
    StepHeld,
    StepSkipped,
    StepStopping,
    StepWaiting,
    StepWarned,
    TrackingCompleted,
    TrackingLost,
    TrackingStarted,
    UnknownEvent,
    entry_from_json,
    event_from_json,
    event_to_json,
)
from dagbook.run.facts import NodeError
from dagbook.testing import (
    outline,
    run_started,
    step_failed,
    step_reused,
    step_started,
    step_succeeded,
)

EVERY_KIND: tuple[Event, ...] = (
    run_started(outline("a"), outline("b[0]", "a", action="reuse", reason="unchanged")),
    RunResumed(steps=("a", "b[0]"), jobs=2, pid=1, host="h", user="ada"),
    TrackingStarted(tracking_uri="sqlite:///m.db", experiment="e", mlflow_run_id="r"),
    TrackingLost(reason="away"),
    TrackingCompleted(tracking_uri="sqlite:///m.db", experiment="e", mlflow_run_id="r", steps={"a": "s"}),
    step_started("a"),
    CellStarted(step="a", attempt=1, cell=1, total=9),
    OutputSeen(step="a", attempt=1, line="größer → ✓"),
    StepWarned(step="a", message="careful"),
    StepStopping(step="a"),
    StepHeld(
        step="a",
        attempt=1,
        error=NodeError(name="ValueError", value="no"),
        until="2026-11-27T12:00:00+00:00",
        connection="/tmp/kernel.json",
    ),
    StepWaiting(step="a", why="mutex gpu, held by train of run 20260101-000000-abcdef"),
    StepExpanded(step="a", items=(1, "two", {"depth": 3})),
    step_succeeded("a", accuracy=0.5, rows=[1, None, {"x": "y"}], nothing=None),
    step_failed("a", as_="timed-out"),
    step_reused("a", accuracy=float("nan")),
    StepSkipped(step="a", because="upstream b failed"),
    StepCancelled(step="a"),
    StepCancelled(step="a", attempt=1, notebook="a/1/notebook.ipynb", seconds=0.5),
    HookStarted(hook="on.failure", on="failure", what="slack"),
    HookEnded(hook="on.exit", state="killed", notebook="on.exit/1/notebook.ipynb", seconds=0.5),
    ApprovalRequested(step="a", message="Ship it?", by=("ann",), timeout=60),
    ApprovalEnded(step="a", as_="rejected", by="ann", error=NodeError(name="Rejected", value="no")),
    CancelRequested(by="SIGTERM"),
    RunFinished(state="cancelled", seconds=1.5),
)


def ids(event: Event) -> str:
    return event.kind


def test_the_list_above_holds_every_kind():
    assert {event.kind for event in EVERY_KIND} == KINDS


def test_the_known_kinds_are_those_of_the_union():
    union = typing.get_args(module.KnownEvent)[0]
    kinds = {member.model_fields["kind"].default for member in typing.get_args(union)}
    assert kinds == KINDS


def test_progress_kinds_are_known_kinds():
    assert {"cell_started", "output_seen"} == PROGRESS_KINDS
    assert PROGRESS_KINDS < KINDS


@pytest.mark.parametrize("event", EVERY_KIND, ids=ids)
def test_an_event_comes_back_from_json_as_it_was(event: Event):
    text = json.dumps(event_to_json(event), allow_nan=False)
    assert event_from_json(json.loads(text)) == event


@pytest.mark.parametrize("event", EVERY_KIND, ids=ids)
def test_an_entry_comes_back_from_json_as_it_was(event: Event):
    entry = Entry(seq=7, at="2026-01-01T00:00:00.000+00:00", event=event)
    assert entry_from_json(json.loads(json.dumps(entry.to_json()))) == entry


@pytest.mark.parametrize("event", EVERY_KIND, ids=ids)
def test_a_field_that_a_newer_version_added_is_passed_over(event: Event):
    assert event_from_json({**event_to_json(event), "added_in_2031": 1}) == event


@pytest.mark.parametrize("event", EVERY_KIND, ids=ids)
def test_a_known_kind_that_does_not_fit_names_the_field(event: Event):
    required = [name for name, field in type(event).model_fields.items() if field.is_required()]
    data = event_to_json(event)
    name = type(event).model_fields[required[0]].alias or required[0]
    del data[name]
    with pytest.raises(ValueError, match=rf"^{event.kind}: .*{name}"):
        event_from_json(data)


@pytest.mark.parametrize(
    "data", [{"kind": "step_teleported", "x": 1}, {}, {"kind": None}, {"kind": 5}, {"kind": []}]
)
def test_an_unknown_kind_is_kept_as_unknown(data: dict[str, object]):
    assert event_from_json(data) == UnknownEvent(kind=str(data.get("kind")))


FIELDS = st.sampled_from(["kind", "step", "attempt", "steps", "seconds"])
FILLINGS = st.none() | st.integers() | st.sampled_from([*sorted(KINDS), [], {}])


@given(st.dictionaries(FIELDS, FILLINGS))
def test_any_json_gives_an_event_or_a_value_error(data: dict[str, object]):
    try:
        event = event_from_json(data)
    except ValueError:
        return
    assert event.kind == str(data.get("kind"))
