"""Lines behind magics: what is wrong is one line that says how it is meant."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

from dagbook.magics.words import LineParser, count


@pytest.fixture
def parser() -> LineParser:
    made = LineParser("%look", "%look NAME … [-n N] [--all]")
    made.add_argument("names", nargs="*")
    made.add_argument("-n", type=count, default=20)
    made.add_argument("--all", action="store_true")
    return made


def test_words_and_options_mix(parser: LineParser):
    read = parser.read("a -n 3 'b c' --all")
    assert (read.names, read.n, read.all) == (["a", "b c"], 3, True)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--al", "%look: there is no option --al: did you mean '--all'?"),
        ("--xyz", "%look: there is no option --xyz: use one of: --all, -n; use %look NAME … [-n N] [--all]"),
        ("-n 0", "%look: argument -n: '0' is no number of 1 or more; use %look NAME … [-n N] [--all]"),
        ("-n", "%look: argument -n: expected one argument; use %look NAME … [-n N] [--all]"),
        (
            "'a",
            "%look: the line does not end properly (no closing quotation); use %look NAME … [-n N] [--all]",
        ),
    ],
)
def test_what_is_wrong_is_one_line(parser: LineParser, line: str, says: str):
    with pytest.raises(UsageError) as raised:
        parser.read(line)
    assert str(raised.value) == says
