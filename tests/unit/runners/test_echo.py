"""What a container's log gets to see of what a notebook prints."""

from __future__ import annotations

from dagbook.runners.echo import Echo
from dagbook.runners.masking import Mask


def echoed(*texts: str, traceback: str = "", secrets: tuple[str, ...] = ()) -> list[str]:
    said: list[str] = []
    echo = Echo(said.append, Mask(secrets))
    for text in texts:
        echo.printed(text)
    echo.over(traceback)
    return said


def test_whole_lines_as_they_come_and_the_last_one_at_the_end():
    assert echoed("a\nb", "c\n", "d") == ["a\n", "bc\n", "d\n"]
    assert echoed() == []


def test_a_secret_is_not_said_though_it_comes_in_pieces():
    assert echoed("the key: hush-", "hush-hush.\n", secrets=("hush-hush-hush",)) == ["the key: ••••.\n"]
    assert echoed(traceback="KeyError: hush-hush-hush", secrets=("hush-hush-hush",)) == ["KeyError: ••••\n"]


def test_an_error_is_said_without_its_colours():
    assert echoed("a", traceback="\x1b[31mValueError\x1b[0m: no") == ["a\n", "ValueError: no\n"]
