"""A run as JUnit XML."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from dagbook.api.checks import checks_of, junit_xml
from dagbook.api.run import Run
from dagbook.bootstrap import queries_of
from tests.golden.runs import GoldenRuns


def junit(tmp_path: Path, journal: str, checks: str = "") -> tuple[ET.Element, Any]:
    runs = GoldenRuns(tmp_path)
    run = Run(runs.add(journal), queries_of(tmp_path / ".dagbook" / "runs"))
    step = next(step for step in run.state.steps.values() if step.folder)
    if checks:
        folder = run.folder / step.folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "checks.jsonl").write_text(checks)
    read = (ET.fromstring(junit_xml(run)), checks_of(run))
    runs.kill_drivers()
    return read


def test_each_step_and_each_check_is_a_case(tmp_path: Path):
    lines = (
        '{"name": "good", "passed": true}\n'
        '{"name": "bad", "passed": false, "message": "auc > 1 \\u0000"}\n'
        '{"name": "odd", "passed": false, "severity": "warn", "message": "hm"}\n'
    )
    suite, checks = junit(tmp_path, "success-matrix", lines)
    cases = {case.get("name"): case for case in suite}
    assert [check.result.name for check in checks] == ["good", "bad", "odd"]
    assert int(suite.get("tests", "")) == len(cases)
    assert (suite.get("failures"), suite.get("errors")) == ("1", "0")
    failure = cases["check bad"].find("failure")
    assert failure is not None
    assert failure.get("message") == "auc > 1 "
    assert cases["check odd"].find("failure") is None
    assert len(cases["check good"]) == 0
