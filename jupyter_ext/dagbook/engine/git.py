"""The state of the git repository around a folder; asked of git itself, and nothing where there is none."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PATIENCE: Final = 5.0
LONGEST_PATCH: Final = 1_000_000
GIT_TAGS: Final = ("mlflow.source.git.", "dagbook.git.")
"""How the tags begin that `GitState.tags` makes."""


@dataclass(frozen=True, kw_only=True)
class GitState:
    """What is checked out. `patch` is what was changed since `commit`, cut to LONGEST_PATCH characters.

    `commit` is empty outside a repository, `branch` also when none is checked out; `length` is the whole
    patch's, in characters.
    """

    user: str = ""
    commit: str = ""
    branch: str = ""
    patch: str = ""
    length: int = 0

    def tags(self) -> dict[str, str]:
        """The same as tags of a run, by MLflow's names where it has one."""
        if not self.commit:
            return {}
        tags = {"mlflow.source.git.commit": self.commit, "dagbook.git.dirty": str(bool(self.patch)).lower()}
        if self.branch:
            tags["mlflow.source.git.branch"] = self.branch
        if self.length > LONGEST_PATCH:
            tags["dagbook.git.patch"] = f"{self.length} characters, cut to {LONGEST_PATCH}"
        return tags


def git_state(folder: Path) -> GitState:
    """The state now. Takes some ten milliseconds, seconds in a very large repository; never raises."""
    user = _git(folder, "config", "user.name").strip()
    commit = _git(folder, "rev-parse", "HEAD").strip()
    if not commit:
        return GitState(user=user)
    branch = _git(folder, "rev-parse", "--abbrev-ref", "HEAD").strip()
    patch = _git(folder, "diff", "HEAD", "--no-color", "--no-ext-diff")
    return GitState(
        user=user,
        commit=commit,
        branch="" if branch == "HEAD" else branch,
        patch=patch[:LONGEST_PATCH],
        length=len(patch),
    )


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=folder,
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
