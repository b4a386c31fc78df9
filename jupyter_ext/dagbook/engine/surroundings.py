"""Where and with what a run is made, written into its folder: commit, changes, Python, machine, packages."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dagbook.engine.disk import write_whole
from dagbook.engine.folders import ENVIRONMENT, PATCH, SURROUNDINGS
from dagbook.engine.git import git_state
from dagbook.version import __version__

_LABELS: Final[Mapping[str, str]] = {"commit": "commit", "branch": "branch", "python": "Python",
                                     "machine": "machine", "dagbook": "Dagbook"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MadeIn:
    """What a run folder says of where the run was made; empty for runs of before this was kept."""

    facts: Mapping[str, str]
    packages: tuple[str, ...] = ()
    patch: str = ""


def record_surroundings(folder: Path, source: Path) -> dict[str, str]:
    """Write down where the run in `folder` is made, and give what its record in MLflow should say of it.

    Args:
        folder: the run's.
        source: the folder of the pipeline file.

    The list of packages is written by a thread of its own: it takes longer than the rest together.
    """
    git = git_state(source)
    facts = {
        "commit": git.commit,
        "branch": git.branch,
        "changed": bool(git.patch),
        "python": platform.python_version(),
        "machine": f"{socket.gethostname()}, {platform.platform()}",
        "dagbook": __version__,
    }
    try:
        write_whole(folder / SURROUNDINGS, json.dumps(facts, indent=1).encode())
        if git.patch:
            write_whole(folder / PATCH, git.patch.encode("utf-8", "surrogateescape"))
    except OSError:
        return git.tags()  # the run itself says what is wrong with the disk
    threading.Thread(target=_record_packages, args=(folder,), name="packages", daemon=True).start()
    return git.tags()


def read_surroundings(folder: Path) -> MadeIn:
    """What is written in the run's folder; never raises."""
    try:
        told = json.loads((folder / SURROUNDINGS).read_text("utf-8"))
        facts = {label: str(told[key]) for key, label in _LABELS.items() if told.get(key)}
        if told.get("commit"):
            facts["changes"] = "yes, since that commit" if told.get("changed") else "none since that commit"
    except (OSError, ValueError, AttributeError):
        facts = {}
    return MadeIn(
        facts=facts, packages=tuple(_read(folder / ENVIRONMENT).split()), patch=_read(folder / PATCH)
    )


def _record_packages(folder: Path) -> None:
    found = {
        f"{name}=={package.version}"
        for package in importlib.metadata.distributions()
        if (name := package.metadata["Name"])
    }
    try:
        write_whole(
            folder / ENVIRONMENT, "".join(f"{line}\n" for line in sorted(found, key=str.lower)).encode()
        )
    except OSError:
        return


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
