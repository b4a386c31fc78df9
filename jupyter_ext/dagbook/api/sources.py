"""Which files a pipeline uses besides its notebooks, so that a run can be reproduced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dagbook.api.facts import ReadNotebooks
from dagbook.engine.content import digest_of
from dagbook.engine.kept_sources import KeptSources
from dagbook.notebook.file_use import file_use
from dagbook.pipeline.facts import NotebookFacts

_LARGEST: Final = 200_000_000
"""Bytes of one file that is only seen to be read: what is larger is not hashed at each run."""


def used_sources(read: ReadNotebooks, project: Path) -> KeptSources:
    """The local modules as they are, and the digests of data.

    The pipeline file is not among them: the plan says what it does, and it may hold addresses with passwords.

    Args:
        read: the notebooks.
        project: what lies outside of it is left out.
    """
    sources: dict[str, str] = {}
    data: dict[str, str] = {}
    for node, facts in read.facts.items():
        folder = Path(facts.path).parent
        sources |= {_name(path, project): text for path, text in _modules(facts, folder, project)}
        data |= {_name(folder / dep, project): digest for dep, digest in facts.deps.items()}
        for path in read_files(read.documents[node], folder):
            name = _name(path, project)
            if name not in data and path.stat().st_size <= _LARGEST:
                data[name] = digest_of(path)
    inside = {name: digest for name, digest in data.items() if name}
    return KeptSources(sources={name: text for name, text in sources.items() if name}, data=inside)


def read_files(document: dict[str, Any], folder: Path) -> Iterator[Path]:
    """The files that a notebook is seen to read, and does not write itself, as far as they are there."""
    used = file_use(document)
    for said in used.reads:
        path = folder / said
        try:
            is_there = "://" not in said and said not in used.writes and path.is_file()
        except (OSError, ValueError):
            continue
        if is_there:
            yield path


def _modules(facts: NotebookFacts, folder: Path, project: Path) -> Iterator[tuple[Path, str]]:
    for name, text in facts.modules.items():
        place = folder / name if (folder / name).is_file() else project / name
        yield place, text


def _name(path: Path, project: Path) -> str:
    """Relative to the project; empty for what lies outside."""
    whole = path.resolve()
    return whole.relative_to(project).as_posix() if whole.is_relative_to(project) else ""
