from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.notebook.python import as_python, magic_in, parse, parse_expression


def magics(source: str) -> list[str]:
    return [text for node in ast.walk(parse(source)) if (text := magic_in(node)) is not None]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("%matplotlib inline\nx = 1", ["%matplotlib inline"]),
        ("!ls -l 'a b'", ["!ls -l 'a b'"]),
        ("files = !ls\nhome, = %env HOME", ["!ls", "%env HOME"]),
        ("if True:\n    %time f()\nx = 1", ["%time f()"]),
        ("df?\n?df\ndf.head??", ["df?", "?df", "df.head??"]),
        ("%pip install a \\\n  b\nx = 1", ["%pip install a \\\n  b"]),
        ("%%bash\necho 'x", ["%%bash\necho 'x"]),
        ("\n%%time\nx = f()\n!ls", ["%%time", "!ls"]),
        ("%%parameters\nx = 1", ["%%parameters"]),
        ("x = 1\r\n%time f()\r\n", ["%time f()"]),
        # What only looks like a magic: inside strings, brackets and continued lines.
        ("%time a\nx = '''\n%s\n!no\n'''", ["%time a"]),
        ("%time a\nx = (7\n% 4)\ny = 7 \\\n% 4", ["%time a"]),
        ("%time a\nx = '(' # ( \"\ny = 'it\\'s'\n%time b", ["%time a", "%time b"]),
        ("!a\nx = 'one \\\n%two'", ["!a"]),
        ("x = a != b\ny = 5 % 3", []),
        ("# really?\nx = 'why?'", []),
    ],
)
def test_magics_and_shell_lines_become_calls(source, found):
    assert sorted(magics(source)) == sorted(found)


def test_line_numbers_stay_what_they_are():
    tree = parse("%time a \\\n  b\n\n!ls\nx = 1")
    assert isinstance(tree.body[-1], ast.Assign)
    assert tree.body[-1].lineno == 5


def test_plain_python_is_left_as_it_is():
    source = "x = 1  # comment\n\nawait f()\n"
    assert as_python(source) == source


@pytest.mark.parametrize(
    "source",
    ["x = ", "def f(:", "'''", "x = 1\x00", "\ud800", "(" * 5000, "x = " + "1" * 5000, "-" * 100_000 + "1"],
)
def test_whatever_cannot_be_parsed_is_a_syntax_error(source):
    with pytest.raises(SyntaxError):
        parse(source)


@pytest.mark.parametrize("source", ["", "x = 1", "a\nb", "1)\nimport os\n(2", "pass"])
def test_an_expression_is_one_expression(source):
    with pytest.raises(SyntaxError):
        parse_expression(source)
    assert isinstance(parse_expression(" (a,\n b) "), ast.Tuple)


def test_an_invalid_escape_in_a_cell_warns_nobody(recwarn):
    parse("pattern = '\\d'")
    assert not recwarn.list


cell_lines = st.lists(
    st.sampled_from(
        ["%time x", "!ls", "x = '''", "'''", "y = (1,", ")", "z = 1 \\", "# c?", "f?", "    ", "%%x"]
    )
)


@given(cell_lines.map("\n".join) | st.text())
def test_no_text_makes_the_parser_fail_in_another_way(source):
    try:
        parse(source)
    except SyntaxError:
        return


@given(cell_lines.map("\n".join))
def test_lines_are_never_added_or_lost(source):
    assert as_python(source).count("\n") == source.count("\n")
