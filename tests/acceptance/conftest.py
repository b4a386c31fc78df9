"""Projects for tests, with MLflow's database made already, and a look at what the tests left running."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.project import Project, describe, environment, wait_until

_MAKE_DATABASE = """
import logging, sys
logging.disable()
from mlflow import MlflowClient
MlflowClient(tracking_uri=sys.argv[1], registry_uri=sys.argv[1]).search_experiments()
"""


@pytest.fixture(scope="session", autouse=True)
def hangups_end_what_they_hit() -> None:
    """As in a terminal; below `nohup` every process would be born deaf to them."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory, quiet_home: Path) -> Path:
    """An empty MLflow database: making one takes seconds, copying one does not."""
    path = tmp_path_factory.mktemp("database") / "mlflow.db"
    subprocess.run([sys.executable, "-c", _MAKE_DATABASE, f"sqlite:///{path}"], check=True, timeout=120)
    return path


@pytest.fixture
def make_project(database: Path, quiet_home: Path) -> Iterator[Callable[[Path], Project]]:
    """Makes a project of a folder."""
    with _projects(database, quiet_home) as make:
        yield make


@pytest.fixture
def project(tmp_path: Path, make_project: Callable[[Path], Project]) -> Project:
    """An empty project."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="module")
def shared_project(
    tmp_path_factory: pytest.TempPathFactory, database: Path, quiet_home: Path
) -> Iterator[Project]:
    """One project for all tests of a file, which look at one run from many sides."""
    with _projects(database, quiet_home) as make:
        yield make(tmp_path_factory.mktemp("shared") / "project")


@contextmanager
def _projects(database: Path, home: Path) -> Iterator[Callable[[Path], Project]]:
    """Makes projects; at the end nothing of their runs may be running any more."""
    made: list[Project] = []

    def make(folder: Path) -> Project:
        (folder / ".dagbook").mkdir(parents=True)
        shutil.copyfile(database, folder / ".dagbook" / "mlflow.db")
        made.append(Project(folder, environment(home)))
        return made[-1]

    yield make
    for project in made:
        try:
            wait_until(lambda project=project: not project.leftovers(), seconds=5)
        except AssertionError:
            left = project.leftovers()
            said = [describe(process) for process in left]
            for process in left:
                process.kill()
            pytest.fail(f"left running: {said}")
