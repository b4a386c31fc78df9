"""Which cells of two notebooks belong together, and what differs in them."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.notebook.difference import cell_changes


def cell(
    source: str, *outputs: dict[str, Any], known: str | None = None, kind: str = "code"
) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "source": source, "outputs": list(outputs), "metadata": {}}
    return made | ({} if known is None else {"id": known})


def printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def shown(**data: Any) -> dict[str, Any]:
    return {
        "output_type": "execute_result",
        "data": {key.replace("_", "/"): value for key, value in data.items()},
    }


def changes(
    left: list[dict[str, Any]], right: list[dict[str, Any]]
) -> list[tuple[str, int | None, int | None]]:
    found = cell_changes({"cells": left}, {"cells": right})
    return [(one.change, one.left, one.right) for one in found]


A, B, C = cell("import numpy"), cell("depth = 3\nrows = 5\nseed = 1"), cell("print(depth)")


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ([A, B], [A, B], [("same", 1, 1), ("same", 2, 2)]),
        ([A, C], [A, B, C], [("same", 1, 1), ("added", None, 2), ("same", 2, 3)]),
        ([A, B, C], [A, C], [("same", 1, 1), ("removed", 2, None), ("same", 3, 2)]),
        ([B], [cell("depth = 4\nrows = 5\nseed = 1")], [("source", 1, 1)]),
        ([A], [cell("x = [1, 2, 3, 4]")], [("removed", 1, None), ("added", None, 1)]),
        ([cell("# title", kind="markdown")], [cell("# title")], [("removed", 1, None), ("added", None, 1)]),
        # An id that both have says more than the text.
        ([cell("a", known="i")], [cell("something else", known="i")], [("source", 1, 1)]),
        # One that only one of them has says nothing.
        ([cell("depth = 3", known="i")], [cell("depth = 3", known="j")], [("same", 1, 1)]),
        ([cell("print(x)", printed("1"))], [cell("print(x)", printed("2"))], [("outputs", 1, 1)]),
        ([], [A], [("added", None, 1)]),
    ],
)
def test_cells_that_belong_together_are_found(left: list[Any], right: list[Any], found: list[Any]):
    assert changes(left, right) == found


def test_lines_of_the_source_have_the_signs_of_a_diff():
    (one,) = cell_changes({"cells": [B]}, {"cells": [cell("depth = 4\nrows = 5\nseed = 1")]})
    assert one.lines == (("-", "depth = 3"), ("+", "depth = 4"), (" ", "rows = 5"), (" ", "seed = 1"))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (shown(text_plain="<A at 0x7f01>"), shown(text_plain="<A at 0x8c02>")),
        (printed("\x1b[31mred\x1b[0m"), printed("red")),
        (printed("one line"), {**printed(""), "text": ["one ", "line"]}),
        ({**shown(text_plain="1"), "execution_count": 3}, {**shown(text_plain="1"), "execution_count": 9}),
    ],
)
def test_what_no_two_runs_have_in_common_is_no_difference(left: dict[str, Any], right: dict[str, Any]):
    assert changes([cell("x", left)], [cell("x", right)]) == [("same", 1, 1)]


def test_pictures_differ_by_their_digests_and_errors_by_what_they_say():
    left = cell(
        "x",
        shown(image_png="AAAA", text_plain="<Figure>"),
        {"output_type": "error", "ename": "E", "evalue": "a"},
    )
    right = cell(
        "x",
        shown(image_png="AAAB", text_plain="<Figure>"),
        {"output_type": "error", "ename": "E", "evalue": "b"},
    )
    (one,) = cell_changes({"cells": [left]}, {"cells": [right]})
    assert one.change == "outputs"
    assert one.outputs[0][0].startswith("image/png, 4 characters, ")
    assert [said[1] for said in one.outputs] == ["E: a", "E: b"]


@pytest.mark.parametrize(
    "strange", [{}, {"cells": None}, {"cells": [{}]}, {"cells": [{"outputs": [3], "source": None}]}]
)
def test_a_notebook_that_is_strange_is_compared_all_the_same(strange: dict[str, Any]):
    cell_changes(strange, {"cells": [A]})
