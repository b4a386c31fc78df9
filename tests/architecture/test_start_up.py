"""`import dagbook` and `dagbook --help` cost little: the heavy packages wait until they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ["mlflow", "papermill", "pandas", "nbformat", "jupyter_server"]
LOADED = f"import sys; print(*[name for name in {HEAVY} if name in sys.modules])"


def loaded_after(source: str) -> list[str]:
    """Which heavy packages a fresh interpreter holds after running the source (its last line of output)."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{source}\n{LOADED}"], check=False, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()[-1].split()


HELP = """
import runpy, sys
sys.argv = ["dagbook", "--help"]
try:
    runpy.run_module("dagbook", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.parametrize(
    "source", [pytest.param("import dagbook", id="import"), pytest.param(HELP, id="help")]
)
def test_start_loads_nothing_heavy(source: str):
    assert loaded_after(source) == []


def test_a_heavy_package_would_be_seen():
    assert "nbformat" in loaded_after("import nbformat")
