"""What `%load_ext dagbook` adds to IPython. Imports neither mlflow nor pandas."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from IPython.core.error import UsageError
from IPython.core.magic import no_var_expand

from dagbook.magics.output_line import read_output_line
from dagbook.magics.publish import output

_PARAMETERS = "%%parameters"

MODULES: Final = (
    "dagbook.magics.tracking",
    "dagbook.magics.runs_table",
    "dagbook.magics.compare",
    "dagbook.magics.pipeline",
    "dagbook.magics.input_binding",
)
"""Each has `register(ip)`, which adds its magics; none may import anything heavy."""


def load_ipython_extension(ip: Any) -> None:
    """Register the magics in the IPython shell `ip`; a second time changes nothing."""

    @no_var_expand
    def output_magic(line: str) -> None:
        """Publish outputs of this notebook: `%output NAME …` or `%output NAME=EXPRESSION …`."""
        publish_line(line, ip)

    ip.register_magic_function(output_magic, "line", "output")
    ip.register_magic_function(_parameters_magic, "cell", "parameters")
    for module in MODULES:
        import_module(module).register(ip)
    if _as_plain_cell not in ip.input_transformers_cleanup:
        ip.input_transformers_cleanup.append(_as_plain_cell)


def publish_line(line: str, ip: Any) -> None:
    """Do what `%output` was told. Errors of the user's expressions are the user's to see, whole."""
    try:
        asked = read_output_line(line)
    except ValueError as error:
        raise UsageError(str(error)) from None
    values = {name: _value(name, expression, ip) for name, expression in asked.expressions.items()}
    try:
        output(pickle=asked.pickle, **values)
    except (ValueError, TypeError, OSError) as error:
        raise UsageError(str(error)) from None


def _value(name: str, expression: str, ip: Any) -> Any:
    if expression == name and name not in ip.user_ns:
        raise UsageError(f"there is no variable '{name}'; define it, or write %output {name}=EXPRESSION")
    return ip.ev(expression)


def _as_plain_cell(lines: list[str]) -> list[str]:
    """A `%%parameters` cell runs as any other; the line stays empty, so that line numbers stay right."""
    for index, line in enumerate(lines):
        if line.split()[:1] == [_PARAMETERS]:
            return [*lines[:index], "\n", *lines[index + 1 :]]
        if line.strip():
            break
    return lines


def _parameters_magic(line: str, cell: str) -> None:  # noqa: ARG001
    """Mark this cell as the one with the notebook's parameters; it runs as any other cell."""
    raise UsageError("%%parameters must be the first line of its cell")
