"""Drawings of graphs: whatever nodes and labels are called, the drawing can be read."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.pipeline.drawing import FORMATS, as_dot, as_mermaid, as_svg, as_text
from dagbook.pipeline.graph import Graph

GRAPH = Graph(upstream={"a": (), "end": ("a",), "b": ("a", "end")})
LABELS = {"a": "a.ipynb", "end": 'x "quoted" <b>&amp;</b> \\ #1.ipynb', "b": "sub/b.ipynb"}
SVG = "{http://www.w3.org/2000/svg}"


def test_text_has_a_line_a_node_with_its_needs():
    assert as_text(GRAPH, LABELS).splitlines() == [
        "a    a.ipynb",
        'end  x "quoted" <b>&amp;</b> \\ #1.ipynb  ← a',
        "b    sub/b.ipynb  ← a, end",
    ]


def test_mermaid_has_ids_of_its_own_and_escapes_what_people_wrote():
    assert as_mermaid(GRAPH, LABELS).splitlines() == [
        "flowchart LR",
        '  n0["a<br/>a.ipynb"]',
        '  n1["end<br/>x #quot;quoted#quot; &lt;b&gt;#amp;amp;&lt;/b&gt; \\ #1.ipynb"]',
        '  n2["b<br/>sub/b.ipynb"]',
        "  n0 --> n1",
        "  n0 --> n2",
        "  n1 --> n2",
    ]


def test_dot_quotes_names_and_labels():
    drawn = as_dot(GRAPH, LABELS)
    assert '  "end" [label="end\\nx \\"quoted\\" <b>&amp;</b> \\\\ #1.ipynb"];' in drawn.splitlines()
    assert '  "end" -> "b";' in drawn.splitlines()


def test_svg_shows_every_node_and_every_edge():
    root = ET.fromstring(as_svg(GRAPH, LABELS))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts[::2] == ["a", "end", "b"]
    assert len([path for path in root.iter(f"{SVG}path") if path.get("marker-end")]) == 3


def test_columns_of_the_picture_follow_the_edges():
    root = ET.fromstring(as_svg(GRAPH, LABELS))
    x = [int(rect.get("x") or 0) for rect in root.iter(f"{SVG}rect")]
    assert x[0] < x[1] < x[2]


@pytest.mark.parametrize("draw", FORMATS.values(), ids=FORMATS.keys())
def test_an_empty_graph_can_be_drawn(draw: object):
    assert isinstance(draw(Graph(upstream={}), {}), str)  # type: ignore[operator]


labels = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@given(st.lists(labels, min_size=3, max_size=3))
def test_any_label_gives_an_svg_that_is_xml(written: list[str]):
    ET.fromstring(as_svg(GRAPH, dict(zip(LABELS, written, strict=True))))


@given(labels)
def test_no_label_escapes_its_quotes(label: str):
    given_labels = dict.fromkeys(LABELS, label)
    for line in as_mermaid(GRAPH, given_labels).split("\n")[1:]:
        assert line.count('"') in {0, 2}
    # In DOT an even number of backslashes stands before every quote that ends a text.
    for line in as_dot(GRAPH, given_labels).split("\n"):
        assert re.fullmatch(r'(?:[^"]|"(?:[^"\\]|\\.)*")*', line)
