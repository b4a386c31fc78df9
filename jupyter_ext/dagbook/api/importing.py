"""`import`: a pipeline of another tool as one of ours. Originals stay as they are; nothing is executed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from dagbook.api.planning import check_file
from dagbook.errors import DagbookError, EnvironmentFault, Finding, InvalidInput, did_you_mean

# Name → module and function. Each pays for what it needs when it is used.
IMPORTERS: Final[Mapping[str, tuple[str, str]]] = {
    "ploomber": ("dagbook.loaders.ploomber", "import_ploomber"),
    "elyra": ("dagbook.loaders.elyra", "import_elyra"),
    "mlproject": ("dagbook.loaders.mlproject", "import_mlproject"),
    "folder": ("dagbook.loaders.shared_files", "import_folder"),
}


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What was written, what changed on the way, and what a person has to look at."""

    file: Path
    notebooks: tuple[Path, ...]
    nodes: tuple[str, ...]
    changed: tuple[str, ...]
    open: tuple[Finding, ...]


def import_pipeline(kind: str, source: Path, *, name: str | None = None, replace: bool = False) -> Imported:
    """Write a pipeline file, and adapted copies of notebooks, beside the source.

    Args:
        kind: `ploomber`, `elyra`, `mlproject` or `folder`.
        source: the other tool's file, or the folder.
        name: of the pipeline; the source's own otherwise.
        replace: write over what an earlier import wrote.

    Raises:
        InvalidInput: the source cannot be read, or something is there already.
        EnvironmentFault: the folder cannot be written.
    """
    if kind not in IMPORTERS:
        raise InvalidInput(
            Finding(
                code="unknown-import",
                message=f"nothing imports '{kind}'",
                remedy=did_you_mean(kind, IMPORTERS),
            )
        )
    module, function = IMPORTERS[kind]
    reader: Callable[[Path], Any] = getattr(import_module(module), function)
    draft = reader(source)
    draft.name = (name or draft.name or "pipeline")[:200]
    file = draft.root / f"{_file_stem(draft.name)}.pipeline.yaml"
    texts = {
        draft.root / path: json.dumps(nb, ensure_ascii=False, indent=1) + "\n"
        for path, nb in draft.notebooks.items()
    }
    texts[file] = _heading(kind, source) + _as_yaml(_content(draft))
    there = [path for path in texts if path.exists()]
    if there and not replace:
        raise InvalidInput(
            *(
                Finding(
                    code="file-exists", message="it is there already", file=str(path),
                    remedy="take it away, or say --force to write over it",
                )
                for path in there
            )
        )  # fmt: skip
    _write(texts)
    return Imported(
        file=file, notebooks=tuple(path for path in texts if path != file), nodes=tuple(draft.nodes),
        changed=tuple(draft.changed), open=(*draft.open, *_still_wrong(file)),
    )  # fmt: skip


def _content(draft: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"pipeline": draft.name}
    for key in ("description", "params", "defaults"):
        if getattr(draft, key):
            content[key] = getattr(draft, key)
    return {**content, "nodes": draft.nodes}


def _still_wrong(file: Path) -> tuple[Finding, ...]:
    """What `dagbook validate` has against the file that was written: for a person to mend."""
    try:
        return check_file(file).findings
    except DagbookError as error:
        return error.findings


def _write(texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        try:
            path.write_text(text, "utf-8", "surrogatepass")
        except OSError as error:
            raise EnvironmentFault(
                Finding(
                    code="not-writable", message=f"it cannot be written: {error.strerror}", file=str(path),
                    remedy="allow writing there",
                )
            ) from error  # fmt: skip


def _heading(kind: str, source: Path) -> str:
    return f"# From {source.name}, by `dagbook import {kind}`. It is yours now: edit it.\n"


def _file_stem(name: str) -> str:
    return (
        "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name).strip("-.")
        or "pipeline"
    )


def _as_yaml(content: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True
    out = io.StringIO()
    yaml.dump(dict(content), out)
    return out.getvalue()
