"""A pipeline as a git commit has it: a copy that runs are made from, and what differs from it by now."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from dagbook.errors import Finding, InvalidInput

_PINS = "pins"


def commit_of(file: Path, revision: str) -> str:
    """The full id of the commit that `revision` names in the repository of `file`, which has the file.

    Raises:
        InvalidInput: there is no repository, no such commit, or the file is not in it.
    """
    commit = _git(file.parent, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if commit is None:
        raise InvalidInput(
            Finding(
                code="no-such-commit",
                message=f"git knows no commit '{revision}' where {file.name} lies",
                remedy="commit the pipeline first, or leave out --pin to follow the file",
                file=str(file),
            )
        )
    found = commit.decode().strip()
    if _git(file.parent, "cat-file", "-e", f"{found}:./{file.name}") is None:
        raise InvalidInput(
            Finding(
                code="not-in-commit",
                message=f"commit {found[:10]} does not have {file.name}",
                remedy="commit the pipeline and its notebooks first",
                file=str(file),
            )
        )
    return found


def pinned_file(file: Path, commit: str, folder: Path) -> Path:
    """The pipeline file in a copy of the commit, made below `folder` if it is not there.

    Raises:
        InvalidInput: the repository or the commit is gone.
        OSError: the copy cannot be written.
    """
    root = _root(file)
    copy = folder / _PINS / commit
    if not copy.is_dir():
        archive = _git(root, "archive", "--format=tar", commit)
        if archive is None:
            raise InvalidInput(
                Finding(
                    code="no-such-commit",
                    message=f"commit {commit[:10]} is not in the repository any more",
                    remedy="remove the schedule and add it again",
                    file=str(file),
                )
            )
        copy.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=copy.parent, prefix=".new-") as new:
            with tarfile.open(fileobj=BytesIO(archive)) as tar:
                tar.extractall(Path(new) / "copy", filter="data")
            try:
                (Path(new) / "copy").rename(copy)
            except OSError:
                if not copy.is_dir():  # else somebody else was faster
                    raise
    return copy / file.resolve().relative_to(root)


def drift(file: Path, pinned: Path) -> list[str]:
    """What lies beside the pipeline file and differs from the commit: notebooks, modules, the file itself."""
    there = pinned.parent
    changed = []
    for path in sorted(there.rglob("*")):
        counts = path.suffix in {".ipynb", ".py", ".md"} or ".pipeline." in path.name or path == pinned
        if path.is_file() and counts:
            mine = file.parent / path.relative_to(there)
            if not mine.is_file() or mine.read_bytes() != path.read_bytes():
                changed.append(str(path.relative_to(there)))
    return changed


def _root(file: Path) -> Path:
    said = _git(file.parent, "rev-parse", "--show-toplevel")
    if said is None:
        raise InvalidInput(
            Finding(
                code="no-such-commit", message="the repository is not there any more",
                remedy="remove the schedule and add it again", file=str(file),
            )
        )  # fmt: skip
    return Path(said.decode().strip()).resolve()


def _git(where: Path, *arguments: str) -> bytes | None:
    """What git says; None when it refuses or is not there."""
    try:
        done = subprocess.run(["git", "-C", str(where), *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
