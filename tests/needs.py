"""What some tests need and not every machine has: a skip with the reason at home, a failure in CI."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest


def needs(module: str, why: str = "pip install -e '.[test]'") -> None:
    """Skip the test where the module is missing; fail it with `CI=true`."""
    if find_spec(module) is not None:
        return
    reason = f"{module} is not installed: {why}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def needs_here(module: str, why: str = "pip install -e '.[test]'") -> None:
    """The same for a whole file of tests, before it imports what needs the module."""
    if find_spec(module) is None and not os.environ.get("CI"):
        pytest.skip(f"{module} is not installed: {why}", allow_module_level=True)
