"""The plan that a run follows, from its folder."""

from __future__ import annotations

from pathlib import Path

from dagbook.engine.folders import PLAN
from dagbook.errors import EnvironmentFault, Finding
from dagbook.pipeline.plan import Plan


def plan_in(folder: Path) -> Plan:
    """The plan in a run's folder.

    Raises:
        EnvironmentFault: it cannot be read any more.
    """
    path = folder / PLAN
    try:
        return Plan.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise EnvironmentFault(
            Finding(
                code="plan-unreadable",
                message=f"the run's plan cannot be read: {problem}",
                remedy="run the pipeline again: what was finished is reused",
                file=str(path),
            )
        ) from error
