"""A Jupyter server with our extension, and runs made from the golden journals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_jupyter.jupyter_core import jp_asyncio_loop
from pytest_jupyter.jupyter_server import jp_server_cleanup

from tests.golden.runs import GoldenRuns

__all__ = [
    "jp_asyncio_loop",
    "jp_server_cleanup",
]  # switched off in tests/conftest.py, on again for this folder


@pytest.fixture
def runs_of() -> Iterator[Callable[[Path], GoldenRuns]]:
    """Gives the runs of a project's folder; the drivers' locks are let go at the end."""
    made: list[GoldenRuns] = []

    def of(project: Path) -> GoldenRuns:
        made.append(GoldenRuns(project))
        return made[-1]

    yield of
    for runs in made:
        runs.kill_drivers()


@pytest.fixture
def runs(jp_root_dir: Path, runs_of: Callable[[Path], GoldenRuns]) -> GoldenRuns:
    """The runs of the server's root folder."""
    return runs_of(jp_root_dir)


@pytest.fixture
def jp_server_config() -> dict[str, object]:
    """Our extension is on, and a route without an authentication check is an error."""
    return {"ServerApp": {"jpserver_extensions": {"dagbook": True}, "allow_unauthenticated_access": False}}
