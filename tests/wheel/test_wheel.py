"""The wheel holds everything once, nothing of the machine it was built on, and works without Node."""

from __future__ import annotations

import json
import re
import tarfile
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.wheel.conftest import Installed

pytestmark = pytest.mark.slow

DATA = "dagbook-*.data/data"
LAB = f"{DATA}/share/jupyter/labextensions/dagbook"


@pytest.mark.parametrize(
    "pattern",
    [
        f"{LAB}/package.json",
        f"{LAB}/install.json",
        f"{LAB}/static/remoteEntry*.js",
        f"{LAB}/static/style.js",
        f"{LAB}/schemas/dagbook/*.json",
        f"{DATA}/etc/jupyter/jupyter_server_config.d/dagbook.json",
        f"{DATA}/share/dagbook/examples/digits/*.pipeline.yaml",
        "dagbook/__init__.py",
        "dagbook/errors.py",
        "dagbook-*.dist-info/licenses/LICENSE",
    ],
)
def test_wheel_holds(in_wheel: dict[str, bytes], pattern: str):
    assert [name for name in in_wheel if fnmatch(name, pattern)]


@pytest.mark.parametrize(
    "pattern",
    [
        "*.map",
        "*build_log.json",
        "*.ts",
        "*.tsx",
        "*/node_modules/*",
        "*.done",
        "dagbook/labextension/*",
        "dagbook/jupyter-config/*",
        "tests/*",
        "*/__pycache__/*",
    ],
)
def test_wheel_is_free_of(in_wheel: dict[str, bytes], pattern: str):
    assert [name for name in in_wheel if fnmatch(name, pattern)] == []


def test_each_python_file_is_in_the_wheel_once(in_wheel: dict[str, bytes]):
    package = ROOT / "jupyter_ext"
    ours = {
        str(path.relative_to(package))
        for path in (package / "dagbook").rglob("*.py")
        if "labextension" not in path.parts
    }
    modules = {name for name in in_wheel if name.endswith(".py") and not fnmatch(name, f"{DATA}/*")}
    assert modules == ours


def test_wheel_names_no_place_on_the_building_machine(in_wheel: dict[str, bytes]):
    places = {f"{ROOT}/", f"{Path.home()}/", "/work/", "/dagbook-build."}
    found = [
        f"{name}: …{content[max(0, at - 30) : at + 60]!r}"
        for name, content in in_wheel.items()
        for place in places
        if (at := content.find(place.encode())) >= 0
    ]
    assert found == []


def test_bundle_points_at_no_source_map(in_wheel: dict[str, bytes]):
    assert [
        name for name, content in in_wheel.items() if re.search(rb"sourceMappingURL=\S+\.map", content)
    ] == []


def test_server_extension_is_switched_on(in_wheel: dict[str, bytes]):
    (config,) = [
        content for name, content in in_wheel.items() if name.endswith("server_config.d/dagbook.json")
    ]
    assert json.loads(config) == {"ServerApp": {"jpserver_extensions": {"dagbook": True}}}


def test_sdist_carries_the_built_front_end(sdist: Path):
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    built = "dagbook-*/jupyter_ext/dagbook/labextension"
    assert [name for name in names if fnmatch(name, f"{built}/static/remoteEntry*.js")]
    assert [name for name in names if fnmatch(name, "*.map") or "node_modules" in name] == []


def test_installed_wheel_is_what_gets_imported(installed: Installed):
    where = installed.run("python", "-c", "import dagbook; print(dagbook.__file__, dagbook.__version__)")
    assert where.returncode == 0, where.stderr
    file, version = where.stdout.split()
    assert Path(file).is_relative_to(installed.python.parents[1])
    assert version == json.loads((ROOT / "labextension" / "package.json").read_text())["version"]


@pytest.mark.parametrize("program", ["dagbook", "jupyter-dagbook"])
def test_command_line_starts_without_node(installed: Installed, program: str):
    shown = installed.run(program, "--help")
    assert shown.returncode == 0, shown.stderr
    assert "Usage" in shown.stdout


def test_jupyterlab_finds_the_front_end_without_node(installed: Installed):
    listed = installed.run("jupyter", "labextension", "list")
    assert re.search(r"dagbook v\S+ .*enabled.*OK", listed.stdout + listed.stderr), listed.stderr


def test_jupyter_server_finds_the_back_end(installed: Installed):
    listed = installed.run("jupyter", "server", "extension", "list")
    assert re.search(r"dagbook \S*\s*.*OK", listed.stdout + listed.stderr), listed.stderr
