"""`package`: a pipeline with all that it needs, as a folder or a ZIP file that runs elsewhere."""

from __future__ import annotations

import platform
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dagbook import bootstrap
from dagbook.api.environments import with_locks
from dagbook.api.packages.installed import lock_lines
from dagbook.api.packages.manifest import LOCK, MANIFEST, Manifest, NodeEnvironment, minor_of, our_platform
from dagbook.api.packages.unpack import MOST_BYTES, MOST_FILES
from dagbook.api.packing.contents import Contents, gather
from dagbook.api.packing.dockerfile import (
    DOCKERFILE,
    DOCKERIGNORE,
    NOT_IN_THE_IMAGE,
    dockerfile_text,
)
from dagbook.api.packing.mlproject import (
    MLPROJECT,
    PYTHON_ENV,
    mlproject_text,
    not_for_mlflow,
    python_env_text,
)
from dagbook.api.packing.wheel import WHEEL, dagbook_wheel, entry_of
from dagbook.engine.content import digest_of
from dagbook.engine.disk import files_below
from dagbook.errors import EnvironmentFault, Finding, InvalidInput
from dagbook.version import __version__

LARGEST: Final = 100_000_000
"""Bytes that one file of a package may have, unless somebody says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package that was made.

    Attributes:
        path: the folder or ZIP file.
        name: of the pipeline.
        files: the author's files in it, relative to it.
        packages: how many the lock names.
        bytes: what it takes on the disk.
        notes: warnings.
    """

    path: Path
    name: str
    files: tuple[str, ...]
    packages: int
    bytes: int
    notes: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """In the shape of `dagbook package --json`."""
        return {
            "package": str(self.path), "name": self.name, "files": list(self.files),
            "packages": self.packages, "bytes": self.bytes, "python": platform.python_version(),
            "platform": our_platform(), "notes": [note.to_json() for note in self.notes],
        }  # fmt: skip


def package(
    file: str | Path,
    into: str | Path | None = None,
    *,
    include: Iterable[str | Path] = (),
    largest: int = LARGEST,
) -> Package:
    """Make a package of a pipeline, or of a notebook alone: its files and the packages that are installed.

    It holds the pipeline files, notebooks, the local modules that they import, `deps`, files that notebooks
    are seen to read, and Dagbook. `dagbook run` and `mlflow run` run it; `docker build` makes an image of it.

    Args:
        file: the pipeline file or notebook.
        into: a folder that is new or empty, or a new file `NAME.zip`; `NAME.zip` here when None.
        include: more files and folders of the project.
        largest: bytes that one file may have.

    Raises:
        InvalidInput: the pipeline cannot be run, something of it lies outside of the project or is too large,
            or `into` is taken.
        EnvironmentFault: it cannot be written, or an environment of a node's own cannot be resolved.
    """
    contents = gather(Path(file), [Path(more) for more in include], largest)
    target = (
        Path(into) if into is not None else Path(f"{contents.launchable.file.name.partition('.')[0]}.zip")
    )
    _require_free(target)
    lines, local = lock_lines()
    findings = [*contents.findings, *not_for_mlflow(contents.launchable.fields or ()), *_bounds(contents)]
    if wrong := [finding for finding in findings if finding.severity == "error"]:
        raise InvalidInput(*wrong)
    if local:
        findings.append(_left_out(local))
    texts = _texts(contents, lines)
    try:
        size = _write(contents, texts, target)
    except OSError as error:
        raise EnvironmentFault(
            Finding(
                code="not-writable", message=f"the package cannot be written: {error.strerror or error}",
                remedy="name another place with -o, where there is room", file=str(error.filename or target),
            )
        ) from error  # fmt: skip
    return Package(
        path=target.resolve(), name=contents.launchable.name, files=tuple(contents.files),
        packages=len(lines), bytes=size, notes=tuple(findings),
    )  # fmt: skip


def _is_archive(target: Path) -> bool:
    return target.suffix.lower() == ".zip"


def _require_free(target: Path) -> None:
    if _is_archive(target) and not target.exists():
        return
    if target.exists() and (_is_archive(target) or not target.is_dir() or any(target.iterdir())):
        what = "is there already" if _is_archive(target) else "is there, and is not empty"
        raise InvalidInput(
            Finding(
                code="not-empty", message=f"{target} {what}", remedy="name a place that is new with -o",
                file=str(target),
            )
        )  # fmt: skip


def _bounds(contents: Contents) -> Iterable[Finding]:
    size = sum(path.stat().st_size for path in contents.files.values())
    if size > MOST_BYTES or len(contents.files) > MOST_FILES:
        yield Finding(
            code="package-too-large",
            message=f"the package would hold {len(contents.files):,} files of {size:,} bytes",
            remedy=f"keep data elsewhere: {MOST_FILES:,} files of {MOST_BYTES:,} bytes are the limit",
            file=str(contents.root),
        )  # fmt: skip
    for name in (MLPROJECT, PYTHON_ENV, DOCKERFILE, DOCKERIGNORE, LOCK, MANIFEST, WHEEL):
        if name in contents.files:
            yield Finding(
                code="name-taken",
                message=f"the pipeline uses a file {name}, and a package has one of its own",
                remedy="rename yours, or put it into a folder", file=str(contents.files[name]),
            )  # fmt: skip


def _left_out(local: list[str]) -> Finding:
    return Finding(
        code="package-left-out", severity="warning",
        message=f"installed from a folder or file of this machine, and not in the lock: {', '.join(local)}",
        remedy="install it from a package registry or from version control, if the notebooks need it",
    )  # fmt: skip


def _texts(contents: Contents, lines: list[str]) -> dict[str, bytes]:
    """The files that make it a package, but for the manifest."""
    launchable = contents.launchable
    lock = "".join(f"{line}\n" for line in [f"# python: {minor_of(platform.python_version())}", *lines])
    installer = next((line for line in lines if line.lower().startswith("pip==")), "pip")
    return {
        MLPROJECT: mlproject_text(launchable.name, launchable.fields or ()).encode(),
        PYTHON_ENV: python_env_text(platform.python_version(), installer).encode(),
        DOCKERFILE: dockerfile_text(launchable.name, platform.python_version()).encode(),
        DOCKERIGNORE: NOT_IN_THE_IMAGE.encode(),
        LOCK: lock.encode(),
        WHEEL: dagbook_wheel(),
    }


def _manifest(contents: Contents) -> Manifest:
    checked = contents.checked
    environments = bootstrap.environments(bootstrap.settings(checked.loaded.file))
    own = {
        facts.requirements: facts.lock
        for facts in with_locks(checked.read.facts, environments).values()
        if facts.requirements is not None
    }
    return Manifest(
        name=contents.launchable.name, file=checked.loaded.file.relative_to(contents.root).as_posix(),
        dagbook=__version__, python=platform.python_version(), platform=our_platform(),
        files={name: digest_of(path) for name, path in contents.files.items()},
        environments=tuple(
            NodeEnvironment(
                dependencies=wanted.dependencies, requires_python=wanted.requires_python, lock=lock
            )
            for wanted, lock in own.items()
        ),
    )  # fmt: skip


def _write(contents: Contents, texts: dict[str, bytes], target: Path) -> int:
    """Write it aside and put it in its place whole; the bytes that it has."""
    manifest = _manifest(contents).model_dump_json(indent=1).encode()
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as unfinished:
        made = Path(unfinished) / target.name
        if _is_archive(target):
            with zipfile.ZipFile(made, "w") as archive:
                for name, content in {MANIFEST: manifest, **texts}.items():
                    archive.writestr(entry_of(name), content)
                for name, path in contents.files.items():
                    entry = entry_of(name)
                    entry.file_size = path.stat().st_size
                    with path.open("rb") as source, archive.open(entry, "w") as sink:
                        shutil.copyfileobj(source, sink)
        else:
            for name, path in contents.files.items():
                (made / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, made / name)
            for name, content in {MANIFEST: manifest, **texts}.items():
                (made / name).write_bytes(content)
        if target.is_dir():  # empty, and perhaps where the person stands; the manifest comes last
            for part in sorted(made.iterdir(), key=lambda one: one.name == MANIFEST):
                part.replace(target / part.name)
        else:
            made.replace(target)
    return sum(path.stat().st_size for path in files_below(target))
