"""The page: everything of a run in one HTML file that needs neither a network nor a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pygments.formatters import HtmlFormatter

from dagbook.api.phrases import SIGNS, seconds_text, value_text
from dagbook.api.report.attempts import Bar
from dagbook.api.report.executed import Allowance, ShownCell, read_cells
from dagbook.api.report.sweep import Aim, sweeps
from dagbook.pipeline.drawing import as_svg
from dagbook.pipeline.graph import Graph
from dagbook.run.state import BAD
from dagbook.version import __version__

MOST_BYTES: Final = 8_000_000
"""How large the outputs in a page may be together; mail servers refuse larger ones."""
_MOST_STEPS: Final = 500
_WORST_FIRST: Final = (
    "failed", "timed-out", "killed", "lost", "cancelled", "running", "pending", "skipped", "reused",
    "succeeded",
)  # fmt: skip
TONES: Final[Mapping[str, str]] = {
    "succeeded": "good", "reused": "good", "failed": "bad", "timed-out": "bad", "killed": "bad",
    "running": "busy", "cancelled": "warn", "lost": "warn", "interrupted": "warn",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Story:
    """What a page tells.

    Attributes:
        run: in the shape of `dagbook show --json`.
        description: of the pipeline, in its author's words.
        bars: the attempts of each step.
        made_in: label → where and with what the run was made, beyond what `run` says.
        packages: the packages that were installed, as `name==version`.
        patch: what was changed since the commit.
    """

    run: Mapping[str, Any]
    description: str = ""
    bars: Mapping[str, Sequence[Bar]]
    made_in: Mapping[str, str]
    packages: Sequence[str] = ()
    patch: str = ""


@dataclass(frozen=True, kw_only=True)
class ShownNotebook:
    """A step and the cells of its executed notebook; None when that is gone. `opened`: unfolded at first."""

    step: Mapping[str, Any]
    cells: tuple[ShownCell, ...] | None
    opened: bool


def write_page(story: Story, aim: Aim | None = None) -> str:
    """The page as HTML.

    Raises:
        InvalidInput: `aim` names an output that no step of a matrix published.
    """
    steps: list[Mapping[str, Any]] = list(story.run["steps"])
    allowance = Allowance(left=MOST_BYTES)
    notebooks = _notebooks(steps[:_MOST_STEPS], allowance)
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            story=story,
            run=story.run,
            steps=steps,
            failures=[step for step in steps if step["state"] in BAD],
            counts=_counts(steps),
            graph=_graph(steps),
            timeline=[step for step in steps if step["step"] in story.bars][:_MOST_STEPS],
            sweeps=sweeps(steps, aim),
            aim=aim,
            notebooks=notebooks,
            left_out=allowance.left_out,
            not_shown=max(0, len(steps) - _MOST_STEPS),
            version=__version__,
        )
    )


def environment() -> Environment:
    """What the templates of pages are drawn with."""
    made = Environment(
        loader=PackageLoader("dagbook.api.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        seconds=seconds_text, value=_value, megabytes=_megabytes, when=_when, percent=lambda x: f"{x:.2f}%"
    )
    light, dark = (_code_style(style) for style in ("default", "github-dark"))
    made.globals.update(
        signs=SIGNS,
        tones=TONES,
        code_styles=Markup(f"{light}\n@media screen and (prefers-color-scheme:dark){{{dark}}}"),  # noqa: S704
    )
    return made


def _code_style(style: str) -> str:
    formatter: Any = HtmlFormatter(style=style)
    return str(formatter.get_style_defs(".code"))


def _graph(steps: Sequence[Mapping[str, Any]]) -> Markup:
    nodes: dict[str, list[Mapping[str, Any]]] = {}
    for step in steps:
        nodes.setdefault(step["node"], []).append(step)
    node_of = {step["step"]: step["node"] for step in steps}
    upstream = {
        node: tuple(
            dict.fromkeys(
                node_of[need] for step in of_node for need in step["needs"]
                if need in node_of and node_of[need] != node
            )
        )
        for node, of_node in nodes.items()
    }  # fmt: skip
    states = {node: _worst([step["state"] for step in of_node]) for node, of_node in nodes.items()}
    labels = {node: _label(states[node], of_node) for node, of_node in nodes.items()}
    tones = {node: TONES.get(state, "quiet") for node, state in states.items()}
    return Markup(as_svg(Graph(upstream=upstream), labels, tones))  # noqa: S704  # escaped there


def _label(state: str, steps: Sequence[Mapping[str, Any]]) -> str:
    sign = SIGNS.get(state, "•")
    if len(steps) == 1:
        return f"{sign} {state}  {seconds_text(steps[0]['seconds'])}".rstrip()
    return f"{sign} {sum(step['state'] == state for step in steps)} of {len(steps)} {state}"


def _worst(states: Sequence[str]) -> str:
    return next((state for state in _WORST_FIRST if state in states), states[0])


def _counts(steps: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    found = [(state, sum(step["state"] == state for step in steps)) for state in reversed(_WORST_FIRST)]
    return [(state, count) for state, count in found if count]


def _notebooks(steps: Sequence[Mapping[str, Any]], allowance: Allowance) -> list[ShownNotebook]:
    needed = {need for step in steps for need in step["needs"]}
    shown = []
    # What failed and what the pipeline ends with is read first, should the page grow too large.
    telling = [step for step in steps if step["state"] in BAD or step["step"] not in needed]
    order = {step["step"]: index for index, step in enumerate(steps)}
    rest = [step for step in steps if step not in telling]
    for step in (*telling, *rest):
        if step["notebook"]:
            cells = read_cells(Path(step["notebook"]), allowance)
            shown.append(ShownNotebook(step=step, cells=cells, opened=step in telling))
    return sorted(shown, key=lambda notebook: order[notebook.step["step"]])


def _value(value: Any, longest: int = 80) -> str:
    if isinstance(value, str) and value.startswith("/"):
        return Path(value).name
    return value_text(value, longest)


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:.0f} MB"


def _when(moment: str | None) -> str:
    """A time that means the same to everybody who gets the page by mail."""
    return "" if moment is None else f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M:%S} UTC"
