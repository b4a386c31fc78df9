"""Where a notebook is that was renamed after its kernel had started: its Jupyter server knows."""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_PATIENCE: Final = 1.0
"""Seconds that a server has for its answer."""
_AGAIN: Final = 10.0
"""Seconds after which a notebook that was not found is looked for again."""
_KERNEL: Final = re.compile(r"kernel-(?P<id>[0-9a-f-]{36})\.json")

_found: dict[str, tuple[float, Path | None]] = {}


def renamed(told: str) -> Path | None:
    """The notebook of this kernel as its Jupyter server has it; None when no server of ours says so.

    Args:
        told: what the kernel was told when it started; there is no such file any more.
    """
    at, path = _found.get(told, (-_AGAIN, None))
    if path is not None and path.exists():
        return path
    if time.monotonic() - at >= _AGAIN:
        kernel = kernel_id(sys.argv)
        path = session_path(kernel) if kernel else None
        _found[told] = (time.monotonic(), path)
        return path
    return None


def kernel_id(argv: list[str]) -> str:
    """The id that the server gave to the kernel with this command line; empty where there is none."""
    found = [match["id"] for argument in argv if (match := _KERNEL.search(argument))]
    return found[-1] if found else ""


def session_path(kernel: str) -> Path | None:
    """The file of the session that has this kernel, on any Jupyter server of this user and machine."""
    for server in _servers():
        with suppress(OSError, ValueError, LookupError, TypeError):
            request = urllib.request.Request(  # noqa: S310  # its own server wrote the address down
                f"{server['url']}api/sessions", headers={"Authorization": f"token {server.get('token', '')}"}
            )
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
                sessions = json.load(answer)
            for session in sessions:
                if session["kernel"]["id"] == kernel:
                    path = Path(server["root_dir"], session["path"])
                    return path.resolve() if path.is_file() else None
    return None


def _servers() -> Iterator[dict[str, Any]]:
    from jupyter_core.paths import jupyter_runtime_dir

    for file in sorted(Path(jupyter_runtime_dir()).glob("jpserver-*.json")):
        with suppress(OSError, ValueError):
            yield json.loads(file.read_text("utf-8"))
