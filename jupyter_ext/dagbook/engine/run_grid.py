"""The runs of one pipeline side by side: how each of its nodes came out in each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from dagbook.engine.queries import Queries
from dagbook.run.holding import is_held
from dagbook.run.state import BAD, GOOD, RunState
from dagbook.run.steps import StepState

# Of several steps, the state that somebody has to see first; as in the front end's `runGraph.ts`.
_URGENCY: Final = (
    "held", "running", "failed", "timed-out", "killed", "lost", "pending", "cancelled", "skipped",
    "succeeded", "reused",
)  # fmt: skip


def run_grid(queries: Queries, run: str, limit: int) -> dict[str, Any]:
    """The newest runs of the pipeline file that a run was made from, at most `limit`, newest first.

    Returns:
        `run`, `pipeline`, `file`; `nodes`, the names of all of theirs, as the newest run that has them orders
        them; and `runs`, each with `run`, `state`, `started`, `seconds`, `user` and `nodes`: name → `state`,
        `steps` (how many), `ok`, `failed` and `seconds`. A node that a run does not have is not in it.

    Raises:
        NotFound: there is no such run.
    """
    asked = queries.state(run)
    same = (each for each in queries.runs() if _is_same(each, asked))
    found = []
    nodes: dict[str, None] = {}
    for summary in islice(same, limit):
        cells = dict(_cells(queries.state(summary["run"])))
        nodes |= dict.fromkeys(cells)
        kept = {key: summary[key] for key in ("run", "state", "started", "seconds", "user")}
        found.append({**kept, "nodes": cells})
    return {
        "run": asked.run, "pipeline": asked.pipeline, "file": asked.file, "nodes": list(nodes), "runs": found
    }  # fmt: skip


def _is_same(summary: Mapping[str, Any], state: RunState) -> bool:
    return bool(summary["file"] == state.file and summary["pipeline"] == state.pipeline)


def _cells(state: RunState) -> Iterator[tuple[str, dict[str, Any]]]:
    by_node: dict[str, list[StepState]] = {}
    for step in state.steps.every():
        by_node.setdefault(step.outline.node, []).append(step)
    for node, steps in by_node.items():
        yield node, _cell(steps)


def _cell(steps: Sequence[StepState]) -> dict[str, Any]:
    group = next((step for step in steps if step.items is not None), None)
    done = [step for step in steps if step is not group]
    states = {"held" if is_held(step) else step.state for step in done}
    # A list that tolerates failures knows best how it stands.
    state = group.state if group is not None else next(each for each in _URGENCY if each in states)
    seconds = [step.seconds for step in done if step.seconds is not None]
    return {
        "state": state,
        "steps": len(done),
        "ok": sum(step.state in GOOD for step in done),
        "failed": sum(step.state in BAD for step in done),
        "seconds": round(sum(seconds), 3) if seconds else None,
    }
