"""What a node says about when, how often and beside whom it runs; part of the plan and of the journal."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

RunIf = Literal["success", "failure", "always", "any"]

# What no further attempt can mend: the parameters are what they are.
HOPELESS = frozenset({"WrongInput", "WrongParameter", "WrongCondition"})


class Rule(BaseModel):
    """Base; open to fields that a later version adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Retries(Rule):
    """When a failed attempt is followed by another. Durations are seconds.

    Attributes:
        limit: attempts after the first.
        backoff: before the second attempt.
        factor: each further wait is so much longer.
        max_backoff: no wait is longer.
        on: only these: names of errors, or `failed`, `killed`, `timed-out`; anything when empty.
    """

    limit: int = 0
    backoff: float = 0.0
    factor: float = 2.0
    max_backoff: float | None = None
    on: tuple[str, ...] = ()

    def wait(self, attempt: int, as_: str, error: str) -> float | None:
        """Seconds until the attempt after `attempt`, which ended `as_` by an `error`; None for no more."""
        named = as_ in self.on or error in self.on
        if attempt > self.limit or (self.on and not named) or (error in HOPELESS and error not in self.on):
            return None
        longest = float("inf") if self.max_backoff is None else self.max_backoff
        try:
            return min(self.backoff * self.factor ** (attempt - 1), longest)
        except OverflowError:
            return longest


class Rules(Rule):
    """Of one node.

    Attributes:
        run_if: what its upstream must have come to.
        concurrency: so many of its steps at once; None for no limit of its own.
        foreach: it is expanded during the run, one step for each element of a list.
        tolerate: so many of those may fail.
        approve: a person has to agree before it runs.
        cpu: processors it asks for.
        memory: bytes it asks for, and may not outgrow.
    """

    retries: Retries = Retries()
    run_if: RunIf = "success"
    concurrency: int | None = None
    foreach: bool = False
    tolerate: int = 0
    approve: bool = False
    cpu: float = 0.0
    memory: int = 0


class Limits(Rule):
    """Of a whole run.

    Attributes:
        fail_fast: nothing new starts once a step has failed for good.
        cpu: processors of the machine; 0 when unknown, and then nobody is held back.
        memory: bytes of the machine.
    """

    fail_fast: bool = False
    cpu: float = 0.0
    memory: int = 0

    def are_exceeded_by(self, rules: Rules) -> bool:
        """Whether a node asks for more than there is: it runs, and alone."""
        return bool((self.cpu and rules.cpu > self.cpu) or (self.memory and rules.memory > self.memory))
