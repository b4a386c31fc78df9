"""`%register NAME`: the model that this notebook logged becomes a version of a registered model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from dagbook.errors import EnvironmentFault, Finding
from dagbook.magics.logbook import Logbook, logbook
from dagbook.magics.mlflow_there import active_run_id
from dagbook.magics.screen import plain_errors, say
from dagbook.magics.words import LineParser

USAGE: Final = "%register NAME [--to ALIAS] [--description TEXT]"
_PATIENCE: Final = 60.0
_FROM_OUTPUTS: Final = 2  # RUN/STEP/ATTEMPT/outputs


def register(ip: Any) -> None:
    """Add `%register` to the shell."""

    def register_magic(line: str) -> None:
        """Make a new version of a registered model from the model that was logged last in this run.

        mlflow.sklearn.log_model(model, name="model", input_example=X[:3])   # within mlflow.start_run()
        %register churn
        %register churn --to candidate            give the version an alias, too
        %register churn --description "with the calls of spring"

        The version says where it comes from: run, step, notebook, this cell, commit, inputs. Behind a
        %%check that does not hold nothing is registered.
        """
        register_line(line)

    ip.register_magic_function(register_magic, "line", "register")


def register_line(line: str) -> None:
    """Do what `%register` was told. Raises UsageError with what is wrong."""
    parser = LineParser("%register", USAGE)
    parser.add_argument("name")
    parser.add_argument("--to")
    parser.add_argument("--description", default="")
    asked = parser.read(line)
    with plain_errors("%register"):
        from dagbook.api import models  # MLflow comes with it

        if asked.to is not None:
            models.alias_of(asked.to)  # refused before anything is made
        book = logbook()
        made = models.register_logged(
            asked.name, _recorded(book), Path.cwd(), tags=_origin(book), description=asked.description
        )
        if asked.to is not None:
            models.promote(f"{made['name']}/{made['version']}", asked.to, Path.cwd())
    say(f"registered {made['name']}/{made['version']}" + (f" as {asked.to}" if asked.to else ""))


def _recorded(book: Logbook) -> str:
    """The run that the notebook logs to, by MLflow's id."""
    known = active_run_id() or os.environ.get("MLFLOW_RUN_ID")
    if known:
        return known
    told = book.wait_for_id(book.current(), _PATIENCE)
    if told is None:
        raise EnvironmentFault(
            Finding(
                code="tracking-away", message=book.waiting() or "MLflow does not answer",
                remedy="`dagbook doctor` says more; register later: dagbook models register NAME",
            )
        )  # fmt: skip
    return told["id"]


def _origin(book: Logbook) -> dict[str, str]:
    from dagbook.engine.provenance import made_with

    outputs = os.environ.get("DAGBOOK_OUTPUTS")
    told = made_with(Path(outputs).parents[_FROM_OUTPUTS]) if outputs else {}
    return {**told, **({"dagbook.cell": book.cell.id} if book.cell.id else {})}
