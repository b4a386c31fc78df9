"""A module in parts: what a change of it is called."""

from __future__ import annotations

import pytest

from dagbook.notebook.modules import module_parts

SOURCE = """import math
LIMIT = 3

def scale(x):
    return x * 2

async def fetch():
    pass

class Model(Base, kind="tree"):
    depth = 2

    def fit(self, data):
        return data

    @property
    def score(self):
        return 1
"""


def changed(before: str, after: str) -> list[str]:
    """The names of the parts that differ."""
    old, new = module_parts("features.py", before), module_parts("features.py", after)
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def test_the_parts_of_a_module():
    assert list(module_parts("a/features.py", SOURCE)) == [
        "a/features.py", "a/features.py::scale", "a/features.py::fetch", "a/features.py::Model.fit",
        "a/features.py::Model.score", "a/features.py::Model",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("x * 2", "x * 3", ["features.py::scale"]),
        ("x * 2", "(x*2)  # twice", []),
        ("LIMIT = 3", "LIMIT = 4", ["features.py"]),
        ("depth = 2", "depth = 3", ["features.py::Model"]),
        ('kind="tree"', 'kind="forest"', ["features.py::Model"]),
        ("return data", "return None", ["features.py::Model.fit"]),
        ("@property", "@cached", ["features.py::Model.score"]),
        ("def scale", "def shrink", ["features.py::scale", "features.py::shrink"]),
        ("import math\n", "# a comment\n\n\nimport math\n", []),
        ("x * 2", "x * (", ["features.py", "features.py::Model", "features.py::Model.fit",
                            "features.py::Model.score", "features.py::fetch", "features.py::scale"]),
    ],
)  # fmt: skip
def test_a_change_is_in_the_part_that_was_edited(old: str, new: str, parts: list[str]):
    assert old in SOURCE
    assert changed(SOURCE, SOURCE.replace(old, new)) == parts


def test_a_name_that_is_defined_twice_is_one_part_with_both():
    twice = "def f():\n    return 1\n\ndef f():\n    return 2\n"
    assert changed(twice, twice.replace("1", "3")) == ["features.py::f"]


def test_an_empty_module_is_there_all_the_same():
    assert module_parts("empty.py", "") == {"empty.py": ""}
