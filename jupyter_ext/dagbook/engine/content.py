"""The digest of a file or a folder: what content addresses are made of."""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest_of(path: Path) -> str:
    """SHA-256, 64 hexadecimal digits, of a file's bytes, or of a folder's tree of names and contents."""
    if path.is_dir():
        tree = hashlib.sha256()
        for file in sorted(entry for entry in path.rglob("*") if entry.is_file()):
            tree.update(f"{file.relative_to(path).as_posix()}\0{digest_of(file)}\n".encode())
        return tree.hexdigest()
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
