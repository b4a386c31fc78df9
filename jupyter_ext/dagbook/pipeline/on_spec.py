"""`on:` in a pipeline file: when it is run, and what happens when a run has ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from dagbook.pipeline.written import Duration, Written

HookEvent = Literal["success", "failure", "exit"]
EVENTS: Final[tuple[HookEvent, ...]] = get_args(HookEvent)


class HookSpec(Written):
    """Something to do when a run has ended: a notebook to run, or somebody to tell."""

    notebook: str | None = Field(default=None, description="Path of a notebook, relative to this file")
    notify: str | None = Field(default=None, description="Apprise URL: slack://…, mailto://…, json://…")
    params: dict[str, Any] = Field(
        default_factory=dict,
        description="Values for the notebook's parameters; ${run.state}, ${run.error}, …",
    )
    kernel: str | None = Field(default=None, description="Kernel to use instead of the notebook's own")
    timeout: Duration = Field(default=600.0, description="For the whole notebook: 90, 30s, 30m, 2h")

    @model_validator(mode="after")
    def _does_one_thing(self) -> HookSpec:
        if (self.notebook is None) == (self.notify is None):
            raise ValueError("a hook does one thing; write `notebook: FILE.ipynb` or `notify: URL`")
        if not (self.notebook or self.notify or "").strip():
            raise ValueError("the hook is empty; write `notebook: FILE.ipynb` or `notify: URL`")
        if self.notify is not None and self.params:
            raise ValueError("a notification takes no params; use `notebook: FILE.ipynb` for them")
        return self


def _as_hook(value: object) -> object:
    if not isinstance(value, str):
        return value
    if "://" in value:
        raise ValueError("an address stands where a notebook is expected; write `notify: URL`")
    return {"notebook": value}


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


Hooks = Annotated[tuple[Annotated[HookSpec, BeforeValidator(_as_hook)], ...], BeforeValidator(_one_or_many)]


class ScheduleSpec(Written):
    """When the pipeline is to be run; `dagbook schedule add FILE` has it done."""

    cron: str = Field(description="Minute, hour, day, month, weekday: 0 6 * * 1-5")
    timezone: str = Field(default="UTC", description="That the expression is read in: Europe/Oslo")
    missed: Literal["run-once", "skip", "run-all"] = Field(
        default="run-once", description="What becomes of firings that nobody was there for"
    )


class OnSpec(Written):
    """What happens besides the nodes."""

    schedule: ScheduleSpec | None = Field(default=None, description="When it is to be run")

    success: Hooks = Field(default=(), description="When a run has succeeded: a notebook, or `notify: URL`")
    failure: Hooks = Field(default=(), description="When a run has failed: a notebook, or `notify: URL`")
    exit: Hooks = Field(default=(), description="When a run has ended, however it did")

    def hooks(self) -> Iterator[tuple[str, HookEvent, int, HookSpec]]:
        """Every hook: its name, when it is due, its place in the list, and what it does.

        A name holds a dot, so that it is never a node's.
        """
        for event in EVENTS:
            for index, hook in enumerate(getattr(self, event)):
                yield f"on.{event}" + (f".{index + 1}" if index else ""), event, index, hook
