"""What can be run, a pipeline file or a notebook alone: what it takes, and a plan from what it is given.

The one way to a run behind every door: shell, Python, the launch form of JupyterLab.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any, Final, Literal

from dagbook import bootstrap
from dagbook.api.packages.opening import is_package, open_package
from dagbook.api.pipelines import open_pipeline
from dagbook.api.places import WantedPlace
from dagbook.api.planning import Choices, Prepared, check, check_file, make_plan
from dagbook.api.run import Run, start
from dagbook.errors import Finding, InvalidInput, did_you_mean
from dagbook.loaders.notebook_pipeline import is_notebook, pipeline_of_notebook
from dagbook.notebook import types
from dagbook.notebook.cells import parameters_cell
from dagbook.notebook.parameters import (
    MISSING,
    Parameter,
    ParametersError,
    check_parameters,
    declared_parameters,
)
from dagbook.notebook.sweep_text import parse_sweep
from dagbook.notebook.values import Secret
from dagbook.pipeline.check import MOST_STEPS

__all__ = ["Field", "Launchable", "Wish", "launch", "open_launchable"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One parameter as a launch form shows it.

    `default` is a value, MISSING where one must be given, or Unevaluated; `secret` names the secret that a
    pipeline takes the value from.
    """

    name: str
    type: types.ParamType
    default: object
    help: str = ""
    secret: str | None = None
    cell: int | None = None

    @property
    def required(self) -> bool:
        """Whether a run must give it."""
        return self.default is MISSING and self.secret is None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person wants of a run, as it was said.

    Attributes:
        params: values by name, as in Python or JSON.
        texts: name → text, read by the parameter's type.
        secrets: name → name of the secret that holds the value.
        sweep: name → the values to try, as a text (`1, 2`, `0.1..0.5 step 0.1`) or as a list.
        choices: everything else that a run may choose; its `params` are not looked at.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    sweep: Mapping[str, str | Sequence[Any]] = field(default_factory=dict)
    choices: Choices = field(default_factory=Choices)


@dataclass(frozen=True, kw_only=True)
class Launchable:
    """A pipeline file or a notebook that was opened.

    Attributes:
        fields: its parameters in order; None where the notebook's language hides them.
        cell_id: of the notebook's parameters cell.
    """

    kind: Literal["notebook", "pipeline"]
    file: Path
    name: str
    description: str = ""
    fields: tuple[Field, ...] | None = ()
    cell_id: str | None = None

    def prepare(self, wish: Wish) -> Prepared:
        """What a run of it would do, ready to be started.

        Raises:
            InvalidInput: with a finding for everything that is wrong; those of one parameter say its name.
            EnvironmentFault: a kernel is missing.
        """
        if self.kind == "pipeline":
            # What is wrong with the file comes before what is wrong with what it is given.
            checked = check_file(self.file)
            checked.require()
        given, sweep, findings = self._read(wish)
        if self.kind == "notebook":
            findings += self._held(given, sweep)
        if findings:
            raise InvalidInput(*findings)
        if self.kind == "pipeline":
            return make_plan(checked, replace(wish.choices, params=given))
        return make_plan(
            check(pipeline_of_notebook(self.file, given, sweep)), replace(wish.choices, params={})
        )

    def _read(self, wish: Wish) -> tuple[dict[str, Any], dict[str, Sequence[Any]], list[Finding]]:
        """The values, those of the sweep, and what could not be read."""
        known = {field.name: field for field in self.fields or ()}
        reading = _Reading(known, self)
        given = dict(wish.params)
        given |= reading.values(wish.texts, types.parse_text)
        given |= reading.values(wish.secrets, lambda _, name: Secret(name))
        sweep = reading.values(wish.sweep, _swept)
        for name in sweep:
            given.pop(name, None)
        if sweep and self.kind == "pipeline":
            reading.findings.append(_no_sweep(next(iter(sweep)), self.file))
        return given, sweep, reading.findings

    def _held(self, given: Mapping[str, Any], sweep: Mapping[str, Sequence[Any]]) -> Iterator[Finding]:
        """What the notebook has against the values."""
        declared = None if self.fields is None else tuple(_declared(field) for field in self.fields)
        at: Any = {"node": None, "file": str(self.file)}
        first = {name: values[0] for name, values in sweep.items()}
        yield from check_parameters(declared, {**given, **first}, **at)
        steps = prod(len(values) for values in sweep.values())
        if steps > MOST_STEPS:
            yield Finding(
                code="too-many-steps", message=f"the sweep makes {steps:,} steps",
                remedy=f"keep it to {MOST_STEPS:,}", parameter=next(iter(sweep)), **at,
            )  # fmt: skip
        for name, values in sweep.items():
            if any(isinstance(value, str) and "${" in value for value in values):
                yield Finding(
                    code="matrix-expression", message=f"the sweep of '{name}' holds plain values, not ${{…}}",
                    remedy="write the values themselves", parameter=name, **at,
                )  # fmt: skip
            for value in values[1:]:
                wrong = check_parameters(declared, {**given, name: value}, **at)
                yield from (finding for finding in wrong if finding.parameter == name)


def open_launchable(file: Path) -> Launchable:
    """What a pipeline file or a notebook takes. Nothing is run.

    Raises:
        InvalidInput: it cannot be read; says everything that is wrong.
    """
    return _open_notebook(file) if is_notebook(file) else _open_pipeline(file)


def launch(  # noqa: PLR0913  # each is an option of `dagbook run`
    file: str | Path,
    *,
    sweep: Mapping[str, str | Sequence[Any]] | None = None,
    wait: bool = True,
    jobs: int | None = None,
    use_cache: bool = True,
    warm: bool | None = None,
    keep_failed: str | float | None = None,
    place: WantedPlace | None = None,
    tags: Mapping[str, str] | None = None,
    same_environment: bool = False,
    **params: Any,
) -> Run:
    """Run a pipeline file, a notebook alone or a package, and wait for the end unless told otherwise.

    Args:
        file: its path.
        sweep: of a notebook: name → values, as a list or a text (`"0.1..0.5 step 0.1"`); one step for each
            combination.
        wait: False comes back at once; the run goes on without us.
        jobs: steps at once.
        use_cache: False runs everything anew.
        keep_failed: how long the kernel of a step that fails is kept for a person: `"30m"`, seconds, 0 for
            not at all; the setting `DAGBOOK_KEEP_FAILED` when None. See `attach`.
        place: where steps run: `WantedPlace(executor="dask", dask_address="tcp://…", storage="s3://…")`.
        warm: False starts every kernel anew; the setting `DAGBOOK_WARM` when None.
        tags: of the run; `dagbook runs --tag` finds it by them.
        same_environment: of a package: take this Python and its packages; uv makes none.
        params: values for its parameters. A failed run is no exception: see `run.state`.

    Raises:
        InvalidInput: the file or a value is wrong; nothing was started.
    """
    file, lock = Path(file), ""
    if is_package(file):
        opened = open_package(file, same_environment=same_environment)
        file, lock = opened.file, opened.lock
    choices = Choices(
        jobs=jobs, use_cache=use_cache, warm=warm, keep_failed=keep_failed, place=place or WantedPlace(),
        tags=tags or {}, lock=lock,
    )  # fmt: skip
    run = start(open_launchable(file).prepare(Wish(params=params, sweep=sweep or {}, choices=choices)))
    if wait:
        run.wait()
    return run


def _open_pipeline(file: Path) -> Launchable:
    spec = open_pipeline(file).spec
    fields = tuple(
        Field(
            name=name, type=param.param_type, help=param.help, secret=param.secret,
            default=MISSING if param.required or param.secret is not None else param.default,
        )
        for name, param in spec.params.items()
    )  # fmt: skip
    return Launchable(
        kind="pipeline", file=file, name=spec.pipeline, description=spec.description, fields=fields
    )


def _open_notebook(file: Path) -> Launchable:
    document, _ = bootstrap.loader(bootstrap.settings(file)).notebook_and_warnings(file)
    try:
        declared = declared_parameters(document)
    except ParametersError as error:
        message, _, remedy = str(error).partition("; ")
        raise InvalidInput(
            Finding(
                code="parameters-cell", message=message, remedy=remedy or "correct the parameters cell",
                file=str(file), cell=error.cell, line=error.line,
            )
        ) from error  # fmt: skip
    cell = parameters_cell(document)
    fields = None if declared is None else tuple(_field(parameter) for parameter in declared)
    return Launchable(
        kind="notebook", file=file, name=file.stem, fields=fields, cell_id=cell and str(cell[1].get("id", ""))
    )


def _field(parameter: Parameter) -> Field:
    return Field(
        name=parameter.name, type=parameter.type, default=parameter.default, help=parameter.help,
        cell=parameter.cell,
    )  # fmt: skip


def _declared(field: Field) -> Parameter:
    return Parameter(
        name=field.name, type=field.type, default=field.default, default_source="", help=field.help,
        cell=field.cell or 0, line=1,
    )  # fmt: skip


def _swept(t: types.ParamType, values: str | Sequence[Any]) -> Sequence[Any]:
    if isinstance(values, str):
        return parse_sweep(t, values)
    if not values:
        raise ValueError("there is no value in the list")
    return list(values)


_FREE: Final = types.ANY


class _Reading:
    """Reads what was said by the types of the parameters, and gathers what cannot be read."""

    def __init__(self, known: Mapping[str, Field], source: Launchable) -> None:
        self._known = known
        self._source = source
        self.findings: list[Finding] = []

    def values(self, said: Mapping[str, Any], read: Callable[[types.ParamType, Any], Any]) -> dict[str, Any]:
        """What was said, read; what cannot be is a finding."""
        found: dict[str, Any] = {}
        for name, value in said.items():
            declared = self._known.get(name)
            if declared is None and self._source.fields is not None:
                self.findings.append(self._unknown(name))
                continue
            kind = declared.type if declared is not None else _FREE
            try:
                found[name] = read(kind, value)
            except ValueError as error:
                self.findings.append(
                    Finding(
                        code="parameter-type", message=f"parameter '{name}': {error}",
                        remedy=f"give {types.describe(kind)}", parameter=name,
                    )
                )  # fmt: skip
        return found

    def _unknown(self, name: str) -> Finding:
        where = (
            "declare it under `params:` in the pipeline file"
            if self._source.kind == "pipeline"
            else f"tag a cell `parameters` and write `{name} = …` in it"
        )
        return Finding(
            code="unknown-parameter",
            message=f"the {self._source.kind} '{self._source.name}' has no parameter '{name}'",
            remedy=did_you_mean(name, self._known, where),
            parameter=name,
        )


def _no_sweep(name: str, file: Path) -> Finding:
    return Finding(
        code="sweep-of-pipeline", message="only a notebook can be swept, and this is a pipeline",
        remedy="give the node a `matrix:` in the pipeline file", file=str(file), parameter=name,
    )  # fmt: skip
