"""What a run should know of where it was made: the git commit, what was changed since, who works here."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from dagbook.engine.git import git_state


class Surroundings:
    """Looks in the background, from the moment it is made; a cell does not wait for git.

    Args:
        folder: where the notebook is.
        tell: gets tags, and a patch (empty when nothing was changed).
    """

    def __init__(self, folder: Path, tell: Callable[[dict[str, str], str], None]) -> None:
        self._folder = folder
        self._tell = tell
        self._thread = threading.Thread(target=self._look, name="surroundings", daemon=True)
        self._thread.start()

    def wait(self, seconds: float = 2.0) -> None:
        """Until all is told."""
        self._thread.join(seconds)

    def _look(self) -> None:
        found = git_state(self._folder)
        tags = found.tags()
        if found.user and not os.environ.get("JUPYTERHUB_USER"):
            tags["mlflow.user"] = found.user
        try:
            self._tell(tags, found.patch)
        except OSError:  # no room for the record: a run is a run without it
            return
