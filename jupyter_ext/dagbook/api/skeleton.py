"""What a new project consists of, as text: two notebooks, the pipeline that chains them, a page on both.

It needs nothing but what Dagbook needs itself, so that it runs where it was made.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of a notebook: Markdown when `text`, else code, perhaps with a tag."""

    source: str
    text: bool = False
    tag: str = ""


PREPARE: Final = (
    Cell(
        text=True,
        source="# Prepare\n\nMakes measurements along a line and publishes them. Read your own here.",
    ),
    Cell(
        tag="parameters",
        source=(
            "rows: int = 200  # how many measurements\n"
            "noise: float = 0.5  # standard deviation of the noise\n"
            "seed: int = 7"
        ),
    ),
    Cell(source="%load_ext dagbook"),
    Cell(
        source=(
            "import random\n\n"
            "chance = random.Random(seed)\n"
            "points = [[x / rows, 3 * x / rows + chance.gauss(0, noise)] for x in range(rows)]"
        )
    ),
    Cell(source="%output points"),
)

FIT: Final = (
    Cell(
        text=True,
        source="# Fit\n\nFits a line through the measurements. Alone, it takes a few points as default.",
    ),
    Cell(
        tag="parameters",
        source=(
            "points: list = [[0, 0], [1, 2], [2, 5]]  # x and y of each measurement\n"
            "shrink: float = 0.0  # pulls the slope towards 0"
        ),
    ),
    Cell(source="%load_ext dagbook"),
    Cell(
        source=(
            "count = len(points)\n"
            "mean_x = sum(x for x, _ in points) / count\n"
            "mean_y = sum(y for _, y in points) / count\n"
            "slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / (\n"
            "    sum((x - mean_x) ** 2 for x, _ in points) + shrink\n"
            ")\n"
            "error = (sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points) / count) ** 0.5\n"
            'print(f"slope {slope:.3f}, error {error:.3f}")'
        )
    ),
    Cell(source="%output slope error"),
)

NOTEBOOKS: Final = {"prepare.ipynb": PREPARE, "fit.ipynb": FIT}


def pipeline_text(name: str) -> str:
    """The pipeline file of a project of that name."""
    return f"""\
# Run it: dagbook run {_file(name)} -p rows=500
pipeline: {_scalar(name)}
params:
  rows: 200
nodes:
  prepare:
    notebook: prepare.ipynb
    params:
      rows: ${{params.rows}}
  fit:
    notebook: fit.ipynb
    matrix:
      shrink: [0, 1, 10]          # a step for each value, side by side
    params:
      points: ${{prepare.points}}   # naming an output is what chains the two
      shrink: ${{item.shrink}}
"""


def readme_text(name: str) -> str:
    """The page that says how to go on."""
    return f"""\
# {name}

```sh
dagbook plan {_file(name)}   # what would run, and why
dagbook run {_file(name)} -p rows=500
dagbook show   # steps, outputs, where everything is
jupyter lab    # the Dagbook panel is on the left
```

`prepare.ipynb` publishes `points`, `fit.ipynb` takes them; the pipeline file says so. Change a cell, and only
what depends on it runs again. What runs leave behind is in `.dagbook/`, which git ignores.
"""


GITIGNORE: Final = ".dagbook/\n.ipynb_checkpoints/\n__pycache__/\n"


def _file(name: str) -> str:
    return shlex.quote(f"{name}.pipeline.yaml")


def _scalar(name: str) -> str:
    """The name as YAML reads it back."""
    return name if re.fullmatch(r"[A-Za-z][\w-]*", name) and name.lower() not in _WORDS else json.dumps(name)


# What YAML takes for something other than text.
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
