"""Writes what `dagbook explain` says from the page of errors: `python -m tests.docs.explained`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.architecture.sources import PACKAGE, ROOT

PLACE = PACKAGE / "schemas" / "errors.json"
_ROW = re.compile(r"^\| (?P<codes>`[^|]*`[^|]*) \| (?P<means>.+) \|$")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def explained(page: str) -> dict[str, dict[str, str]]:
    """Code → what it means and under which heading of the page it stands."""
    found: dict[str, dict[str, str]] = {}
    heading = ""
    for line in page.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        row = _ROW.match(line)
        if row is None:
            continue
        for code in re.findall(r"`([A-Za-z][\w-]*)`", row["codes"]):
            means = _LINK.sub(r"\1", row["means"]).replace("*", "").replace("`", "")
            found.setdefault(code, {"means": means, "section": heading})
    return dict(sorted(found.items()))


def written() -> str:
    """The file's text."""
    page = Path(ROOT / "docs" / "reference" / "errors.md").read_text("utf-8")
    return json.dumps(explained(page), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(written(), "utf-8")
