"""Tests in which other schedulers really run what was compiled for them: `make test-engines`.

Each engine has an environment of its own, for some of them cannot live beside Dagbook. `make test` passes
over this folder.
"""

from __future__ import annotations

import os

from tests.acceptance.conftest import database, hangups_end_what_they_hit, make_project, project

__all__ = ["database", "hangups_end_what_they_hit", "make_project", "project"]

if os.environ.get("DAGBOOK_TEST_ENGINES") != "1":
    collect_ignore_glob = ["test_*.py"]
