"""Copies are what `dataclasses.replace` makes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from dagbook.run.copying import changed
from dagbook.run.state import RunState


def test_a_copy_is_what_replace_makes_and_the_first_stays():
    first = RunState(run="r", seq=1)
    assert changed(first, seq=2, state="failed") == replace(first, seq=2, state="failed")
    assert changed(first) == first
    assert first == RunState(run="r", seq=1)
    with pytest.raises(FrozenInstanceError):
        changed(first, seq=2).seq = 3  # type: ignore[misc]


def test_a_field_that_is_not_there_is_refused():
    with pytest.raises(TypeError, match="sequence"):
        changed(RunState(), sequence=2)
