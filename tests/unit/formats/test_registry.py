"""Every kind of object is written in the form that others read, or refused with what to do instead."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dagbook.errors import InvalidInput
from dagbook.formats.registry import load, write
from dagbook.notebook.values import decode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outputs").mkdir()
    return tmp_path / "outputs"


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (1, 1),
        ("é\n", "é\n"),
        (None, None),
        ([1, {"a": None}], [1, {"a": None}]),
        (float("nan"), {"$float": "nan"}),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        ({"a": [np.int8(1)]}, {"a": [1]}),
        (np.str_("x"), "x"),
    ],
)
def test_values_travel_inline_and_numpys_numbers_become_plain(folder: Path, value: object, form: object):
    output = write(value, "x", folder)
    assert (output.kind, output.value, output.path) == ("value", form, "")
    assert json.loads(json.dumps(output.value, allow_nan=False)) == form
    assert list(folder.iterdir()) == []
    decode(output.value)


def figure() -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(1, 1))


def image() -> Any:
    from PIL import Image

    return Image.new("RGB", (2, 2))


class Table(pd.DataFrame):
    """A class made from a known one, as geopandas does."""


@pytest.mark.parametrize(
    ("make", "path", "form", "kind"),
    [
        (lambda: pd.DataFrame({"a": [1]}), "outputs/x.parquet", "parquet", "DataFrame"),
        (lambda: Table({"a": [1]}), "outputs/x.parquet", "parquet", "Table"),
        (lambda: pa.table({"a": [1]}), "outputs/x.parquet", "parquet", "Table"),
        (lambda: np.arange(3), "outputs/x.npy", "npy", "ndarray"),
        (figure, "outputs/x.png", "png", "Figure"),
        (image, "outputs/x.png", "png", "Image"),
    ],
)
def test_objects_become_files(folder: Path, make: Callable[[], object], path: str, form: str, kind: str):
    output = write(make(), "x", folder)
    assert (output.path, output.format, output.type) == (path, form, kind)
    assert [entry.name for entry in folder.iterdir()] == [Path(path).name]
    assert output.bytes == (folder.parent / path).stat().st_size


def test_what_was_written_is_read_back(folder: Path):
    write(pd.DataFrame({"a": [1, 2]}), "table", folder)
    write(np.eye(2), "grid", folder)
    (folder / "c.csv").write_text("a,b\n1,2\n")
    (folder / "j.json").write_text('{"a": 1}')
    (folder / "t.txt").write_text("é", "utf-8")
    assert load(folder / "table.parquet")["a"].tolist() == [1, 2]
    assert load(str(folder / "grid.npy")).tolist() == [[1, 0], [0, 1]]
    assert load(folder / "c.csv")["b"].tolist() == [2]
    assert load(folder / "j.json") == {"a": 1}
    assert load(folder / "t.txt") == "é"
    assert load(folder) == folder


def test_a_path_is_copied_with_its_suffix_and_a_folder_whole(folder: Path, tmp_path: Path):
    (tmp_path / "a.tar.gz").write_bytes(b"1")
    (tmp_path / "model" / "in").mkdir(parents=True)
    (tmp_path / "model" / "in" / "w").write_bytes(b"22")
    assert write(tmp_path / "a.tar.gz", "archive", folder).path == "outputs/archive.tar.gz"
    output = write(tmp_path / "model", "model", folder)
    assert (output.path, output.format, output.type, output.bytes) == ("outputs/model", "folder", "Path", 2)
    (tmp_path / "model" / "in" / "w").unlink()
    write(tmp_path / "model", "model", folder)
    assert list((folder / "model").rglob("w")) == []


def test_publishing_again_replaces_whatever_it_was(folder: Path):
    write(np.eye(2), "x", folder)
    write(pd.DataFrame({"a": [1]}), "x", folder)
    assert [entry.name for entry in folder.iterdir()] == ["x.parquet"]
    write(5, "x", folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (object(), "pickle=True"),
        ({1, 2}, "give a sorted list"),
        (pd.Series([1]), r"value\.to_frame\(\)"),
        (np.array([object()]), "an array of Python objects"),
        (pd.DataFrame({"a": [1, "x", object()]}), "one type each"),
        (Path("/nowhere/x.csv"), "there is no file /nowhere/x.csv"),
        ("x" * 1_000_001, "write it to a file and publish its Path"),
        ({"a": (1,)}, r"at \['a'\]"),
    ],
)
def test_what_cannot_be_published_says_what_to_do_and_leaves_nothing(folder: Path, value: object, says: str):
    with pytest.raises(TypeError, match=says):
        write(value, "x", folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["a b", "class", "../x", "", "1a", "a.b"])
def test_names_must_be_identifiers(folder: Path, name: str):
    with pytest.raises(ValueError, match="cannot be the name of an output"):
        write(1, name, folder)


def test_pickles_are_made_and_read_only_when_asked_for(folder: Path):
    output = write({1, 2}, "x", folder, pickle=True)
    assert (output.path, output.format) == ("outputs/x.pkl", "pickle")
    with pytest.raises(InvalidInput, match=r"load\(path, pickle=True\)"):
        load(folder / "x.pkl")
    assert load(folder / "x.pkl", pickle=True) == {1, 2}


def test_what_does_not_let_itself_be_pickled_says_so(folder: Path):
    with pytest.raises(TypeError, match="cannot be pickled"):
        write(lambda: 1, "x", folder, pickle=True)
    assert list(folder.iterdir()) == []


def test_a_write_that_fails_keeps_what_was_published_before(folder: Path, monkeypatch: pytest.MonkeyPatch):
    write(np.zeros(2), "x", folder)

    def half(path: Path, value: object, **more: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", half)
    with pytest.raises(OSError, match="No space"):
        write(np.ones(2), "x", folder)
    assert [entry.name for entry in folder.iterdir()] == ["x.npy"]
    assert load(folder / "x.npy").tolist() == [0, 0]


def test_a_missing_file_is_said():
    with pytest.raises(InvalidInput, match="there is no such file"):
        load("/nowhere/x.parquet")


def test_publishing_a_number_imports_no_library():
    program = (
        "import sys; from pathlib import Path; from dagbook.formats.registry import write;"
        "write(1, 'x', Path('.'));"
        "print([n for n in ('numpy', 'pandas', 'pyarrow', 'matplotlib', 'PIL') if n in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout == "[]\n", ran.stderr
