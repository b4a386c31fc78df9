"""What logging a number costs where the user waits: `dagbook.metric` beside `mlflow.log_metric`, same run.

Afterwards MLflow's own client must find every point, once and in order.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Measure in alternating rounds, check the store, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--beside", type=int, default=100, help="points through mlflow.log_metric per round")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="dagbook-bench-"))
    (folder / ".dagbook").mkdir()
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/.dagbook/mlflow.db"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.chdir(folder)
    try:
        measure(asked.points, asked.beside, asked.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def middle(seconds: list[float]) -> float:
    """Median, in microseconds."""
    return statistics.median(seconds) * 1e6


def measure(points: int, beside: int, rounds: int) -> None:
    """One tracked block; both ways take turns in it."""
    import mlflow

    import dagbook
    from dagbook.magics.logbook import forget, logbook

    mlflow.search_experiments(max_results=1)  # makes the database, once in the life of a project
    ours, theirs = [], []
    with dagbook.track("bench"):
        told = logbook().wait_for_id(logbook().runs[-1], 60)
        assert told is not None
        with mlflow.start_run(run_id=told["id"]):
            for round_ in range(rounds):
                loss = 0.0
                share = points // rounds
                began = time.perf_counter()
                for i in range(share):
                    loss = 1.0 / (i + 1)
                    dagbook.metric(loss=loss)
                ours.append((time.perf_counter() - began) / share)
                logbook().wait_until_sent(600)  # so that MLflow has its database for itself
                began = time.perf_counter()
                for i in range(beside):
                    mlflow.log_metric("beside", 1.0 / (i + 1), step=round_ * beside + i)
                theirs.append((time.perf_counter() - began) / beside)
    sent = time.perf_counter()
    forget()
    done = subprocess.run(
        [sys.executable, "-m", "dagbook", "sync"], check=False, capture_output=True, text=True
    )
    waited = time.perf_counter() - sent
    found = mlflow.MlflowClient().get_metric_history(told["id"], "loss")
    steps = [point.step for point in found]
    expected = [1.0 / (i % (points // rounds) + 1) for i in range(points)]
    print(f"{points} points, {rounds} rounds, {os.cpu_count()} cores, {platform.platform()}")
    print(f"dagbook.metric      {middle(ours):9.2f} µs a call (worst round {max(ours) * 1e6:.2f})")
    print(f"mlflow.log_metric   {middle(theirs):9.2f} µs a call (worst {max(theirs) * 1e6:.2f})")
    print(f"ratio               {middle(theirs) / middle(ours):9.0f} ×")
    print(f"in MLflow {len(found)}, steps in order {steps == list(range(points))}, ", end="")
    print(f"values in order {[point.value for point in found] == expected}")
    print(f"sent {waited:.1f} s after the block ended; sync said: {done.stdout.strip()}{done.stderr.strip()}")
    assert steps == list(range(points))


if __name__ == "__main__":
    main()
