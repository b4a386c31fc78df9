"""What the process that attempts are forked from becomes: `dagbook node run`, with all of it imported."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from dagbook import bootstrap
from dagbook.kernels.installed import installed
from dagbook.runners.imports import bring_papermill
from dagbook.runners.node_command import run_request_file

_OF_AN_ATTEMPT = (
    "dagbook.runners.papermill", "dagbook.runners.node_command", "dagbook.kernels.ipc",
    "dagbook.kernels.warm", "jupyter_client.asynchronous", "zmq.asyncio", "papermill.translators",
)  # fmt: skip


def warm_up() -> None:
    """Import what every attempt imports, and have what is made once made."""
    bring_papermill()
    for module in _OF_AN_ATTEMPT:
        importlib.import_module(module)
    # Finds IPython's own kernel and the provisioners, and imports what that takes.
    installed()
    nbformat = importlib.import_module("nbformat")
    nbformat.validate(nbformat.v4.new_notebook())


def surroundings() -> AbstractContextManager[None]:
    """Nothing is preloaded here."""
    return nullcontext()


def become(request: dict[str, Any]) -> int:
    """Make the attempt whose file is `request["request"]`; the exit code of `dagbook node run`."""
    (report_fd,) = request["descriptors"]
    runner = bootstrap.runner(request["zygote"])
    return run_request_file(Path(request["request"]), report_fd, runner, bootstrap.registry_of, spawned=False)
