"""Dagbook itself as a wheel, made of what is installed: a package needs no registry that has it."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from dagbook.api.packages.installed import OURS
from dagbook.version import __version__

_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: dagbook\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_NOT_PYTHON: Final = frozenset({"labextension", "__pycache__"})
"""The front end has no part in a run."""

WHEEL: Final = f"{OURS}-{__version__}-py3-none-any.whl"


def dagbook_wheel() -> bytes:
    """The wheel; the same bytes whenever the same files are installed."""
    info = f"{OURS}-{__version__}.dist-info"
    files = {**dict(_modules()), f"{info}/WHEEL": _WHEEL.encode()}
    installed = importlib.metadata.distribution(OURS)
    for name in ("METADATA", "entry_points.txt"):
        files[f"{info}/{name}"] = (installed.read_text(name) or "").encode()
    record = "".join(f"{name},{_digest(content)},{len(content)}\n" for name, content in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    return zip_of(files)


def zip_of(files: dict[str, bytes]) -> bytes:
    """A ZIP file that depends on nothing but the files."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(entry_of(name), content)
    return made.getvalue()


def entry_of(name: str) -> zipfile.ZipInfo:
    """An entry of a ZIP file without the time of its making."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o100644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _modules() -> Iterator[tuple[str, bytes]]:
    root = Path(__file__).parents[2]
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.is_file() and not _NOT_PYTHON.intersection(inside.parts):
            yield f"{OURS}/{inside.as_posix()}", path.read_bytes()


def _digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
