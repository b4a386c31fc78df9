"""What a node may say of its attempts, its locks and its resources, as written in a pipeline file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from dagbook.pipeline.rules import Retries
from dagbook.pipeline.written import Cpu, Duration, Size, Written

MOST_RETRIES = 1000


def one_or_many(value: object) -> object:
    """A text alone stands for a list of one."""
    return (value,) if isinstance(value, str) else value


class RetriesSpec(Written):
    """`retries: 2`, or this."""

    limit: int = Field(default=1, ge=0, le=MOST_RETRIES, description="Attempts after the first")
    backoff: Duration | None = Field(default=None, description="Wait before the second attempt: 10s, 1m")
    factor: float = Field(default=2.0, ge=1, le=1000, description="Each further wait is so much longer")
    max_backoff: Duration | None = Field(default=None, description="No wait is longer than this")
    on: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = Field(
        default=(), description="Only these: names of errors, or failed, killed, timed-out; any when left out"
    )

    @property
    def rule(self) -> Retries:
        """As the machine follows it."""
        return Retries(
            limit=self.limit, backoff=self.backoff or 0.0, factor=self.factor, max_backoff=self.max_backoff,
            on=self.on,
        )  # fmt: skip


class ResourcesSpec(Written):
    """What a step takes of the machine while it runs."""

    cpu: Cpu | None = Field(default=None, description="Processors: 2, 0.5, 500m")
    memory: Size | None = Field(default=None, description="Memory, and its limit: 512Mi, 2Gi")


class ApproveSpec(Written):
    """`approve: Ship it?`, or this."""

    message: str = Field(min_length=1, max_length=2000, description="What is asked; may hold ${node.output}")
    by: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = Field(
        default=(), description="User names: only these may answer; anybody when left out"
    )
    timeout: Duration | None = Field(
        default=None, description="Without an answer for so long the step is timed-out: 90, 30m, 2d"
    )


def as_approve(value: object) -> object:
    """A text alone is the message."""
    return {"message": value} if isinstance(value, str) else value


def as_retries(value: object) -> object:
    """A number alone is the limit."""
    return {"limit": value} if isinstance(value, int) and not isinstance(value, bool) else value


def as_condition(value: object) -> object:
    """`true` and `false` are conditions too."""
    return str(value).lower() if isinstance(value, bool) else value


LockName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
RetriesField = Annotated[RetriesSpec, BeforeValidator(as_retries)]
ApproveField = Annotated[ApproveSpec, BeforeValidator(as_approve)]
Names = Annotated[tuple[LockName, ...], BeforeValidator(one_or_many)]
Condition = Annotated[
    str, BeforeValidator(as_condition), StringConstraints(strip_whitespace=True, min_length=1)
]
Count = Annotated[int, Field(ge=1, le=100_000)]
