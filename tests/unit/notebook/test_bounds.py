"""Bounds of a number, as annotations say them today."""

from __future__ import annotations

import pytest

from dagbook.notebook import types
from dagbook.notebook.parameters import declared_parameters
from tests.unit.notebook.notebooks import with_parameters


@pytest.mark.parametrize(
    ("annotation", "bounds"),
    [
        ("Annotated[int, Ge(1)]", (("Ge", 1),)),
        ("Annotated[int, annotated_types.Gt(-1), Lt(10)] | None", (("Gt", -1), ("Lt", 10))),
        ("Annotated[float, Interval(gt=0, le=1.5)]", (("Gt", 0), ("Le", 1.5))),
        ("Annotated[int, Field(ge=1, description='how deep')]", (("Ge", 1),)),
        ("Annotated[int, 'a note', Ge(limit), Ge(True)]", ()),
        ("Annotated[str, Ge(1)]", ()),
    ],
)
def test_bounds_are_read_from_the_annotation(annotation: str, bounds: tuple[tuple[str, float], ...]):
    t = types.named(annotation)

    assert t.bounds == bounds
    assert types.named(types.describe(t)) == t


@pytest.mark.parametrize(
    ("annotation", "value", "said"),
    [
        ("Annotated[int, Ge(1)]", 1, None),
        ("Annotated[int, Ge(1)]", 0, "must be at least 1, and is 0"),
        ("Annotated[int, Ge(1)] | None", None, None),
        ("Annotated[float, Gt(0), Le(1)]", 0.0, "must be above 0, and is 0.0"),
        ("Annotated[float, Gt(0), Le(1)]", 1, None),
        ("Annotated[float, Lt(1)]", 1.5, "must be below 1, and is 1.5"),
        ("Annotated[float, Le(1)]", float("nan"), "must be at most 1, and is nan"),
        ("list[Annotated[int, Ge(1)]]", [1, 0], "at [1]: must be at least 1, and is 0"),
    ],
)
def test_a_number_is_held_against_its_bounds(annotation: str, value: object, said: str | None):
    assert types.problem(types.named(annotation), value) == said


def test_a_notebook_may_bound_its_parameters():
    (depth,) = declared_parameters(with_parameters("depth: Annotated[int, Ge(1)] = 3")) or ()

    assert types.describe(depth.type) == "Annotated[int, Ge(1)]"
