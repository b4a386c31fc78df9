"""What has changed since a plan was made, and what only seems to have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dagbook.api.differences import differences
from dagbook.api.planning import Choices, check_file, make_plan
from dagbook.pipeline.plan import Plan


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path / "a.ipynb", "print(1)")
    (tmp_path / ".dagbook").mkdir()
    made = tmp_path / "p.pipeline.yaml"
    made.write_text("pipeline: p\nnodes:\n  a: {notebook: a.ipynb}\n")
    return made


def write(path: Path, source: str) -> None:
    cell = {
        "cell_type": "code", "id": "w", "metadata": {}, "source": source, "outputs": [],
        "execution_count": None,
    }  # fmt: skip
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def planned(file: Path, choices: Choices) -> Plan:
    return make_plan(check_file(file), choices).plan


@pytest.mark.parametrize("warm", [None, True, False])
def test_how_kernels_are_started_is_no_change(file: Path, warm: bool | None):
    assert not differences(planned(file, Choices(warm=warm)))


def test_another_cell_is_a_change(file: Path):
    plan = planned(file, Choices(warm=True))
    write(file.with_name("a.ipynb"), "print(2)")

    found = differences(plan)

    assert [line.partition(":")[0] for line in found.said] == ["node 'a'"]
