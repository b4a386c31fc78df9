"""What every test may use, and what keeps tests away from the person's own files and settings.

pytest-jupyter's fixtures are loaded here because pytest allows that only at the top. Two of them act on every
test of the session (an event loop, a whole ServerApp to clean up); here they are switched off. A folder that
tests the server brings them back in its own conftest by importing `jp_asyncio_loop` and `jp_server_cleanup`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

pytest_plugins = ("pytest_jupyter.jupyter_server",)

ROOT = Path(__file__).parent.parent

# Settings of the person (or of an outer Dagbook run) that would change what is tested.
FOREIGN_SETTINGS = ("MLFLOW_", "DAGBOOK_", "JUPYTER", "IPYTHONDIR", "IPYNB_FILE", "JPY_", "GIT_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with real kernels or a browser are tried once more when they fail, and the summary names them.

    Machines stall, and one stall among thousands of such waits should not cost a whole run. Pure tests get no
    second chance: when they fail by chance, the code is wrong.
    """
    for item in items:
        if item.get_closest_marker("kernel") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def jp_asyncio_loop() -> None:
    """No event loop of pytest-jupyter's; an async test still gets one for itself."""


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """No ServerApp is made in order to be cleaned up."""


@pytest.fixture(scope="session", autouse=True)
def neutral_settings() -> Iterator[None]:
    """The environment without settings of the person's, and with an author for commits that tests make."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(FOREIGN_SETTINGS)]:
            patch.delenv(name)
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "Test Person")
            patch.setenv(f"GIT_{role}_EMAIL", "test@example.org")
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("MPLBACKEND", "agg")
        # Tests run beside each other: their runs must not wait in one line.
        patch.setenv("DAGBOOK_RUNS", "64")
        yield


@pytest.fixture(autouse=True)
def no_store_left_behind() -> Iterator[None]:
    """A test that leaves MLflow another store than it found fails, not the many that would look there."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    yield
    after = os.environ.get("MLFLOW_TRACKING_URI")
    if after != before:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        if before is not None:
            os.environ["MLFLOW_TRACKING_URI"] = before
        pytest.fail(f"the test left MLFLOW_TRACKING_URI={after!r} behind")


@pytest.fixture(scope="session")
def quiet_home(neutral_settings: None) -> Iterator[Path]:
    """A home of its own for what starts kernels or servers. Its path is short: sockets lie below it."""
    home = Path(tempfile.mkdtemp(prefix="dh-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        for name in ("CONFIG", "CACHE", "DATA", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        for name in ("CONFIG", "DATA", "RUNTIME"):
            patch.setenv(f"JUPYTER_{name}_DIR", str(home / f"jupyter-{name.lower()}"))
        for name in ("SETTINGS", "WORKSPACES"):
            patch.setenv(f"JUPYTERLAB_{name}_DIR", str(home / f"lab-{name.lower()}"))
        yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where tests leave what a person should look at, such as screenshots: test-artifacts/ (git-ignored)."""
    folder = ROOT / "test-artifacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def lacking() -> Callable[[str], NoReturn]:
    """Say that the machine lacks something: the test is skipped with that reason, but in CI it fails."""

    def say(reason: str) -> NoReturn:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}; CI demands it")
        pytest.skip(reason)

    return say
