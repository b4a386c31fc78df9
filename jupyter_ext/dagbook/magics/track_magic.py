"""`%%track` and `%track`: a cell, or many, as one MLflow run. The cell runs as any other does.

The first line is taken out before the cell runs; what it asks for is done by hooks before and after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from dagbook.errors import did_you_mean
from dagbook.magics.logbook import CellNow, Logbook
from dagbook.magics.notebook_parameters import NotebookParameters
from dagbook.magics.quiet_line import note
from dagbook.magics.track_line import VERBS, read_track_line
from dagbook.magics.tracked import Tracked, counted, link_to

MAGIC: Final = "%%track"
_PARAMETERS: Final = "%%parameters"
USAGE: Final = "%track start [NAME] [options of %%track] · %track stop · %track status"


@dataclass
class _Frame:
    """A cell that runs, and the run that is only its own."""

    before: CellNow
    tracked: Tracked | None = None


class TrackMagic:
    """The tracking of one shell.

    Args:
        shell: the IPython that runs us.
        logbook: gives the records of this process.
    """

    def __init__(self, shell: Any, logbook: Callable[[], Logbook]) -> None:
        self._shell = shell
        self._logbook = logbook
        self._frames: list[_Frame] = []
        self._span: Tracked | None = None
        self.parameters = NotebookParameters()

    # --- hooks --------------------------------------------------------------------------------------

    def loaded(self) -> None:
        """We were loaded in the middle of a cell: what follows in it is logged by that cell."""
        number = self._shell.execution_count
        self._logbook().cell = CellNow(id=self._told_cell_id(), number=number)

    def before_cell(self, info: Any = None) -> None:
        """A cell is about to run."""
        try:
            self._before_cell(info)
        except Exception as error:  # noqa: BLE001  # a hook never raises into the user's code
            _broken(error)

    def after_cell(self, result: Any = None) -> None:
        """A cell has run."""
        try:
            self._after_cell(result)
        except Exception as error:  # noqa: BLE001  # see above
            _broken(error)

    def _before_cell(self, info: Any) -> None:
        book = self._logbook()
        frame = _Frame(book.cell)
        self._frames.append(frame)
        source = getattr(info, "raw_cell", None) or ""
        book.cell = CellNow(
            id=getattr(info, "cell_id", None) or self._told_cell_id(),
            number=self._shell.execution_count,
            source=source,
        )
        line = first_line(source)
        if is_tracked(line):
            asked = read_track_line(line.strip()[len(MAGIC) :])
            frame.tracked = Tracked(book, asked, self.parameters, source)
        elif self._span is not None:
            self._span.cell_begins()

    def _after_cell(self, result: Any) -> None:
        if not self._frames:  # the cell that loaded us
            self._logbook().cell = CellNow()
            self._logbook().wake_if_waiting()
            return
        frame = self._frames.pop()
        book = self._logbook()
        try:
            error = error_of(result)
            if frame.tracked is not None:
                frame.tracked.end(error, self._shell.user_ns)
            elif self._span is not None:
                self._span.cell_ends(error)
            if first_line(book.cell.source).split()[:1] == [_PARAMETERS]:
                self.parameters.ran(book.cell.source, book.cell.id)
            book.wake_if_waiting()
        finally:
            book.cell = frame.before

    def _told_cell_id(self) -> str | None:
        """The id as the front end sent it, for an IPython that does not hand it on."""
        kernel = getattr(self._shell, "kernel", None)
        try:
            parent = kernel.get_parent() if kernel is not None else {}
            told = parent.get("metadata", {}).get("cellId")
            return str(told) if told else None
        except Exception:  # noqa: BLE001  # kernels differ; without an id things are only less linked
            return None

    def parameter_names(self) -> list[str]:
        """What the notebook declares as parameters."""
        return list(self.parameters.cells(self._logbook().notebook))

    # --- %track -------------------------------------------------------------------------------------

    def line(self, line: str) -> None:
        """`%track start`, `stop` or `status`."""
        verb, _, rest = line.strip().partition(" ")
        if verb == "start":
            self._start(rest)
        elif verb == "stop":
            self._stop(rest)
        elif verb in {"", "status"}:
            self._status()
        else:
            note(f"track: there is no '%track {verb}': {did_you_mean(verb, VERBS)} (for one cell: %%track)")

    def cell(self, line: str, cell: str) -> None:
        """`%%track` where it is called as a function: the cell runs as if it had been typed."""
        self._shell.run_cell(f"{MAGIC} {line}\n{cell}")

    def _start(self, line: str) -> None:
        if self._span is not None:
            note(f"track: {self._span.run.name or 'a run'} is open since an earlier cell; it ends now")
            self._stop("")
        book = self._logbook()
        self._span = Tracked(book, read_track_line(line), self.parameters, book.cell.source)
        told = book.told_of(self._span.run) or {}
        name = self._span.run.name or told.get("name", "run")
        note(f"tracking {name} until %track stop", link_to(told))

    def _stop(self, line: str) -> None:
        if line.strip():
            note(f"track stop: {line.strip()!r} is passed over")
        if self._span is None:
            note("track: no run is open; %track start opens one")
            return
        span, self._span = self._span, None
        span.end(None, self._shell.user_ns)

    def _status(self) -> None:
        book = self._logbook()
        run = book.active()
        if run is None:
            note(f"no run is open. {USAGE}")
        else:
            told = book.told_of(run) or {}
            name = run.name or told.get("name", "run")
            parts = [
                counted(len(run.params), "param"),
                counted(len(run.metrics), "metric")
                + (f" ({counted(run.points, 'point')})" if run.points else ""),
                counted(run.artifacts, "artifact"),
                counted(len(run.cells), "cell"),
            ]
            note(" · ".join([f"tracking {name}", *(part for part in parts if part)]), link_to(told))
        if waiting := book.waiting():
            note(waiting)


def without_track_line(lines: list[str]) -> list[str]:
    """The lines of a cell with a first `%%track` made empty, so that line numbers stay right.

    Before another cell magic the line goes altogether: that one must be the first.
    """
    for index, line in enumerate(lines):
        if is_tracked(line):
            is_before_magic = any(rest.strip() for rest in lines[index + 1 :]) and next(
                rest for rest in lines[index + 1 :] if rest.strip()
            ).startswith("%%")
            following = lines[index + 1 :]
            if is_before_magic:
                while not following[0].strip():
                    following = following[1:]
                return following
            return [*lines[:index], "\n", *following]
        if line.strip():
            break
    return lines


def first_line(source: str) -> str:
    """The first line of a cell that is not empty."""
    return next((line for line in source.splitlines() if line.strip()), "")


def is_tracked(line: str) -> bool:
    """Whether a cell that begins with this line is tracked."""
    return line.split(maxsplit=1)[:1] == [MAGIC]


def error_of(result: Any) -> BaseException | None:
    """What ended a cell; without a result it was ended from outside."""
    if result is None:
        return KeyboardInterrupt()
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error


def _broken(error: Exception) -> None:
    if isinstance(error, OSError):
        note(f"not recorded: the project's .dagbook folder cannot be written ({error.strerror or error})")
    else:
        note(f"not recorded: {type(error).__name__}: {error} (a bug of Dagbook's; your cell is not touched)")
