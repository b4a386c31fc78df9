"""The parts of a release that are functions of values: notes of a version, faults of a distribution."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from packaging.metadata import InvalidMetadata, Metadata

HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\].*$", re.MULTILINE)
DATA = "dagbook-{version}.data/data"
NEEDED = (
    "dagbook/__init__.py",
    "dagbook-{version}.dist-info/entry_points.txt",
    f"{DATA}/share/jupyter/labextensions/dagbook/package.json",
    f"{DATA}/share/jupyter/labextensions/dagbook/install.json",
    f"{DATA}/share/jupyter/labextensions/dagbook/static/style.js",
    f"{DATA}/etc/jupyter/jupyter_server_config.d/dagbook.json",
)


class NotReady(Exception):
    """The release cannot be made; the message says what to mend."""


def notes(changelog: str, version: str) -> str:
    """What the changelog says of a version; where it has no section yet, of what is unreleased.

    Raises:
        NotReady: there is nothing to say.
    """
    sections = dict(_sections(changelog))
    for name in (version, "Unreleased"):
        if sections.get(name):
            # No heading stays above nothing: an "Added" that was emptied goes with what it held.
            return f"# Dagbook {version}\n\n{_without_empty_headings(sections[name])}\n"
    raise NotReady(
        f"CHANGELOG.md says nothing of {version}. Fix: write what users notice under '## [Unreleased]'"
    )


def _sections(changelog: str) -> Iterable[tuple[str, str]]:
    found = list(HEADING.finditer(changelog))
    for place, match in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(changelog)
        body = _without_empty_headings(changelog[match.end() : end].strip())
        yield match["version"], body


def _without_empty_headings(body: str) -> str:
    kept = re.split(r"(?m)^(?=### )", body)
    return "".join(part for part in kept if not re.fullmatch(r"### [^\n]*\s*", part)).strip()


def faults_of_metadata(text: str, version: str) -> list[str]:
    """What an index would refuse, or show badly, of a distribution's METADATA or PKG-INFO; empty: nothing."""
    try:
        metadata = Metadata.from_email(text, validate=True)
    except ExceptionGroup as group:
        return [_said(fault) for fault in group.exceptions]
    faults = []
    if str(metadata.version) != version:
        faults.append(f"its version is {metadata.version}, and package.json says {version}")
    if metadata.description_content_type != "text/markdown":
        faults.append(f"its description is {metadata.description_content_type}: README.md would be shown raw")
    faults += [
        f"it has no {name}"
        for name in ("summary", "description", "license_expression", "requires_python", "classifiers")
        if not getattr(metadata, name)
    ]
    return faults


def links_that_stay_behind(description: str) -> list[str]:
    """Links of the description that lead to files beside it, and so nowhere on the page of an index."""
    return sorted(set(re.findall(r"\]\((?!https?:|#|mailto:)([^)\s]+)", description)))


def _said(fault: Exception) -> str:
    return f"{fault.field}: {fault}" if isinstance(fault, InvalidMetadata) else str(fault)


def missing_in_wheel(names: Iterable[str], version: str) -> list[str]:
    """The files without which an installed wheel would lack one of its halves."""
    present = set(names)
    return [name for name in (each.format(version=version) for each in NEEDED) if name not in present]


def summary(tried: Mapping[str, str | None]) -> list[str]:
    """A line for each Python version: what was tried there, or that it was not. None: no such Python."""
    return [
        f"  Python {version}  {outcome or 'NOT TRIED: this machine has no such Python'}"
        for version, outcome in tried.items()
    ]
