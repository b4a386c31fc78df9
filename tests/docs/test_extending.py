"""What the page on adapters shows works; its executor goes through tests/contract/test_executors.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dagbook.formats import registry
from tests.docs.commands import calls, parse
from tests.docs.extending import PAGE, files, on_the_page
from tests.unit.compilers.deployments import deployment

PACKAGE = Path(registry.__file__).parents[1]


def test_the_files_that_the_page_shows_are_new_and_lie_where_their_kind_does():
    assert set(files()) == {"executors/threads.py", "compilers/shell.py", "formats/raw.py"}
    assert [name for name in files() if (PACKAGE / name).exists()] == []
    assert [name for name in files() if not (PACKAGE / name).parent.is_dir()] == []


def test_the_files_that_the_page_names_are_there():
    text = PAGE.read_text("utf-8")
    named = set(re.findall(r"`([a-z]+/[a-z_]+\.py|bootstrap\.py)`", text))
    assert {"engine/ports.py", "bootstrap.py", "trackers/memory.py", "formats/registry.py"} <= named
    assert [name for name in named if not (PACKAGE / name).exists()] == []


def test_the_compiler_writes_commands_that_there_are_in_an_order_that_goes():
    compiler = on_the_page("compilers/shell.py")["ShellCompiler"]()
    nodes = {"last": {"params": {"x": "${first.x}"}, "matrix": {"n": [1, 2]}}, "first": {}}
    made = compiler.compile(deployment(compiler, nodes, texts={"rows": "a b"}, params={"rows": 5}))
    head, *lines = made.text.splitlines()
    assert (head, made.suffix, made.is_refused) == ("set -e", ".sh", False)
    commands = [words for line in lines for words in calls(line)]
    for words in commands:
        parse(words)
    assert [words[-1] for words in commands] == ["first", "last[0]", "last[1]"]
    assert all("rows=a b" in words for words in commands)


@pytest.mark.parametrize(
    "node", [{"foreach": [1, 2]}, {"approve": "Well?"}, {"run_if": "always", "needs": "first"}]
)
def test_the_compiler_refuses_what_it_cannot_say(node):
    compiler = on_the_page("compilers/shell.py")["ShellCompiler"]()
    made = compiler.compile(deployment(compiler, {"first": {}, "second": node}))
    assert made.is_refused
    assert made.text == ""


def test_the_format_writes_what_is_published(tmp_path, monkeypatch):
    made = on_the_page("formats/raw.py")["BytesFormat"]()
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, made))
    output = registry.write(b"\x00\xff", "blob", tmp_path / "outputs")
    assert (output.kind, output.path, output.type, output.bytes) == ("file", "outputs/blob.bin", "bytes", 2)
    assert registry.load(tmp_path / output.path) == tmp_path / "outputs" / "blob.bin"
    assert (tmp_path / output.path).read_bytes() == b"\x00\xff"


def test_without_the_format_bytes_are_refused(tmp_path):
    with pytest.raises(TypeError, match="blob"):
        registry.write(b"\x00\xff", "blob", tmp_path / "outputs")
