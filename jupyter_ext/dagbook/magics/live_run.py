"""One run while it goes on in this kernel: what was logged to it, and the lines that are written for it.

Knows nothing of MLflow: everything becomes a record of the outbox.
"""

from __future__ import annotations

import json
import math
import operator
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dagbook.engine.outbox import Outbox
from dagbook.magics.allowed_names import complaint

LONGEST_PARAM: Final = 6000
_LARGEST_STEP: Final = 2**63 - 1

Say = Callable[[str], None]


@dataclass(kw_only=True)
class LiveRun:
    """A run that values are logged to.

    Attributes:
        key: what our records call it.
        name: as people see it; empty until the store has made one.
        uri: the tracking store that was in force when it was opened.
        is_ours: whether we opened it, and so end it.
    """

    key: str
    outbox: Outbox
    say: Say
    name: str = ""
    uri: str | None = None
    is_ours: bool = True
    params: dict[str, str] = field(default_factory=dict)
    artifacts: int = 0
    points: int = 0
    cells: list[dict[str, Any]] = field(default_factory=list)
    failed: bool = False
    _steps: dict[str, int] = field(default_factory=dict)
    _good: dict[str, str] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)
    _head: tuple[str | None, str] = (None, "")

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics that were logged."""
        return list(self._steps)

    def log_metrics(self, values: Mapping[str, Any], step: Any, cell: str | None) -> None:
        """Log numbers; one that cannot be logged is said in a line, and the others are logged all the same.

        Without a step each name counts its own points from 0, so that they stay in order.
        """
        if step is not None:
            step = self._step(step)
            if step is None:
                return
        for name, value in values.items():
            number = value if type(value) is float else self._number(name, value)
            if number is None or not (math.isfinite(number) or self._is_nan(name, number)):
                continue
            written = self._good.get(name) or self._checked(name, "metric")
            if not written:
                continue
            at = self._steps.get(name, 0) if step is None else step
            self._steps[name] = at + 1
            self.points += 1
            shown = "NaN" if number != number else repr(number)  # noqa: PLR0124  # that is how NaN is told
            self.outbox.append_line(
                f'{{"t":{time.time_ns() // 1_000_000},{self._beginning(cell)}"step":{at},'
                f'"values":{{{written}:{shown}}}}}\n'
            )

    def log_params(self, values: Mapping[str, Any], cell: str | None) -> None:
        """Log parameters as text. The first value of a name stays; another one is said and kept as a tag."""
        for name, value in values.items():
            if not self._checked(name, "parameter"):
                continue
            text = str(value)
            if len(text) > LONGEST_PARAM:
                self._say_once(
                    f"parameter {name}: cut to {LONGEST_PARAM} of its {len(text)} characters, MLflow's limit"
                )
                self.tag({f"dagbook.cut.{name}": f"{len(text)} characters, cut"})
                text = text[:LONGEST_PARAM]
            before = self.params.setdefault(name, text)
            if before != text:
                self._say_once(
                    f"parameter {name} is {_short(before)} already; {_short(text)} is kept as the tag "
                    f"dagbook.conflict.{name}"
                )
                self.tag({f"dagbook.conflict.{name}": text})
                continue
            self.append({"kind": "param", "values": {name: text}, "cell": cell})

    def tag(self, values: Mapping[str, str]) -> None:
        """Set tags."""
        self.append({"kind": "tag", "values": dict(values)})

    def append(self, record: dict[str, Any]) -> None:
        """Add a record of this run."""
        self.outbox.append({"run": self.key, **record})

    def _beginning(self, cell: str | None) -> str:
        if self._head[0] != cell or not self._head[1]:
            told = f',"cell":{json.dumps(cell)}' if cell else ""
            self._head = (cell, f'"kind":"metric","run":"{self.key}"{told},')
        return self._head[1]

    def _checked(self, name: str, what: str) -> str:
        """The name as JSON; empty when MLflow would refuse it, which is said."""
        written = self._good.get(name)
        if written is None:
            wrong = complaint(name)
            if wrong:
                self._say_once(f"{what} {str(name)[:60]!r} is not logged: {wrong}")
                return ""
            written = self._good[name] = json.dumps(name)
        return written

    def _number(self, name: str, value: Any) -> float | None:
        if isinstance(value, str | bytes) or (getattr(value, "ndim", 0) or 0) > 0:
            self._say_no_number(name, value)
            return None
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError, RuntimeError):
            self._say_no_number(name, value)
            return None

    def _say_no_number(self, name: str, value: Any) -> None:
        kind = type(value).__name__
        several = hasattr(value, "__len__") and not isinstance(value, str | bytes)
        hint = "; log each of its numbers, with --step or in a loop" if several else ""
        self._say_once(f"metric {name} is not logged: a metric is one number, this is {_a(kind)}{hint}")

    def _is_nan(self, name: str, number: float) -> bool:
        """Whether a number that is not finite is one MLflow can hold; if not that is said and tagged."""
        if math.isnan(number):
            return True
        self._say_once(f"metric {name} is not logged: MLflow cannot hold {number}")
        if not complaint(name):
            self.tag({f"dagbook.refused.{name}": str(number)})
        return False

    def _step(self, step: Any) -> int | None:
        number: int | None
        try:
            number = operator.index(step)
        except TypeError:
            number = int(step) if isinstance(step, float) and step.is_integer() else None
        if number is None or not -_LARGEST_STEP <= number <= _LARGEST_STEP:
            self._say_once(
                f"nothing is logged: a step is a whole number of up to 64 bits, not {_short(repr(step))}"
            )
            return None
        return number

    def _say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self.say(line)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004


def _a(kind: str) -> str:
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"
