"""What `%load_ext dagbook` adds to IPython. Imports neither mlflow nor pandas."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from IPython.core.error import UsageError
from IPython.core.magic import no_var_expand

from dagbook.magics.completion import complete
from dagbook.magics.offers import output_offers
from dagbook.magics.output_line import read_output_line
from dagbook.magics.publish import output
from dagbook.magics.tracebacks import evaluate
from dagbook.magics.variables import meant

_PARAMETERS = "%%parameters"

MODULES: Final = (
    "dagbook.magics.checks",
    "dagbook.magics.register",
    "dagbook.magics.tracking",
    "dagbook.magics.runs_table",
    "dagbook.magics.compare",
    "dagbook.magics.pipeline",
    "dagbook.magics.input_binding",
    "dagbook.magics.overview",
)
"""Each has `register(ip)`, which adds its magics; none may import anything heavy. The last lists them all."""


def load_ipython_extension(ip: Any) -> None:
    """Register the magics in the IPython shell `ip`; a second time changes nothing."""

    @no_var_expand
    def output_magic(line: str) -> None:
        """Publish results of this notebook by name, for the notebooks downstream.

        %output accuracy                           the variable `accuracy`
        %output acc=model.score(X, y) rows=len(df)
        %output features=df                        a table becomes a parquet file
        %output report=Path("report.html")         a file or folder as it is
        %output --pickle model                     an object of any kind, for readers who trust you

        Numbers, texts, lists and dicts travel as values; tables, arrays and figures as files. In a run of a
        pipeline the nodes downstream receive them: ${train.acc}. When you run the notebook yourself they are
        kept for %input in other notebooks. A name that is published again is replaced.
        In Python: dagbook.output(acc=0.93).
        """
        __tracebackhide__ = True
        publish_line(line, ip)

    ip.register_magic_function(output_magic, "line", "output")
    ip.register_magic_function(_parameters_magic, "cell", "parameters")
    complete(ip, "output", lambda typed: output_offers(typed, ip))
    for module in MODULES:
        import_module(module).register(ip)
    if _as_plain_cell not in ip.input_transformers_cleanup:
        ip.input_transformers_cleanup.append(_as_plain_cell)


def publish_line(line: str, ip: Any) -> None:
    """Do what `%output` was told. Errors of the user's expressions are the user's to see, whole."""
    __tracebackhide__ = True
    try:
        asked = read_output_line(line)
    except ValueError as error:
        raise UsageError(str(error)) from None
    values = {}
    for name, expression in asked.expressions.items():
        values[name] = _value(name, expression, ip)
    try:
        output(pickle=asked.pickle, **values)
    except (ValueError, TypeError, OSError) as error:
        raise UsageError(str(error)) from None


def _value(name: str, expression: str, ip: Any) -> Any:
    __tracebackhide__ = True
    if expression == name and name not in ip.user_ns:
        near = meant(name, ip) or f"; define it, or write %output {name}=EXPRESSION"
        raise UsageError(f"%output: there is no variable '{name}'{near}")
    return evaluate(expression, ip, "output")


def _as_plain_cell(lines: list[str]) -> list[str]:
    """A `%%parameters` cell runs as any other; the line stays empty, so that line numbers stay right."""
    for index, line in enumerate(lines):
        if line.split()[:1] == [_PARAMETERS]:
            return [*lines[:index], "\n", *lines[index + 1 :]]
        if line.strip():
            break
    return lines


def _parameters_magic(line: str, cell: str) -> None:  # noqa: ARG001
    """Mark this cell as the one with the notebook's parameters, as the tag `parameters` does.

    %%parameters
    rows: int = 1000             # how many rows to read
    model: Literal["rf", "lr"] = "rf"
    since = date(2026, 1, 1)

    The cell runs as any other. Each assignment is a parameter: its annotation or default says the type, the
    comment behind it is its help. A run can set it (`-p rows=500`, `params:` of a node), and refuses a wrong
    name or type before anything starts. Tracked cells log the values by themselves.
    """
    raise UsageError("%%parameters must be the first line of its cell")
