"""Figures of matplotlib and images of Pillow, as PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dagbook.formats.port import is_a


class FigureFormat:
    """PNG."""

    suffix = ".png"

    def fits(self, value: object) -> bool:
        """A Figure, or an Image."""
        return is_a(value, "matplotlib", "Figure") or is_a(value, "PIL", "Image")

    def write(self, value: Any, path: Path) -> None:
        """Draw it."""
        if is_a(value, "matplotlib", "Figure"):
            value.savefig(path, format="png", bbox_inches="tight")
        else:
            value.save(path, format="PNG")
