"""`dagbook.param`, `metric`, `artifact`: log to the run that is going on, or to the notebook's own.

A mistake in what is logged is said in a line and stops nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from dagbook.magics.cell_record import relative
from dagbook.magics.live_run import LiveRun
from dagbook.magics.logbook import Logbook, logbook
from dagbook.magics.quiet_line import note
from dagbook.magics.secret_texts import masked


def param(values: Mapping[str, Any] | None = None, /, **named: Any) -> None:
    """Log parameters: `param(lr=0.1)`, or `param({"optimizer/lr": 0.1})` for names that are no identifiers.

    They are kept as text of at most 6000 characters. The first value of a name stays.
    """
    book = logbook()
    told = {name: masked(str(value)) for name, value in {**(values or {}), **named}.items()}
    try:
        book.current().log_params(told, book.cell.id)
    except OSError as error:
        _not_written(error)


def metric(values: Mapping[str, Any] | None = None, /, *, step: int | None = None, **named: Any) -> None:
    """Log numbers: `metric(loss=0.3)`, `metric(loss=0.3, step=7)`, `metric({"val/loss": 0.3})`.

    Costs microseconds, and never waits. Without a step each name counts its own points from 0. NaN is kept;
    infinity, texts and arrays are not, which is said.
    """
    book = logbook()
    try:
        book.current().log_metrics({**values, **named} if values else named, step, book.cell.id)
    except OSError as error:
        _not_written(error)


def artifact(value: Any, name: str | None = None) -> None:
    """Log a file or folder (by its path), or an object as a file: a table, array, figure, JSON value.

    A file is copied as it is now. `name` is what it is called in MLflow: `artifact(df, "features")`.
    """
    book = logbook()
    try:
        run = book.current()
        if isinstance(value, str | PurePath):
            _log_path(book, run, Path(value).expanduser(), name)
        else:
            _log_object(book, run, value, name or type(value).__name__.lower())
    except OSError as error:
        _not_written(error)


def _log_path(book: Logbook, run: LiveRun, path: Path, name: str | None) -> None:
    if not path.exists():
        note(f"artifact {path} is not logged: there is no such file")
        return
    kept = book.outbox.keep(path.resolve(), Path(name).name if name else None)
    _record(book, run, kept)


def _log_object(book: Logbook, run: LiveRun, value: Any, name: str) -> None:
    from dagbook.formats import registry  # costs a moment, and most notebooks log no objects

    folder = book.outbox.new_file(name).parent
    stem = "".join(letter if letter.isalnum() else "_" for letter in name) or "artifact"
    stem = stem if stem.isidentifier() else f"_{stem}"
    try:
        output = registry.write(value, stem, folder)
    except (TypeError, ValueError) as error:
        said = str(error).replace(f"output '{stem}'", f"artifact {name} is not logged", 1)
        note(said.partition("; ")[0] + "; log a file that you wrote, by its path")
        return
    if output.kind == "value":
        import json

        path = folder / f"{stem}.json"
        path.write_text(masked(json.dumps(output.value, ensure_ascii=False, indent=1)), "utf-8")
    else:
        path = folder / Path(output.path).name
    _record(book, run, path)


def _record(book: Logbook, run: LiveRun, path: Path) -> None:
    run.artifacts += 1
    run.append({"kind": "artifact", "path": relative(path), "cell": book.cell.id})


def _not_written(error: OSError) -> None:
    note(f"nothing is logged: the project's .dagbook folder cannot be written ({error.strerror or error})")
