"""Papermill comes quickly, from whichever side it is imported first, and hides nothing from others."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = "rfc3987_syntax"


@pytest.mark.parametrize(
    "first",
    [
        "import dagbook.runners.engine",
        "import papermill, dagbook.runners.engine",
        "import dagbook.runners.papermill",
    ],
)
def test_either_may_be_imported_first(first: str):
    check = (
        "import sys; from papermill.engines import papermill_engines as e; import dagbook.runners.papermill;"
        "print(e.get_engine('dagbook').__name__, None in sys.modules.values())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", f"{first}\n{check}"], capture_output=True, text=True, check=False
    )
    assert ran.stdout == "DagbookEngine False\n", ran.stderr


def test_the_slow_import_is_left_out_and_possible_afterwards():
    check = f"import sys, dagbook.runners; print('{SLOW}' in sys.modules); import pyarrow; print('ok')"
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert ran.stdout == "False\nok\n", ran.stderr
