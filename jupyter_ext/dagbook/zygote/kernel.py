"""What a forked child does to become an IPython kernel: all that `python -m ipykernel_launcher` does."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
from typing import Any

_OF_A_KERNEL = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.displayhook",
    "ipykernel.debugger", "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect",
    "IPython.extensions.storemagic", "IPython.utils.wildcard", "tornado.gen", "tornado.platform.asyncio",
    "zmq.asyncio", "pdb", "sqlite3",
)  # fmt: skip


def warm_up() -> None:
    """Import what every kernel imports before its first reply."""
    if importlib.util.find_spec("matplotlib_inline") is not None:
        # As a kernel sets it before a notebook imports anything.
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    for module in _OF_A_KERNEL:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)


def become(request: dict[str, Any]) -> int:
    """Be the kernel that `request["argv"]` (the arguments of ipykernel_launcher) describes; its exit code."""
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [launcher.origin if launcher and launcher.origin else "ipykernel_launcher", *request["argv"]]
    app: Any = importlib.import_module("ipykernel.kernelapp").IPKernelApp.instance()
    # Who started it is not its parent here: a pipe takes the place of looking out for the parent.
    app.init_poller = lambda: None
    app.parent_handle = 1
    app.initialize(sys.argv[1:])
    _show_figures()
    app.start()
    return 0


def _show_figures() -> None:
    """A pyplot that was imported before there was a shell has not hooked itself into it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.install_repl_displayhook()
    if "matplotlib_inline.backend_inline" in sys.modules:
        inline: Any = sys.modules["matplotlib_inline.backend_inline"]
        inline._enable_matplotlib_integration()  # noqa: SLF001  # it does so itself when it is imported
