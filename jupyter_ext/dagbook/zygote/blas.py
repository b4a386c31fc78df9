"""Libraries that keep threads, which no fork takes along: none before the fork, as many as usual after."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping

ALONE = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""What a fork server is started with, so that libraries begin no threads when they are loaded."""

_SYMBOLS = [
    f"{before}openblas_set_num_threads{after}"
    for before in ("", "scipy_")
    for after in ("", "64_", "_", "64")
]
_libraries: list[Callable[[int], object]] = []


def find() -> None:
    """Look for the libraries that are loaded; to be called before the fork."""
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
                _libraries.append(function)
                break


def set_threads(env: Mapping[str, str]) -> None:
    """As many threads as a program that starts with `env` gets."""
    if not _libraries:
        return
    given = env.get("OPENBLAS_NUM_THREADS") or env.get("GOTO_NUM_THREADS") or env.get("OMP_NUM_THREADS") or ""
    count = int(given) if given.isdigit() and int(given) else len(os.sched_getaffinity(0))
    for function in _libraries:
        function(count)
