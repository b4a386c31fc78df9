"""Libraries that keep threads, which no fork takes along: none before the fork, as many as usual after."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ALONE = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""What a fork server is started with, so that libraries begin no threads when they are loaded."""

_SYMBOLS = [
    f"{before}openblas_set_num_threads{after}"
    for before in ("", "scipy_")
    for after in ("", "64_", "_", "64")
]
_REST = "blas_thread_shutdown_"
"""Of OpenBLAS, which calls it before a fork: its threads end, and begin again with the next product."""

Call = Callable[..., object]


@dataclass
class _Library:
    set_threads: Call
    rest: Call | None
    threads: int = 1


_libraries: list[_Library] = []


def find(env: Mapping[str, str]) -> None:
    """Look for the libraries that are loaded, and let them know how many threads programs get.

    To be called before the first fork. What is known to a library already costs its children nothing: threads
    that are new look for work, busily, while a kernel starts.
    """
    _libraries.clear()
    with open("/proc/self/maps", encoding="utf-8") as maps:  # noqa: PTH123
        paths = {line.split()[-1] for line in maps if "openblas" in line}
    for path in sorted(paths):
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        for symbol in _SYMBOLS:
            function = getattr(library, symbol, None)
            if function is not None:
                _libraries.append(_Library(function, getattr(library, _REST, None)))
                break
    count = _count({name: value for name, value in env.items() if name not in ALONE})
    for found in _libraries:
        if found.rest is not None:
            _set(found, count)


def set_threads(env: Mapping[str, str]) -> None:
    """As many threads as a program that starts with `env` gets."""
    count = _count(env)
    for library in _libraries:
        if library.threads != count:
            _set(library, count)


def _set(library: _Library, count: int) -> None:
    library.set_threads(count)
    library.threads = count
    if library.rest is not None:
        library.rest()


def _count(env: Mapping[str, str]) -> int:
    given = env.get("OPENBLAS_NUM_THREADS") or env.get("GOTO_NUM_THREADS") or env.get("OMP_NUM_THREADS") or ""
    return int(given) if given.isdigit() and int(given) else len(os.sched_getaffinity(0))
