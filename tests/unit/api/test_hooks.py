"""Whom hooks tell, when a run is taken up whose addresses are gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagbook.api.hooks import renew_addresses
from dagbook.engine.hooks import read_addresses, write_addresses
from dagbook.pipeline.plan import Plan, PlannedHook

FILE = (
    "pipeline: p\nnodes:\n  a: {notebook: a.ipynb}\non:\n  exit:\n    - notify: json://new\n    - x.ipynb\n"
)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    file = tmp_path / "p.pipeline.yaml"
    file.write_text(FILE)
    hooks = {"on.exit": PlannedHook(on="exit", service="json")}
    return Plan(pipeline="p", file=str(file), project=str(tmp_path), nodes={}, steps=(), hooks=hooks)


def test_addresses_that_are_gone_are_read_from_the_file_again(tmp_path: Path, plan: Plan):
    renew_addresses(tmp_path, plan)
    assert read_addresses(tmp_path) == {"on.exit": "json://new"}


def test_addresses_that_are_there_stay(tmp_path: Path, plan: Plan):
    write_addresses(tmp_path, {"on.exit": "json://old"})
    renew_addresses(tmp_path, plan)
    assert read_addresses(tmp_path) == {"on.exit": "json://old"}


@pytest.mark.parametrize("text", ["", "pipeline: p\n", None])
def test_a_file_that_says_nothing_any_more_tells_nobody(tmp_path: Path, plan: Plan, text: str | None):
    if text is None:
        Path(plan.file).unlink()
    else:
        Path(plan.file).write_text(text)
    renew_addresses(tmp_path, plan)
    assert read_addresses(tmp_path) == {}
