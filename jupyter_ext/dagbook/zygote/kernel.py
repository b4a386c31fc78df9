"""What a forked child does to become an IPython kernel: all that `python -m ipykernel_launcher` does."""

from __future__ import annotations

import atexit
import builtins
import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

_OF_A_KERNEL = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.displayhook",
    "ipykernel.debugger", "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect",
    "IPython.extensions.storemagic", "IPython.utils.wildcard", "tornado.gen", "tornado.platform.asyncio",
    "zmq.asyncio", "pdb", "sqlite3",
)  # fmt: skip


_left: list[tuple[str, Callable[..., Any]]] = []
"""What preloaded modules want to be called for by the shell: event and function."""


def warm_up() -> None:
    """Import what every kernel imports before its first reply."""
    if importlib.util.find_spec("matplotlib_inline") is not None:
        # As a kernel sets it before a notebook imports anything.
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    for module in _OF_A_KERNEL:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)


@contextlib.contextmanager
def surroundings() -> Iterator[None]:
    """A shell for the time of preloading: some modules look for one, once, when they are imported."""
    shells: Any = importlib.import_module("ipykernel.zmqshell").ZMQInteractiveShell
    config = importlib.import_module("traitlets.config").Config(
        {"IPKernelApp": {"connection_file": ""}, "HistoryManager": {"enabled": False}}
    )
    kept = sys.displayhook, sys.modules["__main__"], sys.path[:]
    shell = shells.instance(config=config)
    before = _callbacks(shell)
    builtins.get_ipython = shell.get_ipython  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del builtins.get_ipython  # type: ignore[attr-defined]
        _left.extend(entry for entry in _callbacks(shell) if entry not in before)
        shells.clear_instance()
        atexit.unregister(shell.atexit_operations)
        sys.displayhook, sys.modules["__main__"], sys.path[:] = kept


def _callbacks(shell: Any) -> list[tuple[str, Callable[..., Any]]]:
    return [(event, function) for event, found in shell.events.callbacks.items() for function in found]


def become(request: dict[str, Any]) -> int:
    """Be the kernel that `request["argv"]` (the arguments of ipykernel_launcher) describes; its exit code."""
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [launcher.origin if launcher and launcher.origin else "ipykernel_launcher", *request["argv"]]
    app: Any = importlib.import_module("ipykernel.kernelapp").IPKernelApp.instance()
    # Who started it is not its parent here: a pipe takes the place of looking out for the parent.
    app.init_poller = lambda: None
    app.parent_handle = 1
    app.initialize(sys.argv[1:])
    _take_up(app.shell)
    app.start()
    return 0


def _take_up(shell: Any) -> None:
    """Have the shell do what preloaded modules asked of the one that they met."""
    for event, function in _left:
        if function not in shell.events.callbacks[event]:
            shell.events.register(event, function)
    if "matplotlib_inline.backend_inline" in sys.modules:
        inline: Any = sys.modules["matplotlib_inline.backend_inline"]
        inline._enable_matplotlib_integration()  # noqa: SLF001  # it does so itself when it is imported
