"""Dagbook: tracked, orchestrated Jupyter notebooks.

>>> from dagbook import Pipeline, output
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dagbook.version import __version__

if TYPE_CHECKING:
    from dagbook.api.approve import approve
    from dagbook.api.attaching import attach, continue_, release
    from dagbook.api.builder import Pipeline
    from dagbook.api.deploying import delete_deployment, deploy, deployments
    from dagbook.api.launch import launch
    from dagbook.api.models import models, promote, register_model, show_model
    from dagbook.api.packing.package import package
    from dagbook.api.removal import rm
    from dagbook.api.reproduction.reproduce import reproduce
    from dagbook.api.resume import resume, retry
    from dagbook.api.run import Run
    from dagbook.api.run_listing import runs
    from dagbook.api.submitting import submit
    from dagbook.errors import DagbookError, InvalidInput
    from dagbook.magics.input_binding import input as input  # noqa: A004
    from dagbook.magics.log import artifact, metric, param
    from dagbook.magics.publish import load, output
    from dagbook.magics.track import track

# Not `input`: `from dagbook import *` must leave Python's own alone.
__all__ = [
    "DagbookError", "InvalidInput", "Pipeline", "Run", "__version__", "approve", "artifact",
    "attach", "continue_", "delete_deployment", "deploy", "deployments", "launch", "load",
    "metric", "models", "output", "package", "param", "promote", "register_model", "release",
    "reproduce", "resume", "retry", "rm", "runs", "show_model", "submit",
    "track",
]  # fmt: skip

# Imported when first used: `import dagbook` in a notebook must cost nothing.
_HOMES = {
    "DagbookError": "dagbook.errors",
    "InvalidInput": "dagbook.errors",
    "Pipeline": "dagbook.api.builder",
    "Run": "dagbook.api.run",
    "approve": "dagbook.api.approve",
    "artifact": "dagbook.magics.log",
    "attach": "dagbook.api.attaching",
    "continue_": "dagbook.api.attaching",
    "input": "dagbook.magics.input_binding",
    "delete_deployment": "dagbook.api.deploying",
    "deploy": "dagbook.api.deploying",
    "deployments": "dagbook.api.deploying",
    "launch": "dagbook.api.launch",
    "load": "dagbook.magics.publish",
    "metric": "dagbook.magics.log",
    "models": "dagbook.api.models",
    "promote": "dagbook.api.models",
    "release": "dagbook.api.attaching",
    "reproduce": "dagbook.api.reproduction.reproduce",
    "register_model": "dagbook.api.models",
    "show_model": "dagbook.api.models",
    "output": "dagbook.magics.publish",
    "package": "dagbook.api.packing.package",
    "param": "dagbook.magics.log",
    "resume": "dagbook.api.resume",
    "retry": "dagbook.api.resume",
    "rm": "dagbook.api.removal",
    "runs": "dagbook.api.run_listing",
    "submit": "dagbook.api.submitting",
    "track": "dagbook.magics.track",
    "load_ipython_extension": "dagbook.magics.extension",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dagbook' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "input"])


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab finds the front end."""
    return [{"src": "labextension", "dest": "dagbook"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where the Jupyter server finds the back end."""
    app = import_module("dagbook.server.extension").DagbookApp
    return [{"module": "dagbook.server.extension", "app": app}]
