from __future__ import annotations

import pytest
from pydantic import ValidationError

from dagbook.notebook.outputs import Output, published_outputs
from tests.unit.notebook.notebooks import code, markdown, notebook


@pytest.mark.parametrize(
    ("sources", "names", "complete"),
    [
        (["%output acc"], ("acc",), True),
        (["%output acc loss"], ("acc", "loss"), True),
        (["%output acc=model.score(X, y)"], ("acc",), True),
        (
            ["%output acc=model.score(X, k=1) table=df[a == b] other={'q': 1}"],
            ("acc", "table", "other"),
            True,
        ),
        (["%output acc = f( x )"], ("acc",), True),
        (["%output --pickle model"], ("model",), True),
        (["for x in y:\n    %output z"], ("z",), True),
        (["%output {name}"], (), False),
        (["%output $name"], (), False),
        (["%output acc=f("], (), False),
        (["%output"], (), False),
        (["%outputs acc"], (), True),
        (["x = '''\n%output acc\n'''\n!ls"], (), True),
        (["import dagbook\ndagbook.output(acc=1, table=df)"], ("acc", "table"), True),
        (["import dagbook as d\nd.output(acc=1)"], ("acc",), True),
        (["from dagbook import output\noutput(acc=f(output(b=2)))"], ("acc", "b"), True),
        (["from dagbook import output as out, Pipeline\nout(acc=1)"], ("acc",), True),
        (["from dagbook import *\noutput(acc=1)"], ("acc",), True),
        (["dagbook.output(b=2)", "import dagbook"], ("b",), True),
        (["import dagbook\ndagbook.output(model=m, pickle=True)"], ("model",), True),
        (["import dagbook\ndagbook.output(a=1, **rest)"], ("a",), False),
        (["import dagbook\npublish = dagbook.output\npublish(a=1)"], (), False),
        (["from dagbook import output\nlist(map(output, xs))"], (), False),
        (["output(acc=1)"], (), True),
        (["from other import output\noutput(acc=1)"], (), True),
        (["from .dagbook import output\noutput(acc=1)"], (), True),
        (["other.output(acc=1)"], (), True),
        (["import os\nos.environ['DAGBOOK_OUTPUTS']"], (), False),
        (["%%bash\ncp x $DAGBOOK_OUTPUTS"], (), False),
        (["%%bash\nls"], (), True),
        (["%%mine\n%output acc"], (), False),
        (["%%time\n%output acc=1"], ("acc",), True),
        (["%run other.ipynb"], (), False),
        (["exec(source)"], (), False),
        (["%output a", "broken("], ("a",), False),
        (["%output b", "%output a\n%output b"], ("b", "a"), True),
        (["x = 1"], (), True),
    ],
)
def test_published_names_are_found_in_the_code(sources, names, complete):
    found = published_outputs(notebook(*(code(source) for source in sources)))
    assert (found.names, found.complete) == (names, complete)


def test_other_cells_than_those_that_run_publish_nothing():
    nb = notebook(
        markdown("%output a"), code("%output b", tags=["skip"]), code("exec(x)", tags=["interactive"])
    )
    assert published_outputs(nb).names == ()
    assert published_outputs(nb).complete


@pytest.mark.parametrize("terms", [900, 2500, 50_000])
def test_code_too_deep_to_be_read_may_publish_anything(terms):
    found = published_outputs(notebook(code("%output a\nx = " + "+".join("1" * terms))))
    assert not found.complete or found.names == ("a",)


def test_nothing_is_known_of_other_languages():
    assert not published_outputs(notebook(code("%output a"), language="R")).complete


def test_an_output_survives_the_way_through_json_and_cannot_change():
    output = Output(name="acc", kind="value", value={"$float": "nan"}, type="float")
    assert Output.model_validate_json(output.model_dump_json()) == output
    with pytest.raises(ValidationError, match="frozen"):
        output.name = "other"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "kind": "value"},
        {"name": "a", "kind": "table"},
        {"name": "a", "kind": "file"},
        {"name": "a", "kind": "value", "path": "x"},
        {"name": "a", "kind": "file", "path": "x", "bytes": -1},
        {"name": "a", "kind": "value", "value": {1, 2}},
    ],
)
def test_an_output_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ValidationError):
        Output(**fields)
