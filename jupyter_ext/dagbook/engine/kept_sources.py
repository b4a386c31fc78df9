"""What a run keeps of the files that it used besides notebooks: its own modules whole, its data by digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dagbook.engine.disk import write_whole
from dagbook.engine.folders import SOURCES


@dataclass(frozen=True, kw_only=True)
class KeptSources:
    """Files of a project, by their paths relative to it.

    Attributes:
        sources: file → text: local modules.
        data: file → SHA-256: `deps`, and what notebooks are seen to read.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)


def write_sources(folder: Path, kept: KeptSources) -> None:
    """Write them into a run's folder. Raises OSError."""
    write_whole(folder / SOURCES, json.dumps(asdict(kept), ensure_ascii=False).encode("utf-8", "replace"))


def read_sources(folder: Path) -> KeptSources:
    """What a run's folder has of them; nothing for runs of before this was kept."""
    try:
        return KeptSources(**json.loads((folder / SOURCES).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return KeptSources()
