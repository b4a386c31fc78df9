"""HTML for cells: whatever a run, a parameter or a state is called, it stays text."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dagbook.magics.markup import STYLE, Number, folded, named, page, quiet, state, table
from dagbook.magics.text_table import text_table

OURS = {
    "style", "div", "table", "thead", "tbody", "tr", "th", "td", "span", "code", "a", "details", "summary",
}  # fmt: skip


class Seen(HTMLParser):
    """The tags, the attributes and the text of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


@given(
    text=st.one_of(st.text(), st.sampled_from(["<script>", "\" onload='x'", "</td><img src=x onerror=y>"]))
)
def test_nothing_from_outside_becomes_markup(text: str):
    seen = Seen(
        page(
            table([text, Number(text)], [[text, Number(text), quiet(text), state(text), named(text, text)]]),
            folded(text, ""),
            table([], [[named(text, text, link=text)]], text),
        )
    )
    assert seen.tags <= OURS
    assert seen.attributes <= {
        "class",
        "tabindex",
        "scope",
        "title",
        "aria-hidden",
        "aria-label",
        "href",
        "target",
        "rel",
    }


def test_an_escaped_name_is_still_read_as_it_is():
    assert "<b>&amp;</b>" in Seen(table([], [["<b>&amp;</b>"]])).text


def test_a_state_is_a_word_beside_its_icon():
    assert Seen(state("failed").html).text == "✗failed"
    assert Seen(state("never heard of").html).text == "•never heard of"


def test_every_colour_has_a_fallback_where_the_theme_has_no_variables():
    themed = STYLE.split("var(--jp-")[1:]
    assert themed
    assert [part[:30] for part in themed if "," not in part.partition(")")[0]] == []


def test_text_columns_align_and_numbers_stand_to_the_right():
    assert text_table(["n", "value"], [["a", "1.5"], ["long", "10"]], right=[1]) == (
        "n     value\na       1.5\nlong     10"
    )


def test_wide_letters_and_control_characters_do_not_break_a_text_table():
    first, second = text_table(["日本", "b"], [["x\x1b[2J\n", "y"]]).splitlines()
    # Each of the two letters is as wide as two others.
    assert first.index("b") + 2 == second.index("y")
    assert "\x1b" not in second
