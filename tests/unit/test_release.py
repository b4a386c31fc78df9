"""What a release says and refuses, by tables: `tools/release_parts.py`."""

from __future__ import annotations

import pytest
from tools.release_parts import (
    NotReady,
    faults_of_metadata,
    links_that_stay_behind,
    missing_in_wheel,
    notes,
    summary,
)

CHANGELOG = """# Changelog

## [Unreleased]

### Added

- A gallery.

### Fixed

## [0.1.0] - 2026-01-02

### Fixed

- A typing mistake.
"""

METADATA = """Metadata-Version: 2.4
Name: dagbook
Version: 0.1.0
Summary: Notebooks.
License-Expression: BSD-3-Clause
Requires-Python: >=3.11
Classifier: Framework :: Jupyter
Requires-Dist: click>=8.1
Description-Content-Type: text/markdown

# Dagbook
"""


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("0.2.0", "# Dagbook 0.2.0\n\n### Added\n\n- A gallery.\n"),
        ("0.1.0", "# Dagbook 0.1.0\n\n### Fixed\n\n- A typing mistake.\n"),
    ],
    ids=["not cut yet", "cut"],
)
def test_notes_are_the_section_of_the_version_or_what_is_unreleased(version, said):
    assert notes(CHANGELOG, version) == said


@pytest.mark.parametrize(
    "changelog", ["", "# Changelog\n", "## [Unreleased]\n\n### Added\n\n## [0.0.1]\n\n- x\n"]
)
def test_a_changelog_that_says_nothing_makes_no_release(changelog):
    with pytest.raises(NotReady, match=r"says nothing of 0\.2\.0\. Fix: "):
        notes(changelog, "0.2.0")


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("Name: dagbook", "Name: dagbook", None),
        ("Version: 0.1.0", "Version: 0.1.1", "its version is 0.1.1, and package.json says 0.1.0"),
        ("Summary: Notebooks.\n", "", "it has no summary"),
        ("text/markdown", "text/x-rst", "README.md would be shown raw"),
        ("click>=8.1", "click>=>8.1", "requires-dist"),
        ("License-Expression: BSD-3-Clause", "License-Expression: Ours", "license-expression"),
    ],
)
def test_metadata_that_an_index_refuses_is_named(before, after, fault):
    faults = faults_of_metadata(METADATA.replace(before, after), "0.1.0")
    assert len(faults) == (fault is not None)
    assert fault is None or fault in faults[0]


def test_links_to_files_are_told_from_links_to_pages():
    text = "[a](docs/a.md) [b](https://example.org/b) [c](#c) [a again](docs/a.md)"
    assert links_that_stay_behind(text) == ["docs/a.md"]


def test_a_wheel_without_its_front_end_is_not_whole():
    missing = missing_in_wheel(["dagbook/__init__.py"], "0.1.0")
    assert "dagbook-0.1.0.data/data/share/jupyter/labextensions/dagbook/package.json" in missing
    assert "dagbook/__init__.py" not in missing


def test_a_python_that_is_not_there_is_said():
    assert summary({"3.11": "ran", "3.12": None}) == [
        "  Python 3.11  ran",
        "  Python 3.12  NOT TRIED: this machine has no such Python",
    ]
