"""What a run should know of where it was made: the git commit, what was changed since, who works here."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

_PATIENCE: Final = 5.0
_LONGEST_PATCH: Final = 1_000_000


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
        try:
            self._tell(*self._found())
        except OSError:  # no git, or no room for the record: a run is a run without it
            return

    def _found(self) -> tuple[dict[str, str], str]:
        tags = {}
        name = self._git("config", "user.name").strip()
        if name and not os.environ.get("JUPYTERHUB_USER"):
            tags["mlflow.user"] = name
        commit = self._git("rev-parse", "HEAD").strip()
        if not commit:
            return tags, ""
        tags["mlflow.source.git.commit"] = commit
        branch = self._git("rev-parse", "--abbrev-ref", "HEAD").strip()
        if branch and branch != "HEAD":
            tags["mlflow.source.git.branch"] = branch
        patch = self._git("diff", "HEAD", "--no-color", "--no-ext-diff")
        tags["dagbook.git.dirty"] = str(bool(patch)).lower()
        if len(patch) > _LONGEST_PATCH:
            tags["dagbook.git.patch"] = f"{len(patch)} characters, cut to {_LONGEST_PATCH}"
            patch = patch[:_LONGEST_PATCH]
        return tags, patch

    def _git(self, *words: str) -> str:
        try:
            done = subprocess.run(
                ["git", *words],
                cwd=self._folder,
                check=False,
                capture_output=True,
                timeout=_PATIENCE,
                stdin=subprocess.DEVNULL,
                # A look must not wait for a lock or ask for a password.
                env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
