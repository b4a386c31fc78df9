"""The files of a run, in a folder of their own: from its commit, its patch, and what it kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from dagbook.engine.content import digest_of
from dagbook.engine.git import LONGEST_PATCH
from dagbook.engine.kept_sources import KeptSources
from dagbook.errors import Finding, InvalidInput

_PATIENCE: Final = 120.0


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A project's files once more.

    Attributes:
        project: the folder that stands for the original project.
        changed: data that is not what the run read → its digest then and now.
        notes: what could not be brought back, in words.
    """

    project: Path
    changed: dict[str, tuple[str, str]]
    notes: tuple[str, ...] = ()


def bring_back(into: Path, project: Path, commit: str, patch: str, kept: KeptSources) -> Tree:
    """Make the tree of a run below `into`, which is empty.

    Raises:
        InvalidInput: data that the run read is gone.
        OSError: it cannot be written.
    """
    notes: list[str] = []
    root = _git(project, "rev-parse", "--show-toplevel").decode("utf-8", "replace").strip() if commit else ""
    beside = Path(root) if root and project.is_relative_to(root) else project
    if commit and not _checked_out(beside, commit, into):
        notes.append(f"the commit {commit[:12]} is not here any more; what the run kept itself is used")
    elif patch:
        notes += _patched(into, patch)
    place = into / project.relative_to(beside)
    place.mkdir(parents=True, exist_ok=True)
    for name, text in kept.sources.items():
        target = _below(place, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return Tree(project=place, changed=_data(place, project, kept), notes=tuple(notes))


def _data(place: Path, project: Path, kept: KeptSources) -> dict[str, tuple[str, str]]:
    gone, changed = [], {}
    for name, digest in kept.data.items():
        target, source = _below(place, name), project / name
        if not target.exists():
            if not source.exists():
                gone.append(name)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, target)
        now = digest_of(target)
        if now != digest:
            changed[name] = (digest, now)
    if gone:
        raise InvalidInput(
            *(
                Finding(
                    code="data-gone", message=f"the run read {name}, which is gone",
                    remedy="put it back where it was", file=str(project / name),
                )
                for name in gone
            )
        )  # fmt: skip
    return changed


def _checked_out(root: Path, commit: str, into: Path) -> bool:
    content = _git(root, "archive", "--format=tar", commit)
    if not content:
        return False
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        archive.extractall(into, filter="data")
    return True


def _patched(into: Path, patch: str) -> list[str]:
    """Notes; none when the changes of that time are there again."""
    if len(patch) >= LONGEST_PATCH:
        return ["the uncommitted changes of the run were too long to be kept whole; they are left out"]
    # Not the repository that the folder may lie in: the folder is a tree of its own.
    env = {**os.environ, "GIT_CEILING_DIRECTORIES": str(into.parent)}
    try:
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", "-"], cwd=into, env=env, check=False, timeout=_PATIENCE,
            input=patch.encode("utf-8", "surrogateescape"), capture_output=True,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"the uncommitted changes of the run are left out: {error}"]
    if done.returncode == 0:
        return []
    said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git gave no reason"])[0]
    return [f"the uncommitted changes of the run are left out, but for its own modules: {said}"]


def _git(folder: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, check=False, capture_output=True, timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode == 0 else b""


def _below(folder: Path, name: str) -> Path:
    """A path that a run kept, in the folder. Raises InvalidInput for one that leads out of it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InvalidInput(
            Finding(
                code="bad-path", message=f"the run's folder names {name!r}, which lies outside of it",
                remedy="the run's folder was changed by somebody; run the pipeline again",
            )
        )  # fmt: skip
    return path
