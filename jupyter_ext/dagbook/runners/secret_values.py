"""Looks up the secrets that a request names. Values go into the kernel's environment and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dagbook.errors import Finding, InvalidInput
from dagbook.notebook.source import SECRET_PREFIX
from dagbook.notebook.values import Json


def named_secrets(params: Mapping[str, Json]) -> dict[str, str]:
    """Secret name → the parameter that wants it, wherever in the encoded parameters it stands."""
    return {secret: name for name, form in params.items() for secret in _in(form)}


def secret_values(params: Mapping[str, Json], environment: Mapping[str, str]) -> dict[str, str]:
    """Secret name → value.

    Raises:
        InvalidInput: `secret-missing`, for each that the environment does not have.
    """
    wanted = named_secrets(params)
    missing = [
        Finding(
            code="secret-missing",
            message=f"parameter '{param}' is the secret {name}, which the environment does not have",
            remedy=f"set the environment variable {name} where the run is started",
        )
        for name, param in wanted.items()
        if name not in environment
    ]
    if missing:
        raise InvalidInput(*missing)
    return {name: environment[name] for name in wanted}


def in_kernel(secrets: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that carry the secrets to the kernel."""
    return {SECRET_PREFIX + name: value for name, value in secrets.items()}


def _in(form: Json) -> Iterator[str]:
    if isinstance(form, list):
        for item in form:
            yield from _in(item)
    elif isinstance(form, dict):
        name = form.get("$secret")
        if len(form) == 1 and isinstance(name, str):
            yield name
        else:
            for item in form.values():
                yield from _in(item)
