"""The checks of a run, and a run as the JUnit XML that CI systems read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from dagbook.api.run import Run
from dagbook.engine.checks import CheckResult, read_checks
from dagbook.errors import EnvironmentFault, Finding

_FAILED = frozenset({"failed", "timed-out", "killed", "cancelled", "lost"})
_SKIPPED = frozenset({"skipped", "pending"})


@dataclass(frozen=True, kw_only=True)
class StepCheck:
    """A check, and the step whose notebook made it."""

    step: str
    result: CheckResult

    def to_json(self) -> dict[str, Any]:
        """The shape of `dagbook check --json`."""
        return {"step": self.step, **self.result.to_json()}


def checks_of(run: Run) -> tuple[StepCheck, ...]:
    """Every check that the steps of a run made, by step; of the last attempt of each."""
    return tuple(
        StepCheck(step=step.outline.step, result=result)
        for step in run.state.steps.values()
        if step.folder
        for result in read_checks(run.folder / step.folder)
    )


def junit_xml(run: Run) -> str:
    """A run as JUnit XML: one suite, with a case for each step and one for each check."""
    shown = run.show()
    suite = ET.Element("testsuite", name=shown["pipeline"], time=_seconds(shown["seconds"]))
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for step in shown["steps"]:
        counts["tests"] += 1
        case = ET.SubElement(
            suite, "testcase", classname=shown["pipeline"], name=step["step"], time=_seconds(step["seconds"])
        )
        _add_outcome(case, step, counts)
    for check in checks_of(run):
        counts["tests"] += 1
        case = ET.SubElement(
            suite, "testcase", classname=f"{shown['pipeline']}.{check.step}",
            name=f"check {check.result.name}", time="0",
        )  # fmt: skip
        if not check.result.passed and check.result.severity == "error":
            counts["failures"] += 1
            ET.SubElement(case, "failure", message=_clean(check.result.message), type="CheckFailed")
        elif not check.result.passed:
            ET.SubElement(case, "system-out").text = _clean(f"warning: {check.result.message}")
    for name, count in counts.items():
        suite.set(name, str(count))
    ET.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def write_junit(run: Run, path: Path) -> None:
    """Write the run there as JUnit XML. Raises EnvironmentFault."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(junit_xml(run), "utf-8")
    except OSError as error:
        raise EnvironmentFault(
            Finding(
                code="not-writable", message=f"the JUnit XML cannot be written: {error.strerror}",
                remedy="make room or allow writing there; the run is over, and kept", file=str(path),
            )
        ) from error  # fmt: skip


def _add_outcome(case: ET.Element, step: dict[str, Any], counts: dict[str, int]) -> None:
    error = step["error"]
    if step["state"] in _FAILED:
        kind, tag = ("failures", "failure") if step["state"] == "failed" else ("errors", "error")
        counts[kind] += 1
        message = f"{error['name']}: {error['value']}" if error else step["state"]
        failure = ET.SubElement(case, tag, message=_clean(message), type=error["name"] if error else "")
        failure.text = _clean(error["traceback"] or "") if error else ""
    elif step["state"] in _SKIPPED:
        counts["skipped"] += 1
        ET.SubElement(case, "skipped", message=_clean(step["reason"] or ""))


def _seconds(seconds: float | None) -> str:
    return f"{seconds or 0:.3f}"


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(sign for sign in text if sign in "\t\n" or " " <= sign < "\ud800" or sign >= "\ue000")
