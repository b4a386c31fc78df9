"""`%param`, `%metric`, `%artifact`: their lines, and doing what they say. A mistake stops nothing."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from IPython.core.error import UsageError

from dagbook.errors import did_you_mean
from dagbook.magics.log import artifact, metric, param
from dagbook.magics.output_line import read_assignments
from dagbook.magics.quiet_line import note
from dagbook.magics.tracebacks import evaluate
from dagbook.magics.variables import meant

PARAM_USAGE: Final = "%param NAME=EXPRESSION …  or  %param NAME …"
METRIC_USAGE: Final = "%metric NAME=EXPRESSION …  or  %metric NAME …  (--step N)"
ARTIFACT_USAGE: Final = "%artifact PATH  or  %artifact VARIABLE  (--name NAME)"
_STEP: Final = re.compile(r"(?:^|\s)--step(?:\s+|=)(\S+)")
_NAME: Final = re.compile(r"(?:^|\s)--name(?:\s+|=)(\S+)")
_OPTION: Final = re.compile(r"(?:^|\s)(--?[A-Za-z][\w-]*)")


def param_line(line: str, ip: Any) -> None:
    """Log parameters of the run that is going on: `%param lr=0.1 depth=3`, `%param lr`."""
    __tracebackhide__ = True
    values = _values("param", line, PARAM_USAGE, (), ip)
    if values:
        param(values)


def metric_line(line: str, ip: Any) -> None:
    """Log numbers to the run that is going on: `%metric acc=0.93 loss=total / n --step 3`, `%metric acc`."""
    __tracebackhide__ = True
    found = _STEP.search(line)
    step: Any = None
    if found:
        line = line[: found.start()] + " " + line[found.end() :]
        given, problem = _evaluated(found[1], ip, "metric")
        if problem:
            note(f"metric: --step {found[1]}: {problem}; nothing is logged")
            return
        step = given
    values = _values("metric", line, METRIC_USAGE, ("--step",), ip)
    if values:
        metric(values, step=step)


def artifact_line(line: str, ip: Any) -> None:
    """Log a file, a folder, or a variable as a file: `%artifact m.png`, `%artifact df --name data`."""
    found = _NAME.search(line)
    name = found[1] if found else None
    if found:
        line = line[: found.start()] + " " + line[found.end() :]
    what = line.strip().strip("\"'")
    option = _OPTION.search(line)
    if not what or (option and not Path(what).exists()):
        wrong = f"there is no option {option[1]}" if option else "nothing to log"
        note(f"artifact: {wrong}; use {ARTIFACT_USAGE}")
        return
    path = Path(what).expanduser()
    if path.exists():
        artifact(path, name)
    elif what in ip.user_ns:
        value = ip.user_ns[what]
        artifact(Path(value) if isinstance(value, str) and Path(value).exists() else value, name or what)
    else:
        note(
            f"artifact {what} is not logged: there is neither such a file nor such variable{meant(what, ip)}"
        )


def _values(magic: str, line: str, usage: str, options: tuple[str, ...], ip: Any) -> dict[str, Any]:
    __tracebackhide__ = True
    option = _OPTION.match(line.strip())
    if option:
        hint = did_you_mean(option[1], options, f"use {usage}")
        note(f"{magic}: there is no option {option[1]}; {hint}")
        return {}
    try:
        asked = read_assignments(line, usage)
    except ValueError as error:
        note(f"{magic}: {error}")
        return {}
    found = {}
    for name, expression in asked.items():
        value, problem = _evaluated(expression, ip, magic)
        if problem:
            note(f"{magic} {name} is not logged: {problem}")
        else:
            found[name] = value
    return found


def _evaluated(expression: str, ip: Any, magic: str) -> tuple[Any, str]:
    """The value, or what is wrong. A line that only records must not end the cell that it is in."""
    __tracebackhide__ = True  # an interrupt passes through
    namespace: Mapping[str, Any] = ip.user_ns
    if expression.isidentifier() and expression not in namespace and not _is_builtin(expression):
        return None, f"there is no variable '{expression}'{meant(expression, ip)}"
    try:
        return evaluate(expression, ip, magic), ""
    except UsageError as error:
        return None, str(error).partition(": ")[2]
    except Exception as error:  # noqa: BLE001  # the user's expression; any error is an answer
        return None, f"{expression} gave {type(error).__name__}: {error}"


def _is_builtin(name: str) -> bool:
    return hasattr(builtins, name)
