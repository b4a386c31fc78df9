"""What the `%%check` cells of an attempt came to: one line each in a file beside its outputs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

CHECKS: Final = "checks.jsonl"

Severity = Literal["error", "warn"]


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One check as it came out. `message` says what did not hold; it is empty where it did."""

    name: str
    passed: bool
    severity: Severity = "error"
    message: str = ""

    @property
    def metric(self) -> str:
        """What the run's metric is called: 1 where the check held, 0 where not."""
        return f"check.{self.name}"

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


def read_checks(folder: Path) -> tuple[CheckResult, ...]:
    """The checks of the attempt in the folder, the last of each name; what is cut off is passed over."""
    found: dict[str, CheckResult] = {}
    try:
        lines = (folder / CHECKS).read_text("utf-8").splitlines()
    except OSError:
        return ()
    for line in lines:
        try:
            result = CheckResult(**json.loads(line))
        except (ValueError, TypeError):
            continue
        found[result.name] = result
    return tuple(found.values())


def warnings_of(folder: Path) -> tuple[str, ...]:
    """What did not hold in the attempt and let it go on all the same."""
    return tuple(
        f"check '{result.name}': {result.message}"
        for result in read_checks(folder)
        if not result.passed and result.severity == "warn"
    )
