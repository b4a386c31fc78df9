"""`dagbook.track`: a run around a block or around each call of a function, as `%%track` is around a cell."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from dagbook.magics.live_run import LiveRun
from dagbook.magics.logbook import logbook
from dagbook.magics.notebook_parameters import NotebookParameters
from dagbook.magics.track_line import NOTE_TAG, Asked
from dagbook.magics.tracked import Tracked

_Function = TypeVar("_Function", bound=Callable[..., Any])


class track:  # noqa: N801  # used as a function is: `with track("fit"):`, `@track("fit")`
    """Record a block of code, or each call of a function, as one MLflow run.

    Args:
        name: of the run; MLflow makes one up if there is none.
        experiment: otherwise that of the notebook.
        tags: text for text.
        note: a remark, which MLflow shows with the run.
        autolog: also record what `mlflow.autolog` knows of models that are fitted.

    >>> with track("fit", tags={"stage": "draft"}):
    ...     metric(loss=0.3)
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        experiment: str | None = None,
        tags: Mapping[str, str] | None = None,
        note: str | None = None,
        autolog: bool = False,
    ) -> None:
        told = {key: str(value) for key, value in (tags or {}).items()}
        if note is not None:
            told[NOTE_TAG] = note
        self._asked = Asked(name=name, experiment=experiment, tags=told, autolog=autolog)
        self._going: list[Tracked] = []

    def __call__(self, function: _Function) -> _Function:
        """Track each call of the function, or, of an `async def`, all that it awaits."""
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Any, **named: Any) -> Any:
                __tracebackhide__ = True
                with self:
                    return await function(*args, **named)

            return cast("_Function", awaited)

        @wraps(function)
        def called(*args: Any, **named: Any) -> Any:
            __tracebackhide__ = True
            with self:
                return function(*args, **named)

        return cast("_Function", called)

    def __enter__(self) -> Self:
        self._going.append(Tracked(logbook(), self._asked, NotebookParameters()))
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._going.pop().end(error)

    @property
    def run(self) -> LiveRun:
        """The run that is going on."""
        return self._going[-1].run
