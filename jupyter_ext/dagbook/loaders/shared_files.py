"""A folder of notebooks that meet in files: their order by what each reads and writes."""

from __future__ import annotations

from pathlib import Path
from posixpath import normpath
from typing import Any

from dagbook.loaders.folder import notebooks_in
from dagbook.loaders.foreign import Draft, identifier, read_notebook
from dagbook.notebook.cells import language_of
from dagbook.notebook.file_use import FileUse, file_use


def import_folder(folder: Path) -> Draft:
    """The notebooks of the folder, chained by the files that they share. Reads; writes and executes nothing.

    Raises:
        InvalidInput: there are none, or one cannot be read.
    """
    root = folder.resolve()
    found = notebooks_in(folder)
    draft = Draft(name=root.name, root=root, source=folder)
    uses: dict[str, FileUse] = {}
    for node, path in found.items():
        document = read_notebook(path)
        draft.nodes[node] = {"notebook": path.name}
        if language_of(document) != "python":
            draft.ask("what it reads and writes cannot be told: it is not Python", "add `needs:`", node=node)
        uses[node] = file_use(document)
    writers = _writers(draft, uses)
    upstream: dict[str, set[str]] = {node: set() for node in uses}
    for node, use in uses.items():
        _chain(draft, node, use, writers, upstream)
    return draft


def _writers(draft: Draft, uses: dict[str, FileUse]) -> dict[str, str]:
    """File → the node that writes it."""
    writers: dict[str, str] = {}
    for node, use in uses.items():
        for path in map(normpath, use.writes):
            if path in writers and writers[path] != node:
                draft.ask(
                    f"{path} is written by '{writers[path]}' too, which was taken for its writer",
                    "let each file have one writer", node=node,
                )  # fmt: skip
                continue
            writers[path] = node
    return writers


def _chain(
    draft: Draft, node: str, use: FileUse, writers: dict[str, str], upstream: dict[str, set[str]]
) -> None:
    """Say of a node what it takes from whom."""
    made = draft.nodes[node]
    params: dict[str, Any] = {}
    needs: list[str] = []
    deps: list[str] = []
    own = {normpath(path) for path in use.writes}
    defaults = {normpath(text): name for name, text in use.by_parameter.items()}
    for path in dict.fromkeys(map(normpath, use.reads)):
        maker = writers.get(path)
        if maker is None:
            if not path.startswith("/") and (draft.root / path).is_file():
                deps.append(path)
        elif maker == node or path in own:
            continue
        elif node in _above(maker, upstream):
            draft.ask(
                f"'{maker}' and it read each other's files: the order is not clear",
                "see which is first",
                node=node,
            )
        else:
            upstream[node].add(maker)
            output = _declare(draft, maker, path)
            if output and path in defaults:
                params[defaults[path]] = f"${{{maker}.{output}}}"
            else:
                needs.append(maker)
    if needs:
        # What it reads in place is in no fingerprint.
        made["cache"] = False
        draft.changed.append(f"{node}: `cache: false`, for it reads files that others write, where they lie")
    more = {"params": params, "needs": list(dict.fromkeys(needs)), "deps": deps}
    made.update({key: value for key, value in more.items() if value})


def _declare(draft: Draft, maker: str, path: str) -> str | None:
    """The name of an output that a node declares; None for a file outside of its folder."""
    if path.startswith(("/", "../")):
        return None
    outputs = draft.nodes[maker].setdefault("outputs", {})
    for name, known in outputs.items():
        if known == path:
            return str(name)
    name = identifier(Path(path).stem)
    name = name if name not in outputs else identifier(path)
    outputs[name] = path
    return name


def _above(node: str, upstream: dict[str, set[str]]) -> set[str]:
    above, front = {node}, [node]
    while front:
        new = upstream[front.pop()] - above
        above |= new
        front += new
    return above
