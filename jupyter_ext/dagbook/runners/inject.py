"""Makes the copy of a notebook that is executed: parameters injected, cells for people only left out.

Follows papermill's rules of where the cell goes. Knows nothing of how the notebook is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import PurePath
from typing import Any

from dagbook.errors import Finding, InvalidInput
from dagbook.notebook.cells import (
    INJECTED_TAG,
    PARAMETERS_MAGIC,
    PARAMETERS_TAG,
    PYTHON,
    Notebook,
    language_of,
    parameters_cell,
    source_of,
    tags_of,
    without_skipped,
)
from dagbook.notebook.source import HEADER, SECRET_PREFIX, injected_source
from dagbook.notebook.values import EnumMember, FileValue, Json, Secret, decode

_READS_SECRET = {"r": 'Sys.getenv("{}")', "julia": 'ENV["{}"]', "bash": "${}"}

_BASH = "bash"

_EXPANDS_DOLLAR = frozenset({"julia", "powershell"})
"""Languages in which papermill's string literals would run what stands behind a `$`."""


def to_execute(nb: Notebook, params: Mapping[str, Json], kernel: str) -> Notebook:
    """A copy of `nb` to run in `kernel` with the encoded `params`; without outputs of earlier runs.

    Raises:
        InvalidInput: `parameters-untranslatable`: the notebook's language cannot take one of them.
    """
    prepared = without_skipped(nb)
    found = parameters_cell(prepared)
    if found is not None:
        _make_plain(found[1])
    for cell in prepared["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
    _place(prepared, _injected_cell(prepared, params, kernel))
    return prepared


def _make_plain(cell: dict[str, Any]) -> None:
    """The cell must run where nobody has loaded our magics; its first line stays, so that line numbers do."""
    lines = source_of(cell).split("\n")
    for index, line in enumerate(lines):
        if line.split()[:1] == [PARAMETERS_MAGIC]:
            lines[index] = f"# {line.strip()}"
            break
        if line.strip():
            break
    cell["source"] = "\n".join(lines)
    if PARAMETERS_TAG not in tags_of(cell):
        cell["metadata"]["tags"] = [*tags_of(cell), PARAMETERS_TAG]


def _place(nb: Notebook, injected: dict[str, Any] | None) -> None:
    """After the parameters cell; in place of an injected cell; else at the top. An old one never stays."""
    cells = nb["cells"]
    old = next((index for index, cell in enumerate(cells) if INJECTED_TAG in tags_of(cell)), None)
    declared = parameters_cell(nb)
    if old is not None:
        cells[old : old + 1] = [injected] if injected else []
    elif injected:
        cells.insert(declared[0] if declared else 0, injected)


def _injected_cell(nb: Notebook, params: Mapping[str, Json], kernel: str) -> dict[str, Any] | None:
    if not params:
        return None
    values = {name: decode(form) for name, form in params.items()}
    language = language_of(nb)
    source = injected_source(values) if language == PYTHON else _translated(values, language, kernel)
    taken = {cell.get("id") for cell in nb["cells"]}
    number = next(n for n in range(len(taken) + 1) if _id(n) not in taken)
    return {
        "cell_type": "code",
        "id": _id(number),
        "metadata": {"tags": [INJECTED_TAG]},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _id(number: int) -> str:
    return f"{INJECTED_TAG}-{number}" if number else INJECTED_TAG


def _translated(values: Mapping[str, object], language: str, kernel: str) -> str:
    """The cell in another language, as papermill writes it; secrets are read from the environment."""
    from papermill.exceptions import PapermillException  # not before it was brought
    from papermill.translators import papermill_translators

    try:
        # Papermill knows R by its capital letter alone.
        known_as = language.upper() if len(language) == 1 else language
        translator = papermill_translators.find_translator(kernel, known_as)
    except PapermillException:
        raise _untranslatable(f"parameters cannot be written in {language}") from None
    lines = [translator.comment(HEADER.lstrip("# "))]
    for name, value in values.items():
        if isinstance(value, Secret):
            text = _secret_in(language, value)
        else:
            text = _literal(translator, name, _plain(value, language), language)
        lines.append(translator.assign(name, text))
    return "\n".join(lines)


def _literal(translator: Any, name: str, value: object, language: str) -> str:
    inner = value if isinstance(value, list) else ()
    if language == _BASH and any(isinstance(item, list | dict) for item in inner):
        raise _untranslatable(
            f"'{name}' cannot be written in bash, whose arrays hold neither arrays nor mappings"
        )
    try:
        return str(translator.translate(value))
    except NotImplementedError:
        what = "mappings" if isinstance(value, dict) else "such values"
        raise _untranslatable(
            f"'{name}' cannot be written in {language}: papermill knows no form of {what} there"
        ) from None


def _secret_in(language: str, secret: Secret) -> str:
    if language not in _READS_SECRET:
        raise _untranslatable(f"secret '{secret.name}' cannot be handed to a notebook in {language}")
    return _READS_SECRET[language].format(SECRET_PREFIX + secret.name)


def _plain(value: object, language: str) -> object:
    match value:
        case float() if value - value != 0:
            raise _untranslatable(f"{value!r} cannot be written in {language}")
        case FileValue():
            return _plain(value.path, language)
        case EnumMember():
            return value.member
        case PurePath():
            return _plain(str(value), language)
        case date():
            return value.isoformat()
        case str() if "$" in value and language in _EXPANDS_DOLLAR:
            raise _untranslatable(f"a text with a $ cannot be written safely in {language}")
        case list():
            return [_plain(item, language) for item in value]
        case dict():
            return {_plain(key, language): _plain(item, language) for key, item in value.items()}
    return value


def _untranslatable(message: str) -> InvalidInput:
    return InvalidInput(
        Finding(
            code="parameters-untranslatable",
            message=message,
            remedy="pass it through a file, or through an environment variable that the notebook reads",
        )
    )
