"""Looks up the secrets that a request names. Values go into the kernel's environment and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from dagbook.errors import Finding, InvalidInput
from dagbook.notebook.source import SECRET_PREFIX
from dagbook.notebook.values import Json

FOLDER: Final = "DAGBOOK_SECRETS_DIR"
"""Names a folder with one file a secret, as Docker and Kubernetes mount them."""


def named_secrets(params: Mapping[str, Json]) -> dict[str, str]:
    """Secret name → the parameter that wants it, wherever in the encoded parameters it stands."""
    return {secret: name for name, form in params.items() for secret in _in(form)}


def secret_values(params: Mapping[str, Json], environment: Mapping[str, str]) -> dict[str, str]:
    """Secret name → value: of the environment variable, else of the file in `$DAGBOOK_SECRETS_DIR`.

    A line's end at the end of such a file is no part of the secret.

    Raises:
        InvalidInput: `secret-missing`, for each that is in neither; `secret-unreadable`.
    """
    folder = environment.get(FOLDER) or None
    found: dict[str, str] = {}
    findings: list[Finding] = []
    for name, param in named_secrets(params).items():
        if name in environment:
            found[name] = environment[name]
            continue
        if folder is None:
            findings.append(_missing(name, param, None))
            continue
        try:
            found[name] = (Path(folder) / name).read_text("utf-8").removesuffix("\n").removesuffix("\r")
        except FileNotFoundError:
            findings.append(_missing(name, param, folder))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            findings.append(
                Finding(
                    code="secret-unreadable",
                    message=f"parameter '{param}' is the secret {name}, whose file cannot be read: {reason}",
                    remedy="make it a text file that this user may read",
                    file=str(Path(folder) / name),
                )
            )
    if findings:
        raise InvalidInput(*findings)
    return found


def _missing(name: str, param: str, folder: str | None) -> Finding:
    where = f", nor has {folder} a file of that name" if folder else ""
    return Finding(
        code="secret-missing",
        message=f"parameter '{param}' is the secret {name}, which the environment does not have{where}",
        remedy=f"set the environment variable {name} where the run is started, or write it to {name} in "
        "the folder that $DAGBOOK_SECRETS_DIR names",
    )


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
