"""An Elyra pipeline as a pipeline: notebooks stay what they are and meet in files, as they did there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dagbook.errors import Finding, InvalidInput
from dagbook.loaders.foreign import MOST_NODES, Draft, code_cell, identifier, read_json, read_notebook
from dagbook.notebook.cells import parameters_cell

_NOTEBOOK: Final = "execute-notebook-node"
_SCRIPT: Final = "execute-python-node"
_KNOWN: Final = frozenset(
    {
        "filename", "outputs", "env_vars", "dependencies", "include_subdirectories", "cpu", "memory",
        "runtime_image", "gpu", "parameters", "filehandler",
    }
)  # fmt: skip
_WITHOUT_MEANING: Final[tuple[Any, ...]] = ("", None, [], {}, False, 0)
_KINDS: Final[Mapping[str, tuple[str, Any]]] = {
    "String": ("str", ""), "Integer": ("int", 0), "Float": ("float", 0.0), "Bool": ("bool", False),
}  # fmt: skip


def import_elyra(file: Path) -> Draft:
    """The pipeline in a `.pipeline` file. Reads; writes and executes nothing.

    Raises:
        InvalidInput: it cannot be read, or is no pipeline of Elyra's.
    """
    content = read_json(file)
    pipelines = content.get("pipelines")
    if content.get("doc_type") != "pipeline" or not isinstance(pipelines, list) or not pipelines:
        raise _no_pipeline(file)
    primary = next(
        (one for one in pipelines if _of(one, "id") == content.get("primary_pipeline")), pipelines[0]
    )
    written = _of(primary, "nodes")
    if not isinstance(written, list) or not 0 < len(written) <= MOST_NODES:
        raise _no_pipeline(file)
    root = file.resolve().parent
    properties = _mapping(_of(_mapping(_of(primary, "app_data")), "properties"))
    name = str(properties.get("name") or file.stem)
    draft = Draft(name=name, root=root, source=file, description=str(properties.get("description") or ""))
    # There every run runs everything, and files that are handed on in place are in no fingerprint.
    draft.defaults["cache"] = False
    draft.changed.append(
        "`cache: false`: every run runs everything, as Elyra does; take it away where values travel"
    )
    if len(pipelines) > 1:
        draft.ask("the pipelines within the pipeline were left out", "make a pipeline of each")
    return _Pipeline(draft, properties).taken_over(written)


class _Pipeline:
    """One pipeline on its way over."""

    def __init__(self, draft: Draft, properties: Mapping[str, Any]) -> None:
        self._draft = draft
        self._defaults = _mapping(properties.get("pipeline_defaults"))
        self._parameters: dict[str, str] = {}
        for entry in properties.get("pipeline_parameters") or []:
            self._parameter(_mapping(entry))
        for key, value in self._defaults.items():
            if key not in {"env_vars", "runtime_image"} and value not in _WITHOUT_MEANING:
                draft.ask(
                    f"pipeline defaults: `{key}` was not taken over", "say it of the nodes that need it"
                )

    def _parameter(self, entry: Mapping[str, Any]) -> None:
        name = str(entry.get("name") or "")
        default = _mapping(entry.get("default_value"))
        kind, empty = _KINDS.get(str(default.get("type")), ("str", ""))
        if not name:
            return
        about = {"help": str(entry["description"])} if entry.get("description") else {}
        required = (
            {}
            if entry.get("required") and "value" not in default
            else {"default": default.get("value", empty)}
        )
        self._parameters[name] = self._draft.param(name, {"type": kind, **required, **about})

    def taken_over(self, written: list[Any]) -> Draft:
        """The draft, complete."""
        names: dict[str, str] = {}
        kept: list[tuple[str, Mapping[str, Any]]] = []
        for entry in written:
            node = self._named(_mapping(entry))
            if node is not None:
                names[str(_of(entry, "id"))] = node
                kept.append((node, _mapping(entry)))
        for node, entry in kept:
            made = self._draft.nodes[node]
            made.update(self._node(node, entry))
            needs = []
            for port in entry.get("inputs") or []:
                for link in _of(port, "links") or []:
                    source = str(_of(link, "node_id_ref"))
                    if source in names:
                        needs.append(names[source])
                    else:
                        self._draft.ask(
                            "what it waits for was left out", "see to it that it has what it reads", node=node
                        )
            if needs:
                made["needs"] = list(dict.fromkeys(needs))
        return self._draft

    def _named(self, entry: Mapping[str, Any]) -> str | None:
        app = _mapping(entry.get("app_data"))
        said = _mapping(app.get("component_parameters")) or app
        label = str(app.get("label") or Path(str(said.get("filename") or entry.get("op"))).stem)
        if entry.get("type") != "execution_node" or entry.get("op") not in {_NOTEBOOK, _SCRIPT}:
            what = entry.get("op") or entry.get("type")
            self._draft.ask(
                f"'{label}' is no notebook and no Python script ({what}): it was left out",
                "write a notebook that does it, and add it to the pipeline file",
            )
            return None
        path = self._draft.root / str(said.get("filename") or "")
        if not path.is_file():
            self._draft.ask(
                f"'{label}': there is no {said.get('filename')}: it was left out", "bring the file"
            )
            return None
        node = self._draft.node_named(Path(label).stem if label.endswith((".ipynb", ".py")) else label)
        self._draft.nodes[node] = {}
        return node

    def _node(self, node: str, entry: Mapping[str, Any]) -> dict[str, Any]:
        draft = self._draft
        app = _mapping(entry.get("app_data"))
        said = {**_mapping(app), **_mapping(app.get("component_parameters"))}
        parameters = _mapping(app.get("component_parameters"))
        for key, value in parameters.items():
            if key not in _KNOWN and value not in _WITHOUT_MEANING:
                draft.ask(f"`{key}` was not taken over", "do by hand what it did, if it is needed", node=node)
        for key in ("gpu", "runtime_image"):
            if said.get(key) not in _WITHOUT_MEANING:
                draft.ask(
                    f"`{key}: {said[key]}` was not taken over: notebooks run in this machine's kernels",
                    "give the node an `environment:`, or an `--image` when compiling", node=node,
                )  # fmt: skip
        file = Path(str(said["filename"]))
        made: dict[str, Any] = {"notebook": file.as_posix()}
        outputs = self._outputs(node, said.get("outputs") or [])
        resources = {
            key: value for key, value in (("cpu", said.get("cpu")), ("memory", said.get("memory"))) if value
        }
        if "memory" in resources:
            resources["memory"] = f"{resources['memory']}G"
        deps = self._deps(node, file, said)
        variables = _variables(self._defaults.get("env_vars")) | _variables(said.get("env_vars"))
        wanted = [name for name in said.get("parameters") or [] if name in self._parameters]
        if variables or wanted:
            made |= self._with_variables(node, file, variables, wanted)
        elif entry.get("op") == _SCRIPT:
            made["notebook"] = self._copied(node, file, read_notebook(draft.root / file), "became a notebook")
        more = {"resources": resources, "deps": deps, "outputs": outputs}
        return made | {key: value for key, value in more.items() if value}

    def _outputs(self, node: str, written: list[Any]) -> dict[str, str]:
        """Files by a name of their own; patterns and what lies outside of the folder are for a person."""
        found: dict[str, str] = {}
        for path in map(str, written):
            if any(letter in path for letter in "*?[") or path.startswith("/") or ".." in path.split("/"):
                self._draft.ask(
                    f"the output `{path}` was not taken over", "name the file under `outputs:`", node=node
                )
                continue
            name = identifier(Path(path).name.replace(".", "_"))
            found[name if name not in found else identifier(path)] = path
        return found

    def _deps(self, node: str, file: Path, said: Mapping[str, Any]) -> list[str]:
        folder = (self._draft.root / file).parent
        found: list[str] = []
        for pattern in map(str, said.get("dependencies") or []):
            try:
                there = sorted(path for path in folder.glob(pattern) if path.is_file())
            except (ValueError, NotImplementedError, OSError):
                there = []
            if not there:
                self._draft.ask(
                    f"the dependency `{pattern}` fits no file", "name the file under `deps:`", node=node
                )
            found += [path.relative_to(self._draft.root).as_posix() for path in there[:MOST_NODES]]
        return list(dict.fromkeys(found))

    def _with_variables(
        self, node: str, file: Path, variables: dict[str, str], wanted: list[str]
    ) -> dict[str, Any]:
        """A copy that sets environment variables first; those of the pipeline come as parameters."""
        document = read_notebook(self._draft.root / file)
        lines = ["# Added on import: Elyra set these variables.", "import os"]
        lines += [f"os.environ[{name!r}] = {value!r}" for name, value in variables.items()]
        lines += [f"os.environ[{name!r}] = str({self._parameters[name]})" for name in wanted]
        params = {self._parameters[name]: f"${{params.{self._parameters[name]}}}" for name in wanted}
        found = parameters_cell(document)
        at = found[0] if found else 0
        if params and found is None:
            document["cells"].insert(
                0, code_cell("\n".join(f"{name} = None" for name in params), "parameters")
            )
            at = 1
        elif params and found is not None:
            more = "".join(f"\n{name} = None" for name in params)
            document["cells"][at - 1] = {**found[1], "source": _text(found[1]) + more}
        document["cells"].insert(at, code_cell("\n".join(lines)))
        made: dict[str, Any] = {
            "notebook": self._copied(node, file, document, "sets its environment variables")
        }
        return made | ({"params": params} if params else {})

    def _copied(self, node: str, file: Path, document: dict[str, Any], what: str) -> str:
        copy = (file.parent / self._draft.adapted_name(file, node)).as_posix()
        self._draft.notebooks[copy] = document
        self._draft.changed.append(f"{file.as_posix()} → {copy}, which {what}")
        return copy


def _variables(written: Any) -> dict[str, str]:
    """`NAME=VALUE` texts, or objects, as either version of the format has them."""
    found: dict[str, str] = {}
    for entry in written if isinstance(written, list) else []:
        if isinstance(entry, str) and "=" in entry:
            name, _, value = entry.partition("=")
            found[name.strip()] = value
        elif isinstance(entry, dict) and entry.get("env_var"):
            found[str(entry["env_var"])] = str(entry.get("value", ""))
    return found


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _of(content: Any, key: str) -> Any:
    return content.get(key) if isinstance(content, dict) else None


def _mapping(content: Any) -> dict[str, Any]:
    return content if isinstance(content, dict) else {}


def _no_pipeline(file: Path) -> InvalidInput:
    return InvalidInput(
        Finding(
            code="no-pipeline", message="it is no pipeline of Elyra's, or has no nodes",
            remedy="name a .pipeline file that Elyra wrote", file=str(file),
        )
    )  # fmt: skip
