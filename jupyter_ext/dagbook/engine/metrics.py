"""The numbers that an attempt published, as metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dagbook.notebook.outputs import Output


def metrics_of(outputs: Mapping[str, Output]) -> dict[str, float]:
    """The published numbers; MLflow's metrics are floats, and it knows no infinity."""
    found = {}
    for name, output in outputs.items():
        value: Any = output.value
        if output.kind == "value" and isinstance(value, int | float) and not isinstance(value, bool):
            try:
                number = float(value)
            except OverflowError:
                continue
            if math.isfinite(number):
                found[name] = number
    return found
