"""Which Python an environment is made with."""

from __future__ import annotations

import sys

import pytest

from dagbook.environments.uv import _interpreter

OURS = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.mark.parametrize(
    ("lock", "python"),
    [
        (f"# python: {OURS}\nsix==1.16.0\n", sys.executable),
        ("six==1.16.0\n", sys.executable),
        ("# python: 3.9\nsix==1.16.0\n", "3.9"),
    ],
)
def test_our_own_python_is_taken_where_it_will_do(lock: str, python: str):
    assert _interpreter(lock) == python
