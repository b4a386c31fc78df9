"""Finds the format that fits: for a value by its type, for a file by its suffix."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from dagbook.engine.artifacts import format_of, name_of
from dagbook.engine.content import size_of
from dagbook.errors import Finding, InvalidInput
from dagbook.formats.array import ArrayFormat
from dagbook.formats.dataframe import TableFormat
from dagbook.formats.figure import FigureFormat
from dagbook.formats.file import FileFormat
from dagbook.formats.pickle import PickleFormat
from dagbook.formats.port import Format, type_name
from dagbook.formats.value import as_json
from dagbook.notebook.outputs import Output
from dagbook.notebook.values import UnsupportedValue, is_name

FORMATS: tuple[Format, ...] = (TableFormat(), ArrayFormat(), FigureFormat(), FileFormat())
_PICKLE = PickleFormat()

_INSTEAD = {
    "Series": "publish value.to_frame(), or value.tolist()",
    "Index": "publish value.tolist()",
    "LazyFrame": "publish value.collect()",
    "Axes": "publish its figure: value.figure",
}


def write(value: object, name: str, folder: Path, *, pickle: bool = False) -> Output:
    """Publish `value` as `name` below `folder`: inline where JSON carries it, else as a file that is whole.

    The file's path in the record is relative to the folder's parent; its digest is left to whoever collects.

    Raises:
        TypeError: no format fits; names what to do.
        ValueError: `name` is no identifier.
        OSError: it cannot be written; nothing was changed.
    """
    if not is_name(name):
        raise ValueError(f"'{name}' cannot be the name of an output: use letters, digits and _")
    chosen = next((form for form in FORMATS if form.fits(value)), None)
    if chosen is None and not pickle:
        output = _inline(value, name)
        _remove_other_files(name, folder, keep=None)
        return output
    chosen = _PICKLE if pickle and not isinstance(chosen, FileFormat) else chosen or _PICKLE
    suffix = chosen.suffix
    if isinstance(chosen, FileFormat) and isinstance(value, PurePath):
        suffix = chosen.suffix_for(value)
    path = folder / f"{name}{suffix}"
    _write_whole(chosen, value, path)
    _remove_other_files(name, folder, keep=path)
    return Output(
        name=name,
        kind="file",
        path=f"{folder.name}/{path.name}",
        format=format_of(path),
        type=type_name(value),
        bytes=size_of(path),
    )


def _inline(value: object, name: str) -> Output:
    try:
        return Output(name=name, kind="value", value=as_json(value), format="json", type=type_name(value))
    except UnsupportedValue as error:
        what, _, given = str(error).partition("; ")
        remedy = _INSTEAD.get(type(value).__name__, "" if "as an output" in given else given)
        raise TypeError(
            f"output '{name}': {what}; {f'{remedy}, or ' if remedy else ''}"
            "publish it with pickle=True if whoever reads it trusts you"
        ) from None


def _write_whole(form: Format, value: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        form.write(value, temporary)
        if path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    except TypeError as error:
        raise TypeError(f"output '{name_of(path)}': {error}") from error
    finally:
        _remove(temporary)


def _remove_other_files(name: str, folder: Path, *, keep: Path | None) -> None:
    """What was published under this name before, in another format, is not to be found any more."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path != keep and not path.name.startswith(".") and name_of(path) == name:
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def load(path: str | Path, *, pickle: bool = False) -> Any:
    """Read a published file by its format: a DataFrame, an array, plain JSON, an image, text; else its Path.

    Raises:
        InvalidInput: there is no such file, or it is a pickle and `pickle` is not True.
    """
    path = Path(path)
    if not path.exists():
        raise InvalidInput(
            Finding(
                code="no-file",
                message="there is no such file",
                remedy="load the path that a parameter gave, or one of `dagbook show`",
                file=str(path),
            )
        )
    form = format_of(path)
    if form in {"pickle", "joblib"}:
        return _load_pickle(path, form, allowed=pickle)
    read = _READERS.get(form)
    return read(path) if read else path


def _load_pickle(path: Path, form: str, *, allowed: bool) -> Any:
    if not allowed:
        raise InvalidInput(
            Finding(
                code="pickle-refused",
                message="this is a pickle: to load it is to run the code in it",
                remedy="use load(path, pickle=True) if you trust whoever made it",
                file=str(path),
            )
        )
    if form == "joblib":
        from importlib import import_module

        return import_module("joblib").load(path)
    import pickle

    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301  # asked for  # asked for


def _parquet(path: Path) -> Any:
    import pandas as pd

    return pd.read_parquet(path)


def _csv(path: Path) -> Any:
    import pandas as pd

    return pd.read_csv(path)


def _npy(path: Path) -> Any:
    import numpy as np

    return np.load(path, allow_pickle=False)


def _image(path: Path) -> Any:
    from IPython.display import Image

    return Image(data=path.read_bytes())  # type: ignore[no-untyped-call]


_READERS: dict[str, Callable[[Path], Any]] = {
    "parquet": _parquet,
    "csv": _csv,
    "npy": _npy,
    "png": _image,
    "jpg": _image,
    "json": lambda path: json.loads(path.read_text(encoding="utf-8")),
    "txt": lambda path: path.read_text(encoding="utf-8"),
    "md": lambda path: path.read_text(encoding="utf-8"),
}
