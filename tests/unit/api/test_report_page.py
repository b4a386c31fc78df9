"""The page itself, made of every golden run and of one that is out to do harm."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from dagbook import bootstrap
from dagbook.api.run import Run
from tests.golden.runs import JOURNALS, GoldenRuns

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def golden(tmp_path: Path) -> GoldenRuns:
    return GoldenRuns(tmp_path)


def report(golden: GoldenRuns, run: str, best: str | None = None) -> str:
    return Run(run, bootstrap.queries_of(golden.folder)).report(best=best)


@pytest.mark.parametrize("journal", sorted(path.stem for path in JOURNALS.glob("*.jsonl")))
def test_every_golden_run_makes_a_page_that_names_its_steps(golden: GoldenRuns, journal: str):
    run = golden.add(journal)
    page = report(golden, run)
    state = Run(run, bootstrap.queries_of(golden.folder)).state
    assert page.startswith("<!doctype html>")
    for name, step in state.steps.items():
        assert f'<th scope="row">{name}' in page
        assert step.state in page
    assert run in page


def test_a_page_needs_nothing_from_elsewhere(golden: GoldenRuns):
    page = report(golden, golden.add("success-matrix"))
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page.replace('marker-end="url(#head)"', ""))
    assert "default-src 'none'" in page


def test_a_failed_step_comes_first_with_its_cell_and_error(golden: GoldenRuns):
    page = report(golden, golden.add("failure-skips"))
    state = Run(golden.add("failure-skips"), bootstrap.queries_of(golden.folder)).state
    failed = next(step for step in state.steps.values() if step.error is not None)
    head = page.split("<h2>Graph</h2>")[0]
    assert failed.error is not None
    assert failed.error.name in head
    assert f"cell {failed.error.cell}" in head


def test_the_graph_is_well_formed_and_coloured_by_state(golden: GoldenRuns):
    page = report(golden, golden.add("failure-skips"))
    svg = page[page.index("<svg") : page.index("</svg>") + 6]
    ET.fromstring(svg)
    assert '<g class="bad">' in svg


@pytest.mark.parametrize("name", ["pipeline", "user", "file"])
def test_names_with_markup_in_them_are_text(golden: GoldenRuns, name: str):
    run = golden.add("failure-skips")
    shown = golden.folder / run / "journal.jsonl"
    from dagbook.journals.lines import encode_line
    from dagbook.journals.tail import read_journal

    first, *rest = read_journal(shown)
    first = first.model_copy(update={"event": first.event.model_copy(update={name: HOSTILE})})
    shown.write_bytes(b"".join(encode_line(entry) for entry in (first, *rest)))
    page = report(golden, run)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
