from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.errors import InvalidInput
from dagbook.notebook.document import parse_notebook
from tests.unit.notebook.notebooks import code, markdown, notebook

SOUND = json.dumps(notebook(code("x = 1", cell_id="a"), code("y", cell_id="b")))
CONFLICT = '{\n "cells": [\n<<<<<<< HEAD\n  1\n=======\n  2\n>>>>>>> other\n]}'


@pytest.mark.parametrize(
    ("text", "code_", "says"),
    [
        ("", "notebook-empty", "the file is empty"),
        (" \n\t", "notebook-empty", "the file is empty"),
        ("\ufeff", "notebook-empty", "the file is empty"),
        ('{"cells": [\n {"x": ', "notebook-not-json", "a.ipynb:2:8: this is no notebook, or it was cut off"),
        ("# %%\nx = 1", "notebook-not-json", "a.ipynb:1:1"),
        (CONFLICT, "merge-conflict", "a.ipynb:3:1: the file holds an unresolved merge conflict"),
        ("[" * 100_000, "notebook-not-json", "nested too deeply"),
        ('{"cells": ' + "1" * 5000 + "}", "notebook-not-json", "cannot be read"),
        ("[]", "not-a-notebook", "no notebook: a list"),
        ("null", "not-a-notebook", "no notebook: null"),
        ("5", "not-a-notebook", "no notebook: a int"),
        ("{}", "not-a-notebook", "it has no list of cells"),
        ('{"nbformat": 4, "cells": {}}', "not-a-notebook", "it has no list of cells"),
        ('{"cells": []}', "not-a-notebook", "does not say its format"),
        ('{"nbformat": "4", "cells": []}', "not-a-notebook", "does not say its format"),
        (
            '{"nbformat": 3, "worksheets": []}',
            "old-notebook-format",
            "Fix: jupyter nbconvert --to notebook --nbformat 4 --inplace a.ipynb",
        ),
        ('{"nbformat": 5, "cells": []}', "new-notebook-format", "4 is the newest known"),
    ],
    ids=lambda value: value[:20],
)
def test_what_cannot_be_used_is_refused_with_place_and_remedy(text, code_, says):
    with pytest.raises(InvalidInput) as refused:
        parse_notebook(text, "a.ipynb")
    (finding,) = refused.value.findings
    assert finding.code == code_
    assert says in str(finding)
    assert finding.remedy


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (5, "the cell is no object but 5"),
        (None, "the cell is no object but null"),
        ({"cell_type": "prose", "source": ""}, "the cell type is 'prose', not one of code, markdown, raw"),
        ({"source": ""}, "the cell type is None"),
        ({"cell_type": ["code"], "source": ""}, "the cell type is ['code']"),
        ({"cell_type": "code", "source": 5}, "neither text nor a list of lines"),
        ({"cell_type": "code", "source": ["a", 5]}, "neither text nor a list of lines"),
        ({"cell_type": "code"}, "neither text nor a list of lines"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(cell, says):
    with pytest.raises(InvalidInput) as refused:
        parse_notebook(json.dumps(notebook(markdown("#"), cell, cell)), "a.ipynb")
    assert [finding.cell for finding in refused.value.findings] == [2, 3]
    assert says in str(refused.value.findings[0])


def test_a_sound_notebook_is_left_as_it_is():
    nb, findings = parse_notebook(SOUND, "a.ipynb")
    assert nb == json.loads(SOUND)
    assert findings == ()


def test_a_byte_order_mark_is_accepted():
    assert parse_notebook("\ufeff" + SOUND, "a.ipynb") == parse_notebook(SOUND, "a.ipynb")


def test_conflict_marks_inside_a_string_are_no_conflict():
    text = json.dumps(notebook(code("<<<<<<< HEAD\n>>>>>>> x", cell_id="a")))
    assert parse_notebook(text, "a.ipynb")[1] == ()


@pytest.mark.parametrize(
    ("changes", "code_"),
    [
        ({"id": "a"}, "duplicate-cell-id"),
        ({"id": "a b"}, "invalid-cell-id"),
        ({"id": "x" * 65}, "invalid-cell-id"),
        ({"id": "a\n"}, "invalid-cell-id"),
        ({"id": 5}, "invalid-cell-id"),
        ({"id": None}, "missing-cell-id"),
        ({"metadata": None}, "missing-metadata"),
        ({"metadata": {"tags": "parameters"}}, "invalid-tags"),
        ({"metadata": {"tags": ["parameters", 5]}}, "invalid-tags"),
        ({"outputs": None}, "missing-outputs"),
    ],
)
def test_small_faults_are_repaired_in_the_copy_and_said(changes, code_):
    text = json.dumps(notebook(code("x", cell_id="a"), {**code("y", cell_id="b"), **changes}))
    nb, (finding,) = parse_notebook(text, "a.ipynb")
    assert (finding.code, finding.severity, finding.cell) == (code_, "warning", 2)
    assert parse_notebook(json.dumps(nb), "a.ipynb") == (nb, ())


def test_tags_given_as_text_become_a_list():
    text = json.dumps(notebook({**code("x", cell_id="a"), "metadata": {"tags": "parameters"}}))
    nb, _ = parse_notebook(text, "a.ipynb")
    assert nb["cells"][0]["metadata"]["tags"] == ["parameters"]


def test_a_notebook_without_metadata_and_kernel_can_still_be_used():
    nb, findings = parse_notebook('{"nbformat": 4, "nbformat_minor": 5, "cells": []}', "a.ipynb")
    assert [finding.code for finding in findings] == ["missing-metadata", "no-kernelspec"]
    assert nb["metadata"] == {}


def test_many_cells_with_the_same_fault_are_one_finding():
    _, (finding,) = parse_notebook(json.dumps(notebook(*[code("x")] * 1000)), "a.ipynb")
    assert (finding.message, finding.cell) == ("1000 cells without an id, repaired for this run", 1)


def test_ids_are_given_without_a_word_where_the_format_had_none():
    nb, findings = parse_notebook(json.dumps({**notebook(code("x")), "nbformat_minor": 4}), "a.ipynb")
    assert findings == ()
    assert nb["nbformat_minor"] == 5
    assert nb["cells"][0]["id"]


def test_fresh_ids_are_the_same_every_time_and_all_different():
    text = json.dumps(notebook(*[code("x")] * 200))
    ids = [cell["id"] for cell in parse_notebook(text, "a.ipynb")[0]["cells"]]
    assert len(set(ids)) == 200
    assert ids == [cell["id"] for cell in parse_notebook(text, "b.ipynb")[0]["cells"]]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
cell_like = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown"]), "source": st.text() | st.lists(st.text())},
    optional={"id": json_values, "metadata": json_values, "outputs": json_values},
)
notebook_like = st.fixed_dictionaries(
    {"nbformat": st.just(4), "cells": st.lists(cell_like)},
    optional={"metadata": json_values, "nbformat_minor": json_values},
)


@given(notebook_like)
def test_whatever_is_accepted_is_sound_when_read_again(raw):
    nb, _ = parse_notebook(json.dumps(raw), "a.ipynb")
    again, findings = parse_notebook(json.dumps(nb), "a.ipynb")
    assert again == nb
    assert {finding.code for finding in findings} <= {"no-kernelspec"}


@given(st.text() | json_values.map(json.dumps))
def test_any_other_text_is_refused_with_a_remedy(text):
    with pytest.raises(InvalidInput) as refused:
        parse_notebook(text, "a.ipynb")
    assert all(finding.remedy and finding.file == "a.ipynb" for finding in refused.value.findings)
