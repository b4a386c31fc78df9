"""What a compiler is given, and what it makes of it: values, no disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dagbook.pipeline.digest import plan_digest
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import PipelineSpec


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A pipeline that another scheduler is to run.

    Attributes:
        spec: what the author wrote.
        plan: every step; a compiled pipeline reuses nothing by itself.
        file: the pipeline file, relative to the folder that steps run in (posix).
        params: parameter → text, as `-p` takes it; secrets are not among them.
        options: option → value, as the compiler declares them; every declared one is there.
    """

    spec: PipelineSpec
    plan: Plan
    file: str
    params: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What each step compares its own copy of the pipeline with."""
        return plan_digest(self.plan)

    @property
    def secrets(self) -> dict[str, str]:
        """Parameter → the environment variable that holds its value."""
        return {name: param.secret for name, param in self.spec.params.items() if param.secret is not None}


@dataclass(frozen=True, kw_only=True)
class Option:
    """Something that a compiler lets its user choose. `choices` empty: any text."""

    help: str
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a compiler made: empty when a problem is an error; warnings say what was done instead."""

    text: str
    suffix: str
    problems: tuple[Problem, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether there is something that the other scheduler cannot do."""
        return any(problem.severity == "error" for problem in self.problems)
