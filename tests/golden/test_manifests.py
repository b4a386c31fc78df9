"""The manifests of the examples. After a change that is meant: python -m tests.golden.test_manifests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dagbook.api.compiling import Target, compile_pipeline
from dagbook.api.planning import check_file
from tests.architecture.sources import ROOT
from tests.unit.compilers.argo_schema import complaints

FOLDER = Path(__file__).parent / "manifests"
# Bash's kernel is not on every machine; tests/acceptance/test_gallery.py brings it.
FILES = sorted(
    file for file in (ROOT / "examples").glob("*/*.pipeline.yaml") if file.parent.name != "access-log"
)
# What these say (`foreach`, `when`, `register`, …) is refused there yet.
ELSEWHERE = {"argo": {"backtest", "churn-service", "daily-report"}}
TARGETS: dict[str, dict[str, str]] = {
    "argo": {"image": "registry.example/project:1"},
    "airflow": {},
    "kubeflow": {"image": "registry.example/project:1"},
    "luigi": {},
}
EXTRAS = {"argo": "hera"}
CASES = [(file, to) for file in FILES for to in TARGETS if file.parent.name not in ELSEWHERE.get(to, ())]


def manifest(file: Path, to: str) -> str:
    """The manifest of an example, without what changes with each edit of a notebook."""
    text = compile_pipeline(check_file(file), Target(to=to, options=TARGETS[to]), {}).text
    return re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", text)


def golden(file: Path, to: str) -> Path:
    return FOLDER / f"{file.name.partition('.')[0]}.{to}.txt"


@pytest.mark.parametrize(("file", "to"), CASES, ids=lambda value: getattr(value, "stem", value))
def test_the_manifest_of_an_example_is_as_it_was(file: Path, to: str):
    if to in EXTRAS:
        pytest.importorskip(EXTRAS[to], reason=f"the extra `{to}` is not installed")
    assert manifest(file, to) == golden(file, to).read_text("utf-8")


@pytest.mark.parametrize("file", [file for file, to in CASES if to == "argo"], ids=lambda file: file.stem)
def test_argo_takes_the_manifest_of_an_example(file: Path):
    made = YAML(typ="safe", pure=True).load(golden(file, "argo").read_text("utf-8"))
    assert complaints(made) == []


if __name__ == "__main__":
    for file, to in CASES:
        golden(file, to).write_text(manifest(file, to), "utf-8")
