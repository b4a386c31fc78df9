"""What events are made of: their base, a step as a reader has to know it, why an attempt failed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Fact(BaseModel):
    """Base of every event; frozen, and open to fields that a later version adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StepOutline(Fact):
    """What a reader needs to know of a planned step to draw it. `group` is the step it was expanded from."""

    step: str
    node: str
    needs: tuple[str, ...] = ()
    item: dict[str, Any] = Field(default_factory=dict)
    action: Literal["run", "reuse", "skip"] = "run"
    reason: str = ""
    notebook: str = ""
    group: str = ""


class NodeError(Fact):
    """Why an attempt did not succeed. `cell` counts all cells of the executed notebook from 1."""

    name: str
    value: str
    cell: int | None = None
    cell_id: str | None = None
    line: str | None = None
    traceback: str = ""
    remedy: str = ""
