"""The same file on two machines: how paths of the driver and of a worker's room become each other. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from dagbook.engine.request import NodeRequest

_LONGEST: Final = 4096
"""Characters of a path, on Linux."""


@dataclass(frozen=True)
class Roots:
    """Pairs of absolute folders (or files): the driver's, and the worker's."""

    pairs: Sequence[tuple[str, str]]

    def there(self, path: str) -> str:
        """A path of the driver, on the worker; unchanged when it lies below none of the roots."""
        for ours, theirs in sorted(self.pairs, key=lambda pair: -len(pair[0])):
            if PurePosixPath(path).is_relative_to(ours):
                return str(PurePosixPath(theirs) / PurePosixPath(path).relative_to(ours))
        return path

    def request_there(self, request: NodeRequest, environments: str) -> NodeRequest:
        """The request as the worker is to carry it out.

        Args:
            request: of the driver.
            environments: where the worker keeps those that nodes have of their own.
        """
        return request.model_copy(
            update={
                "notebook": self.there(request.notebook),
                "folder": self.there(request.folder),
                "cwd": self.there(request.cwd),
                "environments": environments if request.environments else "",
                # Nobody reaches a kernel from here to attach to it.
                "hold": 0.0,
                "params": {name: replaced(form, self.there) for name, form in request.params.items()},
            }
        )

    def text_here(self, text: str, *, is_json: bool) -> str:
        """What was written on the worker, with the driver's paths in it.

        A room's name is nobody else's, so it is found wherever it stands.
        """
        for ours, theirs in sorted(self.pairs, key=lambda pair: -len(pair[1])):
            for written in (_json, _json_ascii) if is_json else (str,):
                text = text.replace(written(theirs), written(ours))
        return text


def replaced(form: Any, change: Callable[[str], str]) -> Any:
    """An encoded value (see notebook.values) with every whole path in it changed."""
    if isinstance(form, str):
        return change(form) if form.startswith("/") else form
    if isinstance(form, Mapping):
        return {key: replaced(part, change) for key, part in form.items()}
    return [replaced(part, change) for part in form] if isinstance(form, list) else form


def paths_in(form: Any) -> Iterator[str]:
    """Every text in an encoded value that can be a path, as it is written."""
    if isinstance(form, str):
        if 0 < len(form) < _LONGEST and "\n" not in form and "\0" not in form and "://" not in form:
            yield form
    elif isinstance(form, Mapping):
        for part in form.values():
            yield from paths_in(part)
    elif isinstance(form, list):
        for part in form:
            yield from paths_in(part)


def artifacts_in(form: Any) -> Iterator[str]:
    """The paths of all files in an encoded value that a step upstream published."""
    if isinstance(form, Mapping):
        file = form.get("$file")
        if isinstance(file, Mapping) and isinstance(file.get("path"), str):
            yield file["path"]
        for part in form.values():
            yield from artifacts_in(part)
    elif isinstance(form, list):
        for part in form:
            yield from artifacts_in(part)


def is_inside(name: str) -> bool:
    """Whether a relative path stays below where it begins."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.parts != ()


def below(path: Path, folder: Path) -> bool:
    """Whether a path, as written, lies in the folder."""
    return PurePosixPath(path).is_relative_to(folder)


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _json_ascii(text: str) -> str:
    return json.dumps(text)[1:-1]
