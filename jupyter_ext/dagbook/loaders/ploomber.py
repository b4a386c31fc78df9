"""A Ploomber project as a pipeline: tasks are nodes, `product` and `upstream` parameters as they were."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dagbook.errors import Finding, InvalidInput
from dagbook.loaders.assignments import assigned, assignments, left_open
from dagbook.loaders.foreign import (
    MOST_NODES,
    Draft,
    code_cell,
    identifier,
    python_notebook,
    read_notebook,
    read_yaml,
)
from dagbook.notebook.cells import parameters_cell, source_of

_KNOWN_TOP: Final = frozenset({"tasks", "meta"})
_KNOWN_META: Final = frozenset({"extract_upstream", "extract_product"})
_KNOWN_TASK: Final = frozenset({"source", "name", "product", "params", "upstream", "grid"})
_NOTEBOOKS: Final = (".ipynb", ".py", ".md")
_PLACE: Final = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_GRID: Final = re.compile(r"\[\[\s*(\w+)\s*\]\]")
_HERE: Final = frozenset({"here", "root", "cwd"})
_FUNCTION: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_EXECUTED: Final = "nb"


@dataclass
class _Task:
    """A task as written, and what it becomes. `grid` is the names of its grid; `sizes`, of one mapping."""

    name: str
    node: str
    written: dict[str, Any]
    document: dict[str, Any]
    source: Path
    upstream: list[str]
    products: dict[str, str]
    grid: dict[str, list[Any]]

    @property
    def count(self) -> int:
        made = 1
        for values in self.grid.values():
            made *= len(values)
        return made


def import_ploomber(file: Path) -> Draft:
    """The project whose `pipeline.yaml` is at `file`. Reads; writes and executes nothing.

    Raises:
        InvalidInput: a file cannot be read, or is no pipeline of Ploomber's.
    """
    content = read_yaml(file)
    tasks = content.get("tasks")
    if not isinstance(tasks, list) or not 0 < len(tasks) <= MOST_NODES:
        raise InvalidInput(
            Finding(
                code="no-pipeline", message="it has no list of `tasks:`, or far too long a one",
                remedy="name the pipeline.yaml of a Ploomber project", file=str(file),
            )
        )  # fmt: skip
    root = file.resolve().parent
    draft = Draft(name=root.name, root=root, source=file)
    draft.ask_of_unknown(content, _KNOWN_TOP, "pipeline.yaml")
    meta: dict[str, Any] = content["meta"] if isinstance(content.get("meta"), dict) else {}
    draft.ask_of_unknown(meta, _KNOWN_META, "meta")
    return _Project(draft, _environment(root, file), meta).taken_over(tasks)


def _environment(root: Path, file: Path) -> dict[str, Any]:
    """`env.yaml`, or `env.NAME.yaml` for `pipeline.NAME.yaml`, flat: `path.data` → value."""
    middle = file.name.removeprefix("pipeline").removesuffix(file.suffix)
    for name in dict.fromkeys((f"env{middle}.yaml", "env.yaml")):
        if (root / name).is_file():
            return dict(_flat(read_yaml(root / name), ""))
    return {}


def _flat(content: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


class _Project:
    """One project on its way over."""

    def __init__(self, draft: Draft, env: dict[str, Any], meta: Mapping[str, Any]) -> None:
        self._draft = draft
        self._env = env
        self._meta = meta
        self._tasks: dict[str, _Task] = {}

    def taken_over(self, written: list[Any]) -> Draft:
        """The draft, complete."""
        for entry in written:
            task = self._task(entry) if isinstance(entry, dict) else None
            if task is not None:
                self._tasks[task.name] = task
                self._draft.nodes[task.node] = {}
        for task in self._tasks.values():
            self._draft.nodes[task.node].update(self._node(task))
        return self._draft

    # --- a task as it was -----------------------------------------------------------------------------

    def _task(self, entry: dict[str, Any]) -> _Task | None:
        draft, said = self._draft, str(entry.get("source", ""))
        source = self._resolved(said, literal=True)
        path = draft.root / source
        is_function = not path.is_file() and _FUNCTION.fullmatch(source) is not None
        name = str(entry.get("name") or (source.rpartition(".")[2] if is_function else path.stem))
        name = _GRID.sub("", name).strip("-_") or path.stem
        draft.ask_of_unknown(entry, _KNOWN_TASK, f"task '{name}'")
        if path.is_file() and path.suffix in _NOTEBOOKS:
            document = read_notebook(path)
        elif is_function and path.suffix not in _NOTEBOOKS:
            document = _calling(source)
            draft.changed.append(f"task '{name}': a notebook that calls the function {source} was written")
        else:
            draft.ask(
                f"task '{name}': `source: {said}` is no notebook, script or function: the task is left out",
                "write a notebook that does it, and add it to the pipeline file",
            )
            return None
        return _Task(
            name=name, node=draft.node_named(name), written=entry, document=document, source=path,
            upstream=self._upstream(entry, document), products=self._products(entry, document, name),
            grid=self._grid(entry, name),
        )  # fmt: skip

    def _upstream(self, entry: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
        found = entry.get("upstream")
        if found is None and self._meta.get("extract_upstream", True):
            found = assigned(document, "upstream")
        if isinstance(found, str):
            return [found]
        return sorted(map(str, found)) if isinstance(found, list | dict | set | tuple) else []

    def _products(self, entry: Mapping[str, Any], document: Mapping[str, Any], name: str) -> dict[str, str]:
        """Key → path; of a task with a single product, the key is empty."""
        found = entry.get("product")
        if found is None:
            found = assigned(document, "product")
        if isinstance(found, str):
            return {_EXECUTED if found.endswith((".ipynb", ".html")) else "": found}
        if isinstance(found, dict):
            return {str(key): str(path) for key, path in found.items()}
        self._draft.ask(
            f"task '{name}': it says no `product` that can be read", "declare its files under `outputs:`"
        )
        return {}

    def _grid(self, entry: Mapping[str, Any], name: str) -> dict[str, list[Any]]:
        grid = entry.get("grid")
        if grid is None:
            return {}
        if not isinstance(grid, dict):
            self._draft.ask(
                f"task '{name}': only the first mapping of its `grid:` was taken over",
                "make a node of each other one",
            )
            grid = grid[0] if isinstance(grid, list) and grid and isinstance(grid[0], dict) else {}
        return {str(key): values if isinstance(values, list) else [values] for key, values in grid.items()}

    # --- a node as it becomes -------------------------------------------------------------------------

    def _node(self, task: _Task) -> dict[str, Any]:
        draft = self._draft
        params = {str(key): self._value(value) for key, value in (task.written.get("params") or {}).items()}
        params |= {key: f"${{item.{key}}}" for key in task.grid}
        paths = {key: self._path(task, path) for key, path in task.products.items()}
        params["product"] = (
            paths[""]
            if set(paths) == {""}
            else (paths.get(_EXECUTED, "") if set(paths) == {_EXECUTED} else paths)
        )
        upstream = self._given(task)
        if upstream is not None:
            params["upstream"] = upstream
        file = draft.adapted_name(task.source, task.node)
        draft.notebooks[file] = self._adapted(task, params, list(paths.values()))
        node: dict[str, Any] = {"notebook": file, "params": params}
        if task.grid:
            node["matrix"] = task.grid
        outputs = {}
        for key, path in paths.items():
            if path.startswith("/") or ".." in path.split("/"):
                draft.ask(
                    f"task '{task.name}': its product {path} lies outside of the project",
                    "let the notebook write below its own folder, and declare that under `outputs:`",
                    node=task.node,
                )
            elif key != _EXECUTED:
                outputs[_output(key)] = path
        if outputs:
            node["outputs"] = outputs
        ups = [self._tasks[up] for up in self._named(task)]
        needs = [up.node for up in ups if not _published(up) or any(map(_stays, up.products.values()))]
        if needs:
            node["needs"] = needs
        if any(_stays(path) for up in ups for path in up.products.values()):
            # What it reads in place is in no fingerprint.
            node["cache"] = False
            draft.changed.append(f"{task.node}: `cache: false`, for it reads a JSON file where it lies")
        return node

    def _given(self, task: _Task) -> dict[str, Any] | None:
        """`upstream` as the notebook knows it: task → its product, or products by key."""
        found: dict[str, Any] = {}
        for word in task.upstream:
            matching = [t for t in self._tasks.values() if _matches(word, t)]
            if not matching:
                self._draft.ask(
                    f"task '{task.name}' takes '{word}' from upstream, which is not there",
                    "give the parameter `upstream` what it needs",
                    node=task.node,
                )
            for up in matching:
                if up.count > 1 or "*" in word:
                    each = {f"{up.name}-{index}": self._product_of(up, index) for index in range(up.count)}
                    found.setdefault(word, {}).update(each)
                else:
                    found[word] = self._product_of(up, None)
        return found or None

    def _product_of(self, up: _Task, index: int | None) -> Any:
        place = "" if index is None or not up.grid else f"[{index}]"
        values = {
            key: self._file_of(up, path, index) if _stays(path) else f"${{{up.node}.{_output(key)}{place}}}"
            for key, path in up.products.items()
            if key != _EXECUTED
        }
        if _EXECUTED in up.products:
            values[_EXECUTED] = self._path(up, up.products[_EXECUTED]) if not up.grid else ""
        return values[""] if set(values) == {""} else values

    def _file_of(self, up: _Task, path: str, index: int | None) -> str:
        """A product as the path where it lies, for the combination `index` of its grid."""
        text = self._path(up, path)
        combinations = list(itertools.product(*up.grid.values()))
        for key, value in zip(up.grid, combinations[index or 0], strict=True):
            text = text.replace(f"${{item.{key}}}", str(value))
        return text

    def _named(self, task: _Task) -> list[str]:
        return [up.name for word in task.upstream for up in self._tasks.values() if _matches(word, up)]

    def _path(self, task: _Task, path: str) -> str:
        """A product's path, one for each combination of a grid."""
        text = self._resolved(path)
        for key in _GRID.findall(text):
            text = re.sub(rf"\[\[\s*{key}\s*\]\]", f"${{item.{key}}}", text)
        missing = [key for key in task.grid if f"${{item.{key}}}" not in text]
        if not missing:
            return text
        stem, dot, suffix = text.rpartition(".")
        more = "".join(f"-${{item.{key}}}" for key in missing)
        return f"{stem}{more}.{suffix}" if dot and "/" not in suffix else f"{text}{more}"

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._resolved(value)
        if isinstance(value, list):
            return [self._value(one) for one in value]
        if isinstance(value, dict):
            return {key: self._value(one) for key, one in value.items()}
        return value

    def _resolved(self, text: str, *, literal: bool = False) -> str:
        """`{{name}}` of env.yaml as a parameter of the pipeline; as its value where a path is needed now."""

        def replace(found: re.Match[str]) -> str:
            key = found[1]
            if key in _HERE:
                return "."
            if key not in self._env or isinstance(self._env[key], list):
                self._draft.ask(
                    f"`{{{{{key}}}}}` has no plain value in env.yaml", "give the parameter a default"
                )
                self._env[key] = ""
            value = self._env[key]
            if isinstance(value, str) and _PLACE.search(value):
                value = self._env[key] = _PLACE.sub(
                    lambda inner: replace(inner) if inner[1] in _HERE else "", value
                )
            if literal:
                return str(value)
            return f"${{params.{self._draft.param(key, value)}}}"

        return _PLACE.sub(replace, text)

    def _adapted(self, task: _Task, params: Mapping[str, Any], paths: list[str]) -> dict[str, Any]:
        """The notebook with `upstream` and `product` left open, and the folders that Ploomber would make."""
        document, draft = task.document, self._draft
        found = parameters_cell(document)
        done = []
        if found is None:
            names = [name for name in params if identifier(name) == name]
            document["cells"].insert(
                0, code_cell("\n".join(f"{name} = None" for name in names), "parameters")
            )
            done.append("a parameters cell was added")
        else:
            cell = found[1]
            source = left_open(source_of(cell), ("upstream", "product"))
            declared = {name for name, _ in assignments(source)}
            source += "".join(f"\n{name} = None" for name in params if name not in declared)
            if source != source_of(cell):
                document["cells"][found[0] - 1] = {**cell, "source": source}
                done.append("`upstream` and `product` are left open in the parameters cell")
        folders = sorted({path.rpartition("/")[0] for path in paths if "/" in path})
        if folders:
            at = (parameters_cell(document) or (0, {}))[0]
            document["cells"].insert(at, code_cell(_MAKE_FOLDERS))
            done.append("a cell makes the folders of its products, as Ploomber did")
        draft.changed.append(
            f"{task.source.name} → {draft.adapted_name(task.source, task.node)}, beside the pipeline file"
            + "".join(f"; {what}" for what in done)
        )
        return document


_MAKE_FOLDERS: Final = """# Added on import: Ploomber made the folders of products.
from pathlib import Path as _Path
for _path in product.values() if isinstance(product, dict) else [product]:
    _Path(_path).parent.mkdir(parents=True, exist_ok=True)"""


def _stays(path: str) -> bool:
    """Whether a product is handed on as a path: published, a small JSON file would arrive as its value."""
    return path.lower().endswith(".json")


def _published(task: _Task) -> bool:
    return any(key != _EXECUTED for key in task.products)


def _matches(word: str, task: _Task) -> bool:
    if "*" in word:
        return re.fullmatch(re.escape(word).replace(r"\*", ".*"), f"{task.name}-0") is not None
    return word == task.name


def _output(key: str) -> str:
    return identifier(key) if key else "product"


def _calling(dotted: str) -> dict[str, Any]:
    """A notebook that calls a function as Ploomber does."""
    module, _, function = dotted.rpartition(".")
    call = (
        "import inspect\nfrom pathlib import Path\n"
        f"from {module} import {function}\n"
        "given = {name: value for name, value in globals().items()\n"
        f"         if name in inspect.signature({function}).parameters}}\n"
        "given['product'] = ({key: Path(path) for key, path in product.items()}\n"
        "                    if isinstance(product, dict) else Path(product))\n"
        f"{function}(**given)"
    )
    return python_notebook(code_cell("upstream = None\nproduct = None", "parameters"), code_cell(call))
