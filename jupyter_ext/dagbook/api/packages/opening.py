"""A package on its way to a run: unpacked, whole, and with the environment that it was locked to."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dagbook import bootstrap
from dagbook.api.compare import versions_of
from dagbook.api.packages.installed import installed_packages
from dagbook.api.packages.manifest import LOCK, MANIFEST, Manifest, minor_of, our_platform, read_manifest
from dagbook.api.packages.unpack import unpack
from dagbook.engine.content import digest_of
from dagbook.engine.ports import Environments
from dagbook.errors import EnvironmentFault, Finding, InvalidInput
from dagbook.notebook.environment import Requirements
from dagbook.settings import STATE_FOLDER, Settings

_NAMED: Final = 5


@dataclass(frozen=True, kw_only=True)
class OpenedPackage:
    """A package that can be run.

    Attributes:
        folder: where it lies.
        file: its pipeline file or notebook.
        lock: the packages that its Python notebooks run with; empty for those that are here.
        notes: warnings.
    """

    folder: Path
    file: Path
    lock: str = ""
    notes: tuple[Finding, ...] = ()


def is_package(path: Path) -> bool:
    """Whether the path is that of a package: a folder with a manifest, or a ZIP file."""
    return (path / MANIFEST).is_file() or path.suffix.lower() == ".zip"


def open_package(
    path: Path,
    *,
    same_environment: bool = False,
    into: Path | None = None,
    look: Callable[[str], None] | None = None,
) -> OpenedPackage:
    """Make ready what a package holds. Where its packages are not here, uv makes an environment of them.

    Args:
        path: its folder, or a ZIP file.
        same_environment: take this Python and its packages in any case.
        into: where a ZIP file is unpacked; a folder of its name in the working directory otherwise.
        look: called with a sentence before something that takes long.

    Raises:
        InvalidInput: it is no package, is damaged or incomplete.
        EnvironmentFault: its packages cannot be had here, or it cannot be written.
    """
    if path.suffix.lower() == ".zip" and not path.is_dir():
        folder = unpack(path, (into or Path(path.stem)).absolute())
    elif into is not None:
        raise no_package(path)
    else:
        folder = path.absolute()
    manifest = read_manifest(folder)
    notes = [*_changes(folder, manifest)]
    if manifest.platform != our_platform():
        notes.append(_made_elsewhere(manifest))
    environments = bootstrap.environments(_project(folder, manifest))
    for known in manifest.environments:
        wanted = Requirements(dependencies=known.dependencies, requires_python=known.requires_python)
        environments.keep(wanted, known.lock)
    lock = _read_lock(folder)
    differs = _differences(lock, manifest)
    if differs and same_environment:
        notes.append(_other_environment(differs))
    elif differs:
        if look is not None:
            what = f"Python {manifest.minor}, {len(versions(lock))} packages"
            look(f"Making the environment of the package: {what} …")
        _make(environments, lock, manifest)
    return OpenedPackage(
        folder=folder, file=folder / manifest.file, notes=tuple(notes),
        lock="" if same_environment or not differs else lock,
    )  # fmt: skip


def _project(folder: Path, manifest: Manifest) -> Settings:
    """The package as a project of its own, wherever it lies."""
    try:
        (folder / STATE_FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        raise EnvironmentFault(
            Finding(
                code="not-writable", message=f"the package's folder cannot be written: {error.strerror}",
                remedy="copy the package to where you may write", file=str(folder),
            )
        ) from error  # fmt: skip
    return bootstrap.settings(folder / manifest.file)


def versions(lock: str) -> Mapping[str, str]:
    """Package → version, of the lines of a lock; what has no version but an address is left out."""
    return versions_of(line for line in lock.splitlines() if "==" in line and not line.startswith("#"))


def _read_lock(folder: Path) -> str:
    try:
        return (folder / LOCK).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _incomplete(folder, [LOCK]) from error


def _changes(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    missing = [name for name in (manifest.file, *manifest.files) if not (folder / name).is_file()]
    if missing:
        raise _incomplete(folder, sorted(set(missing)))
    changed = [name for name, digest in manifest.files.items() if digest_of(folder / name) != digest]
    if changed:
        yield Finding(
            code="package-changed", message=f"changed since the package was made: {_some(changed)}",
            remedy="get the package again, unless that is meant", severity="warning", file=str(folder),
        )  # fmt: skip


def _differences(lock: str, manifest: Manifest) -> list[str]:
    """What of the locked environment is not so here, in words."""
    here = versions_of(installed_packages())
    found = []
    if manifest.minor != minor_of(platform.python_version()):
        found.append(f"Python {platform.python_version()} in place of {manifest.python}")
    for name, version in versions(lock).items():
        if here.get(name) != version:
            found.append(
                f"{name} {here[name]} in place of {version}" if name in here else f"no {name} {version}"
            )
    return found


def _make(environments: Environments, lock: str, manifest: Manifest) -> None:
    """Made now, so that a package that cannot be had is said before anything runs."""
    try:
        environments.prepare(lock)
    except EnvironmentFault as fault:
        finding = fault.findings[0]
        elsewhere = f"made on {manifest.platform} with Python {manifest.python}; this is {our_platform()}"
        raise EnvironmentFault(
            Finding(
                code=finding.code, message=f"{finding.message} (the package was {elsewhere})",
                remedy=f"{finding.remedy}; or take what is installed here: --same-environment",
            )
        ) from fault  # fmt: skip


def _made_elsewhere(manifest: Manifest) -> Finding:
    return Finding(
        code="other-platform",
        message=f"the package was made on {manifest.platform}, and this is {our_platform()}",
        remedy="when its packages cannot be had, run it with --same-environment, or make it on this platform",
        severity="warning",
    )  # fmt: skip


def _other_environment(differs: list[str]) -> Finding:
    return Finding(
        code="other-environment", message=f"this is not the environment of the package: {_some(differs)}",
        remedy="leave --same-environment out, and uv makes the environment", severity="warning",
    )  # fmt: skip


def _incomplete(folder: Path, missing: list[str]) -> InvalidInput:
    return InvalidInput(
        Finding(
            code="package-damaged", message=f"the package lacks {_some(missing)}",
            remedy="get it again from whoever made it", file=str(folder),
        )
    )  # fmt: skip


def no_package(path: Path) -> InvalidInput:
    """What to raise when something is asked that only a package, or only one in a ZIP file, has."""
    if is_package(path):
        message, remedy = "--into says where a ZIP file is unpacked, and this is none", "leave --into out"
    else:
        message = "--same-environment and --into are for packages, and this is none"
        remedy = "leave them out; `dagbook package FILE` makes a package"
    return InvalidInput(Finding(code="no-package", message=message, remedy=remedy, file=str(path)))


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f", and {more} more" if more > 0 else "")
