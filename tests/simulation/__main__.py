"""`python -m tests.simulation SEED [COUNT]`: what happens under a seed; or whether all is well under many."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.simulation.simulate import Simulation, simulate

if __name__ == "__main__":
    seed = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 2:
            began, entries = time.monotonic(), 0
            for each in range(seed, seed + int(sys.argv[2])):
                entries += len(simulate(each, Path(folder)).entries)
            print(f"{entries} events in {time.monotonic() - began:.1f} s")
        else:
            simulation = Simulation(seed, Path(folder))
            try:
                simulation.run()
            finally:
                for entry in simulation.journal.read():
                    print(entry.seq, entry.event)
