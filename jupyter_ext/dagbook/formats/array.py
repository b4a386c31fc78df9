"""Arrays of numpy, as .npy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dagbook.formats.port import is_a


class ArrayFormat:
    """numpy's own file format, without pickles in it."""

    suffix = ".npy"

    def fits(self, value: object) -> bool:
        """An ndarray."""
        return is_a(value, "numpy", "ndarray")

    def write(self, value: Any, path: Path) -> None:
        """Write the array; TypeError when it holds Python objects."""
        import numpy as np  # there already: the array is its

        try:
            np.save(path, value, allow_pickle=False)
        except ValueError as error:
            raise TypeError("an array of Python objects is no .npy; use pickle=True, or .tolist()") from error
