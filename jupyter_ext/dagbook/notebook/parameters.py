"""The parameters that a notebook declares, read from its parameters cell without running anything.

Knows the shape of a notebook and of Python; knows nothing of who gives the values.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from keyword import iskeyword
from typing import Any, Final, TypedDict

from dagbook.errors import Finding, did_you_mean
from dagbook.notebook.annotations import from_annotation, named
from dagbook.notebook.cells import PYTHON, code_cells, language_of, parameters_cells, source_of
from dagbook.notebook.defaults import EnumClasses, Unevaluated, default_value, enum_classes
from dagbook.notebook.fit import problem
from dagbook.notebook.param_type import ANY, ParamType, describe, of_value
from dagbook.notebook.python import as_python, bound_values, comments, parse, unparsed
from dagbook.notebook.values import UnsupportedValue, encode

__all__ = [
    "MISSING",
    "Missing",
    "Parameter",
    "ParametersError",
    "Unevaluated",
    "check_parameters",
    "declared_parameters",
]


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""The default of a parameter that has none: it must be given."""


class ParametersError(ValueError):
    """The parameters cell cannot be read. `cell` and `line` count from 1; a line is one of the cell's."""

    def __init__(self, message: str, *, cell: int, line: int | None = None) -> None:
        self.cell = cell
        self.line = line
        super().__init__(message)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter of a notebook.

    `default` is a value that can travel, or MISSING, or Unevaluated. `cell` is the position among all cells
    and `line` the line in that cell, both from 1.
    """

    name: str
    type: ParamType
    default: object
    default_source: str
    help: str
    cell: int
    line: int

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING


def declared_parameters(nb: Mapping[str, Any]) -> tuple[Parameter, ...] | None:
    """The declared parameters in order; empty without a parameters cell; None where the language hides them.

    Raises:
        ParametersError: when the cell is no Python, or there are several.
    """
    if language_of(nb) != PYTHON:
        return None
    found = parameters_cells(nb)
    if not found:
        return ()
    if len(found) > 1:
        positions = " and ".join(str(position) for position, _ in found)
        raise ParametersError(
            f"cells {positions} are all parameters cells; keep one and untag the others", cell=found[1][0]
        )
    position, cell = found[0]
    source = source_of(cell)
    try:
        python = as_python(source)
        tree = parse(python)
    except SyntaxError as error:
        line = f"line {error.lineno} of " if error.lineno else ""
        raise ParametersError(
            f"{line}the parameters cell (cell {position}) is no Python: {error.msg}",
            cell=position,
            line=error.lineno,
        ) from None
    return _Declarations(position, python, _enums_until(nb, position)).read(tree)


def _enums_until(nb: Mapping[str, Any], last: int) -> EnumClasses:
    enums: dict[str, tuple[str, ...]] = {}
    for position, cell in code_cells(nb):
        if position <= last:
            with suppress(SyntaxError):
                enums.update(enum_classes(parse(source_of(cell))))
    return enums


class _Declarations:
    """The assignments of one parameters cell."""

    def __init__(self, cell: int, python: str, enums: EnumClasses) -> None:
        self._cell = cell
        self._enums = enums
        self._comments = comments(python)

    def read(self, tree: ast.Module) -> tuple[Parameter, ...]:
        found: dict[str, Parameter] = {}
        for statement in tree.body:
            if isinstance(statement, ast.AugAssign):
                self._amend(statement, found)
            for parameter in self._declared(statement):
                found[parameter.name] = parameter
        return tuple(found.values())

    def _declared(self, statement: ast.stmt) -> Iterator[Parameter]:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)):
                annotated = from_annotation(statement.annotation, self._enums)
                default = MISSING if statement.value is None else default_value(statement.value, self._enums)
                yield self._parameter(name, statement, statement.value, default, annotated)
            case ast.Assign():
                for name, value, own in (
                    pair for target in statement.targets for pair in bound_values(target, statement.value)
                ):
                    default = default_value(value, self._enums) if own else Unevaluated(unparsed(value))
                    yield self._parameter(name, statement, value, default, self._commented_type(statement))

    def _parameter(
        self,
        name: str,
        statement: ast.stmt,
        value: ast.expr | None,
        default: object,
        annotated: ParamType | None,
    ) -> Parameter:
        return Parameter(
            name=name,
            type=self._type(default, annotated),
            default=default,
            default_source="" if value is None else unparsed(value),
            help=self._help(statement),
            cell=self._cell,
            line=statement.lineno,
        )

    def _type(self, default: object, annotated: ParamType | None) -> ParamType:
        if annotated is not None:
            # `x: int = None` means what it does, whatever type checkers say.
            is_optional = default is None and annotated.kind != "any"
            return replace(annotated, optional=True) if is_optional else annotated
        if isinstance(default, Unevaluated):
            return ANY
        seen = of_value(default)
        return replace(seen, choices=self._enums.get(seen.name, ())) if seen.kind == "enum" else seen

    def _comment(self, statement: ast.stmt) -> str:
        last = statement.end_lineno or statement.lineno
        return self._comments.get(last) or self._comments.get(statement.lineno, "")

    def _help(self, statement: ast.stmt) -> str:
        comment = self._comment(statement)
        if comment.startswith(_TYPE_COMMENT):
            comment = comment.partition("#")[2].strip()
        return "" if comment.startswith(_PRAGMAS) else comment

    def _commented_type(self, statement: ast.Assign) -> ParamType | None:
        """The type in `rate = 1  # type: float`, as papermill reads it too."""
        comment = self._comment(statement)
        if comment.startswith(_TYPE_COMMENT):
            with suppress(ValueError):
                return named(comment.removeprefix(_TYPE_COMMENT).partition("#")[0])
        return None

    def _amend(self, statement: ast.AugAssign, found: dict[str, Parameter]) -> None:
        """After `rows *= 2` the default is no longer what was first assigned."""
        if isinstance(statement.target, ast.Name) and statement.target.id in found:
            before = found[statement.target.id]
            source = unparsed(ast.BinOp(statement.target, statement.op, statement.value))
            found[before.name] = replace(before, default=Unevaluated(source), default_source=source)


_TYPE_COMMENT: Final = "type:"
_PRAGMAS: Final = ("noqa", "pylint:", "pyright:", "fmt:")


def check_parameters(
    declared: tuple[Parameter, ...] | None, given: Mapping[str, object], *, node: str | None, file: str | None
) -> tuple[Finding, ...]:
    """What is wrong with the values given to a notebook; empty when it can run.

    With `declared` None (another language) only names and values are checked.
    """
    known = {parameter.name: parameter for parameter in declared or ()}
    at: Place = {"node": node, "file": file}
    findings: list[Finding] = []
    for name, value in given.items():
        clause = _name_problem(name, known, is_python=declared is not None)
        if clause:
            remedy = "rename it, here and in the notebook's parameters cell"
            findings.append(
                Finding(code="parameter-name", message=clause, remedy=remedy, parameter=name, **at)
            )
        elif declared is not None and name not in known:
            findings.append(_unknown(name, declared, at))
        else:
            findings.extend(_value_findings(name, value, known.get(name), at))
    findings.extend(_missing(p, at) for p in known.values() if p.required and p.name not in given)
    return tuple(findings)


class Place(TypedDict):
    """Where the values were given."""

    node: str | None
    file: str | None


def _name_problem(name: str, known: Mapping[str, Parameter], *, is_python: bool) -> str | None:
    if not name.isidentifier():
        return f"{name!r:.60} cannot be the name of a parameter: use letters, digits and _"
    if iskeyword(name):
        return f"'{name}' cannot be the name of a parameter: it is a word of Python's own"
    if name.startswith("__"):
        return f"'{name}' cannot be the name of a parameter: names that begin with __ are Python's own"
    # Where the notebook itself declares `input` or `id`, its author wants just that.
    if is_python and name not in known and hasattr(builtins, name):
        return f"'{name}' cannot be the name of a parameter: it would hide Python's own {name}"
    return None


def _unknown(name: str, declared: tuple[Parameter, ...], at: Place) -> Finding:
    if declared:
        message = (
            f"the notebook declares no parameter '{name}' (its parameters are in cell {declared[0].cell})"
        )
    else:
        message = f"the notebook declares no parameter '{name}': it has no parameters"
    remedy = did_you_mean(
        name,
        [parameter.name for parameter in declared],
        otherwise=f"tag a cell `parameters` and write `{name} = …` in it",
    )
    return Finding(code="unknown-parameter", message=message, remedy=remedy, parameter=name, **at)


def _value_findings(name: str, value: object, parameter: Parameter | None, at: Place) -> Iterator[Finding]:
    try:
        encode(value)
    except UnsupportedValue as error:
        what, _, remedy = str(error).rpartition("; ")
        yield Finding(
            code="parameter-value", message=f"parameter '{name}': {what}", remedy=remedy, parameter=name, **at
        )
        return
    clause = problem(parameter.type, value) if parameter else None
    if parameter and clause:
        yield Finding(
            code="parameter-type",
            message=f"parameter '{name}': {clause}",
            remedy=f"give {describe(parameter.type)}, or change the notebook's cell {parameter.cell}",
            cell=parameter.cell,
            parameter=name,
            **at,
        )


def _missing(parameter: Parameter, at: Place) -> Finding:
    return Finding(
        code="missing-parameter",
        message=f"parameter '{parameter.name}' ({describe(parameter.type)}) must be given: it has no default",
        remedy=f"give it a value, or a default in line {parameter.line} of cell {parameter.cell}",
        cell=parameter.cell,
        parameter=parameter.name,
        **at,
    )
