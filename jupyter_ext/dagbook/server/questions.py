"""What routes may be asked beyond their paths: arguments of the query, and bodies. For OpenAPI.

A key is the verb and the route, as in `docs/reference/rest.md`. Tests hold this against what handlers do.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A body; keys that are not known are refused."""

    model_config = ConfigDict(extra="forbid")


class OpenBody(BaseModel):
    """A body; other keys are left alone."""


class LaunchBody(Body):
    """A run: of a notebook, a pipeline file, or a sweep of one."""

    path: str = Field(description="of the notebook or pipeline file, as the file browser shows it")
    params: dict[str, Any] = Field(default={}, description="values by parameter, typed")
    texts: dict[str, str] = Field(default={}, description="values by parameter, as a person types them")
    secrets: dict[str, str] = Field(default={}, description="names of secrets by parameter")
    sweep: dict[str, str | list[Any]] = Field(default={}, description="ranges or lists by parameter")
    only: list[str] = Field(default=[], description="steps that alone are run")
    start: list[str] = Field(default=[], description="steps to begin with")
    until: list[str] = Field(default=[], description="steps to end with")
    keep_failed: str = Field(default="", description="how long the kernel of a step that fails is kept: 30m")
    accept: list[str] = Field(default=[], description="steps whose present results are accepted")
    jobs: int = Field(default=1, description="how many attempts at once; 1 to 512")
    use_cache: bool = Field(default=True, description="whether results are reused")
    tags: dict[str, Any] = Field(default={}, description="of the run")


class ResumeBody(Body):
    """How to go on."""

    way: str = Field(default="", description="`as-planned` or `changed`")
    keep_failed: str = Field(default="", description="how long the kernel of a step that fails is kept: 30m")
    jobs: int = Field(default=1, description="how many attempts at once")


class RetryBody(ResumeBody):
    """What to do again."""

    steps: list[str] = Field(default=[], description="steps or nodes; what failed when left out")
    params: dict[str, Any] = Field(default={}, description="values that make it a new run")


class ApproveBody(Body):
    """The answer to what a run asks."""

    step: str = Field(default="", description="the step; all that wait when left out")
    reject: bool = Field(default=False, description="reject in place of letting it go on")
    comment: str = Field(default="", description="kept with the answer")


class ContinueBody(Body):
    """A step that was finished by hand."""

    path: str = Field(default="", description="of the notebook, as the file browser shows it; the copy's own")


class DefaultsBody(OpenBody):
    """Values for a parameters cell."""

    source: str = Field(description="of the cell")
    values: dict[str, Any] = Field(description="by parameter")


class CheckBody(OpenBody):
    """A pipeline that is being written."""

    path: str = Field(description="where the file is, or is to be")
    text: str = Field(description="of the file")
    notebooks: list[str] = Field(default=[], description="whose ports are wanted, relative to the file")


class FolderBody(OpenBody):
    """A folder."""

    path: str = Field(description="as the file browser shows it")


class ScheduleBody(OpenBody):
    """A schedule to add."""

    path: str = Field(description="of the pipeline file")
    name: str = Field(default="", description="the pipeline's own when left out")
    cron: str = Field(default="", description="when it is due; the file's own when left out")
    timezone: str = Field(default="", description="in which the times are meant")
    missed: str = Field(default="run-once", description="`run-once`, `run-all` or `skip`")
    params: dict[str, str] = Field(default={}, description="as a person types them")
    jobs: int = Field(default=1, description="how many attempts at once")
    pin: str = Field(default="", description="the commit that its runs take the files of")


class RegisterBody(OpenBody):
    """A model that a step logged."""

    run: str = Field(description="id of the run")
    step: str = Field(description="of that run")
    name: str = Field(description="of the registered model")


class DescribeBody(OpenBody):
    """What a model is."""

    description: str = Field(default="", description="in place of the present one")
    version: int = Field(default=1, description="of this version; of the model itself when left out")
    tags: dict[str, str] = Field(default={}, description="to be added")


class PromoteBody(OpenBody):
    """An alias, moved."""

    alias: str = Field(description="such as champion")
    version: int = Field(default=1, description="the newest when left out")
    condition: str = Field(default="", description="over metrics: accuracy >= current.accuracy")
    reason: str = Field(default="", description="kept with the version")


class ServeBody(OpenBody):
    """A model to serve."""

    model: str = Field(description="churn@champion, churn/3")


class InvocationBody(BaseModel):
    """A question to a model, as MLflow's scoring server takes it."""

    model_config = ConfigDict(extra="allow")


class TrackedEdit(Body):
    """Another name, note or tags of a recorded run."""

    name: str = Field(default="", description="1 to 250 characters")
    note: str = Field(default="", description="Markdown")
    tags: dict[str, str | None] = Field(default={}, description="null takes a tag away")


BODIES: Final[dict[str, type[BaseModel]]] = {
    "POST dagbook/api/plan": LaunchBody,
    "POST dagbook/api/runs": LaunchBody,
    "POST dagbook/api/runs/{run}/resume": ResumeBody,
    "POST dagbook/api/runs/{run}/retry": RetryBody,
    "POST dagbook/api/runs/{run}/approve": ApproveBody,
    "POST dagbook/api/runs/{run}/steps/{step}/continue": ContinueBody,
    "POST dagbook/api/defaults": DefaultsBody,
    "POST dagbook/api/pipeline/check": CheckBody,
    "POST dagbook/api/pipeline/draft": FolderBody,
    "POST dagbook/api/schedules": ScheduleBody,
    "POST dagbook/api/models": RegisterBody,
    "PATCH dagbook/api/models/{name}": DescribeBody,
    "POST dagbook/api/models/{name}/promote": PromoteBody,
    "POST dagbook/api/services": ServeBody,
    "POST dagbook/api/services/{service}/invocations": InvocationBody,
    "PATCH dagbook/api/tracked/runs/{run}": TrackedEdit,
}

_TEXT: Final = {"type": "string"}
_MANY: Final = {"type": "array", "items": _TEXT}


def _whole(least: int, most: int | None = None) -> dict[str, Any]:
    return {"type": "integer", "minimum": least} | ({} if most is None else {"maximum": most})


_PATH: Final = {"path": _TEXT}
_PROJECT: Final = {"project": _TEXT}
QUERIES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "GET dagbook/api/runs": {
        "limit": _whole(1, 500), "before": _TEXT, "pipeline": _MANY, "state": _MANY, "tag": _MANY,
        "since": _TEXT, "until": _TEXT,
    },
    "DELETE dagbook/api/runs/{run}": {"mlflow": {"type": "boolean"}},
    "GET dagbook/api/runs/{run}/events": {"after": _whole(0)},
    "GET dagbook/api/runs/{run}/steps/{step}/preview": {
        "of": {"type": "string", "enum": ["input", "output"]}, "name": _TEXT,
    },
    "GET dagbook/api/runs/{run}/history": {"limit": _whole(1, 500)},
    "GET dagbook/api/runs/{run}/report": {"best": _TEXT},
    "GET dagbook/api/parameters": _PATH,
    "GET dagbook/api/cells": _PATH,
    "GET dagbook/api/models/{name}": _PROJECT,
    "PATCH dagbook/api/models/{name}": _PROJECT,
    "POST dagbook/api/models/{name}/promote": _PROJECT,
    "DELETE dagbook/api/models/{name}/aliases/{alias}": _PROJECT,
    "GET dagbook/api/models/{name}/interface": _PROJECT,
    "POST dagbook/api/services": _PROJECT,
    "GET dagbook/api/tracked/runs": {
        "scope": {"type": "string", "enum": ["notebook", "experiment", "all"]}, "path": _TEXT,
        "experiment": _TEXT, "filter": _TEXT, "order": _TEXT, "column": _MANY, "limit": _whole(1, 1000),
        "after": _TEXT, "deleted": _whole(0, 1),
    },
    "GET dagbook/api/tracked/series": {"run": _MANY, "metric": _MANY, "points": _whole(10, 20_000)},
    "GET dagbook/api/tracked/cells": {"run": _MANY},
    "GET dagbook/api/tracked/runs/{run}/artifacts": _PATH,
    "GET dagbook/api/tracked/runs/{run}/preview": _PATH,
    "GET dagbook/api/tracked/runs/{run}/notebook": _PATH,
    "GET dagbook/api/tracked/runs/{run}/download": _PATH,
}  # fmt: skip
"""Route → argument → its schema."""
