"""Keeps our frames out of the tracebacks that people see: what they called and what went wrong is enough.

IPython passes over frames that hold `__tracebackhide__`.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Final, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
_OURS: Final = "dagbook."


def without_our_frames(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """A function that people call; an error that we raise in it points at their line, not at ours."""

    @wraps(function)
    def called(*args: _P.args, **named: _P.kwargs) -> _T:
        __tracebackhide__ = True
        try:
            return function(*args, **named)
        except Exception as error:
            if not _raised_by_us(error):
                raise
            # What IPython asks an exception for, to show it.
            error._render_traceback_ = partial(_rendered, error)  # type: ignore[attr-defined]
            raise error.with_traceback(None) from None

    return called


def evaluate(expression: str, shell: Any, magic: str) -> Any:
    """What the expression in the line of a magic is worth.

    Raises:
        UsageError: it is no expression.
        Exception: whatever it raises; of this line the traceback shows the expression alone.
    """
    __tracebackhide__ = True
    file = f"<%{magic}>"
    try:
        code = compile(expression, file, "eval")
    except SyntaxError as error:
        from IPython.core.error import UsageError  # there already: this is a magic

        raise UsageError(f"%{magic}: {expression!r} is no expression ({error.msg})") from None
    linecache.cache[file] = (len(expression), None, [f"{expression}\n"], file)
    return eval(code, shell.user_global_ns, shell.user_ns)  # noqa: S307  # the person's own code


def _rendered(error: Exception) -> list[str]:
    """The lines of the traceback down to the person's own; raises outside of IPython, which asks for them."""
    from IPython.core.getipython import get_ipython

    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        if trace.tb_next.tb_frame.f_globals.get("__name__") == __name__:
            trace.tb_next = None
            break
        trace = trace.tb_next
    shell: Any = get_ipython()
    formatter = shell.InteractiveTB
    lines: list[str] = formatter.structured_traceback(
        type(error), error, error.__traceback__, tb_offset=formatter.tb_offset
    )
    return lines


def _raised_by_us(error: Exception) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and str(trace.tb_frame.f_globals.get("__name__", "")).startswith(_OURS)
