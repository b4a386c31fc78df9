"""A fresh environment with the packages that a run had, and what it came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dagbook.api.compare import Difference, versions_of
from dagbook.api.packages.installed import OURS, installed_packages
from dagbook.engine.ports import Environments
from dagbook.errors import EnvironmentFault, Finding, InvalidInput


def lock_of(packages: Sequence[str], python: str) -> str:
    """The lock of an environment with these packages, `name==version`, on the Python `3.12.4`.

    Raises:
        InvalidInput: the run did not keep them.
    """
    wanted = [package for package in packages if package.partition("==")[0].lower() != OURS]
    if not wanted or not python:
        raise InvalidInput(
            Finding(
                code="no-environment", message="the run kept no list of its packages",
                remedy="reproduce it in this environment: --same-environment",
            )
        )  # fmt: skip
    minor = ".".join(python.split(".")[:2])
    return f"# python: {minor}\n" + "".join(f"{package}\n" for package in wanted)


def make_environment(environments: Environments, lock: str) -> Path:
    """The Python of the environment, made now, so that a package that is gone is said before anything runs.

    Raises:
        EnvironmentFault: uv is missing, or a package cannot be had.
    """
    try:
        return Path(environments.prepare(lock))
    except EnvironmentFault as fault:
        finding = fault.findings[0]
        remedy = f"{finding.remedy}; or reproduce it in this environment: --same-environment"
        raise EnvironmentFault(Finding(code=finding.code, message=finding.message, remedy=remedy)) from fault


def package_differences(before: Iterable[str], python: Path | None) -> Iterator[Difference]:
    """Packages that the reproduction had in another version; of our own Python when None."""
    first, second = versions_of(before), versions_of(installed_packages(python))
    for name in sorted({*first, *second}):
        if name != OURS and first.get(name) != second.get(name) and first:
            yield Difference(kind="package", name=name, left=first.get(name, ""), right=second.get(name, ""))
