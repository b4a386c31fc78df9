"""The packages that are installed beside us, and those of them that nobody else could install."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

OURS: Final = "dagbook"


def installed_packages(python: Path | None = None) -> Iterator[str]:
    """`name==version` of everything that is installed beside a Python; beside ours when None."""
    where: dict[str, Any] = {}
    if python is not None:
        where["path"] = [str(path) for path in python.parents[1].glob("lib/python3*/site-packages")]
    for found in importlib.metadata.distributions(**where):
        if name := found.metadata["Name"]:
            yield f"{name}=={found.version}"


def lock_lines() -> tuple[list[str], list[str]]:
    """Lines of a requirements file for every package but ours, and the packages that have no such line.

    A package from version control is named by its address and commit, one from an archive by the archive's
    address. One that was installed from a folder or file of this machine can be named to nobody.
    """
    lines: dict[str, str] = {}
    local: list[str] = []
    for found in importlib.metadata.distributions():
        name = found.metadata["Name"]
        if not name or name.lower() == OURS or name.lower() in lines:
            continue
        line = lock_line(name, found.version, _origin(found))
        lines[name.lower()] = line
        if not line:
            local.append(name)
    return [line for _, line in sorted(lines.items()) if line], sorted(local, key=str.lower)


def lock_line(name: str, version: str, origin: Mapping[str, Any]) -> str:
    """The line for one package; empty for one that only this machine has.

    Args:
        name: as it calls itself.
        version: likewise.
        origin: its `direct_url.json`, as PEP 610 has it; empty for one from a registry.
    """
    url = str(origin.get("url", ""))
    if not url:
        return f"{name}=={version}"
    if url.startswith("file:"):
        return ""
    system = origin.get("vcs_info")
    return f"{name} @ {system['vcs']}+{url}@{system['commit_id']}" if system else f"{name} @ {url}"


def _origin(found: importlib.metadata.Distribution) -> dict[str, Any]:
    try:
        origin: dict[str, Any] = json.loads(found.read_text("direct_url.json") or "{}")
    except (OSError, ValueError):
        return {}
    return origin
