"""One wheel for all tests here, built from a clean copy, and an environment that holds it and has no Node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

NODE = {"node", "nodejs", "npm", "npx", "corepack", "yarn", "jlpm"}


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and sdist: `DIST_FOLDER` if CI built them already, else built now."""
    given = os.environ.get("DIST_FOLDER")
    if given:
        return ROOT / given
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [ROOT / "tools" / "build-distributions", folder],
        check=False,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert built.returncode == 0, built.stdout[-4000:]
    return folder


@pytest.fixture(scope="session")
def wheel(distributions: Path) -> Path:
    (found,) = distributions.glob("dagbook-*.whl")
    return found


@pytest.fixture(scope="session")
def sdist(distributions: Path) -> Path:
    (found,) = distributions.glob("dagbook-*.tar.gz")
    return found


@pytest.fixture(scope="session")
def in_wheel(wheel: Path) -> dict[str, bytes]:
    """Each file in the wheel by its name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An environment in which the wheel is installed and Node cannot be found."""

    python: Path
    env: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        program, *arguments = command
        return subprocess.run(
            [self.python.with_name(program), *arguments],
            check=False,
            cwd=self.python.parent,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )


def without_node(folder: Path, path: str) -> str:
    """A PATH of one folder that links to every program of `path` except Node and its companions."""
    for place in reversed(path.split(os.pathsep)):
        for program in Path(place).glob("*") if place else []:
            if program.name not in NODE:
                link = folder / program.name
                link.unlink(missing_ok=True)
                link.symlink_to(program)
    return str(folder)


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel in a new environment; what it depends on is borrowed from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    programs = folder / "programs"
    programs.mkdir()
    path = without_node(programs, os.environ["PATH"])
    env = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "PATH": f"{python.parent}{os.pathsep}{path}",
        "HOME": str(folder / "home"),
        "JUPYTER_CONFIG_DIR": str(folder / "home" / "config"),
        "JUPYTER_DATA_DIR": str(folder / "home" / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "home" / "runtime"),
    }
    assert shutil.which("node", path=env["PATH"]) is None

    place = Installed(python=python, env=env)
    done = place.run("python", "-m", "pip", "install", "--no-deps", "--no-index", str(wheel))
    assert done.returncode == 0, done.stdout + done.stderr
    lend(to=python, programs=("jupyter", "jupyter-labextension", "jupyter-server"))
    yield place
    shutil.rmtree(folder, ignore_errors=True)


def lend(*, to: Path, programs: tuple[str, ...]) -> None:
    """Make this environment's packages importable there, behind its own, and start these programs by it."""
    # A path in a .pth file is only appended: the wheel comes first, and .pth files of ours, which would
    # bring in the editable checkout, are not followed.
    for site in to.parent.parent.glob("lib/python*/site-packages"):
        (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for program in programs:
        script = Path(sys.executable).with_name(program).read_text().splitlines()
        own = to.with_name(program)
        own.write_text("\n".join([f"#!{to}", *script[1:]]) + "\n")
        own.chmod(0o755)
