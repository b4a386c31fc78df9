"""What the author of a pipeline wrote, validated. The JSON Schema of the file is made from these classes."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from dagbook.notebook import types
from dagbook.notebook.values import Secret
from dagbook.pipeline.control_spec import (
    ApproveField,
    Condition,
    Count,
    LockName,
    Names,
    ResourcesSpec,
    RetriesField,
    RetriesSpec,
)
from dagbook.pipeline.names import name_problem
from dagbook.pipeline.on_spec import OnSpec
from dagbook.pipeline.predict import with_notebook
from dagbook.pipeline.register_spec import RegisterField
from dagbook.pipeline.rules import Rules, RunIf
from dagbook.pipeline.written import Duration, Written, parse_duration

__all__ = ["Duration", "NodeSettings", "NodeSpec", "ParamSpec", "PipelineSpec", "Written", "parse_duration"]

ExecutorName = Literal["local", "dask"]
"""Where attempts run while we schedule."""

Scalar = str | int | float | bool | None
ModuleName = Annotated[str, Field(pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*$")]


class ParamSpec(Written):
    """A parameter of the pipeline: what a run may set with `-p`.

    Without `default` the parameter must be given. Without `type` it is taken from the default.
    """

    type: str | None = Field(
        default=None, description="int, float, str, bool, date, list[int], int | None, …"
    )
    default: Any = Field(default=None, description="Used when a run does not set it; leave out to require it")
    choices: tuple[Scalar, ...] | None = Field(default=None, description="The only values allowed")
    help: str = Field(default="", description="One sentence for people")
    secret: str | None = Field(
        default=None,
        description="Environment variable or file in $DAGBOOK_SECRETS_DIR; never written down",
    )

    @property
    def required(self) -> bool:
        """Whether a run must give it."""
        return "default" not in self.model_fields_set and self.secret is None

    @property
    def param_type(self) -> types.ParamType:
        """The type that values are read by and checked against."""
        if self.choices is not None:
            return types.ParamType(kind="choice", choices=self.choices)
        if self.type is not None:
            return types.named(self.type)
        return types.of_value(self.default) if not self.required else types.ParamType(kind="any")

    @field_validator("type")
    @classmethod
    def _type_is_known(cls, value: str | None) -> str | None:
        if value is not None:
            types.named(value)
        return value

    @field_validator("secret")
    @classmethod
    def _secret_is_named(cls, value: str | None) -> str | None:
        return value if value is None else Secret(value).name

    @model_validator(mode="after")
    def _secret_has_no_default(self) -> ParamSpec:
        if self.secret is not None and "default" in self.model_fields_set:
            raise ValueError("a secret has no default: it would stand in the file; leave `default` out")
        return self

    @model_validator(mode="after")
    def _default_fits(self) -> ParamSpec:
        if "default" in self.model_fields_set and self.default is not None:
            problem = types.problem(self.param_type, self.default)
            if problem:
                raise ValueError(f"default: {problem}")
        return self


def _as_param(value: object) -> object:
    return value if isinstance(value, dict | ParamSpec) else {"default": value}


Matrix = dict[str, Annotated[list[Any], Field(min_length=1)]]


class EnvironmentWritten(Written):
    """An environment in full."""

    dependencies: list[str] = Field(default_factory=list, description="pandas>=2, scikit-learn==1.5.*")
    requires_python: str = Field(default="", alias="requires-python", description=">=3.11")


def _as_environment(value: object) -> object:
    return {"dependencies": value} if isinstance(value, list) else value


EnvironmentSpec = Annotated[EnvironmentWritten, BeforeValidator(_as_environment)]


class NodeSettings(Written):
    """What a node may say of itself and what `defaults` may say for all."""

    timeout: Duration | None = Field(default=None, description="For the whole notebook: 90, 30s, 30m, 2h")
    cell_timeout: Duration | None = Field(default=None, description="For each cell: 90, 30s, 30m, 2h")
    retries: RetriesField | None = Field(default=None, description="What follows a failed attempt")
    resources: ResourcesSpec | None = Field(default=None, description="What a step takes of the machine")
    kernel: str | None = Field(default=None, description="Kernel to use instead of the notebook's own")
    cache: bool = Field(default=True, description="false: run every time")
    warm: bool = Field(
        default=True, description="false: start the kernel anew instead of forking it from a warm process"
    )
    environment: EnvironmentSpec | None = Field(
        default=None,
        description="Packages for a kernel of its own, by uv; the notebook's PEP 723 block otherwise",
    )


NO_WORK: Final = "no_work"
"""What a node is called that names neither a notebook nor a pipeline."""

# What is said of one notebook, and where it can be said instead when a node is a pipeline.
_INSIDE: Final = "write it at the nodes inside that are meant"
_ITEMS: Final = "write it at the nodes inside, over a parameter that they are given"
_OF_ONE_NOTEBOOK: Final = {
    "matrix": _ITEMS, "foreach": _ITEMS, "outputs": _INSIDE, "deps": _INSIDE, "registration": _INSIDE,
    "approve": _INSIDE, "concurrency": _INSIDE, "mutex": _INSIDE, "semaphore": _INSIDE,
}  # fmt: skip


class NodeSpec(NodeSettings):
    """A notebook in the pipeline, another pipeline, or a model that scores a table."""

    pipeline: str | None = Field(
        default=None,
        description="Path of another pipeline file, relative to this file, in place of a notebook",
    )
    notebook: str = Field(
        default="",
        validate_default=True,
        description="Path of the notebook, relative to this file (.ipynb, or .py/.md by jupytext)",
    )
    params: dict[str, Any] = Field(
        default_factory=dict, description="Values for the parameters of the notebook, or of the pipeline"
    )
    predict: str | None = Field(
        default=None,
        description="In place of a notebook: score the table in `params` with models:/NAME@ALIAS",
    )
    matrix: Matrix = Field(default_factory=dict, description="One step per combination; use ${item.NAME}")
    foreach: Any = Field(
        default=None, description="A list, such as ${prepare.shards}: one step per element; use ${item}"
    )
    tolerate: int = Field(default=0, ge=0, description="So many of the steps of `foreach` may fail")
    needs: tuple[str, ...] = Field(default=(), description="Nodes to wait for, without taking data from them")
    when: Condition | None = Field(
        default=None, description="Expression; the node is skipped where it does not hold: best.score > 0.9"
    )
    run_if: RunIf = Field(
        default="success", description="What its upstream must have come to: success, failure, always, any"
    )
    approve: ApproveField | None = Field(
        default=None, description="Ask a person before it runs: the question, or message, by and timeout"
    )
    concurrency: Count | None = Field(default=None, description="So many of the node's steps at once")
    mutex: Names = Field(default=(), description="Names; no two steps of the project hold one at once")
    semaphore: dict[LockName, Count] = Field(
        default_factory=dict, description="Name → how many steps of the project may hold it at once"
    )
    outputs: dict[str, str] = Field(
        default_factory=dict, description="Files the notebook writes: name → path relative to its folder"
    )
    deps: tuple[str, ...] = Field(
        default=(), description="Files whose content counts: a change runs the node again"
    )
    registration: RegisterField | None = Field(
        default=None, alias="register",
        description="Make a version of this registered model of what the notebook logged",
    )  # fmt: skip
    description: str = ""
    tags: dict[str, str] = Field(default_factory=dict, description="MLflow tags of the node's run")

    @model_validator(mode="before")
    @classmethod
    def _predictions_have_a_notebook(cls, value: object) -> object:
        return with_notebook(value)

    @field_validator("needs", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("outputs")
    @classmethod
    def _outputs_are_named(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if problem := name_problem(name):
                raise ValueError(f"output {name!r} {problem}")
        return value

    @model_validator(mode="after")
    def _steps_are_made_one_way(self) -> NodeSpec:
        if self.matrix and self.foreach is not None:
            raise ValueError("a node has a matrix or `foreach`, not both; nest one in the other's list")
        if self.tolerate and self.foreach is None:
            raise ValueError("`tolerate` counts steps of `foreach`, and there is none")
        return self

    @property
    def condition(self) -> str | None:
        """`when` as a template."""
        if self.when is None or self.when.startswith("${"):
            return self.when
        return f"${{{self.when}}}"

    @property
    def templates(self) -> dict[str, Any]:
        """Key → what may refer to other nodes."""
        asked = None if self.approve is None else self.approve.message
        return {"params": self.params, "when": self.condition, "foreach": self.foreach, "approve": asked}

    @field_validator("notebook", "pipeline")
    @classmethod
    def _work_is_named(cls, value: str | None, info: ValidationInfo) -> str | None:
        # Said of the field, so that it is said beside whatever else is wrong with the node.
        if value == "" and info.field_name == "notebook":
            if info.data.get("pipeline", "") is None:
                raise PydanticCustomError(NO_WORK, "the key 'notebook' is missing")
        elif value is not None and not value.strip():
            kind = "pipeline file" if info.field_name == "pipeline" else "notebook"
            raise ValueError(f"the path of a {kind} is needed")
        return value

    @model_validator(mode="after")
    def _does_one_thing(self) -> NodeSpec:
        if self.pipeline is None:
            return self
        if self.notebook:
            raise ValueError("a node is a notebook or a pipeline; leave `notebook` or `pipeline` out")
        for key, remedy in _OF_ONE_NOTEBOOK.items():
            if key in self.model_fields_set:
                written = type(self).model_fields[key].alias or key
                raise ValueError(f"`{written}` means nothing for a node that is a pipeline; {remedy}")
        return self


class PipelineSpec(Written):
    """A pipeline file, whole."""

    pipeline: str = Field(min_length=1, max_length=200, description="Name of the pipeline")
    description: str = ""
    params: dict[str, Annotated[ParamSpec, BeforeValidator(_as_param)]] = Field(
        default_factory=dict, description="What a run may set: dagbook run FILE -p rows=500"
    )
    defaults: NodeSettings = Field(
        default=NodeSettings(), description="For every node, unless it says otherwise"
    )
    nodes: dict[str, NodeSpec] = Field(min_length=1, description="Name → notebook, or another pipeline")
    fail_fast: bool = Field(default=False, description="Start nothing new once a step has failed")
    concurrency: Count | None = Field(default=None, description="So many steps of a run at once")
    preload: tuple[ModuleName, ...] = Field(
        default=(),
        description="Modules that warm kernels have imported already, besides what notebooks import",
    )
    experiment: str | None = Field(
        default=None, description="MLflow experiment; the pipeline's name otherwise"
    )
    tags: dict[str, str] = Field(default_factory=dict, description="MLflow tags of the run")
    executor: ExecutorName | None = Field(
        default=None, description="Where steps run: local (this machine) or dask (a cluster)"
    )
    dask_address: str | None = Field(
        default=None,
        description="Of the Dask scheduler, tcp://HOST:8786; without it a cluster of this machine",
    )
    storage: str | None = Field(
        default=None,
        description="Where files travel by to workers that share no folder: an absolute path, or s3://…",
    )
    on: OnSpec = Field(
        default=OnSpec(), description="What else is to happen: when it ends, and when it starts"
    )
    version: Literal[1] = Field(default=1, description="Of this file format")

    @field_validator("params", "nodes")
    @classmethod
    def _names_are_names(cls, value: dict[str, Any]) -> dict[str, Any]:
        folded: dict[str, str] = {}
        for name in value:
            if problem := name_problem(name):
                raise ValueError(f"{name!r} {problem}")
            if name.casefold() in folded:
                raise ValueError(f"{name!r} and {folded[name.casefold()]!r} differ only in case")
            folded[name.casefold()] = name
        return value

    def settings_of(self, node: str) -> NodeSettings:
        """A node's settings with the pipeline's defaults under them."""
        spec = self.nodes[node]
        said = {**_said(self.defaults), **_said(spec)}
        return NodeSettings(**said)

    def rules_of(self, node: str) -> Rules:
        """A node's rules, as the machine follows them."""
        spec, settings = self.nodes[node], self.settings_of(node)
        resources = settings.resources or ResourcesSpec()
        return Rules(
            retries=(settings.retries or RetriesSpec(limit=0)).rule,
            run_if=spec.run_if,
            concurrency=spec.concurrency,
            foreach=spec.foreach is not None,
            approve=spec.approve is not None,
            tolerate=spec.tolerate,
            cpu=resources.cpu or 0.0,
            memory=resources.memory or 0,
        )


def _said(settings: NodeSettings) -> dict[str, Any]:
    return {
        name: getattr(settings, name)
        for name in NodeSettings.model_fields
        if name in settings.model_fields_set
    }
