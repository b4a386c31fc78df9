"""The files of a container that serves a model; building it is Docker's matter."""

from __future__ import annotations

import logging
import os
import re
import shutil
from pathlib import Path
from typing import Any

from dagbook.api.serving import fetch_model
from dagbook.errors import EnvironmentFault, Finding, InvalidInput


def write_container(model: str, folder: Path, where: Path | str = ".") -> dict[str, Any]:
    """Write a Dockerfile and the model into the folder, which must be new or empty.

    Raises:
        InvalidInput: something is there already.
        EnvironmentFault: it cannot be written, or MLflow makes no container of such a model.
    """
    fetched = fetch_model(model, where)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(
            Finding(code="not-empty", message=f"{folder} is there already, and is not empty",
                    remedy="name a folder that is new", file=str(folder))
        )  # fmt: skip
    from mlflow.models.flavor_backend_registry import get_flavor_backend

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    made = not folder.exists()
    try:
        uri = fetched.folder.resolve().as_uri()
        # Without a word from us MLflow takes the image that fits the model, and what it can do there.
        backend = get_flavor_backend(uri, docker_build=True, env_manager=None)
        backend.generate_dockerfile(uri, str(folder))
    except OSError as error:
        _clear(folder, made=made)
        raise EnvironmentFault(
            Finding(code="not-writable", message=f"the container's files cannot be written: {error.strerror}",
                    remedy="make room or allow writing there", file=str(folder))
        ) from error  # fmt: skip
    except Exception as error:  # for a flavor that it does not know MLflow raises a plain one
        _clear(folder, made=made)
        raise EnvironmentFault(
            Finding(code="no-container", message=f"MLflow makes no container of {model}: {error}",
                    remedy="serve it without one, or log it again with this version of MLflow")
        ) from error  # fmt: skip
    image = re.sub(r"[^a-z0-9._-]+", "-", fetched.version.name.lower()).strip("-._") or "model"
    return {
        "folder": str(folder), "dockerfile": str(folder / "Dockerfile"),
        "model": f"{fetched.version.name}/{fetched.version.version}",
        "image": f"{image}:{fetched.version.version}",
    }  # fmt: skip


def _clear(folder: Path, *, made: bool) -> None:
    """As it was: not there, or empty."""
    if made:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for left in folder.iterdir():
        shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)
