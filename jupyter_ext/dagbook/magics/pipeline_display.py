"""A run of a pipeline, and a plan, as a cell shows them: graph, bar, steps, what failed and where."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from html import escape
from typing import Final

from dagbook.api.phrases import SIGNS, seconds_text, value_text
from dagbook.api.step_phrases import elapsed, first_line, most_telling, remark
from dagbook.magics.markup import TONES, Cell, folded, page, quiet, state, table
from dagbook.magics.pipeline_graph import graph_html
from dagbook.magics.screen import Shown
from dagbook.magics.text_table import text_table
from dagbook.pipeline.plan import Plan
from dagbook.run.facts import StepOutline
from dagbook.run.state import BAD, GOOD, RunState, Steps, StepState, StepStatus

_MOST_STEPS: Final = 24
_LONGEST: Final = 110
_FORESEEN: Final[dict[str, StepStatus]] = {"run": "pending", "reuse": "reused", "skip": "skipped"}
_BAR: Final = (
    '<div role="img" aria-label="{said}" style="display:flex;height:4px;width:100%;max-width:42em;'
    'margin:4px 0 6px;border-radius:2px;overflow:hidden;background:var(--db-line)">{parts}</div>'
)


class RunView(Shown):
    """A run as it stood when this was made."""

    def __init__(self, run_id: str, seen: RunState) -> None:
        self.id = run_id
        self.state = seen

    def html(self) -> str:
        """For a notebook."""
        return run_html(self.id, self.state)

    def text(self) -> str:
        """For a terminal."""
        return run_text(self.id, self.state)


class PlanView(Shown):
    """What a run would do, and why; `plan` is all of it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def html(self) -> str:
        """For a notebook."""
        steps = planned(self.plan, foreseen=True).steps.values()
        rows: list[list[Cell]] = [
            [step.step, state(step.action), _item(step.item), quiet(step.reason)] for step in self.plan.steps
        ]
        header: list[Cell] = ["step", "", "with", "because"]
        return page(
            f"<p><strong>{escape(self.plan.pipeline)}</strong> {quiet(self._counts()).html}</p>",
            graph_html(list(steps)),
            table(header, rows, f"Plan of {self.plan.pipeline}"),
        )

    def text(self) -> str:
        """For a terminal."""
        rows = [
            [step.step, f"{SIGNS[step.action]} {step.action}", _item(step.item), step.reason]
            for step in self.plan.steps
        ]
        return f"{text_table(['step', '', 'with', 'because'], rows)}\n{self._counts()}"

    def _counts(self) -> str:
        counts = self.plan.counts()
        return f"{counts['run']} to run, {counts['reuse']} reused, {counts['skip']} skipped"


def planned(plan: Plan, *, foreseen: bool = False) -> RunState:
    """The state of a run whose driver has not said anything yet; with `foreseen`, what is not run is done."""
    steps = Steps(
        StepState(
            outline=StepOutline(step=step.step, node=step.node, needs=step.needs, item=step.item),
            state=_FORESEEN[step.action] if foreseen else "pending",
        )
        for step in plan.steps
    )
    return RunState(pipeline=plan.pipeline, steps=steps)


def run_html(run_id: str, seen: RunState) -> str:
    """A run for a notebook, whole in itself."""
    steps = list(seen.steps.values())
    shown = most_telling(steps, _MOST_STEPS)
    rows: list[list[Cell]] = [
        [step.outline.step, state(step.state), quiet(elapsed(step)), _remark(step)] for step in shown
    ]
    parts = [_head(run_id, seen), _bar(steps), graph_html(steps)]
    parts.append(table(["step", "", "took", ""], rows, f"Steps of run {run_id}"))
    if len(shown) < len(steps):
        parts.append(f'<p class="q">… and {len(steps) - len(shown)} more steps</p>')
    parts += [_failure(step) for step in shown if step.state in BAD]
    if seen.tracking_lost:
        parts.append(f"<p>not everything is in MLflow: {escape(seen.tracking_lost)}</p>")
    parts.append(f'<p class="q">{escape(_next(run_id, seen))}</p>' if _next(run_id, seen) else "")
    return page(*parts)


def run_text(run_id: str, seen: RunState) -> str:
    """A run for a terminal."""
    shown = most_telling(list(seen.steps.values()), _MOST_STEPS)
    rows = [
        [
            f"{SIGNS.get(step.state, '•')} {step.state}",
            step.outline.step,
            elapsed(step),
            remark(step)[:_LONGEST],
        ]
        for step in shown
    ]
    lines = [f"{SIGNS.get(seen.state, '•')} {seen.pipeline} {_word(seen)}  {_done(seen)}  {run_id}"]
    if rows:
        lines.append(text_table(["", "", "", ""], rows).removeprefix("\n"))
    if len(shown) < len(seen.steps):
        lines.append(f"… and {len(seen.steps) - len(shown)} more steps")
    lines += [failure_text(step) for step in shown if step.state in BAD and step.error]
    if seen.tracking_lost:
        lines.append(f"not everything is in MLflow: {seen.tracking_lost}")
    if said := _next(run_id, seen):
        lines.append(said)
    return "\n".join(lines)


def failure_text(step: StepState) -> str:
    """One failed step: cell, error, the line in it, and what to do."""
    error = step.error
    assert error is not None
    where = f" in cell {error.cell}" if error.cell else ""
    lines = [f"✗ {step.outline.step}{where}: {error.name}: {first_line(error.value)}"]
    if error.line:
        lines.append(f"    {error.line.strip()}")
    if error.remedy:
        lines.append(f"    Fix: {error.remedy}")
    return "\n".join(lines)


def step_line(step: StepState) -> str:
    """A step that is over, in one line."""
    said = f"{SIGNS.get(step.state, '•')} {step.state}  {step.outline.step}  {elapsed(step)}"
    return f"{said.rstrip()}  {remark(step)[:_LONGEST]}".rstrip()


def _head(run_id: str, seen: RunState) -> str:
    return (
        f"<p>{state(seen.state).html.replace(escape(seen.state), escape(_word(seen)))} "
        f"<strong>{escape(seen.pipeline)}</strong> {quiet(_done(seen)).html} "
        f'<code class="q">{escape(run_id)}</code></p>'
    )


def _word(seen: RunState) -> str:
    if seen.state == "running" and seen.seq == 0:
        return "starting"
    return "cancelling" if seen.state == "running" and seen.cancel_by else seen.state


def _done(seen: RunState) -> str:
    done = sum(step.state in GOOD for step in seen.steps.values())
    seconds = seen.seconds
    if seconds is None and seen.started:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(seen.started)).total_seconds()
    took = f" in {seconds_text(seconds)}" if seconds is not None else ""
    return f"{done} of {len(seen.steps)} steps{took}"


def _bar(steps: list[StepState]) -> str:
    if not steps:
        return ""
    counts = Counter(
        "busy" if step.state == "running" else TONES.get(step.state, "q")
        for step in steps
        if step.state != "pending"
    )
    parts = "".join(
        f'<span style="width:{counts[tone] / len(steps):.2%};background:var(--db-{colour})"></span>'
        for tone, colour in (
            ("good", "good"), ("bad", "bad"), ("warn", "warn"), ("q", "edge"), ("busy", "busy")
        )
        if counts[tone]
    )  # fmt: skip
    done = sum(step.state in GOOD for step in steps)
    return _BAR.format(said=f"{done} of {len(steps)} steps ended well", parts=parts)


def _remark(step: StepState) -> Cell:
    said = remark(step)
    return quiet(said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…")


def _failure(step: StepState) -> str:
    if step.error is None:
        return ""
    shown = f"<pre>{escape(failure_text(step))}</pre>"
    if step.error.traceback:
        shown += folded(f"Traceback of {step.outline.step}", f"<pre>{escape(step.error.traceback)}</pre>")
    return shown


def _next(run_id: str, seen: RunState) -> str:
    failed = next((name for name, step in seen.steps.items() if step.state in BAD), None)
    return f"More of it:  dagbook logs {run_id} {failed}" if failed else ""


def _item(item: dict[str, object]) -> str:
    return ", ".join(f"{name}={value_text(value)}" for name, value in item.items())
