"""What became of a run's hooks, in lines for people."""

from __future__ import annotations

from rich.text import Text

from dagbook.api.step_phrases import first_line
from dagbook.cli.screen import seconds_text, state_text
from dagbook.run.state import RunState


def hook_lines(state: RunState) -> list[Text]:
    """One line for each hook that began: what it is, how it ended, and why when it failed."""
    lines = []
    for hook in state.hooks.values():
        took = seconds_text(hook.seconds) if hook.seconds is not None else ""
        line = Text.assemble(
            state_text(hook.state), f"  {hook.hook}  ", (f"{hook.what}  {took}".rstrip(), "dim")
        )
        if hook.error is not None:
            cell = f"cell {hook.error.cell}: " if hook.error.cell else ""
            line.append(f"\n    {cell}{hook.error.name}: {first_line(hook.error.value)}")
            if hook.error.remedy:
                line.append(f"\n    Fix: {hook.error.remedy}")
        lines.append(line)
    return lines
