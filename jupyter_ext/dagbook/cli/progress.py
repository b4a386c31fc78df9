"""Live progress of a run for people: a table that moves in a terminal, one quiet line a step elsewhere."""

from __future__ import annotations

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dagbook.api.phrases import time_of_day
from dagbook.api.run import Run
from dagbook.api.step_phrases import elapsed, first_line, most_telling, remark
from dagbook.cli.hook_text import hook_lines
from dagbook.cli.screen import console, seconds_text, state_text
from dagbook.run.approval import is_unanswered
from dagbook.run.holding import is_held
from dagbook.run.state import BAD, FINAL, RunState, StepState

_MANY = 24
_MOST_WARNINGS = 5


def follow(run: Run, *, live: bool) -> RunState:
    """Follow a run to its end, showing it when `live`; the final state."""
    if not live:
        return run.wait()
    state = _follow_live(run) if console.is_terminal else _follow_plainly(run)
    console.print(summary(state, run))
    return state


def _follow_live(run: Run) -> RunState:
    with Live(console=console, refresh_per_second=8, transient=True) as screen:
        for state in run.follow():
            kept = [kept_text(step, run.id) for step in state.steps.values() if is_held(step)]
            screen.update(Group(progress_table(state), *kept))
    if state.steps:
        console.print(progress_table(state))
    return state


def _follow_plainly(run: Run) -> RunState:
    said: set[str] = set()
    asked: set[str] = set()
    kept: set[tuple[str, int]] = set()

    def look(state: RunState) -> None:
        for name, step in state.steps.items():
            if is_unanswered(step) and name not in asked:
                asked.add(name)
                console.print(question_text(step, run.id))
            if is_held(step) and (name, step.attempt) not in kept:
                kept.add((name, step.attempt))
                console.print(kept_text(step, run.id))
            if step.state in FINAL and name not in said:
                said.add(name)
                console.print(Text.assemble(state_text(step.state), f"  {name}  ", Text(remark(step), "dim")))

    return run.wait(look)


def progress_table(state: RunState) -> Table:
    """Every step, or in a large run those that matter now."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="ellipsis", no_wrap=True)
    steps = list(state.steps.values())
    shown = steps if len(steps) <= _MANY else most_telling(steps, _MANY)
    for step in shown:
        table.add_row(state_text(step.state), step.outline.step, elapsed(step), Text(remark(step), "dim"))
    if len(shown) < len(steps):
        table.add_row("", Text(f"… and {len(steps) - len(shown)} more", "dim"), "", "")
    return table


def summary(state: RunState, run: Run) -> Group:
    """How the run ended, what failed and where, and what to look at next."""
    counts: dict[str, int] = {}
    for step in state.steps.values():
        counts[step.state] = counts.get(step.state, 0) + 1
    said = ", ".join(f"{number} {name}" for name, number in counts.items())
    took = f" in {seconds_text(state.seconds)}" if state.seconds is not None else ""
    parts: list[Text] = [
        Text.assemble("\n", state_text(state.state), f"  {said}{took}  ", Text(run.id, "dim"))
    ]
    parts += [failure_text(step) for step in state.steps.values() if step.state in BAD and step.error]
    parts += warning_lines(state)
    parts += hook_lines(state)
    if state.tracking_lost:
        said = f"warning: not everything is in MLflow: {state.tracking_lost}"
        parts.append(Text(f"{said}; when it is back, `dagbook sync` makes up for it", "yellow"))
    if any(step.state in BAD for step in state.steps.values()):
        failed = next(name for name, step in state.steps.items() if step.state in BAD)
        parts.append(Text(f"Next:  dagbook logs {run.id} {failed}", "dim"))
    return Group(*parts)


def warning_lines(state: RunState) -> list[Text]:
    """What steps warned of; of a large run the first of it."""
    said = [(step.outline.step, text) for step in state.steps.values() for text in step.warnings]
    lines = [Text(f"warning: {name}: {text}", "yellow") for name, text in said[:_MOST_WARNINGS]]
    if len(said) > _MOST_WARNINGS:
        lines.append(Text(f"… and {len(said) - _MOST_WARNINGS} more: dagbook show {state.run}", "dim"))
    return lines


def question_text(step: StepState, run: str) -> Text:
    """What a person is asked about a step, and the command that answers."""
    name = step.outline.step
    message = step.approval.message if step.approval else ""
    said = f"\n    dagbook approve {run} {name}  (or --reject)"
    return Text.assemble(("? ", "cyan"), (name, "bold"), f" waits for approval: {message}", (said, "dim"))


def kept_text(step: StepState, run: str) -> Text:
    """A step whose kernel is kept after a failure, and what can be done with it."""
    name, held = step.outline.step, step.held
    assert held is not None
    error, until = held.error, time_of_day(held.until)
    where = f" in cell {error.cell}" if error.cell else ""
    text = Text.assemble(
        ("! ", "yellow"), (name, "bold"), f"{where}: {error.name}: {first_line(error.value)}"
    )
    text.append(f"\n    Its kernel is kept until {until}:", "dim")
    for verb, what in (("attach", "mend it there"), ("continue", "go on"), ("release", "let it fail")):
        text.append(f"\n    {f'dagbook {verb} {run} {name}':<60}  {what}", "dim")
    return text


def failure_text(step: StepState) -> Text:
    """One failed step: cell, error, line, and where the executed notebook is."""
    error = step.error
    assert error is not None
    where = f" in cell {error.cell}" if error.cell else ""
    text = Text.assemble(
        ("✗ ", "red"),
        (step.outline.step, "bold"),
        f"{where}: {error.name}: {first_line(error.value)}",
    )
    if error.line:
        text.append(f"\n    {error.line.strip()}", "dim")
    if error.remedy:
        text.append(f"\n    Fix: {error.remedy}")
    return text
