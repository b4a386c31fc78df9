"""What a connection to MLflow's store costs: what it imports, by the modules and not by the clock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dagbook.trackers import store

_OPENS = """
import json, sys
from pathlib import Path
from dagbook.trackers.mlflow import MlflowTracker
identity = MlflowTracker(None, Path(sys.argv[1]), "costs").open_run(name="r", tags={}, params={"x": "1"})
print(json.dumps([identity.mlflow_run_id, [name for name in sys.argv[2:] if name in sys.modules]]))
"""

pytestmark = pytest.mark.slow


def test_a_record_is_opened_without_what_mlflow_only_uses_where_it_is(tmp_path: Path):
    said = subprocess.run(
        [sys.executable, "-c", _OPENS, str(tmp_path), *store._NOT_NEEDED],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    made, brought = json.loads(said.splitlines()[-1])
    assert made
    assert brought == []


def test_what_was_kept_away_can_be_imported_afterwards():
    code = (
        "import sys; from dagbook.trackers.store import bring_mlflow; bring_mlflow(with_database=True);"
        "import pandas, pygments, mlflow;"
        "print(pandas.__name__, pygments.__name__, None in sys.modules.values())"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.split() == ["pandas", "pygments", "False"]
