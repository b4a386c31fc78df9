"""What a package says of itself: `dagbook-package.json`."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dagbook.errors import Finding, InvalidInput

MANIFEST: Final = "dagbook-package.json"
LOCK: Final = "requirements.txt"
FORMAT: Final = 1


class NodeEnvironment(BaseModel):
    """An environment that a notebook asks for, and what that was resolved to when the package was made."""

    model_config = ConfigDict(frozen=True)

    dependencies: tuple[str, ...]
    requires_python: str = ""
    lock: str


class Manifest(BaseModel):
    """A package: what it runs, where it was made, and what it consists of.

    Attributes:
        file: the pipeline file or notebook, relative to the package.
        python: of the machine that made it, `3.12.4`.
        platform: likewise, `Linux-x86_64`.
        files: the author's files, relative to the package → SHA-256.
        environments: of notebooks that ask for packages of their own.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = FORMAT
    name: str
    file: str
    dagbook: str
    python: str
    platform: str
    files: dict[str, str] = Field(default_factory=dict)
    environments: tuple[NodeEnvironment, ...] = ()

    @property
    def minor(self) -> str:
        """The Python without its patch: `3.12`."""
        return minor_of(self.python)


def minor_of(version: str) -> str:
    """`3.12` of `3.12.4`."""
    return ".".join(version.split(".")[:2])


def our_platform() -> str:
    """This machine, as manifests name machines."""
    return f"{platform.system()}-{platform.machine()}"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the package in a folder.

    Raises:
        InvalidInput: it cannot be read, is of a later format, or names files outside of the folder.
    """
    place = folder / MANIFEST
    try:
        found = Manifest.model_validate_json(place.read_bytes())
    except (OSError, ValidationError) as error:
        said = (
            error.errors(include_url=False)[0]["msg"]
            if isinstance(error, ValidationError)
            else error.strerror
        )
        raise InvalidInput(
            Finding(
                code="package-damaged", message=f"the package's manifest cannot be read: {said}",
                remedy="make the package again: dagbook package FILE", file=str(place),
            )
        ) from error  # fmt: skip
    if found.format > FORMAT:
        raise InvalidInput(
            Finding(
                code="package-too-new",
                message=f"the package was made by Dagbook {found.dagbook}, in a later format",
                remedy=f"install Dagbook {found.dagbook} or later", file=str(place),
            )
        )  # fmt: skip
    for name in (found.file, *found.files):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InvalidInput(
                Finding(
                    code="bad-path", message=f"the package names {name!r}, which lies outside of it",
                    remedy="it was changed by somebody; get it again from whoever made it", file=str(place),
                )
            )  # fmt: skip
    return found
