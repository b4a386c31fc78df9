"""A package holds what a pipeline needs and nothing else, or says what cannot be in it."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dagbook.api.launch import Field, open_launchable
from dagbook.api.packages.installed import lock_line
from dagbook.api.packages.manifest import read_manifest
from dagbook.api.packing.mlproject import mlflow_problem, mlproject_text
from dagbook.api.packing.package import package
from dagbook.api.packing.wheel import dagbook_wheel
from dagbook.errors import EnvironmentFault, InvalidInput
from dagbook.notebook import types
from dagbook.notebook.defaults import Unevaluated
from dagbook.notebook.parameters import MISSING
from tests.acceptance.notebooks import notebook, parameters, write

OURS = {
    "MLproject", "python_env.yaml", "Dockerfile", ".dockerignore", "requirements.txt", "dagbook-package.json",
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A pipeline with another inside, a hook, modules, data; and files that nobody uses."""
    root = tmp_path / "project"
    write(root / "churn" / "prepare.ipynb", notebook(parameters("rows: int = 5"), "%output rows"))
    write(root / "churn" / "parts" / "clean.ipynb", notebook("import helpers.text\nopen('table.csv').read()"))
    write(root / "churn" / "tell.ipynb", notebook("import letters"))
    for name, text in {
        "parts/helpers/__init__.py": "", "parts/helpers/text.py": "A = 1\n", "parts/table.csv": "a\n",
        "letters.py": "B = 2\n", "notes.txt": "mine", "data/one.csv": "1\n", "data/deep/two.csv": "2\n",
        "data/__pycache__/x.pyc": "",
        "parts/inner.pipeline.yaml": "pipeline: inner\nnodes:\n  clean: {notebook: clean.ipynb}\n",
        "churn.pipeline.yaml": "pipeline: churn\nparams: {rows: 5}\nnodes:\n"
        "  prepare: {notebook: prepare.ipynb, params: {rows: '${params.rows}'}, deps: [data]}\n"
        "  inner: {pipeline: parts/inner.pipeline.yaml}\non: {failure: tell.ipynb}\n",
    }.items():  # fmt: skip
        (root / "churn" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "churn" / name).write_text(text)
    (root / ".dagbook").mkdir()
    return root


def codes(error: InvalidInput) -> set[str]:
    return {finding.code for finding in error.findings}


def test_a_package_holds_what_the_pipeline_uses(project, tmp_path):
    made = package(project / "churn" / "churn.pipeline.yaml", tmp_path / "out")
    used = {
        "churn.pipeline.yaml", "prepare.ipynb", "tell.ipynb", "letters.py", "data/one.csv",
        "data/deep/two.csv", "parts/inner.pipeline.yaml", "parts/clean.ipynb", "parts/helpers/__init__.py",
        "parts/helpers/text.py", "parts/table.csv",
    }  # fmt: skip
    assert set(made.files) == used
    there = {path.relative_to(made.path).as_posix() for path in made.path.rglob("*") if path.is_file()}
    assert {name for name in there if not name.endswith(".whl")} == used | OURS
    assert open_launchable(made.path / read_manifest(made.path).file).name == "churn"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_image_is_made_of_what_the_package_holds_for_the_python_of_its_lock(project, tmp_path):
    made = package(project / "churn" / "churn.pipeline.yaml", tmp_path / "out")
    steps = [line.split() for line in (made.path / "Dockerfile").read_text().splitlines() if line[:1] != "#"]
    locked = (made.path / "requirements.txt").read_text().splitlines()[0].removeprefix("# python: ")
    assert steps[0] == ["FROM", f"python:{locked}-slim"]
    copied, *_, whole = (step[1:] for step in steps if step[0] == "COPY")
    assert whole == [".", "."]
    sources, target = copied[:-1], copied[-1]
    assert target == "./"
    assert all((made.path / source).is_file() for source in sources)
    (installed,) = (step for step in steps if step[:3] == ["RUN", "pip", "install"])
    assert {word.removeprefix("./") for word in installed if (made.path / word).is_file()} == set(sources)
    given = next(step for step in steps if "chown" in step)
    assert given[-2:] == ["/project", "/tmp/dagbook"]
    kinds = [step[0] for step in steps]
    assert kinds.index("USER") > kinds.index("RUN")
    assert ".dagbook" in (made.path / ".dockerignore").read_text().split()


def test_a_module_that_is_imported_from_the_project_makes_the_project_the_package(project, tmp_path):
    (project / "shared.py").write_text("C = 3\n")
    write(project / "churn" / "prepare.ipynb", notebook(parameters("rows: int = 5"), "import shared"))
    made = package(project / "churn" / "churn.pipeline.yaml", tmp_path / "out")
    assert {"shared.py", "churn/churn.pipeline.yaml", "churn/parts/clean.ipynb"} <= set(made.files)
    assert read_manifest(made.path).file == "churn/churn.pipeline.yaml"


def test_what_is_included_is_in_it_and_the_archive_is_the_same_each_time(project, tmp_path, monkeypatch):
    file, notes = project / "churn" / "churn.pipeline.yaml", project / "churn" / "notes.txt"
    first = package(file, tmp_path / "a.zip", include=[notes])
    second = package(file, tmp_path / "b.zip", include=[notes])
    assert "notes.txt" in first.files
    assert first.path.read_bytes() == second.path.read_bytes()
    monkeypatch.chdir(tmp_path)
    assert package(file).path == tmp_path / "churn.zip"


def test_an_empty_folder_may_be_where_the_person_stands(project, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    package(project / "churn" / "churn.pipeline.yaml", ".")
    assert Path("MLproject").is_file()


def test_a_notebook_alone_is_packaged_with_its_parameters(tmp_path):
    write(tmp_path / "n.ipynb", notebook(parameters("rows: int\nname: str = 'a b'")))
    made = package(tmp_path / "n.ipynb", tmp_path / "out")
    point = YAML(typ="safe").load((made.path / "MLproject").read_text())["entry_points"]["main"]
    assert point["parameters"] == {"rows": {"type": "float"}, "name": {"type": "string", "default": "a b"}}
    assert point["command"].endswith("-p rows={rows} -p name={name}")
    assert made.files == ("n.ipynb",)


@pytest.mark.parametrize(
    ("make", "code", "said"),
    [
        (lambda root: write(root / "churn" / "parts" / "clean.ipynb", notebook("import nobody_has")),
         "module-outside", "`nobody_has`"),
        (lambda root: (root / "churn" / "data" / "one.csv").write_bytes(b"0" * 2000),
         "file-too-large", "one.csv"),
        (lambda root: (root / "churn" / "data").rename(root.parent / "data") and _deps(root, "../../data"),
         "outside-package", "outside of the project"),
        (lambda root: (root / "churn" / "requirements.txt").write_text("") or _deps(root, "requirements.txt"),
         "name-taken", "requirements.txt"),
    ],
)  # fmt: skip
def test_what_cannot_travel_is_refused_and_nothing_is_left(project, tmp_path, make, code, said):
    make(project)
    with pytest.raises(InvalidInput, match=said) as caught:
        package(project / "churn" / "churn.pipeline.yaml", tmp_path / "out", largest=1999)
    assert codes(caught.value) == {code}
    assert all(finding.remedy for finding in caught.value.findings)
    assert not (tmp_path / "out").exists()


def _deps(root: Path, named: str) -> None:
    file = root / "churn" / "churn.pipeline.yaml"
    file.write_text(file.read_text().replace("[data]", f"[{named}]"))


def test_a_module_outside_of_the_project_is_named_with_its_place(project, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "our_library.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    write(project / "churn" / "prepare.ipynb", notebook(parameters("rows: int = 5"), "import our_library"))
    with pytest.raises(InvalidInput, match=r"elsewhere/our_library\.py, outside of the project"):
        package(project / "churn" / "churn.pipeline.yaml", tmp_path / "out")


def test_a_place_that_is_taken_is_left_alone(project, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    (tmp_path / "out.zip").write_text("mine")
    for place in ("out", "out.zip"):
        with pytest.raises(InvalidInput) as caught:
            package(project / "churn" / "churn.pipeline.yaml", tmp_path / place)
        assert codes(caught.value) == {"not-empty"}
    assert (tmp_path / "out.zip").read_text() == "mine"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_a_place_that_cannot_be_written_is_said(project, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault) as caught:
        package(project / "churn" / "churn.pipeline.yaml", tmp_path / "file" / "out")
    assert caught.value.findings[0].code == "not-writable"


def test_an_address_that_would_travel_is_warned_of(project, tmp_path):
    file = project / "churn" / "churn.pipeline.yaml"
    file.write_text(file.read_text().replace("tell.ipynb", "[{notify: 'json://token@example.org'}]"))
    made = package(file, tmp_path / "out")
    (note,) = [note for note in made.notes if note.code == "address-in-package"]
    assert (note.severity, "token" in note.message) == ("warning", False)


def field(kind: str, default: object, *, secret: str | None = None) -> Field:
    return Field(name="x", type=types.named(kind), default=default, secret=secret)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        (field("int", 3), {"type": "float", "default": 3}),
        (field("float", 1e-7), {"type": "float", "default": 1e-7}),
        (field("int | None", None), {"type": "string", "default": "none"}),
        (field("bool", True), {"type": "string", "default": "true"}),
        (field("list[int]", [1, 2]), {"type": "string", "default": "[1, 2]"}),
        (field("str", "a: 'b' {c}"), {"type": "string", "default": "a: 'b' {c}"}),
        (field("date", MISSING), {"type": "string"}),
    ],
)
def test_a_parameter_is_one_of_mlflow_s_and_its_default_comes_back(asked, written):
    text = mlproject_text("p", [asked])
    point = YAML(typ="safe").load(text)["entry_points"]["main"]
    assert point["parameters"] == {"x": written}
    if "default" in written:
        assert types.parse_text(asked.type, str(written["default"])) == asked.default


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (field("int", Unevaluated("f()")), "computed"),
        (field("str", MISSING, secret="KEY"), "secret"),
        (field("str", None), "as text"),
    ],
)
def test_a_parameter_that_mlflow_cannot_set_is_left_out(asked, problem):
    assert problem in (mlflow_problem(asked) or "")
    assert "parameters" not in YAML(typ="safe").load(mlproject_text("p", [asked]))["entry_points"]["main"]


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        ({}, "x==1"),
        ({"url": "https://example.org/x.whl", "archive_info": {}}, "x @ https://example.org/x.whl"),
        ({"url": "https://example.org/x", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
         "x @ git+https://example.org/x@abc"),
        ({"url": "file:///home/ada/x", "dir_info": {"editable": True}}, ""),
    ],
)  # fmt: skip
def test_a_package_is_named_so_that_others_can_install_it(origin, line):
    assert lock_line("x", "1", origin) == line


def test_the_wheel_holds_dagbook_and_says_so():
    with zipfile.ZipFile(BytesIO(dagbook_wheel())) as wheel:
        names = wheel.namelist()
        (info,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        assert {"dagbook/cli/main.py", f"{info}/METADATA", f"{info}/entry_points.txt"} <= set(names)
        assert not [name for name in names if "labextension" in name or "__pycache__" in name]
        record = wheel.read(f"{info}/RECORD").decode().splitlines()
        assert {line.split(",")[0] for line in record} == set(names)
        assert "dagbook = dagbook.cli.main:main" in wheel.read(f"{info}/entry_points.txt").decode()
