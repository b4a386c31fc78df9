from __future__ import annotations

import copy

import pytest

from dagbook.notebook.cells import (
    code_cells,
    kernel_name_of,
    language_of,
    normalised_code,
    parameters_cell,
    source_of,
    tags_of,
    without_skipped,
)
from tests.unit.notebook.notebooks import code, markdown, notebook


def test_source_may_be_text_or_lines():
    assert source_of(code("a\nb")) == source_of(code(["a\n", "b"])) == "a\nb"


@pytest.mark.parametrize(
    ("metadata", "tags"),
    [
        ({"tags": ["a", "b"]}, ("a", "b")),
        ({"tags": "parameters"}, ()),
        ({"tags": ["a", 5]}, ("a",)),
        ({}, ()),
        (None, ()),
    ],
)
def test_tags_are_read_only_from_a_list(metadata, tags):
    assert tags_of({"cell_type": "code", "source": "", "metadata": metadata}) == tags


def test_positions_count_all_cells_from_one():
    nb = notebook(markdown("# T"), code("a"), markdown("x"), code("b"))
    assert [position for position, _ in code_cells(nb)] == [2, 4]


@pytest.mark.parametrize(
    ("metadata", "language", "kernel"),
    [
        ({"kernelspec": {"name": "ir", "language": "R"}}, "r", "ir"),
        ({"kernelspec": {"name": "ir"}}, "r", "ir"),
        ({"kernelspec": {"name": "julia-1.10"}}, "julia", "julia-1.10"),
        ({"kernelspec": {"name": "conda-x"}, "language_info": {"name": "ipython"}}, "python", "conda-x"),
        ({"language_info": {"name": "julia"}}, "julia", None),
        (
            {"kernelspec": {"name": "xpy", "language": "python"}, "language_info": {"name": "r"}},
            "python",
            "xpy",
        ),
        ({}, "python", None),
        ({"kernelspec": "python3"}, "python", None),
        (None, "python", None),
    ],
)
def test_language_and_kernel_come_from_the_metadata(metadata, language, kernel):
    nb = {"metadata": metadata, "cells": []}
    assert (language_of(nb), kernel_name_of(nb)) == (language, kernel)


def test_skipped_cells_are_left_out_of_a_copy_only():
    raw = {"cell_type": "raw", "source": "r", "metadata": {"tags": ["skip"]}}
    nb = notebook(code("a"), code("b", tags=["skip"]), markdown("c", tags=["interactive"]), raw)
    before = copy.deepcopy(nb)
    left = without_skipped(nb)
    assert [source_of(cell) for cell in left["cells"]] == ["a", "r"]
    left["cells"][0]["metadata"]["x"] = 1
    left["metadata"]["x"] = 1
    assert nb == before


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (code("x = 1", tags=["parameters"]), True),
        (code("%%parameters\nx = 1"), True),
        (code("\n%%parameters  # mine\nx = 1"), True),
        (code("%%parametersque\nx = 1"), False),
        (code("x = 1\n%%parameters"), False),
        (code("x = 1", tags=["injected-parameters"]), False),
        (markdown("x", tags=["parameters"]), False),
        (code(""), False),
    ],
)
def test_the_parameters_cell_is_tagged_or_begins_with_the_magic(cell, found):
    assert (parameters_cell(notebook(markdown("#"), cell)) == (2, cell)) is found


BASE = notebook(markdown("# Title"), code('"""Doc."""\nx = f(1, 2)'), code("%matplotlib inline\nx"))


@pytest.mark.parametrize(
    "same",
    [
        notebook(
            code('"""Doc."""\n# note\n\nx = f(\n    1,\n    2,\n)'), code("%matplotlib inline\nx  # show")
        ),
        notebook(
            code("'''Doc.'''\nx=f(1,2)"), code("# only a comment"), code("%matplotlib inline\nx"), code("")
        ),
        notebook(*BASE["cells"], code("broken(", tags=["skip"])),
        notebook(*BASE["cells"], code("x = 9", tags=["injected-parameters"])),
        notebook(*BASE["cells"], {"cell_type": "raw", "source": "y", "metadata": {}}),
    ],
)
def test_what_changes_nothing_does_not_count(same):
    assert normalised_code(same) == normalised_code(BASE)


@pytest.mark.parametrize(
    "other",
    [
        notebook(code('"""Other."""\nx = f(1, 2)'), code("%matplotlib inline\nx")),
        notebook(code('"""Doc."""\nx = f(1, 3)'), code("%matplotlib inline\nx")),
        notebook(code('"""Doc."""\nx = f(1, 2)'), code("%matplotlib widget\nx")),
        notebook(code('"""Doc."""\nx = f(1, 2)'), code("x")),
        notebook(code("%matplotlib inline\nx"), code('"""Doc."""\nx = f(1, 2)')),
        notebook(code('"""Doc."""\nx = f(1, 2)', tags=["parameters"]), code("%matplotlib inline\nx")),
        notebook(code('"""Doc."""\nx = f(1, 2)', tags=["skip"]), code("%matplotlib inline\nx")),
        notebook(*BASE["cells"], code("%%bash\nls")),
        notebook(*BASE["cells"], code("broken(")),
    ],
)
def test_what_changes_the_code_counts(other):
    assert normalised_code(other) != normalised_code(BASE)


def test_what_cannot_be_parsed_counts_by_its_text():
    assert normalised_code(notebook(code(" broken( \n"))) == normalised_code(notebook(code("broken(")))
    assert normalised_code(notebook(code("broken("))) != normalised_code(notebook(code("broken( # x")))


@pytest.mark.parametrize("terms", [900, 2500, 50_000])
def test_code_too_deep_to_be_read_counts_by_its_text(terms):
    source = "x = " + "+".join("1" * terms)
    assert normalised_code(notebook(code(source))) != normalised_code(notebook(code(source + "+1")))


def test_other_languages_count_by_their_text():
    one, two = (notebook(code(text), language="R") for text in ("x <- 1", "x <- 1 # c"))
    assert normalised_code(one) != normalised_code(two)
    assert normalised_code(one) == normalised_code(notebook(code("x <- 1\n\n"), language="R"))


def test_a_string_that_looks_like_a_cell_border_is_no_border():
    one = notebook(code("x = '''\n\n# cell\ny'''"))
    two = notebook(code("x = '''"), code("y'''"))
    assert normalised_code(one) != normalised_code(two)
