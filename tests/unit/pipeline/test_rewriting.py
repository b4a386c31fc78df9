"""Names in templates are given another meaning; nothing else of them changes."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.pipeline.expressions import ExpressionError, references, resolve
from dagbook.pipeline.rewriting import Meaning, NotInExpression, rewrite

MEANINGS: dict[tuple[str, ...], Any] = {
    ("prepare",): "${f__prepare}",
    ("max",): "${f__max}",
    ("params", "rows"): "${source.count + 1}",
    ("params", "name"): "run ${x.name} of ${y.name}",
    ("params", "columns"): ["a", "${x.column}", {"deep": "${y.z}"}],
    ("params", "plain"): "${params.f__plain}",
}


def lookup(words: tuple[str, ...]) -> Meaning | None:
    for used in (2, 1):
        if words[:used] in MEANINGS:
            return Meaning(MEANINGS[words[:used]], used=used)
    return None


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain text, no ${other.name}", "plain text, no ${other.name}"),
        ("${  other.name  }", "${  other.name  }"),
        (5, 5),
        (None, None),
        ("${prepare.table}", "${f__prepare.table}"),
        ('${prepare["table"]}', "${f__prepare.table}"),
        ("${prepare.table.rows[0].x}", "${f__prepare.table.rows[0].x}"),
        ("${prepare[other.name]}", "${f__prepare[other.name]}"),
        ("${max(prepare.a, 1)}", "${max(f__prepare.a, 1)}"),
        ("${max.a}", "${f__max.a}"),
        ("${params.rows}", "${source.count + 1}"),
        ("${params.rows * 2}", "${(source.count + 1) * 2}"),
        ("${-params.rows ** 2}", "${-(source.count + 1) ** 2}"),
        ("${params.rows} rows", "${source.count + 1} rows"),
        ("${params.plain}", "${params.f__plain}"),
        ("${params.other}", "${params.other}"),
        ("${params.name}", "run ${x.name} of ${y.name}"),
        ("the ${params.name}!", "the run ${x.name} of ${y.name}!"),
        ("${params.columns}", ["a", "${x.column}", {"deep": "${y.z}"}]),
        ("${len(params.columns)}", "${len(['a', x.column, {'deep': y.z}])}"),
        ("of ${params.columns}", "of ${['a', x.column, {'deep': y.z}]}"),
        ("$${prepare.table} ${prepare.table}", "$${prepare.table} ${f__prepare.table}"),
        ("$${prepare.table}", "$${prepare.table}"),
        (["${prepare.a}", {"k": "${prepare.b}"}], ["${f__prepare.a}", {"k": "${f__prepare.b}"}]),
        ("${[prepare.x for prepare in other.xs]}", "${[prepare.x for prepare in other.xs]}"),
        ("${[source + params.rows for source in prepare.xs]}",
         "${[source_ + (source.count + 1) for source_ in f__prepare.xs]}"),
        ("${true if prepare.a else null}", "${true if f__prepare.a else null}"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_template(template: Any, expected: Any):
    assert rewrite(template, lookup) == expected
    references(expected)


@pytest.mark.parametrize("template", ["${params.name + '!'}", "${[params.name]}", "${len(params.name)}"])
def test_a_text_of_several_parts_is_no_part_of_an_expression(template: str):
    with pytest.raises(NotInExpression, match="put together of several parts"):
        rewrite(template, lookup)


@pytest.mark.parametrize("template", ["${", "${1 +}", "${lambda: 1}", "${}"])
def test_what_is_no_expression_is_said(template: str):
    with pytest.raises(ExpressionError):
        rewrite(template, lookup)


def test_a_new_name_is_worth_what_the_old_one_was():
    names = {"source": {"count": 3}, "f__prepare": {"xs": [1, 2], "t": {"rows": 5}}}
    for template, value in [
        ("${[source + params.rows for source in prepare.xs]}", [5, 6]),
        ("${prepare.t.rows - params.rows * 2}", -3),
        ("<${params.rows}>", "<4>"),
    ]:
        assert resolve(rewrite(template, lookup), names) == value
