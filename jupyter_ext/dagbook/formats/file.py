"""A file or folder that the notebook wrote itself, published by its path: it is copied as it is."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePath


class FileFormat:
    """The file's own."""

    suffix = ""

    def fits(self, value: object) -> bool:
        """A Path."""
        return isinstance(value, PurePath)

    def suffix_for(self, value: PurePath) -> str:
        """The suffix that the copy keeps; none for a folder."""
        return "" if Path(value).is_dir() else "".join(value.suffixes)

    def write(self, value: PurePath, path: Path) -> None:
        """Copy it; TypeError when nothing is there."""
        source = Path(value)
        if source.is_dir():
            shutil.copytree(source, path)
        elif source.is_file():
            shutil.copyfile(source, path)
        else:
            raise TypeError(
                f"there is no file {source}; write it before it is published (paths count from {Path.cwd()})"
            )
