"""Builds the values of a YAML text that was walked before; what cannot be built is told with its place."""

from __future__ import annotations

import warnings
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import ReusedAnchorWarning


class _Placing(SafeConstructor):
    """Says where a value is that looks like a date or a number and is none: `2024-13-45`."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  # theirs
        try:
            return super().construct_object(node, deep)
        except (ArithmeticError, ValueError) as error:
            said = str(error).split("; use sys.")[0][:200]
            raise ConstructorError(problem=said, problem_mark=node.start_mark) from error


def build(text: str) -> Any:
    """Plain dicts, lists and scalars (YAML 1.2).

    Raises:
        MarkedYAMLError: something cannot be built.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Placing
    with warnings.catch_warnings():
        # Using a name twice is allowed; the later one counts.
        warnings.simplefilter("ignore", ReusedAnchorWarning)
        return yaml.load(text)
