"""Paths of the driver and of a worker's room, each turned into the other; and what travels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.request import NodeRequest
from dagbook.executors.dask.belongings import belongings
from dagbook.executors.dask.paths import Roots, artifacts_in, is_inside, paths_in
from tests.acceptance.notebooks import notebook, write

ROOTS = Roots(
    [("/home/me/p", "/room/project"), ("/data", "/room/elsewhere/0"), ("/home/me/p/in", "/room/in")]
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/me/p", "/room/project"),
        ("/home/me/p/a.ipynb", "/room/project/a.ipynb"),
        ("/home/me/p2/a.ipynb", "/home/me/p2/a.ipynb"),
        ("/home/me/p/in/x", "/room/in/x"),
        ("/data/x", "/room/elsewhere/0/x"),
        ("/etc/hosts", "/etc/hosts"),
        ("a.csv", "a.csv"),
    ],
)
def test_a_path_there(path: str, expected: str):
    assert ROOTS.there(path) == expected


@pytest.mark.parametrize(
    ("text", "is_json", "expected"),
    [
        ("at /room/project/a.ipynb:3", False, "at /home/me/p/a.ipynb:3"),
        ('{"path": "/room/elsewhere/0/x"}', True, '{"path": "/data/x"}'),
        ("/room/other", False, "/room/other"),
    ],
)
def test_a_text_here(text: str, is_json: bool, expected: str):
    assert ROOTS.text_here(text, is_json=is_json) == expected


@pytest.mark.parametrize("ours", ['/home/a "quoted" folder', "/home/münchen", "/home/back\\slash"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_an_odd_folder_stays_json(ours: str, ascii_only: bool):
    written = json.dumps({"a": "/room/project/x"}, ensure_ascii=ascii_only)
    assert json.loads(Roots([(ours, "/room/project")]).text_here(written, is_json=True)) == {"a": f"{ours}/x"}


def a_request(project: Path, *cells: str, **more: Any) -> NodeRequest:
    frozen = write(project / ".dagbook" / "runs" / "r" / "notebooks" / "a.ipynb", notebook(*cells))
    folder = project / ".dagbook" / "runs" / "r" / "a" / "1"
    return NodeRequest(
        run="r", step="a", node="a", attempt=1, notebook=str(frozen), folder=str(folder),
        cwd=str(project / "nb"), **more,
    )  # fmt: skip


def test_a_request_there_names_only_what_is_there(tmp_path: Path):
    file = {"$file": {"path": f"{tmp_path}/x.csv", "sha256": "0", "format": "csv"}}
    request = a_request(
        tmp_path, params={"a": [file], "b": f"{tmp_path}/y", "c": "plain"}, environments="/e", hold=60
    )
    there = Roots([(str(tmp_path), "/room/project")]).request_there(request, "/near")
    assert str(tmp_path) not in there.model_dump_json()
    assert there.params["a"][0]["$file"]["path"] == "/room/project/x.csv"
    assert there.params["c"] == "plain"
    assert (there.environments, there.hold) == ("/near", 0.0)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "p"
    for name in ("nb/helper.py", "shared.py", "nb/in.csv", "nb/seen.csv", "nb/named.csv", "nb/other.csv",
                 "nb/data/one.csv", "nb/data/__pycache__/x.pyc", "nb/written.csv"):  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def travelling(request: NodeRequest, project: Path) -> set[str]:
    names = {name.removeprefix("project/") for name in belongings(request, project).files}
    return {name for name in names if not name.startswith(".dagbook/runs/r/notebooks/")}


@pytest.mark.parametrize(
    ("cells", "more", "expected"),
    [
        ((), {}, set()),
        ((), {"files": ("helper.py", "shared.py", "in.csv")}, {"nb/helper.py", "shared.py", "nb/in.csv"}),
        ((), {"files": ("data",)}, {"nb/data/one.csv"}),
        (("text = open('seen.csv').read()",), {}, {"nb/seen.csv"}),
        (("open('/etc/hosts').read()",), {}, set()),
        (("open('written.csv', 'w').write('x')\nopen('written.csv').read()",), {}, set()),
        ((), {"params": {"a": "named.csv", "b": {"$path": "in.csv"}}}, {"nb/named.csv", "nb/in.csv"}),
        ((), {"params": {"a": "../../elsewhere.csv", "b": "no such\nfile", "c": "s3://a/b"}}, set()),
    ],
)
def test_what_travels(project: Path, cells: tuple[str, ...], more: dict[str, Any], expected: set[str]):
    assert travelling(a_request(project, *cells, **more), project) == expected


def test_a_published_file_of_another_place_travels_by_a_name_of_its_own(project: Path, tmp_path: Path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "x.csv").write_text("x")
    form = {"$file": {"path": f"{tmp_path}/far/x.csv", "sha256": "0", "format": "csv"}}
    found = belongings(a_request(project, params={"x": form}), project)
    assert found.files["elsewhere/0/x.csv"] == tmp_path / "far" / "x.csv"
    assert found.roots[f"{tmp_path}/far/x.csv"] == "elsewhere/0/x.csv"


def test_an_empty_folder_that_was_published_is_there(project: Path):
    (project / "empty").mkdir()
    form = {"$file": {"path": f"{project}/empty", "sha256": "0", "format": "folder"}}
    assert "project/empty" in belongings(a_request(project, params={"x": form}), project).folders


def test_what_is_a_file_and_what_could_be_a_path():
    form = {"a": [{"$file": {"path": "/x", "sha256": "0", "format": "csv"}}], "b": "/y", "c": 3}
    assert list(artifacts_in(form)) == ["/x"]
    assert "/y" in list(paths_in(form))


@pytest.mark.parametrize(
    ("name", "expected"), [("a/b", True), ("/a", False), ("a/../../b", False), ("", False)]
)
def test_names_stay_inside(name: str, expected: bool):
    assert is_inside(name) is expected
