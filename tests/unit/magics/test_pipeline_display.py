"""A run as a cell shows it, in every state."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from dagbook.magics.pipeline_display import run_html, run_text
from dagbook.magics.pipeline_graph import graph_html, node_state
from dagbook.run.events import Event, OutputSeen, StepFailed
from dagbook.run.facts import NodeError
from dagbook.run.state import RunState, StepState, fold
from dagbook.testing import (
    entries,
    outline,
    run_started,
    step_failed,
    step_reused,
    step_started,
    step_succeeded,
)

EVIL = "<script>alert(1)</script>"


def run(*events: Event) -> RunState:
    """A run of `a`, `b[0]` and `b[1]`, `c`."""
    steps = [outline("a"), outline("b[0]", "a"), outline("b[1]", "a"), outline("c", "b[0]", "b[1]")]
    return fold(entries(run_started(*steps), *events))


def steps(*states: str) -> list[StepState]:
    return [StepState(outline=outline("s"), state=state) for state in states]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "one"),
    [
        (["succeeded", "succeeded"], "succeeded"),
        (["succeeded", "reused"], "succeeded"),
        (["reused", "reused"], "reused"),
        (["pending", "pending"], "pending"),
        (["succeeded", "pending"], "running"),
        (["running", "failed"], "failed"),
        (["running", "pending"], "running"),
        (["succeeded", "skipped"], "skipped"),
        (["cancelled", "succeeded"], "cancelled"),
    ],
)
def test_the_steps_of_a_matrix_are_one_node(states: list[str], one: str):
    assert node_state(steps(*states)) == one


def test_the_graph_is_sound_and_draws_each_node_once():
    svg = graph_html(list(run(step_started("a")).steps.values())).partition("</style>")[2]
    drawn = ET.fromstring(svg)
    assert len(drawn.findall("g")) == 3
    assert len(drawn.findall("path")) == 2
    assert drawn.attrib["aria-label"] == "a: running; b: pending; c: pending"


def test_a_single_node_and_a_crowd_need_no_graph():
    assert graph_html(steps("running")) == ""
    crowd = [StepState(outline=outline(f"s{index}")) for index in range(100)]
    assert graph_html(crowd) == ""


def test_progress_is_told_in_both_forms():
    state = run(step_started("a"), step_succeeded("a", acc=0.5), step_started("b[0]"),
                OutputSeen(step="b[0]", attempt=1, line="epoch 3"))  # fmt: skip
    for shown in (run_html("r1", state), run_text("r1", state)):
        assert "1 of 4 steps" in shown
        assert "acc=0.5" in shown
        assert "epoch 3" in shown
        assert "running" in shown


def test_before_the_driver_speaks_it_is_starting():
    assert "starting" in run_text("r1", RunState(pipeline="p"))


def test_what_failed_is_shown_with_its_place_and_is_no_markup():
    error = NodeError(
        name="ValueError", value=EVIL, cell=3, line=f"x('{EVIL}')", traceback=EVIL, remedy="mend it"
    )
    state = run(step_started("a"), StepFailed(step="a", attempt=1, as_="failed", error=error, seconds=1.0))
    html, text = run_html("r1", state), run_text("r1", state)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert f"✗ a in cell 3: ValueError: {EVIL}" in text
    assert "Fix: mend it" in html
    assert "dagbook logs r1 a" in text


def test_of_many_steps_those_that_matter_are_shown():
    names = [f"s[{index}]" for index in range(60)]
    happened = [step_reused(name) for name in names[:50]]
    state = fold(entries(run_started(*(outline(name) for name in names)), *happened, step_started("s[55]"),
                         step_started("s[56]"), step_failed("s[56]")))  # fmt: skip
    text = run_text("r1", state)
    assert "s[55]" in text
    assert "s[56]" in text
    assert "… and 36 more steps" in text
    assert text.count("reused") < 24
