"""What may stand behind the magics that record and publish: options, variables, names used before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from dagbook.magics.completion import Typed
from dagbook.magics.logbook import Logbook
from dagbook.magics.place import place, told_by
from dagbook.magics.runs_table import seen
from dagbook.magics.track_line import OPTIONS as TRACK_OPTIONS
from dagbook.magics.track_line import VERBS
from dagbook.magics.variables import variables

_VARIABLES_OF: Final = {"-p": False, "--params": False, "-m": True, "--metrics": True}
_EXPERIMENT: Final = ("-e", "--experiment")
_TAG: Final = ("-t", "--tag")
_OUR_TAGS: Final = ("mlflow.", "dagbook.", "experiment")


def track_offers(typed: Typed, ip: Any) -> list[str]:
    """Behind `%track` its verbs; behind `%%track` and `%track start` options, variables, experiments."""
    if not typed.is_cell and not typed.words:
        return list(VERBS)
    if not typed.is_cell and typed.words[0] != "start":
        return []
    if typed.option in _VARIABLES_OF:
        return _listed(typed.fragment, _variables(ip, only_numbers=_VARIABLES_OF[typed.option]))
    if typed.option in _EXPERIMENT:
        names = dict.fromkeys(run.tags.get("experiment", "") for run in seen())
        return [name for name in names if name and " " not in name]
    if typed.option in _TAG:
        keys = dict.fromkeys(key for run in seen() for key in run.tags)
        return [f"{key}=" for key in keys if not key.startswith(_OUR_TAGS)]
    return [] if typed.option == "--note" else [*TRACK_OPTIONS, "-e", "-p", "-m"]


def param_offers(typed: Typed, ip: Any, parameters: Callable[[], Iterable[str]]) -> list[str]:
    """The notebook's parameters, other variables, and names that earlier runs had."""
    names = [name for name in parameters() if name in ip.user_ns]
    earlier = [f"{name}=" for run in seen() for name in run.params if name.isidentifier()]
    return _unused(typed, [*names, *_variables(ip), *earlier])


def metric_offers(typed: Typed, ip: Any, book: Logbook) -> list[str]:
    """Names that are logged already, variables that are numbers, `--step`."""
    if typed.option == "--step":
        return _variables(ip, only_numbers=True)
    going_on = book.active()
    logged = [*(going_on.metrics if going_on else ()), *(name for run in seen() for name in run.metrics)]
    again = [f"{name}=" for name in logged if name.isidentifier()]
    return [*_unused(typed, [*_variables(ip, only_numbers=True), *again]), "--step"]


def artifact_offers(typed: Typed, ip: Any) -> list[str]:
    """Files and folders, variables, `--name`."""
    if typed.option == "--name":
        return []
    if any(not word.startswith("-") for word in typed.words):
        return ["--name"]
    return [*_variables(ip), *_files(typed.fragment), "--name"]


def output_offers(typed: Typed, ip: Any) -> list[str]:
    """Variables, names that this notebook published before, `--pickle`."""
    options = [] if typed.words else ["--pickle"]
    return [*_unused(typed, [*_variables(ip), *(f"{name}=" for name in _published(ip))]), *options]


def _published(ip: Any) -> list[str]:
    names: dict[str, None] = {}
    with suppress(OSError):
        for line in place(session=told_by(ip)).manifest.read_text("utf-8").splitlines():
            with suppress(ValueError, KeyError, TypeError):
                names[json.loads(line)["name"]] = None
    return list(names)


def _variables(ip: Any, *, only_numbers: bool = False) -> list[str]:
    return [name for name in variables(ip) if not only_numbers or _is_number(ip.user_ns[name])]


def _is_number(value: Any) -> bool:
    return hasattr(value, "__float__") and not getattr(value, "ndim", 0)


def _listed(fragment: str, names: Iterable[str]) -> list[str]:
    """The last of names that are joined by commas."""
    before = fragment[: fragment.rfind(",") + 1]
    taken = before.split(",")
    return [before + name for name in names if name not in taken]


def _unused(typed: Typed, names: Iterable[str]) -> list[str]:
    taken = {word.partition("=")[0] for word in typed.words}
    return [name for name in dict.fromkeys(names) if name.rstrip("=") not in taken]


def _files(fragment: str) -> list[str]:
    head = fragment[: fragment.rfind("/") + 1]
    entries = sorted(Path(head or ".").expanduser().iterdir())
    return [f"{head}{entry.name}{'/' if entry.is_dir() else ''}" for entry in entries if entry.name[0] != "."]
