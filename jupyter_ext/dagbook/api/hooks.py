"""Reads what a pipeline's hooks need, before anything runs: their notebooks, and who is to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagbook import bootstrap
from dagbook.engine.hooks import read_addresses, write_addresses
from dagbook.engine.ports import Loader
from dagbook.errors import EnvironmentFault, InvalidInput
from dagbook.kernels.installed import choose, installed
from dagbook.loaders.pipeline_file import load_pipeline
from dagbook.notebook.cells import kernel_name_of, language_of
from dagbook.notebook.parameters import ParametersError, check_parameters, declared_parameters
from dagbook.notebook.values import Secret, UnsupportedValue, encode
from dagbook.notifiers.apprise import INSTALL, MISSING, is_installed, scheme_of
from dagbook.pipeline.expressions import references, resolve
from dagbook.pipeline.hook_facts import given_by_name
from dagbook.pipeline.on_spec import HookEvent, HookSpec
from dagbook.pipeline.plan import Plan, PlannedHook
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import PipelineSpec

Place = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class ReadHooks:
    """The hooks as they go into a plan, and what goes beside it.

    Attributes:
        planned: name → hook.
        documents: name → its notebook.
        addresses: name → whom to tell, as written; may hold secrets.
        problems: what is wrong with them.
    """

    planned: Mapping[str, PlannedHook] = field(default_factory=dict)
    documents: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_hooks(spec: PipelineSpec, folder: Path, loader: Loader) -> ReadHooks:
    """Read the hooks of `spec`; call when its expressions are sound. Problems are gathered and not raised."""
    reading = _Reading(folder, loader)
    for name, event, index, hook in spec.on.hooks():
        place = ("on", event, index)
        if hook.notify is not None:
            reading.tell(name, event, hook.notify, (*place, "notify"))
        else:
            reading.notebook(name, event, hook, place)
    return ReadHooks(
        planned=reading.planned,
        documents=reading.documents,
        addresses=reading.addresses,
        problems=tuple(reading.problems),
    )


def renew_addresses(folder: Path, plan: Plan) -> None:
    """For a run that is taken up: whom its hooks tell, from the pipeline file as it is now.

    Raises:
        OSError: the run's folder cannot be written.
    """
    wanted = {name for name, hook in plan.hooks.items() if hook.service}
    if not wanted or read_addresses(folder):
        return
    try:
        spec = load_pipeline(Path(plan.file)).spec
    except InvalidInput:
        return
    found = {name: hook.notify for name, _, _, hook in spec.on.hooks() if hook.notify and name in wanted}
    write_addresses(folder, found)


class _Reading:
    """The hooks read so far."""

    def __init__(self, folder: Path, loader: Loader) -> None:
        self._folder = folder
        self._loader = loader
        self.planned: dict[str, PlannedHook] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self.addresses: dict[str, str] = {}
        self.problems: list[Problem] = []

    def tell(self, name: str, event: HookEvent, address: str, place: Place) -> None:
        """A notification. Without Apprise a run is still a run, so that is a warning."""
        if not is_installed():
            self.problems.append(
                Problem(
                    path=place, code="notify-missing", severity="warning",
                    message=f"nobody will be told: {MISSING}", remedy=INSTALL,
                )
            )  # fmt: skip
        elif not references(address) and (problem := bootstrap.notifier().problem(address)):
            self.problems.append(
                Problem(
                    path=place, code="notify-address", message=problem,
                    remedy="see https://github.com/caronc/apprise/wiki for how addresses are written",
                )
            )  # fmt: skip
        self.planned[name] = PlannedHook(on=event, service=scheme_of(address))
        self.addresses[name] = address

    def notebook(self, name: str, event: HookEvent, hook: HookSpec, place: Place) -> None:
        """A notebook: there, with a kernel, and its parameters fit."""
        path = (self._folder / (hook.notebook or "")).resolve()
        try:
            document, _ = self._loader.notebook_and_warnings(path)
            declared = declared_parameters(document)
            kernel, _ = choose(hook.kernel or kernel_name_of(document), language_of(document), installed())
        except (InvalidInput, EnvironmentFault) as error:
            self.problems += [
                Problem(
                    path=(*place, "notebook"), code=found.code, message=f"hook {name}: {found.message}",
                    remedy=found.remedy, cell=found.cell,
                )
                for found in error.findings
            ]  # fmt: skip
            return
        except ParametersError as error:
            message, _, remedy = str(error).partition("; ")
            self.problems.append(
                Problem(
                    path=(*place, "notebook"), code="parameters-cell", message=f"hook {name}: {message}",
                    remedy=remedy or "correct the parameters cell", cell=error.cell,
                )
            )  # fmt: skip
            return
        names = [parameter.name for parameter in declared or ()]
        templates: dict[str, Any] = {**given_by_name(names), **hook.params}
        given = {
            key: Secret("later") if references(value) else resolve(value, {})
            for key, value in templates.items()
        }
        for found in check_parameters(declared, given, node=name, file=str(path)):
            where = next((key for key in hook.params if f"'{key}'" in found.message), None)
            self.problems.append(
                Problem(
                    path=(*place, "params", where) if where else place, code=found.code,
                    message=f"hook {name}: {found.message}", remedy=found.remedy, cell=found.cell,
                    severity=found.severity,
                )
            )  # fmt: skip
        try:
            params = {key: encode(value) for key, value in templates.items()}
        except UnsupportedValue as error:
            said, _, remedy = str(error).rpartition("; ")
            self.problems.append(
                Problem(
                    path=(*place, "params"),
                    code="parameter-value",
                    message=f"hook {name}: {said}",
                    remedy=remedy,
                )
            )
            return
        self.documents[name] = document
        self.planned[name] = PlannedHook(
            on=event, notebook=str(path), params=params, kernel=hook.kernel or kernel, timeout=hook.timeout
        )
