"""However text is cut into messages, what is kept is the same, and never more than its limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.runners.cell_outputs import CellOutputs
from dagbook.runners.masking import MASK, Mask
from dagbook.runners.streams import Room, Stream, carriage_returns_applied, without_ansi

NO_MASK = Mask([])


def kept(text: str, sizes: list[int], *, limit: int = 10_000_000, mask: Mask = NO_MASK) -> str:
    """What a stream keeps of `text` when it comes in pieces of these sizes, over and over."""
    stream = Stream(Room(limit), mask)
    start = 0
    while start < len(text):
        for size in sizes:
            stream.append(text[start : start + size])
            start += size
    return stream.text()


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("plain\n", "plain\n"),
        ("1 %\r2 %\r3 %", "3 %"),
        ("a\rb\nc\rd\n", "b\nd\n"),
        ("dos\r\nlines\r\n", "dos\nlines\n"),
        ("kept\r", "kept\r"),
        ("x\n\ry", "x\ny"),
    ],
)
def test_overwritten_lines_are_gone(printed: str, shown: str):
    assert carriage_returns_applied(printed) == shown


def test_terminal_codes_are_removed():
    assert without_ansi("\x1b[1;31mred\x1b[0m \x1b[2Kplain") == "red plain"


@given(
    lines=st.lists(st.sampled_from(["a", "progress\rprogress", "tok", "token-1 x", "é" * 50]), max_size=2000),
    sizes=st.lists(st.integers(1, 70_000), min_size=1, max_size=4),
)
def test_the_size_of_messages_changes_nothing(lines: list[str], sizes: list[int]):
    text = "\n".join(lines) + "\n"
    mask = Mask(["token-1"])
    assert kept(text, sizes, mask=mask) == mask.text(carriage_returns_applied(text))


@pytest.mark.parametrize("size", [1, 7, 63_999, 64_000, 64_001, 200_000])
def test_a_secret_is_masked_wherever_a_message_ends(size: int):
    secret = "the-secret"
    text = ("x" * 63_990 + secret) * 3
    found = kept(text, [size], mask=Mask([secret]))
    assert secret not in found
    assert found.count(MASK) == 3


@pytest.mark.parametrize("secret", ["two\nlines of it", "quo\"te's", "<&>é"])
def test_a_secret_is_masked_in_every_way_of_writing_it(secret: str):
    import html
    import json

    mask = Mask([secret])
    for written in (secret, repr(secret), json.dumps(secret), html.escape(secret), str([secret])):
        assert secret.splitlines()[0] not in mask.text(f"it is {written}!")


def test_what_is_too_short_to_be_a_secret_is_left_alone():
    assert Mask(["a", ""]).text("banana") == "banana"


def test_data_is_masked_at_every_depth():
    assert Mask(["secret"]).data({"secret": [1, {"a": "my secret"}]}) == {MASK: [1, {"a": f"my {MASK}"}]}


def test_head_and_tail_are_kept_of_too_much():
    text = "".join(f"line {number}\n" for number in range(100_000))
    found = kept(text, [9_000], limit=100_000)
    assert len(found) < 200_000
    assert found.startswith("line 0\nline 1\n")
    assert found.endswith("line 99998\nline 99999\n")
    head, tail = found.split("\n… ")[0], found.split("…\n")[1]
    left_out = int(found.split("\n… ")[1].split(" ")[0].replace(",", ""))
    assert len(head) + left_out + len(tail) == len(text)


def test_many_streams_share_one_limit():
    outs: list[dict[str, str]] = []
    gathered = CellOutputs(outs, NO_MASK, lambda name: {"name": name, "text": ""}, limit=100_000)
    for turn in range(400):
        gathered.add_text("stdout" if turn % 2 else "stderr", "x" * 70_000)
    gathered.write_out()
    assert sum(len(output["text"]) for output in outs) < 100_000 + 64_000 * 2 + 400 * 80
    assert len(outs) == 400


def test_interleaved_streams_stay_in_order_until_there_are_very_many():
    outs: list[dict[str, str]] = []
    gathered = CellOutputs(outs, NO_MASK, lambda name: {"name": name, "text": ""})
    for turn in range(5000):
        gathered.add_text("stdout" if turn % 2 else "stderr", f"{turn}\n")
    gathered.write_out()
    assert len(outs) < 1100
    assert [output["text"] for output in outs[:3]] == ["0\n", "1\n", "2\n"]
    assert sum(output["text"].count("\n") for output in outs) == 5000


def test_displays_beyond_the_limit_are_counted_but_what_was_published_is_kept():
    outs: list[dict[str, str]] = []
    gathered = CellOutputs(outs, NO_MASK, lambda name: {"name": name, "text": ""}, limit=100)
    page = {"output_type": "display_data", "data": {"text/html": "x" * 60}}
    published = {
        "output_type": "display_data",
        "data": {"application/vnd.dagbook.output+json": {"name": "a" * 99}},
    }
    assert [gathered.admits(page), gathered.admits(page), gathered.admits(published)] == [True, False, True]
    gathered.write_out()
    assert outs[-1]["text"].startswith("… 1 displays (60 characters) left out")
