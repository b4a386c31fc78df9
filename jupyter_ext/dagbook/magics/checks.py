"""`%%check NAME`: a gate in a notebook. What does not hold ends the notebook, or warns."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Mapping
from typing import Any, Final

from IPython.core.error import UsageError

from dagbook.engine.checks import CHECKS, CheckResult
from dagbook.magics.log import metric
from dagbook.magics.place import place, told_by
from dagbook.magics.quiet_line import note
from dagbook.magics.words import LineParser
from dagbook.notebook.values import is_name

USAGE: Final = "%%check NAME [--severity error|warn]"
_FILE: Final = "<%%check>"
_LONGEST: Final = 300


class CheckFailed(Exception):  # what the notebook's author wanted, not a fault of ours
    """A check of severity `error` does not hold: the notebook ends here."""


def register(ip: Any) -> None:
    """Add `%%check` to the shell."""

    def check_magic(line: str, cell: str) -> None:
        """A gate: the last expression of the cell must be true, and no `assert` in it may fail.

        %%check better_than_guessing
        auc > 0.75

        %%check both_kinds --severity warn
        share = table.left.mean()
        0.2 < share < 0.8

        What does not hold ends the notebook, so that nothing downstream runs; with `--severity warn` it is
        said, and the notebook goes on. Each result is a metric of the run, `check.NAME`: 1 or 0.
        """
        __tracebackhide__ = True
        run_check(line, cell, ip)

    ip.register_magic_function(check_magic, "cell", "check")


def run_check(line: str, cell: str, ip: Any) -> None:
    """Do what `%%check` was told.

    Raises:
        CheckFailed: it does not hold, and its severity is `error`.
    """
    __tracebackhide__ = True
    parser = LineParser("%%check", USAGE)
    parser.add_argument("name")
    parser.add_argument("--severity", choices=("error", "warn"), default="error")
    asked = parser.read(line)
    if not is_name(asked.name):
        parser.error(f"'{asked.name}' is no name (letters, digits, _)")
    message = _problem(ip.transform_cell(cell), ip)
    _told(CheckResult(name=asked.name, passed=not message, severity=asked.severity, message=message), ip)


def _told(result: CheckResult, ip: Any) -> None:
    __tracebackhide__ = True
    metric({result.metric: float(result.passed)})
    where = place(session=told_by(ip))
    where.outputs.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(result.to_json(), ensure_ascii=False) + "\n"
    descriptor = os.open(where.outputs.parent / CHECKS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, line.encode("utf-8", "backslashreplace"))
    finally:
        os.close(descriptor)
    if result.passed:
        note(f"✓ check {result.name}")
    elif result.severity == "warn":
        note(f"! check {result.name}: {result.message}")
    else:
        raise CheckFailed(f"check '{result.name}': {result.message}")


def _problem(source: str, ip: Any) -> str:
    """What does not hold; nothing where all does. What the cell binds stays, as of any cell."""
    try:
        tree = ast.parse(source, _FILE)
    except SyntaxError as error:
        raise UsageError(f"%%check: {error.msg} in line {(error.lineno or 0) + 1}") from None
    if not tree.body:
        raise UsageError("%%check: there is nothing to check; write a condition: auc > 0.75")
    last = tree.body[-1]
    condition = last.value if isinstance(last, ast.Expr) else None
    before = ast.Module(body=tree.body[:-1] if condition is not None else tree.body, type_ignores=[])
    try:
        exec(compile(before, _FILE, "exec"), ip.user_global_ns, ip.user_ns)  # noqa: S102  # the person's code
        if condition is None:
            return ""
        worth = eval(  # noqa: S307  # the person's own code
            compile(ast.Expression(body=condition), _FILE, "eval"), ip.user_global_ns, ip.user_ns
        )
        held = bool(worth)
    except AssertionError as error:
        return _cut(f"an assertion failed{f': {error}' if str(error) else ''}")
    except Exception as error:  # noqa: BLE001  # the person's code; a check that cannot be made does not hold
        return _cut(f"{type(error).__name__}: {error}")
    return "" if held else _cut(f"{ast.unparse(condition)} does not hold{_values(condition, ip.user_ns)}")


def _values(condition: ast.expr, names: Mapping[str, Any]) -> str:
    """The numbers that the condition is about."""
    shown = {
        node.id: names[node.id]
        for node in ast.walk(condition)
        if isinstance(node, ast.Name) and isinstance(names.get(node.id), int | float | str)
    }
    return f" ({', '.join(f'{name} = {value!r}' for name, value in shown.items())})" if shown else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
