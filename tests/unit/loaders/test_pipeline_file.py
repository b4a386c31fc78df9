"""Bad pipeline files: only InvalidInput, with file, line and remedy, and quickly."""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dagbook.errors import Finding, InvalidInput
from dagbook.loaders.pipeline_file import load_pipeline
from dagbook.pipeline.check import check_spec

GOOD = "pipeline: p\nnodes:\n  a: {notebook: a.ipynb}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "churn.pipeline.yaml"


def findings_of(file: Path, content: str | bytes | None = None) -> tuple[Finding, ...]:
    """What is wrong with the file; each finding names the file and a remedy, and none took long."""
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    began = time.process_time()
    with pytest.raises(InvalidInput) as caught:
        load_pipeline(file)
    assert time.process_time() - began < 2
    for finding in caught.value.findings:
        assert finding.file == str(file)
        assert finding.remedy
        assert finding.message
        assert "\n" not in finding.message
        assert len(str(finding)) < 1000
    return caught.value.findings


def bomb() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, after in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "code", "line", "said"),
    [
        ("a: b: c\n", "yaml-syntax", 1, "mapping values are not allowed"),
        ("pipeline: p\nnodes:\n\ta: x\n", "yaml-syntax", 3, "a tab is used for indentation"),
        ("pipeline: 'p\n", "yaml-syntax", 1, "never closed"),
        ("pipeline: p\nnodes: [a, b\n", "yaml-syntax", 3, "expected"),
        ("pipeline: p\nx: \0\n", "yaml-syntax", 2, "U+0000"),
        ("pipeline: p\n\nx: a\x07b\n", "yaml-syntax", 3, "U+0007"),
        ("pipeline: p\nparams: {day: 2024-13-45}\n", "yaml-syntax", 2, "month must be in 1..12"),
        ("pipeline: p\nversion: " + "9" * 5000, "yaml-syntax", 2, "4300 digits"),
        (GOOD + "version: 0x" + "f" * 9000, "wrong-type", 4, "a very long number"),
        ("pipeline: p\nnodes: {<<: 5}\n", "yaml-syntax", 2, "merging"),
        ("pipeline: p\n? {a: b}\n: c\n", "yaml-syntax", 2, "unhashable"),
        (GOOD + "pipeline: q\n", "duplicate-key", 4, "first in line 1"),
        (GOOD + "  a: {notebook: b.ipynb}\n", "duplicate-key", 4, "first in line 3"),
        (bomb(), "yaml-alias", 6, "grow beyond all bounds"),
        ("a: &a [*a]\n", "yaml-alias", 1, "stands inside itself or nowhere"),
        ("a: &a {b: {c: *a}}\n", "yaml-alias", 1, "stands inside itself or nowhere"),
        ("a: *b\n", "yaml-alias", 1, "stands inside itself or nowhere"),
        ("[" * 5_000, "too-deep", 1, "50 levels"),
        ("{a: " * 20_000, "too-deep", 1, "50 levels"),
        ("- " * 20_000, "too-deep", 1, "50 levels"),
        ("".join(" " * depth + "a:\n" for depth in range(300)), "too-deep", 51, "50 levels"),
        ("a: !!python/object/apply:os.system [x]\n", "yaml-tag", 1, "not allowed"),
        ("pipeline: p\na: !secret x\n", "yaml-tag", 2, "`!secret`"),
        ("a: !!binary aGk=\n", "yaml-tag", 1, "not allowed"),
        ("%TAG ! tag:x,2000:\n---\na: !foo b\n", "yaml-tag", 3, "not allowed"),
        (GOOD + "---\n" + GOOD, "two-documents", 4, "more than one document"),
        ("# " + "x" * 1_000_100, "too-large", 1, "1000 kB"),
        ("", "no-pipeline", None, "the file is empty"),
        ("# only a comment\n", "no-pipeline", None, "the file is empty"),
        ("null\n", "no-pipeline", None, "the file is empty"),
        ("- a\n- b\n", "no-pipeline", None, "holds no mapping"),
        ("just text\n", "no-pipeline", None, "holds no mapping"),
        (GOOD + "extra: 1\n", "unknown-key", 4, "'extra' is no key here"),
        (GOOD + "descripton: x\n", "unknown-key", 4, "'descripton'"),
        ("pipeline: p\nnodes:\n  a:\n    notebook: x\n    parms: {}\n", "unknown-key", 5, "'parms'"),
        ("pipeline: p\nnodes:\n  a:\n    params: {}\n", "missing-key", 3, "'notebook' is missing"),
        ("pipeline: p\nnodes:\n  a:\n", "wrong-type", 3, "must be a mapping, not nothing"),
        ("pipeline: p\nnodes: [a]\n", "wrong-type", 2, "must be a mapping, not a list"),
        ("pipeline: 5\nnodes: {a: {notebook: x}}\n", "wrong-type", 1, "must be a text, not 5"),
        ("pipeline: p\nnodes:\n  1: {notebook: x}\n", "wrong-type", 3, "the key `1` is no text"),
        (GOOD + "1.5: x\n", "wrong-type", 4, "the key `1.5` is no text"),
        (GOOD + "? \n: x\n", "wrong-type", 1, "is no text"),
        (GOOD + "[a, b]: x\n", "wrong-type", 1, "is no text"),
        (GOOD + "version: 2\n", "wrong-type", 4, "format version 2"),
        ("pipeline: p\nnodes:\n  a-b: {notebook: x}\n", "wrong-value", 3, "is no name"),
        ("pipeline: p\nnodes:\n  a: {notebook: x, timeout: soon}\n", "wrong-value", 3, "no duration"),
    ],
    ids=lambda value: repr(value[:25]) if isinstance(value, str) else str(value),
)
def test_a_bad_file_is_told_where_and_why(file: Path, content: str, code: str, line: int | None, said: str):
    finding = findings_of(file, content)[0]
    assert (finding.code, finding.line) == (code, line)
    assert said in finding.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.encode("utf-16"), "byte 1 is not UTF-8"),
        (GOOD.encode() + b"x: gr\xf6sse\n", "is not UTF-8"),
        (b"\x80", "byte 1 is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is not UTF-8"),
    ],
    ids=["utf-16", "latin-1", "one byte", "a picture"],
)
def test_a_file_in_another_encoding_is_told_to_be(file: Path, content: bytes, said: str):
    (finding,) = findings_of(file, content)
    assert finding.code == "not-utf8"
    assert said in finding.message


def test_everything_wrong_is_told_at_once_each_with_its_line(file: Path):
    nodes = "  a:\n    params: {}\n  b:\n    notebook: b\n    timeout: never\n    neds: a\n"
    content = f"pipeline: p\nextra: 1\nnodes:\n{nodes}"
    found = findings_of(file, content)
    assert {(one.code, one.line, one.node) for one in found} == {
        ("unknown-key", 2, None),
        ("missing-key", 4, "a"),
        ("wrong-value", 8, "b"),
        ("unknown-key", 9, "b"),
    }


def test_all_repeated_keys_are_told_with_both_lines(file: Path):
    content = "pipeline: p\nnodes:\n  a: {notebook: x}\n  a: {notebook: y}\npipeline: q\n  # end\n"
    found = findings_of(file, content)
    assert [(one.line, one.message) for one in found] == [
        (4, "'a' is written twice here, first in line 3"),
        (5, "'pipeline' is written twice here, first in line 1"),
    ]


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ("chrn.pipeline.yaml", "did you mean 'churn.pipeline.yaml'?"),
        ("gone/x.pipeline.yaml", "check the path"),
    ],
)
def test_a_file_that_is_not_there_names_the_nearest(file: Path, asked: str, remedy: str):
    file.write_text(GOOD)
    (finding,) = findings_of(file.parent / asked)
    assert finding.code == "no-such-file"
    assert remedy in finding.remedy


def test_a_folder_names_the_pipeline_file_in_it(file: Path):
    (finding,) = findings_of(file.parent)
    assert (finding.code, "dagbook init" in finding.remedy) == ("is-a-folder", True)
    file.write_text(GOOD)
    (finding,) = findings_of(file.parent)
    assert str(file) in finding.remedy


def test_a_loop_of_links_cannot_be_read(file: Path):
    file.symlink_to(file)
    (finding,) = findings_of(file)
    assert finding.code in {"no-such-file", "not-readable"}


# --- what is fine ---------------------------------------------------------------------------------------


def test_a_byte_order_mark_is_no_matter(file: Path):
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_pipeline(file).spec.pipeline == "p"


def test_carriage_returns_are_no_matter(file: Path):
    file.write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert list(load_pipeline(file).spec.nodes) == ["a"]


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "Yes", "0o17x", "1:30", "12e03x"])
def test_words_that_older_yaml_took_for_something_else_stay_texts(file: Path, word: str):
    file.write_text(GOOD + f"params: {{x: {word}}}\n")
    assert load_pipeline(file).spec.params["x"].default == word


def test_anchors_and_merges_are_understood(file: Path):
    file.write_text(
        "pipeline: p\nnodes:\n  a: &a {notebook: a.ipynb, timeout: 5m}\n  b: {<<: *a, notebook: b.ipynb}\n"
    )
    spec = load_pipeline(file).spec
    assert (spec.nodes["b"].notebook, spec.nodes["b"].timeout) == ("b.ipynb", 300)


def test_an_anchor_that_is_used_again_warns_nobody(file: Path):
    file.write_text(GOOD + "params: {x: &a 1, y: &a 2, z: *a}\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_pipeline(file).spec.params["z"].default == 2


def test_problems_of_the_spec_get_their_place_in_the_text(file: Path):
    file.write_text(
        "pipeline: p\nnodes:\n  a:\n    notebook: a.ipynb\n    params:\n      x: 1\n      y: ${nope.z}\n"
    )
    loaded = load_pipeline(file)
    (finding,) = loaded.findings(check_spec(loaded.spec))
    assert (finding.line, finding.column, finding.node) == (7, 7, "a")


def test_the_order_of_nodes_is_the_files(file: Path):
    names = [f"n{number}" for number in range(30)][::-1]
    file.write_text("pipeline: p\nnodes:\n" + "".join(f"  {name}: {{notebook: x.ipynb}}\n" for name in names))
    assert list(load_pipeline(file).spec.nodes) == names


# --- anything -------------------------------------------------------------------------------------------

yamlish = st.text(alphabet="ab: -[]{}\n\t'\"&*!|>#%?,@`\\0123.~<=$\x00\x85\u2028é🎉", max_size=60)
lines = st.sampled_from(
    [
        "pipeline: p", "nodes:", "  a: {notebook: x}", "  b:", "    notebook: y", "    params: {x: ${a.y}}",
        "    matrix: {d: [1, 2]}", "    needs: a", "params:", "  x: 1", "  day: 0001-01-01T00:00:00+23:00",
        "  <<: *x", "  z: &x {a: 1}", "? [a]", ": b", "- c", "---", "...", "%YAML 1.1", "  t: 12:30:45",
        "  big: 1e999", "  tag: !!int x", "  2001-01-01: x", "  =: =", "  k: |2", "     text", "  ~: ~",
    ]
)  # fmt: skip


def load_or_refuse(folder: Path, content: bytes) -> None:
    file = folder / "any.pipeline.yaml"
    file.write_bytes(content)
    try:
        load_pipeline(file)
    except InvalidInput as error:
        assert error.findings  # noqa: PT017
        assert all(one.remedy and one.file for one in error.findings)  # noqa: PT017


ANY = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ANY
@given(yamlish)
@example("? \n? \n")
@example("{[a]: x, [b]: x}")
@example("*a : b")
@example("a: &a\n*a : b")
@example("!!str")
@example("&a")
def test_any_text_loads_or_is_refused(tmp_path: Path, text: str):
    load_or_refuse(tmp_path, text.encode())


@ANY
@given(st.lists(lines, max_size=12))
def test_any_lines_load_or_are_refused(tmp_path: Path, written: list[str]):
    load_or_refuse(tmp_path, "\n".join(written).encode())


@ANY
@given(st.binary(max_size=40))
def test_any_bytes_load_or_are_refused(tmp_path: Path, content: bytes):
    load_or_refuse(tmp_path, content)
